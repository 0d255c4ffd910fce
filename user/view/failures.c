// SPDX-License-Identifier: GPL-2.0-only
#include "view/failures.h"

#include <stdlib.h>
#include <string.h>

#include "view/refusal.h"
#include "view/words.h"

#define OTHERS_TEXT "failures of too many kinds at once: not explained\n"

struct failures {
	struct view view; /* first: the ops get this one */
	bool utf8;
	size_t first, count; /* in ring */
	uint64_t number;
	struct failure *ring[FAILURES_MAX];
};

size_t failures__count(const struct failures *failures)
{
	return failures->count;
}

struct failure *failures__at(const struct failures *failures, size_t index)
{
	return failures->ring[(failures->first + index) % FAILURES_MAX];
}

void failure__hold(struct failure *failure)
{
	failure->references++;
}

void failure__release(struct failure *failure)
{
	if (!--failure->references)
		free(failure);
}

/* Without memory for it there is one row less: nothing else depends on it. */
static struct failure *add(struct failures *failures, const char *call_text, const char *why,
			   size_t why_len)
{
	const size_t call_len = strlen(call_text) + 1;
	struct failure *failure = calloc(1, sizeof(*failure) + call_len + why_len + 1);

	if (!failure)
		return NULL;
	memcpy(failure->text, call_text, call_len);
	memcpy(failure->text + call_len, why, why_len);
	failure->call_text = failure->text;
	failure->why = failure->text + call_len;
	failure->references = 1;
	failure->number = ++failures->number;
	failure->count = 1;
	if (failures->count == FAILURES_MAX) {
		failure__release(failures->ring[failures->first]);
		failures->first = (failures->first + 1) % FAILURES_MAX;
		failures->count--;
	}
	failures->ring[(failures->first + failures->count++) % FAILURES_MAX] = failure;
	return failure;
}

static void keep_refusal(struct view *view, const struct view_refusal *said)
{
	struct failures *failures = (struct failures *)view;
	const struct refusal *refusal = said->refusal;
	const struct call_event *call = refusal->call;
	char text[REFUSAL_TEXT_MAX], words[WORDS_MAX];
	struct failure *failure;
	struct refusal numbers;
	struct buffer why;

	buffer__init(&why, text, sizeof(text));
	refusal__put_text(&why, said, 0, failures->utf8);
	words__call(words, call);
	failure = add(failures, words, why.data, why.len);
	if (!failure)
		return;
	failure->time_ns = failure->last_ns = call->head.time_ns;
	failure->pid = call->head.pid;
	failure->uid = call->head.uid;
	failure->ipcns = call->head.ipcns;
	failure->call = call->call;
	failure->error = refusal->error;
	/* Those that are left out for being alike are told apart by their numbers alone. */
	refusal__explain(&numbers, call, NULL, NULL);
	failure->cause = numbers.cause;
	failure->limit = numbers.limit;
	memcpy(failure->comm, call->head.comm, sizeof(call->head.comm));
}

static bool is_alike(const struct failure *failure, const struct view_suppressed *suppressed)
{
	return failure->call == suppressed->call && failure->ipcns == suppressed->ipcns &&
	       failure->error == suppressed->error && failure->cause == suppressed->cause &&
	       failure->limit == suppressed->limit;
}

static void keep_suppressed(struct view *view, const struct view_suppressed *suppressed)
{
	struct failures *failures = (struct failures *)view;
	struct failure *failure;

	for (size_t i = failures->count; i-- > 0;) {
		failure = failures__at(failures, i);
		if (!is_alike(failure, suppressed))
			continue;
		failure->count += suppressed->count;
		failure->last_ns = suppressed->time_ns;
		return;
	}
	if (suppressed->call != CALL_COUNT)
		return; /* what they were alike has gone from here */
	failure = add(failures, "", OTHERS_TEXT, sizeof(OTHERS_TEXT) - 1);
	if (!failure)
		return;
	failure->time_ns = failure->last_ns = suppressed->time_ns;
	failure->count = suppressed->count;
	failure->call = CALL_COUNT;
}

struct failures *failures__new(bool utf8)
{
	static const struct view_ops ops = {.refusal = keep_refusal, .suppressed = keep_suppressed};
	struct failures *failures = calloc(1, sizeof(*failures));

	if (!failures)
		return NULL;
	failures->view.ops = &ops;
	failures->utf8 = utf8;
	return failures;
}

void failures__free(struct failures *failures)
{
	if (!failures)
		return;
	for (size_t i = 0; i < failures->count; i++)
		failure__release(failures__at(failures, i));
	free(failures);
}

struct view *failures__view(struct failures *failures)
{
	return &failures->view;
}
