// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts per call, printed once at the end, laid out as strace 6.1 does (src/count.c). The time is
 * what the calls took on the wall, as with strace -c -w: system time is not measured.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_writer.h"
#include "view/call.h"
#include "view/loss.h"
#include "view/summary.h"
#include "view/words.h"

#define LINE_CAP 4096

struct call_counts {
	unsigned int call; /* enum call_id */
	uint64_t calls;
	uint64_t errors;
	uint64_t timed; /* calls whose duration is known */
	uint64_t time_ns;
};

struct summary_view {
	struct view view;
	FILE *out;
	bool json;
	struct call_counts counts[CALL_COUNT];
};

static void summary_view__begin(struct view *view)
{
	(void)view;
}

static void summary_view__call(struct view *view, const struct call_event *call)
{
	struct summary_view *summary = (struct summary_view *)view;
	struct call_counts *counts;

	if (!call__is_known(call))
		return;
	counts = &summary->counts[call->call];
	counts->calls++;
	if (call__errno(call))
		counts->errors++;
	if (call->flags & CALL_F_NO_DURATION)
		return;
	counts->timed++;
	counts->time_ns += call->duration_ns;
}

/* All that was lost comes again with the totals. */
static void summary_view__lost(struct view *view, const struct view_loss *loss)
{
	(void)view;
	(void)loss;
}

static struct call_counts sum_up(const struct summary_view *summary)
{
	struct call_counts total = {0};

	for (int i = 0; i < CALL_COUNT; i++) {
		total.calls += summary->counts[i].calls;
		total.errors += summary->counts[i].errors;
		total.timed += summary->counts[i].timed;
		total.time_ns += summary->counts[i].time_ns;
	}
	return total;
}

static int by_time(const void *left, const void *right)
{
	const struct call_counts *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? 1 : -1;
	if (a->calls != b->calls)
		return a->calls < b->calls ? 1 : -1;
	return a->call < b->call ? -1 : a->call > b->call;
}

static int format_seconds(char *text, size_t size, uint64_t ns)
{
	return snprintf(text, size, "%" PRIu64 ".%06" PRIu64, ns / 1000000000, ns / 1000 % 1000000);
}

struct columns {
	int seconds;
	int usecs;
	int calls;
	int errors;
};

static void widen(int *width, int needed)
{
	if (*width < needed)
		*width = needed;
}

/* strace's own widths, wider where a number needs it. The totals are the widest but for usecs. */
static struct columns measure(const struct summary_view *summary, const struct call_counts *total)
{
	struct columns columns = {.seconds = 11, .usecs = 11, .calls = 9, .errors = 9};

	widen(&columns.seconds, format_seconds(NULL, 0, total->time_ns));
	widen(&columns.calls, snprintf(NULL, 0, "%" PRIu64, total->calls));
	widen(&columns.errors, snprintf(NULL, 0, "%" PRIu64, total->errors));
	for (int i = 0; i < CALL_COUNT; i++) {
		const struct call_counts *counts = &summary->counts[i];

		if (counts->timed)
			widen(&columns.usecs, snprintf(NULL, 0, "%" PRIu64,
						       counts->time_ns / counts->timed / 1000));
	}
	return columns;
}

static void print_dashes(FILE *out, int count)
{
	while (count--)
		fputc('-', out);
}

static void print_rule(FILE *out, const struct columns *columns)
{
	const int widths[] = {6, columns->seconds, columns->usecs, columns->calls, columns->errors};

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		print_dashes(out, widths[i]);
		fputc(' ', out);
	}
	print_dashes(out, 16);
	fputc('\n', out);
}

