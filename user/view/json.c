// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live stream as JSON Lines. What a member means stands in schema.json, which is installed; the
 * two change together.
 */
#include <stdlib.h>
#include <time.h>

#include "base/json_writer.h"
#include "view/call.h"
#include "view/json.h"
#include "view/leak.h"
#include "view/limits.h"
#include "view/loss.h"
#include "view/refusal.h"
#include "view/words.h"

#define NS_PER_SEC 1000000000ll
#define SECOND_LEN 20 /* "2026-01-02T10:15:01." */
#define TIME_LEN   (SECOND_LEN + 10)
#define LINE_CAP   8192 /* twice what a call needs if all its text had to be escaped */

/* How the kernel reads an argument register: SYSCALL_DEFINEn in ipc/{shm,sem,msg}.c. */
enum arg_kind {
	ARG_INT,
	ARG_UINT, /* keys too: key_t is signed, but no tool shows them so */
	ARG_LONG,
	ARG_ULONG, /* sizes and addresses */
};

struct arg {
	const char *name;
	enum arg_kind kind;
};

static const struct arg call_args[CALL_COUNT][EVENT_ARGS_MAX] = {
	[CALL_SHMGET] = {{"key", ARG_UINT}, {"size", ARG_ULONG}, {"shmflg", ARG_INT}},
	[CALL_SHMAT] = {{"shmid", ARG_INT}, {"shmaddr", ARG_ULONG}, {"shmflg", ARG_INT}},
	[CALL_SHMDT] = {{"shmaddr", ARG_ULONG}},
	[CALL_SHMCTL] = {{"shmid", ARG_INT}, {"cmd", ARG_INT}, {"buf", ARG_ULONG}},
	[CALL_SEMGET] = {{"key", ARG_UINT}, {"nsems", ARG_INT}, {"semflg", ARG_INT}},
	[CALL_SEMCTL] = {{"semid", ARG_INT},
			 {"semnum", ARG_INT},
			 {"cmd", ARG_INT},
			 {"arg", ARG_ULONG}},
	[CALL_MSGGET] = {{"key", ARG_UINT}, {"msgflg", ARG_INT}},
	[CALL_MSGCTL] = {{"msqid", ARG_INT}, {"cmd", ARG_INT}, {"buf", ARG_ULONG}},
	[CALL_SEMOP] = {{"semid", ARG_INT}, {"sops", ARG_ULONG}, {"nsops", ARG_UINT}},
	[CALL_SEMTIMEDOP] = {{"semid", ARG_INT},
			     {"sops", ARG_ULONG},
			     {"nsops", ARG_UINT},
			     {"timeout", ARG_ULONG}},
	[CALL_MSGSND] = {{"msqid", ARG_INT},
			 {"msgp", ARG_ULONG},
			 {"msgsz", ARG_ULONG},
			 {"msgflg", ARG_INT}},
	[CALL_MSGRCV] = {{"msqid", ARG_INT},
			 {"msgp", ARG_ULONG},
			 {"msgsz", ARG_ULONG},
			 {"msgtyp", ARG_LONG},
			 {"msgflg", ARG_INT}},
	[CALL_IPC] = {{"call", ARG_UINT},
		      {"first", ARG_INT},
		      {"second", ARG_ULONG},
		      {"third", ARG_ULONG},
		      {"ptr", ARG_ULONG},
		      {"fifth", ARG_LONG}},
};

struct json_view {
	struct view view;
	FILE *out;
	/* The last time written, for "end", and the second that it begins with. */
	bool time_valid;
	long long second;
	char time[TIME_LEN]; /* RFC 3339, no NUL */
	char line[LINE_CAP];
};

static void json_view__begin(struct view *view)
{
	(void)view;
}

