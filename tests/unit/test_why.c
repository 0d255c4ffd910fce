// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict on an object and its words, the story around it, and the lines of smaps that count.
 */
#include "ledger_events.h"

#include <errno.h>

#include "source/residence.h"
#include "view/unused.h"
#include "view/verdict.h"
#include "view/why.h"

#define NOW    1000000000LL
#define MAKER  2 /* has ended */
#define LIVING 5

static void found(struct fixture *f, uint32_t kind, int32_t id, uint32_t creator, uint32_t mode)
{
	struct object_event event = object_event(f, OBJECT_FOUND, creator, kind, id);

	event.start_ns = creator == LIVING ? f->start[LIVING] : 0;
	event.mode = mode;
	event.past.since = NOW - 60;
	feed(f, &event);
}

static void hidden(struct fixture *f, int32_t id, uint32_t count)
{
	struct mapping_event event = {.head = head(f, EVENT_MAPPING, 0),
				      .ipcns = NS,
				      .id = id,
				      .action = MAPPING_FOUND,
				      .count = count};

	feed(f, &event);
}

/* As cmd/why.c decides, before the kernel is asked once more. */
static struct rm_row row_of(const struct fixture *f, uint32_t kind, int32_t id)
{
	struct object_info info = info_of(f, kind, id);
	struct rm_row row;

	rm_view__choose(&row, f->ledger, &info, info.state != STATE_ORPHAN, false);
	return row;
}

static struct rm_row answered(const struct fixture *f, uint32_t kind, int32_t id,
			      enum removal_result result, enum removal_reason reason,
			      uint32_t count)
{
	struct rm_row row = row_of(f, kind, id);

	assert_int_equal(row.refusal, RM_TRIED);
	row.removal.result = result;
	row.removal.reason = reason;
	row.removal.count = count;
	return row;
}

static void check(const struct fixture *f, const struct rm_row *row, uint32_t holders,
		  uint32_t n_hidden, enum verdict verdict, const char *sentence,
		  const char *command)
{
	const struct verdict_case c = {.row = row,
				       .ledger = f->ledger,
				       .holders = holders,
				       .hidden = n_hidden,
				       .utf8 = true};
	char text[VERDICT_BYTES];
	struct buffer out;

	assert_string_equal(verdict__name(verdict__of(&c)), verdict__name(verdict));
	buffer__init(&out, text, sizeof(text) - 1);
	verdict__put_sentence(&out, &c);
	text[out.len] = '\0';
	assert_string_equal(text, sentence);
	buffer__init(&out, text, sizeof(text) - 1);
	verdict__put_command(&out, &c, NS);
	text[out.len] = '\0';
	assert_string_equal(text, command);
}

static void test_segments_in_use(void **state)
{
	struct fixture f;
	struct rm_row row;

	(void)state;
	fixture_open(&f, true);
	running(&f, LIVING);
	found(&f, OBJECT_SHM, 1, MAKER, 0600);
	attached(&f, LIVING, 0x1000 + LIVING, 1);
	row = row_of(&f, OBJECT_SHM, 1);
	check(&f, &row, 1, 0, VERDICT_IN_USE, "in use by comm5[5]; do not remove it", "");
	check(&f, &row, 1, 2, VERDICT_IN_USE,
	      "in use by comm5[5], and by processes that may not be seen; do not remove it", "");

	found(&f, OBJECT_SHM, 2, MAKER, 0600);
	hidden(&f, 2, 3);
	row = row_of(&f, OBJECT_SHM, 2);
	check(&f, &row, 0, 3, VERDICT_IN_USE,
	      "in use by processes that may not be seen; do not remove it", "");

	found(&f, OBJECT_SHM, 3, LIVING, 0600);
	row = row_of(&f, OBJECT_SHM, 3);
	check(&f, &row, 0, 0, VERDICT_IN_USE,
	      "not safe to remove: not attached, but its creator comm5[5] runs", "");
	fixture_close(&f);
}

