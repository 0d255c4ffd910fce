// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reading side of the ring, against a writer that lays records out in a file as the kernel does
 * in its map: a page for the reader's place, a page for the writer's, then the data.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/bpf.h>

#include "source/ring.h"

#define SIZE	 4096UL
#define DISTANCE 12

struct fixture {
	int fd;
	size_t page;
	char *memory;
	unsigned long *consumer, *producer;
	struct ring *ring;
	uint32_t written, read; /* numbers of records, in their first bytes */
	uint32_t discarded;	/* number of one that is not to be seen */
	uint32_t stop_at;	/* the handler wants no more after this one */
	uint32_t ahead;		/* the next number to be seen ahead of its turn */
	uint32_t skipped;	/* numbers that were not: those across the end */
	bool looked;		/* since the last record */
};

/* 8 to 500 bytes. */
static uint32_t length_of(uint32_t number)
{
	return 8 + number * 37 % 493;
}

static int take(void *context, const void *record)
{
	struct fixture *f = context;
	const unsigned char *bytes = record;
	uint32_t number;

	assert_true(f->looked);
	f->looked = false;
	memcpy(&number, record, sizeof(number));
	if (f->read == f->discarded)
		f->read++;
	assert_int_equal(number, f->read);
	for (uint32_t i = sizeof(number); i < length_of(number); i++)
		assert_int_equal(bytes[i], (unsigned char)(number + i));
	f->read++;
	return number == f->stop_at ? -EAGAIN : 0;
}

static void look(void *context, const void *record)
{
	struct fixture *f = context;
	uint32_t number;

	f->looked = true;
	if (!record)
		return;
	memcpy(&number, record, sizeof(number));
	assert_int_not_equal(number, f->discarded);
	/* In order, ahead of its turn, and no farther than was asked for. */
	assert_true(number >= f->ahead);
	assert_in_range(number, f->read, f->read + DISTANCE + 1);
	f->skipped += number - f->ahead;
	f->ahead = number + 1;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct ring_handler handler = {
		.record = take, .ahead = look, .distance = DISTANCE, .context = f};

	assert_non_null(f);
	f->page = sysconf(_SC_PAGESIZE);
	f->fd = memfd_create("ring", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f->fd, 2 * f->page + SIZE), 0);
	f->memory = mmap(NULL, 2 * f->page + SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	assert_ptr_not_equal(f->memory, MAP_FAILED);
	f->consumer = (unsigned long *)f->memory;
	f->producer = (unsigned long *)(f->memory + f->page);
	f->discarded = f->stop_at = UINT32_MAX;
	assert_int_equal(ring__new(&f->ring, f->fd, SIZE, &handler), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ring__free(f->ring);
	munmap(f->memory, 2 * f->page + SIZE);
	close(f->fd);
	free(f);
	return 0;
}

static char *data(struct fixture *f, unsigned long at)
{
	return f->memory + 2 * f->page + at % SIZE;
}

/* false: there is no room. flags: BPF_RINGBUF_BUSY_BIT or _DISCARD_BIT. */
static bool append(struct fixture *f, uint32_t flags)
{
	const uint32_t number = f->written, len = length_of(number), header = len | flags;
	unsigned long at = *f->producer;

	if (at + len + 16 - *f->consumer > SIZE)
		return false;
	memcpy(data(f, at), &header, sizeof(header));
	for (uint32_t i = 0; i < len; i++)
		*data(f, at + BPF_RINGBUF_HDR_SZ + i) = i < sizeof(number)
								? ((const char *)&number)[i]
								: (char)(number + i);
	*f->producer = at + (len + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
	f->written++;
	return true;
}

static void test_all_come_in_order_across_the_end(void **state)
{
	struct fixture *f = *state;

	while (f->written < 5000) {
		while (append(f, 0))
			;
		assert_int_equal(ring__consume(f->ring), 0);
		assert_int_equal(f->read, f->written);
		assert_int_equal(*f->consumer, *f->producer);
	}
	/* All are seen but those that are in two pieces: less than one in each round. */
	assert_true(f->ahead + 2 >= f->written);
	assert_in_range(f->skipped, 1, *f->producer / SIZE);
}

static void test_one_that_is_being_written_ends_the_look(void **state)
{
	struct fixture *f = *state;
	unsigned long busy;
	uint32_t header;

	for (int i = 0; i < 5; i++)
		append(f, 0);
	busy = *f->producer;
	append(f, BPF_RINGBUF_BUSY_BIT);
	append(f, 0);
	assert_int_equal(ring__consume(f->ring), 0);
	assert_int_equal(f->read, 5);
	assert_int_equal(*f->consumer, busy);
	header = length_of(5);
	memcpy(data(f, busy), &header, sizeof(header));
	assert_int_equal(ring__consume(f->ring), 0);
	assert_int_equal(f->read, 7);
}

static void test_one_that_was_discarded_is_passed(void **state)
{
	struct fixture *f = *state;

	f->discarded = 3;
	for (int i = 0; i < 6; i++)
		append(f, i == 3 ? BPF_RINGBUF_DISCARD_BIT : 0);
	assert_int_equal(ring__consume(f->ring), 0);
	assert_int_equal(f->read, 6);
}

static void test_handler_ends_the_look_and_nothing_is_lost(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 6; i++)
		append(f, 0);
	f->stop_at = 2;
	assert_int_equal(ring__consume(f->ring), -EAGAIN);
	assert_int_equal(f->read, 3);
	f->ahead = f->read;
	assert_int_equal(ring__consume(f->ring), 0);
	assert_int_equal(f->read, 6);
}

static void test_what_is_no_record_of_ours_is_refused(void **state)
{
	struct fixture *f = *state;
	const uint32_t header = RING_RECORD_MAX + 1;

	memcpy(data(f, 0), &header, sizeof(header));
	*f->producer = 1024;
	assert_int_equal(ring__consume(f->ring), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_come_in_order_across_the_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_one_that_is_being_written_ends_the_look,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_that_was_discarded_is_passed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_handler_ends_the_look_and_nothing_is_lost,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_no_record_of_ours_is_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