static void set_second(struct json_view *json, long long second)
{
	struct buffer time;
	time_t when = second;
	struct tm tm = {0};

	gmtime_r(&when, &tm);
	buffer__init(&time, json->time, SECOND_LEN);
	buffer__put_digits(&time, tm.tm_year + 1900, 4);
	buffer__put_char(&time, '-');
	buffer__put_digits(&time, tm.tm_mon + 1, 2);
	buffer__put_char(&time, '-');
	buffer__put_digits(&time, tm.tm_mday, 2);
	buffer__put_char(&time, 'T');
	buffer__put_digits(&time, tm.tm_hour, 2);
	buffer__put_char(&time, ':');
	buffer__put_digits(&time, tm.tm_min, 2);
	buffer__put_char(&time, ':');
	buffer__put_digits(&time, tm.tm_sec, 2);
	buffer__put_char(&time, '.');
	json->second = second;
	json->time_valid = true;
}

static void put_time(struct json_writer *w, struct json_view *json, unsigned long long time_ns)
{
	long long wall = (long long)time_ns + json->view.clock_offset_ns;
	long long second = wall / NS_PER_SEC, rest = wall % NS_PER_SEC;
	struct buffer fraction;

	if (rest < 0) {
		rest += NS_PER_SEC;
		second--;
	}
	if (!json->time_valid || second != json->second)
		set_second(json, second);
	buffer__init(&fraction, json->time + SECOND_LEN, TIME_LEN - SECOND_LEN);
	buffer__put_digits(&fraction, rest, 9);
	buffer__put_char(&fraction, 'Z');
	json_writer__string(w, "time", json->time, TIME_LEN);
}

static void begin_line(struct json_writer *w, struct json_view *json, const char *type)
{
	json_writer__init(w, json->line, sizeof(json->line));
	json_writer__begin(w, NULL);
	json_writer__word(w, "type", type);
	json_writer__u64(w, "version", 1);
}

static void end_line(struct json_writer *w, struct json_view *json)
{
	json_writer__end(w);
	fwrite_unlocked(w->out.data, 1, json_writer__finish(w), json->out);
}

/* 0 is no process: one that our pid namespace does not show. */
static void put_pid(struct json_writer *w, const char *key, uint32_t pid)
{
	if (pid)
		json_writer__u64(w, key, pid);
	else
		json_writer__null(w, key);
}

/* msgrcv by ipc(2) finds both in a struct of the caller's that could not be read. */
static bool is_unread(const struct call_event *call, int i)
{
	return call->flags & CALL_F_KLUDGE_FAULT && call->call == CALL_MSGRCV && (i == 1 || i == 3);
}

static void put_args(struct json_writer *w, const struct call_event *call)
{
	const struct arg *args = call_args[call->call];

	json_writer__begin(w, "args");
	for (int i = 0; i < EVENT_ARGS_MAX && args[i].name; i++) {
		uint64_t value = call->args[i];

		if (is_unread(call, i))
			json_writer__null(w, args[i].name);
		else if (args[i].kind == ARG_INT)
			json_writer__s64(w, args[i].name, (int32_t)value);
		else if (args[i].kind == ARG_UINT)
			json_writer__u64(w, args[i].name, (uint32_t)value);
		else if (args[i].kind == ARG_ULONG)
			json_writer__u64(w, args[i].name, value);
		else /* the long of a 32-bit caller came zero-extended */
			json_writer__s64(w, args[i].name,
					 call->abi == ABI_NATIVE ? (int64_t)value : (int32_t)value);
	}
	json_writer__end(w);
}

/* As the caller gets it: -1 and an errno, or a result; neither while the call is to start again. */
static void put_result(struct json_writer *w, const struct call_event *call)
{
	int error = call__errno(call);

	if (error >= CALL_RESTART_FIRST && error <= CALL_RESTART_LAST)
		json_writer__null(w, "ret");
	else if (error)
		json_writer__s64(w, "ret", -1);
	else if (call->flags & CALL_F_NO_RESULT)
		json_writer__null(w, "ret");
	else if (call->call == CALL_SHMAT)
		json_writer__u64(w, "ret", call->ret);
	else
		json_writer__s64(w, "ret", call->ret);
	if (error) {
		json_writer__u64(w, "errno", error);
		json_writer__str(w, "error", words__errno_name(error));
	} else {
		json_writer__null(w, "errno");
		json_writer__null(w, "error");
	}
}

