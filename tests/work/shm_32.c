// SPDX-License-Identifier: GPL-2.0-only
/* shm.c as a 32-bit program that makes its calls by their own numbers. */
#include "shm.c"