static void test_marked(void **state)
{
	static const char sentence[] = "in use by comm5[5]; marked for removal already, it goes "
				       "with its last detach";
	struct fixture f;
	struct rm_row row;

	(void)state;
	fixture_open(&f, true);
	running(&f, LIVING);
	found(&f, OBJECT_SHM, 1, MAKER, 01600);
	attached(&f, LIVING, 0x1000 + LIVING, 1);
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_KEPT, REASON_MARKED, 0);
	check(&f, &row, 1, 0, VERDICT_MARKED, sentence, "");
	/* Who may not ask once more still knows it. */
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_FAILED, REASON_NONE, 0);
	row.removal.err = -EACCES;
	check(&f, &row, 1, 0, VERDICT_MARKED, sentence, "");
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_GONE, REASON_NONE, 0);
	check(&f, &row, 0, 0, VERDICT_GONE, "gone: removed by somebody else meanwhile", "");
	fixture_close(&f);
}

static void test_orphans(void **state)
{
	struct object_event event;
	struct fixture f;
	struct rm_row row;

	(void)state;
	fixture_open(&f, true);
	running(&f, LIVING);
	found(&f, OBJECT_SHM, 1, MAKER, 0600);
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_POSSIBLE, REASON_NONE, 0);
	check(&f, &row, 0, 0, VERDICT_SAFE,
	      "safe to remove: not attached; creator 2 has ended; never attached",
	      "shmtrace rm --yes shm:1");
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_FAILED, REASON_NONE, 0);
	row.removal.err = -EACCES;
	check(&f, &row, 0, 0, VERDICT_SAFE,
	      "safe to remove, by its owner or by root: not attached; creator 2 has ended; "
	      "never attached",
	      "shmtrace rm --yes shm:1");
	/* What the second look finds is what counts. */
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_KEPT, REASON_ATTACHED, 1);
	check(&f, &row, 0, 0, VERDICT_IN_USE, "in use: attached by now; do not remove it", "");
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_KEPT, REASON_USED, 0);
	check(&f, &row, 0, 0, VERDICT_IN_USE, "in use: used since it was listed; do not remove it",
	      "");
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_KEPT, REASON_CREATOR_RUNS, 0);
	check(&f, &row, 0, 0, VERDICT_IN_USE,
	      "not safe to remove: a process with its creator's number runs by now", "");
	row = answered(&f, OBJECT_SHM, 1, REMOVAL_KEPT, REASON_ANOTHER, 0);
	check(&f, &row, 0, 0, VERDICT_UNKNOWN,
	      "cannot be known: the id is another object's by now, or its owner, mode or key "
	      "have changed",
	      "");

	event = object_event(&f, OBJECT_FOUND, MAKER, OBJECT_SHM, 2);
	event.start_ns = 0;
	event.past.since = event.past.last[0] = NOW;
	event.past.last_pids[0] = LIVING;
	feed(&f, &event);
	row = row_of(&f, OBJECT_SHM, 2);
	check(&f, &row, 0, 0, VERDICT_UNKNOWN,
	      "cannot be known: not attached; creator 2 has ended; last user comm5[5] runs, and "
	      "may attach it again",
	      "shmtrace rm --yes shm:2");
	fixture_close(&f);
}

