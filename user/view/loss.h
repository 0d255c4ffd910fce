/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lost calls, in words and in JSON, the same in every view.
 */
#ifndef SHMTRACE_VIEW_LOSS_H
#define SHMTRACE_VIEW_LOSS_H

#include "base/buffer.h"
#include "base/json_writer.h"
#include "event.h"

unsigned long long loss__total(const unsigned long long calls[CALL_COUNT]);

/* "lost 1234 calls: 1200 shmget, 34 semctl (buffer too small, see --buffer)", no newline. */
void loss__put_text(struct buffer *out, const unsigned long long calls[CALL_COUNT]);

/* Members "calls", of those that lost any, and "total" of the object that is open. */
void loss__put_json(struct json_writer *w, const unsigned long long calls[CALL_COUNT]);

#endif