static void json_view__call(struct view *view, const struct call_event *call)
{
	static const char *const abis[] = {
		[ABI_NATIVE] = "native",
		[ABI_COMPAT] = "compat",
		[ABI_COMPAT_IPC] = "ipc",
	};
	struct json_view *json = (struct json_view *)view;
	char words[WORDS_MAX];
	struct json_writer w;

	if (!call__is_known(call))
		return;
	begin_line(&w, json, "call");
	put_time(&w, json, call->head.time_ns);
	put_pid(&w, "pid", call->head.pid);
	put_pid(&w, "tid", call->head.tid);
	json_writer__u64(&w, "uid", call->head.uid);
	json_writer__string(&w, "comm", call->head.comm, EVENT_COMM_LEN);
	json_writer__u64(&w, "ipcns", call->head.ipcns);
	json_writer__word(&w, "call", words__call_name(call->call));
	put_args(&w, call);
	put_result(&w, call);
	if (call->flags & CALL_F_NO_DURATION)
		json_writer__null(&w, "duration_ns");
	else
		json_writer__u64(&w, "duration_ns", call->duration_ns);
	json_writer__word(&w, "abi", abis[call->abi]);
	json_writer__string(&w, "text", words, words__call(words, call));
	if (call->head.type == EVENT_CALL_LIMITS)
		limits__put_json(&w, &((const struct call_limits_event *)call)->limits,
				 call->flags & CALL_F_LIMITS_EXACT);
	end_line(&w, json);
}

static void json_view__lost(struct view *view, const struct view_loss *loss)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer w;

	begin_line(&w, json, "lost");
	put_time(&w, json, loss->time_ns);
	loss__put_json(&w, loss->calls);
	end_line(&w, json);
}

static void json_view__leak(struct view *view, const struct view_leak *leak)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer w;

	begin_line(&w, json, "leak");
	put_time(&w, json, leak->time_ns);
	leak__put_json(&w, leak);
	end_line(&w, json);
}

static void json_view__refusal(struct view *view, const struct view_refusal *refusal)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer w;

	begin_line(&w, json, "limit");
	put_time(&w, json, refusal->refusal->call->head.time_ns);
	refusal__put_json(&w, refusal);
	end_line(&w, json);
}

static void json_view__suppressed(struct view *view, const struct view_suppressed *suppressed)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer w;

	begin_line(&w, json, "suppressed");
	put_time(&w, json, suppressed->time_ns);
	suppressed__put_json(&w, suppressed);
	end_line(&w, json);
}

static void json_view__end(struct view *view, const struct view_totals *totals)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer w;

	begin_line(&w, json, "end");
	/* A view reads no clock: this is the time of the line before. */
	if (json->time_valid)
		json_writer__string(&w, "time", json->time, TIME_LEN);
	else
		json_writer__null(&w, "time");
	json_writer__u64(&w, "calls", totals->calls);
	json_writer__u64(&w, "failed", totals->failed);
	json_writer__begin(&w, "lost");
	loss__put_json(&w, totals->lost);
	json_writer__end(&w);
	json_writer__u64(&w, "elapsed_ns", totals->elapsed_ns);
	end_line(&w, json);
}

static void json_view__free(struct view *view)
{
	free(view);
}

static const struct view_ops json_view_ops = {
	.begin = json_view__begin,
	.call = json_view__call,
	.lost = json_view__lost,
	.leak = json_view__leak,
	.refusal = json_view__refusal,
	.suppressed = json_view__suppressed,
	.end = json_view__end,
	.free = json_view__free,
};

struct view *json_view__new(FILE *out)
{
	struct json_view *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->view.ops = &json_view_ops;
	json->out = out;
	return &json->view;
}