static void test_sets_and_queues(void **state)
{
	struct object_event event;
	struct fixture f;
	struct rm_row row;

	(void)state;
	fixture_open(&f, true);
	running(&f, LIVING);
	event = object_event(&f, OBJECT_FOUND, 0, OBJECT_SEM, 1);
	event.past.since = event.past.last[0] = NOW;
	event.past.last_pids[0] = 11;
	feed(&f, &event);
	row = answered(&f, OBJECT_SEM, 1, REMOVAL_POSSIBLE, REASON_NONE, 0);
	check(&f, &row, 0, 0, VERDICT_UNKNOWN,
	      "cannot be known, because the kernel keeps neither the creator of a set nor all who "
	      "use it; last operator 11 has ended",
	      "shmtrace rm --yes sem:1");
	row = answered(&f, OBJECT_SEM, 1, REMOVAL_KEPT, REASON_WAITED_ON, 2);
	check(&f, &row, 0, 0, VERDICT_IN_USE, "in use: 2 processes wait for it; do not remove it",
	      "");
	object(&f, OBJECT_USED, LIVING, OBJECT_SEM, 1);
	row = row_of(&f, OBJECT_SEM, 1);
	check(&f, &row, 1, 0, VERDICT_IN_USE, "in use by comm5[5]; do not remove it", "");

	f.ns = 8;
	event = object_event(&f, OBJECT_FOUND, 0, OBJECT_MSG, 2);
	event.past.since = NOW;
	feed(&f, &event);
	row = answered(&f, OBJECT_MSG, 2, REMOVAL_POSSIBLE, REASON_NONE, 0);
	check(&f, &row, 0, 0, VERDICT_UNKNOWN,
	      "cannot be known, because the kernel keeps neither the creator of a queue nor all "
	      "who use it; nothing was sent; nothing was received",
	      "shmtrace rm --yes --ipcns 8 msg:2");
	f.ns = NS;
	event = object_event(&f, OBJECT_FOUND, 0, OBJECT_SHM, 3);
	event.past.since = NOW;
	feed(&f, &event);
	row = answered(&f, OBJECT_SHM, 3, REMOVAL_POSSIBLE, REASON_NONE, 0);
	check(&f, &row, 0, 0, VERDICT_UNKNOWN,
	      "cannot be known, because its creator is not visible from this PID namespace; not "
	      "attached; creator not visible here; never attached",
	      "shmtrace rm --yes shm:3");
	fixture_close(&f);
}

/* A name may hold anything, and there may be many of them. */
static void test_hostile_names(void **state)
{
	char text[VERDICT_BYTES];
	struct buffer out;
	struct fixture f;
	struct rm_row row;

	(void)state;
	fixture_open(&f, true);
	found(&f, OBJECT_SHM, 1, MAKER, 0600);
	for (uint32_t pid = 10; pid < 20; pid++) {
		struct process_event process = {.head = head(&f, EVENT_PROCESS, pid),
						.start_ns = f.start[pid],
						.action = PROCESS_FOUND};

		memset(process.head.comm, '\x1b', EVENT_COMM_LEN - 1);
		process.head.comm[EVENT_COMM_LEN - 1] = '\0';
		feed(&f, &process);
		attached(&f, pid, 0x1000 + pid, 1);
	}
	row = row_of(&f, OBJECT_SHM, 1);
	buffer__init(&out, text, sizeof(text));
	verdict__put_sentence(
		&out, &(struct verdict_case){
			      .row = &row, .ledger = f.ledger, .holders = 10, .utf8 = true});
	assert_false(out.overflow);
	assert_null(memchr(text, '\x1b', out.len));
	fixture_close(&f);
}

static char *story_text(struct why_story *story, bool bytes)
{
	const struct why_options options = {.bytes = bytes, .own = NS};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(why__print(story, &options, out), 0);
	fclose(out);
	return text;
}

