// SPDX-License-Identifier: GPL-2.0-only
#include "source/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "ledger/ledger.h"
#include "source/inference.h"
#include "source/pace.h"
#include "source/ring.h"

#define BATCH_MAX 4096 /* records between two looks at signals and the clock */

_Static_assert(sizeof(struct call_limits_event) <= RING_RECORD_MAX, "the largest record");

struct stream {
	struct ring *ring;
	struct stream_consumer consumer;
	uint64_t attached_ns;
	int batch; /* records of this look */
	struct pace pace;
};

/* The ledger hears first what the call has done. */
static int handle_both(struct stream *stream, const struct call_ledger_event *event)
{
	const struct stream_consumer *consumer = &stream->consumer;
	struct call_event call = event->call;
	const struct event *inferred;
	union inference room;
	int err = 0;

	inferred = inference__of(event, &room);
	if (inferred && inferred->time_ns >= stream->attached_ns)
		err = consumer->event(consumer->context, inferred);
	call.head.type = EVENT_CALL;
	return err || event->unwanted ? err : consumer->event(consumer->context, &call.head);
}

static int handle_record(void *context, const void *record)
{
	struct stream *stream = context;
	const struct event *event = record;
	int err = 0;

	stream->batch++;
	if (event->type == EVENT_CALL_LEDGER)
		err = handle_both(stream, record);
	/* While the hooks were attached one by one, beginnings were seen whose ends were not. */
	else if (event->type < EVENT_OBJECT || event->time_ns >= stream->attached_ns)
		err = stream->consumer.event(stream->consumer.context, event);
	/* The ring has moved on past this record when it sees the error: nothing is lost by it. */
	return err || stream->batch >= BATCH_MAX ? -EAGAIN : 0;
}

static void handle_ahead(void *context, const void *record)
{
	const struct stream_consumer *consumer = &((struct stream *)context)->consumer;
	const struct event *event = record, *inferred = NULL;
	union inference room;

	if (event && event->type == EVENT_CALL_LEDGER)
		inferred = inference__of(record, &room);
	if (inferred)
		consumer->ahead(consumer->context, inferred);
	consumer->ahead(consumer->context, event);
}

int stream__new(struct stream **out, const struct bpf_map *map, uint64_t attached_ns,
		const struct stream_consumer *consumer)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	const struct ring_handler handler = {
		.record = handle_record,
		.ahead = consumer->ahead ? handle_ahead : NULL,
		.distance = LEDGER_EXPECT_AHEAD,
		.context = stream,
	};
	int err;

	if (!stream)
		return -ENOMEM;
	stream->consumer = *consumer;
	stream->attached_ns = attached_ns;
	err = ring__new(&stream->ring, bpf_map__fd(map), bpf_map__max_entries(map), &handler);
	if (err) {
		free(stream);
		return err;
	}
	*out = stream;
	return 0;
}

void stream__free(struct stream *stream)
{
	if (!stream)
		return;
	ring__free(stream->ring);
	free(stream);
}

int stream__consume(struct stream *stream)
{
	int err;

	stream->batch = 0;
	err = ring__consume(stream->ring);
	pace__looked(&stream->pace, stream->batch, stream->batch >= BATCH_MAX);
	return err && err != -EAGAIN ? err : stream->batch;
}

int stream__pause_ms(struct stream *stream, bool *listen)
{
	return pace__pause(&stream->pace, listen);
}
