// SPDX-License-Identifier: GPL-2.0-only
#include "source/ring.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bpf.h>

/* A place in the ring, and how many records were before it. */
struct cursor {
	unsigned long at;
	uint64_t n;
};

struct ring {
	struct ring_handler handler;
	size_t page, size;
	unsigned long *consumer;       /* a page, where we say how far we are */
	const unsigned long *producer; /* a page, where the kernel says so; then the data */
	const char *data;
	struct cursor ahead;
	_Alignas(8) char split[RING_RECORD_MAX]; /* a record that begins at the end of the data */
};

int ring__new(struct ring **out, int map_fd, size_t size, const struct ring_handler *handler)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	void *consumer, *producer;
	int err;

	if (!ring)
		return -ENOMEM;
	ring->handler = *handler;
	ring->size = size;
	ring->page = sysconf(_SC_PAGESIZE);
	consumer = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (consumer == MAP_FAILED) {
		err = -errno;
		free(ring);
		return err;
	}
	producer = mmap(NULL, ring->page + size, PROT_READ, MAP_SHARED, map_fd, ring->page);
	if (producer == MAP_FAILED) {
		err = -errno;
		munmap(consumer, ring->page);
		free(ring);
		return err;
	}
	ring->consumer = consumer;
	ring->producer = producer;
	ring->data = (const char *)producer + ring->page;
	*out = ring;
	return 0;
}

void ring__free(struct ring *ring)
{
	if (!ring)
		return;
	munmap(ring->consumer, ring->page);
	munmap((void *)ring->producer, ring->page + ring->size);
	free(ring);
}

/* The header of the record at that place; headers are aligned to their size and never split. */
static uint32_t header(const struct ring *ring, unsigned long at)
{
	return __atomic_load_n((const uint32_t *)(ring->data + (at & (ring->size - 1))),
			       __ATOMIC_ACQUIRE);
}

static uint32_t length(uint32_t header)
{
	return header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
}

static unsigned long next(unsigned long at, uint32_t header)
{
	return at + ((length(header) + BPF_RINGBUF_HDR_SZ + 7) & ~7UL);
}

/* NULL: it does not lie in one piece. */
static const void *whole_record(const struct ring *ring, unsigned long at, uint32_t header)
{
	const size_t offset = (at & (ring->size - 1)) + BPF_RINGBUF_HDR_SZ;

	return offset + length(header) <= ring->size ? ring->data + offset : NULL;
}

static const void *record(struct ring *ring, unsigned long at, uint32_t header)
{
	const size_t offset = (at & (ring->size - 1)) + BPF_RINGBUF_HDR_SZ;
	const void *whole = whole_record(ring, at, header);
	const size_t first = ring->size - offset;

	if (whole)
		return whole;
	memcpy(ring->split, ring->data + offset, first);
	memcpy(ring->split + first, ring->data, length(header) - first);
	return ring->split;
}

static void look_ahead(struct ring *ring, const struct cursor *here, unsigned long end)
{
	const struct ring_handler *handler = &ring->handler;
	struct cursor *cursor = &ring->ahead;
	bool called = false;

	if (cursor->n < here->n)
		*cursor = *here;
	while (cursor->n <= here->n + handler->distance && cursor->at < end) {
		const uint32_t head = header(ring, cursor->at);

		if (head & BPF_RINGBUF_BUSY_BIT)
			break;
		handler->ahead(handler->context, head & BPF_RINGBUF_DISCARD_BIT
							 ? NULL
							 : whole_record(ring, cursor->at, head));
		called = true;
		cursor->at = next(cursor->at, head);
		cursor->n++;
	}
	if (!called)
		handler->ahead(handler->context, NULL);
}

static int consume_until(struct ring *ring, struct cursor *here, unsigned long end, bool *busy)
{
	int err = 0;

	while (!err && here->at < end) {
		const uint32_t head = header(ring, here->at);

		*busy = head & BPF_RINGBUF_BUSY_BIT;
		if (*busy)
			return 0;
		if (length(head) > RING_RECORD_MAX)
			return -EPROTO;
		if (ring->handler.ahead)
			look_ahead(ring, here, end);
		if (!(head & BPF_RINGBUF_DISCARD_BIT))
			err = ring->handler.record(ring->handler.context,
						   record(ring, here->at, head));
		here->at = next(here->at, head);
		here->n++;
		__atomic_store_n(ring->consumer, here->at, __ATOMIC_RELEASE);
	}
	return err;
}

int ring__consume(struct ring *ring)
{
	struct cursor here = {.at = *ring->consumer};
	bool busy = false;
	int err = 0;

	/* Numbers count from here on. */
	ring->ahead = here;
	while (!err && !busy) {
		unsigned long end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);

		if (here.at >= end)
			break;
		err = consume_until(ring, &here, end, &busy);
	}
	return err;
}
