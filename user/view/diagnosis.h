/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A diagnosis for people, and as one JSON object.
 */
#ifndef SHMTRACE_VIEW_DIAGNOSIS_H
#define SHMTRACE_VIEW_DIAGNOSIS_H

#include <stdio.h>

#include "source/diagnosis.h"

/* Errors of writing stay on the stream. */
void diagnosis__print_text(const struct diagnosis *diagnosis, FILE *out);
void diagnosis__print_json(const struct diagnosis *diagnosis, FILE *out);

#endif
