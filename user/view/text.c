// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live stream as text. A line is put together on the stack and written at once; what could cost
 * more than the rest of it (localtime, printf) is kept off the path of a call.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/escape.h"
#include "view/call.h"
#include "view/leak.h"
#include "view/loss.h"
#include "view/refusal.h"
#include "view/text.h"
#include "view/words.h"

#define PID_COLUMNS  7
#define COMM_COLUMNS 15
/* Why a call failed stands below CALL, two columns further right: 15 + 1 + 7 + 1 + 15 + 1 + 2. */
#define REFUSAL_INDENT 42

#define LINE_MAX_BYTES 2048 /* all parts at their longest need half of it */

#define NS_PER_SEC 1000000000ll

#define SGR_RESET "\033[0m"
#define SGR_TIME  "\033[2m"
#define SGR_NAME  "\033[1;36m"
#define SGR_ERROR "\033[31m"

struct text_view {
	struct view view;
	FILE *out;
	bool color;
	bool header;
	bool utf8;
	/* The second that clock holds: consecutive events nearly always share it. */
	bool clock_valid;
	long long clock_second;
	char clock[8]; /* HH:MM:SS */
};

static void text_view__begin(struct view *view)
{
	struct text_view *text = (struct text_view *)view;

	if (text->header)
		fputs("TIME            PID     COMM            CALL\n", text->out);
}

static void put_sgr(struct buffer *line, const struct text_view *text, const char *sgr)
{
	if (text->color)
		buffer__put_str(line, sgr);
}

static void set_clock(struct text_view *text, long long second)
{
	struct buffer clock;
	time_t when = second;
	struct tm tm = {0};

	localtime_r(&when, &tm);
	buffer__init(&clock, text->clock, sizeof(text->clock));
	buffer__put_digits(&clock, tm.tm_hour, 2);
	buffer__put_char(&clock, ':');
	buffer__put_digits(&clock, tm.tm_min, 2);
	buffer__put_char(&clock, ':');
	buffer__put_digits(&clock, tm.tm_sec, 2);
	text->clock_second = second;
	text->clock_valid = true;
}

/* Local time of day and the blank behind it. */
static void put_time(struct buffer *line, struct text_view *text, unsigned long long time_ns)
{
	long long wall = (long long)time_ns + text->view.clock_offset_ns;
	long long second = wall / NS_PER_SEC, rest = wall % NS_PER_SEC;

	if (rest < 0) {
		rest += NS_PER_SEC;
		second--;
	}
	if (!text->clock_valid || second != text->clock_second)
		set_clock(text, second);
	put_sgr(line, text, SGR_TIME);
	buffer__put(line, text->clock, sizeof(text->clock));
	buffer__put_char(line, '.');
	buffer__put_digits(line, rest / 1000, 6);
	put_sgr(line, text, SGR_RESET);
	buffer__put_char(line, ' ');
}

static void put_padding(struct buffer *line, size_t width, size_t columns)
{
	buffer__put_spaces(line, width < columns ? columns - width + 1 : 1);
}

static void put_pid(struct buffer *line, uint32_t pid)
{
	size_t start = line->len;

	buffer__put_u64(line, pid);
	put_padding(line, line->len - start, PID_COLUMNS);
}

static void put_comm(struct buffer *line, const struct text_view *text, const char *comm)
{
	char *to = buffer__reserve(line, ESCAPE_TEXT_MAX(EVENT_COMM_LEN));

	if (!to)
		return;
	buffer__commit(line, escape__text(to, comm, EVENT_COMM_LEN, text->utf8));
	put_padding(line, escape__width(to, text->utf8), COMM_COLUMNS);
}

static void put_words(struct buffer *line, const struct call_event *call)
{
	char *words = buffer__reserve(line, WORDS_MAX);

	if (words)
		buffer__commit(line, words__call(words, call));
}

/* The call's name in one colour, and "= -1 …" in another where it failed. */
static void put_colored_words(struct buffer *line, const struct call_event *call)
{
	char words[WORDS_MAX];
	size_t len = words__call(words, call);
	size_t name = strcspn(words, "(");
	const char *equals = call__errno(call) ? memrchr(words, '=', len) : NULL;
	size_t result = equals && equals > words + name ? (size_t)(equals - words) : len;

	buffer__put_str(line, SGR_NAME);
	buffer__put(line, words, name);
	buffer__put_str(line, SGR_RESET);
	buffer__put(line, words + name, result - name);
	if (result == len)
		return;
	buffer__put_str(line, SGR_ERROR);
	buffer__put(line, words + result, len - result);
	buffer__put_str(line, SGR_RESET);
}

