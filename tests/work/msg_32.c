// SPDX-License-Identifier: GPL-2.0-only
/* msg.c as a 32-bit program that makes its calls by their own numbers. */
#include "msg.c"
