/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Says behind a get that failed why it failed: once a second for failures that are alike, with the
 * number of those that it left out.
 */
#ifndef SHMTRACE_CMD_EXPLAINER_H
#define SHMTRACE_CMD_EXPLAINER_H

#include <stdbool.h>

#include "cmd/limit_command.h"
#include "ledger/ledger.h"
#include "view/view.h"

struct explainer;

/*
 * All are borrowed. limit_command: is told of what is refused for want of something; NULL: there is
 * none. NULL: out of memory.
 */
struct explainer *explainer__new(struct view *view, const struct ledger *ledger,
				 struct limit_command *limit_command);
void explainer__free(struct explainer *explainer);

/* To be called behind the view and the ledger, of every event. */
void explainer__apply(struct explainer *explainer, const struct event *event);

/* Says what was left out for a second. true: it has said something. now_ns: CLOCK_MONOTONIC. */
bool explainer__tick(struct explainer *explainer, uint64_t now_ns);

/* Says what was left out, at the end. */
void explainer__finish(struct explainer *explainer);

#endif
