// SPDX-License-Identifier: GPL-2.0-only
/* msg.c as a 32-bit program that goes through ipc(2), as glibc does there. */
#define WORK_IPC
#include "msg.c"
