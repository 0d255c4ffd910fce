// SPDX-License-Identifier: GPL-2.0-only
/* sem.c as a 32-bit program that makes its calls by their own numbers. */
#include "sem.c"