static void put_duration(struct buffer *line, const struct call_event *call)
{
	if (call->flags & CALL_F_NO_DURATION)
		return;
	buffer__put_str(line, " <");
	buffer__put_u64(line, call->duration_ns / NS_PER_SEC);
	buffer__put_char(line, '.');
	buffer__put_digits(line, call->duration_ns % NS_PER_SEC / 1000, 6);
	buffer__put_char(line, '>');
}

static void text_view__call(struct view *view, const struct call_event *call)
{
	struct text_view *text = (struct text_view *)view;
	char bytes[LINE_MAX_BYTES];
	struct buffer line;

	if (!call__is_known(call))
		return;
	buffer__init(&line, bytes, sizeof(bytes));
	put_time(&line, text, call->head.time_ns);
	put_pid(&line, call->head.pid);
	put_comm(&line, text, call->head.comm);
	if (text->color)
		put_colored_words(&line, call);
	else
		put_words(&line, call);
	put_duration(&line, call);
	buffer__put_char(&line, '\n');
	fwrite_unlocked(line.data, 1, line.len, text->out);
}

/* A line that is of no one process. */
static void put_nobody(struct buffer *line, struct text_view *text, uint64_t time_ns)
{
	put_time(line, text, time_ns);
	buffer__put_char(line, '-');
	put_padding(line, 1, PID_COLUMNS);
	buffer__put_char(line, '-');
	put_padding(line, 1, COMM_COLUMNS);
}

static void text_view__refusal(struct view *view, const struct view_refusal *refusal)
{
	struct text_view *text = (struct text_view *)view;
	char bytes[REFUSAL_TEXT_MAX];
	struct buffer lines;

	buffer__init(&lines, bytes, sizeof(bytes));
	refusal__put_text(&lines, refusal, REFUSAL_INDENT, text->utf8);
	fwrite_unlocked(lines.data, 1, lines.len, text->out);
}

static void text_view__suppressed(struct view *view, const struct view_suppressed *suppressed)
{
	struct text_view *text = (struct text_view *)view;
	char bytes[LINE_MAX_BYTES];
	struct buffer line;

	buffer__init(&line, bytes, sizeof(bytes));
	put_nobody(&line, text, suppressed->time_ns);
	suppressed__put_text(&line, suppressed);
	buffer__put_char(&line, '\n');
	fwrite_unlocked(line.data, 1, line.len, text->out);
}

static void text_view__lost(struct view *view, const struct view_loss *loss)
{
	struct text_view *text = (struct text_view *)view;
	char bytes[LINE_MAX_BYTES];
	struct buffer line;

	buffer__init(&line, bytes, sizeof(bytes));
	put_nobody(&line, text, loss->time_ns);
	put_sgr(&line, text, SGR_ERROR);
	loss__put_text(&line, loss->calls);
	put_sgr(&line, text, SGR_RESET);
	buffer__put_char(&line, '\n');
	fwrite_unlocked(line.data, 1, line.len, text->out);
}

/* The closing message is the command's, on standard error: it is no part of the stream. */
static void text_view__leak(struct view *view, const struct view_leak *leak)
{
	struct text_view *text = (struct text_view *)view;
	const struct process_info *subject = leak__subject(leak);
	char bytes[LINE_MAX_BYTES];
	struct buffer line;
	size_t begin;

	buffer__init(&line, bytes, sizeof(bytes));
	put_time(&line, text, leak->time_ns);
	begin = line.len;
	buffer__put_u64(&line, subject->pid);
	put_padding(&line, line.len - begin, PID_COLUMNS);
	put_comm(&line, text, subject->comm);
	put_sgr(&line, text, SGR_ERROR);
	leak__put_text(&line, leak, text->utf8);
	put_sgr(&line, text, SGR_RESET);
	buffer__put_char(&line, '\n');
	fwrite_unlocked(line.data, 1, line.len, text->out);
}

static void text_view__end(struct view *view, const struct view_totals *totals)
{
	(void)view;
	(void)totals;
}

static void text_view__free(struct view *view)
{
	free(view);
}

static const struct view_ops text_view_ops = {
	.begin = text_view__begin,
	.call = text_view__call,
	.lost = text_view__lost,
	.leak = text_view__leak,
	.refusal = text_view__refusal,
	.suppressed = text_view__suppressed,
	.end = text_view__end,
	.free = text_view__free,
};

struct view *text_view__new(FILE *out, bool color, bool header)
{
	struct text_view *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->view.ops = &text_view_ops;
	text->out = out;
	text->color = color;
	text->header = header;
	text->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	return &text->view;
}