static void print_row(FILE *out, const struct columns *columns, const struct call_counts *counts,
		      uint64_t total_ns, const char *name)
{
	double share = total_ns ? 100.0 * counts->time_ns / total_ns : 0.0;
	uint64_t usecs = counts->timed ? counts->time_ns / counts->timed / 1000 : 0;
	char seconds[32], errors[32] = "";

	format_seconds(seconds, sizeof(seconds), counts->time_ns);
	if (counts->errors)
		snprintf(errors, sizeof(errors), "%" PRIu64, counts->errors);
	fprintf(out, "%6.2f %*s %*" PRIu64 " %*" PRIu64 " %*s %s\n", share, columns->seconds,
		seconds, columns->usecs, usecs, columns->calls, counts->calls, columns->errors,
		errors, name);
}

static void print_table(struct summary_view *summary)
{
	struct call_counts total = sum_up(summary);
	struct columns columns = measure(summary, &total);
	FILE *out = summary->out;

	qsort(summary->counts, CALL_COUNT, sizeof(summary->counts[0]), by_time);
	fprintf(out, "%% time %*s %*s %*s %*s syscall\n", columns.seconds, "seconds", columns.usecs,
		"usecs/call", columns.calls, "calls", columns.errors, "errors");
	print_rule(out, &columns);
	for (int i = 0; i < CALL_COUNT; i++) {
		const struct call_counts *counts = &summary->counts[i];

		if (counts->calls)
			print_row(out, &columns, counts, total.time_ns,
				  words__call_name(counts->call));
	}
	print_rule(out, &columns);
	print_row(out, &columns, &total, total.time_ns, "total");
}

static void put_counts(struct json_writer *w, const char *key, const struct call_counts *counts)
{
	json_writer__begin(w, key);
	json_writer__u64(w, "calls", counts->calls);
	json_writer__u64(w, "errors", counts->errors);
	json_writer__u64(w, "time_ns", counts->time_ns);
	json_writer__end(w);
}

static void print_json(const struct summary_view *summary, const struct view_totals *totals)
{
	struct call_counts total = sum_up(summary);
	char line[LINE_CAP];
	struct json_writer w;

	json_writer__init(&w, line, sizeof(line));
	json_writer__begin(&w, NULL);
	json_writer__str(&w, "type", "summary");
	json_writer__u64(&w, "version", 1);
	json_writer__begin(&w, "calls");
	for (int i = 0; i < CALL_COUNT; i++) {
		if (summary->counts[i].calls)
			put_counts(&w, words__call_name(i), &summary->counts[i]);
	}
	json_writer__end(&w);
	put_counts(&w, "total", &total);
	json_writer__begin(&w, "lost");
	loss__put_json(&w, totals->lost);
	json_writer__end(&w);
	json_writer__u64(&w, "elapsed_ns", totals->elapsed_ns);
	json_writer__end(&w);
	fwrite(line, 1, json_writer__finish(&w), summary->out);
}

static void print_losses(FILE *out, const struct view_totals *totals)
{
	char bytes[1024];
	struct buffer line;

	if (!loss__total(totals->lost))
		return;
	buffer__init(&line, bytes, sizeof(bytes));
	loss__put_text(&line, totals->lost);
	buffer__put_char(&line, '\n');
	fwrite(line.data, 1, line.len, out);
}

static void summary_view__end(struct view *view, const struct view_totals *totals)
{
	struct summary_view *summary = (struct summary_view *)view;

	if (summary->json) {
		print_json(summary, totals);
		return;
	}
	/* Like strace: no calls, no table. */
	if (sum_up(summary).calls)
		print_table(summary);
	print_losses(summary->out, totals);
}

static void summary_view__free(struct view *view)
{
	free(view);
}

static const struct view_ops summary_view_ops = {
	.begin = summary_view__begin,
	.call = summary_view__call,
	.lost = summary_view__lost,
	.end = summary_view__end,
	.free = summary_view__free,
};

struct view *summary_view__new(FILE *out, bool json)
{
	struct summary_view *summary = calloc(1, sizeof(*summary));

	if (!summary)
		return NULL;
	summary->view.ops = &summary_view_ops;
	summary->out = out;
	summary->json = json;
	for (int i = 0; i < CALL_COUNT; i++)
		summary->counts[i].call = i;
	return &summary->view;
}