static void test_story(void **state)
{
	struct why_holder holders[2] = {{.mappings = 1, .resident = 8192}, {.mappings = 2}};
	struct snapshot_event end = {.action = SNAPSHOT_END, .ipcns = NS};
	struct why_story story = {.now_s = NOW, .holders = holders, .n_holders = 2};
	struct fixture f;
	char *text;

	(void)state;
	fixture_open(&f, true);
	running(&f, LIVING);
	running(&f, 6);
	found(&f, OBJECT_SHM, 1, LIVING, 0600);
	attached(&f, LIVING, 0x1000 + LIVING, 1);
	attached(&f, 6, 0x1000 + 6, 1);
	end.head = head(&f, EVENT_SNAPSHOT, 0);
	end.head.time_ns = 0;
	end.limits = (struct ipc_limits){
		.shmmni = 4096, .shmmni_used = 7, .shmall = UINT64_MAX >> 1, .shmall_used = 99};
	feed(&f, &end);
	story.ledger = f.ledger;
	story.object = ledger__find_object(f.ledger, NS, OBJECT_SHM, 1);
	story.row = row_of(&f, OBJECT_SHM, 1);
	ledger__process_info(ledger__find_process(f.ledger, LIVING), &holders[0].info);
	ledger__process_info(ledger__find_process(f.ledger, 6), &holders[1].info);
	holders[1].err = -EAGAIN;

	story.changed_s = NOW - 120;
	story.creator_start_s = NOW - 120 + 1; /* within the second */
	text = story_text(&story, false);
	assert_non_null(strstr(text, "2m ago (or earlier, and changed then)\n"));
	assert_non_null(strstr(text, "creator    comm5[5] runs, user root\n"));
	assert_non_null(strstr(text, "SHMMNI: 1 of 7 segments in use, limit 4096\n"));
	assert_non_null(strstr(text, "SHMALL: 2 of 99 pages in use, unlimited\n"));
	assert_non_null(strstr(text, "5 comm5 root        1       8K\n"));
	assert_non_null(strstr(text, "6 comm6 root        2        -\n"));
	assert_non_null(strstr(text, "\n-: not known from /proc/PID/smaps: "));
	assert_non_null(strstr(text, "marked     no\n"));
	free(text);

	/* Its maker has ended, and another has got the number. */
	story.created_s = NOW - 120;
	story.creator_start_s = NOW - 60;
	text = story_text(&story, true);
	assert_null(strstr(text, "or earlier"));
	assert_non_null(strstr(text, "creator    comm5[5] runs, user root; it began 1m after this "
				     "was made: the number may have been another's\n"));
	assert_non_null(strstr(text, "limit 9223372036854775807\n"));
	assert_non_null(strstr(text, "5 comm5 root        1     8192\n"));
	free(text);
	fixture_close(&f);
}

/* /proc hides it: neither name nor user are known, and root is nobody's guess. */
static void test_story_of_hidden_process(void **state)
{
	struct why_holder holder = {.mappings = 1, .err = -EACCES};
	struct why_story story = {.now_s = NOW, .holders = &holder, .n_holders = 1};
	struct object_event event;
	struct fixture f;
	char *text;

	(void)state;
	fixture_open(&f, true);
	f.start[LIVING] = 0;
	running(&f, LIVING);
	event = object_event(&f, OBJECT_FOUND, LIVING, OBJECT_SHM, 1);
	event.mode = 01600;
	feed(&f, &event);
	story.ledger = f.ledger;
	story.object = ledger__find_object(f.ledger, NS, OBJECT_SHM, 1);
	story.row = row_of(&f, OBJECT_SHM, 1);
	ledger__process_info(ledger__find_process(f.ledger, LIVING), &holder.info);
	text = story_text(&story, false);
	assert_non_null(strstr(text, "creator    comm5[5] runs\n"));
	assert_non_null(strstr(text, "5 comm5 -  "));
	assert_non_null(strstr(text, "marked     yes"));
	free(text);
	fixture_close(&f);
}

static void test_resident_lines(void **state)
{
	(void)state;
	assert_int_equal(residence__parse_line("Rss:                 296 kB\n"), 296 << 10);
	assert_int_equal(residence__parse_line("Shared_Hugetlb:     2048 kB\n"), 2048 << 10);
	assert_int_equal(residence__parse_line("Private_Hugetlb:    4096 kB\n"), 4096 << 10);
	assert_int_equal(residence__parse_line("Pss:                 296 kB\n"), 0);
	assert_int_equal(residence__parse_line("Size:               1024 kB\n"), 0);
	assert_int_equal(residence__parse_line("VmFlags: rd wr sh mr mw me ms\n"), 0);
	assert_int_equal(residence__parse_line("Rss:"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments_in_use),
		cmocka_unit_test(test_marked),
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_sets_and_queues),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_story),
		cmocka_unit_test(test_story_of_hidden_process),
		cmocka_unit_test(test_resident_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
