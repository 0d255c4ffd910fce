// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each variable means stands in shmtrace-trace(1), in this order.
 */
#include "view/refusal_env.h"

#include <time.h>

#include "base/escape.h"
#include "view/words.h"

#define NS_PER_S 1000000000LL

static void put_name(struct buffer *out, const char *name)
{
	buffer__put_str(out, "SHMTRACE_");
	buffer__put_str(out, name);
	buffer__put_char(out, '=');
}

static void put_text(struct buffer *out, const char *name, const char *text)
{
	put_name(out, name);
	buffer__put_str(out, text);
	buffer__put_char(out, '\0');
}

static void put_number(struct buffer *out, const char *name, uint64_t value, bool known)
{
	put_name(out, name);
	if (known)
		buffer__put_u64(out, value);
	buffer__put_char(out, '\0');
}

static void put_comm(struct buffer *out, const char *name, const char *comm, bool utf8)
{
	char text[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)];

	escape__text(text, comm, EVENT_COMM_LEN, utf8);
	put_text(out, name, text);
}

static void put_time(struct buffer *out, uint64_t time_ns, long long clock_offset_ns)
{
	const long long wall = (long long)time_ns + clock_offset_ns;
	const time_t second = wall / NS_PER_S;
	char text[sizeof("2026-01-02T10:15:01")];
	struct tm tm = {0};

	gmtime_r(&second, &tm);
	put_name(out, "TIME");
	if (strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		buffer__put_str(out, text);
	buffer__put_char(out, '.');
	buffer__put_digits(out, wall % NS_PER_S, 9);
	buffer__put_char(out, 'Z');
	buffer__put_char(out, '\0');
}

static void put_call(struct buffer *out, const struct refusal *refusal, long long clock_offset_ns,
		     bool utf8)
{
	const struct event *head = &refusal->call->head;

	put_time(out, head->time_ns, clock_offset_ns);
	put_number(out, "PID", head->pid, head->pid);
	put_number(out, "TID", head->tid, head->tid);
	put_number(out, "UID", head->uid, true);
	put_comm(out, "COMM", head->comm, utf8);
	put_number(out, "IPCNS", head->ipcns, true);
	put_text(out, "CALL", words__call_name(refusal->call->call));
	put_text(out, "ERROR", words__errno_name(refusal->error));
}

static void put_cause(struct buffer *out, const struct refusal *refusal)
{
	put_text(out, "CAUSE", refusal_cause__name(refusal->cause));
	put_text(out, "CERTAINTY", refusal_certainty__name(refusal->certainty));
	put_text(out, "LIMIT", ipc_limit__name(refusal->limit));
	put_number(out, "USED", refusal->used, refusal->limit && refusal->limit <= IPC_LIMITS_USED);
	put_number(out, "VALUE", refusal->value, refusal->limit);
	put_number(out, "WANTED", refusal->wanted, refusal->limit);
}

static void put_usage(struct buffer *out, const struct refusal *refusal, bool utf8)
{
	const struct usage *usage = &refusal->usage;
	const bool any = refusal->has_usage && usage->n_holders;
	const struct usage_holder *first = &usage->holders[0];

	put_number(out, "ORPHANED", usage->orphaned, refusal->has_usage);
	put_comm(out, "HOLDER", any ? first->comm : "", utf8);
	put_number(out, "HOLDER_PID", first->pid, any && first->pid);
	put_number(out, "HOLDER_UID", first->uid, any);
	put_number(out, "HOLDER_AMOUNT", first->amount, any);
}

/* All lines, without the newline behind the last one. */
static void put_lines(struct buffer *out, const struct view_refusal *view, bool utf8)
{
	char bytes[REFUSAL_TEXT_MAX];
	struct buffer lines;

	buffer__init(&lines, bytes, sizeof(bytes));
	refusal__put_text(&lines, view, 0, utf8);
	if (lines.len)
		lines.len--;
	put_name(out, "TEXT");
	buffer__put(out, lines.data, lines.len);
	buffer__put_char(out, '\0');
}

/*
 * One command. Where no process is known that would lead into the other namespace, it would have to
 * be typed in there: run here, it would change our own.
 */
static const char *remedy_of(const struct view_refusal *view, uint32_t own_ipcns)
{
	const struct event *head = &view->refusal->call->head;
	const struct remedy *remedy = &view->remedy;

	if (head->ipcns != own_ipcns && !head->pid)
		return "";
	return *remedy->remove ? remedy->remove : remedy->raise;
}

void refusal__put_env(struct buffer *out, const struct view_refusal *view,
		      const struct refusal_env *env)
{
	put_call(out, view->refusal, env->clock_offset_ns, env->utf8);
	put_cause(out, view->refusal);
	put_usage(out, view->refusal, env->utf8);
	put_lines(out, view, env->utf8);
	put_text(out, "REMEDY", remedy_of(view, env->own_ipcns));
	put_number(out, "MISSED", env->missed, true);
}
