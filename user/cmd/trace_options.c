// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/trace_options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "cmd/cmd.h"
#include "ledger/refusal.h"
#include "view/words.h"

#define CALLS_SHM   (1U << CALL_SHMGET | 1U << CALL_SHMAT | 1U << CALL_SHMDT | 1U << CALL_SHMCTL)
#define CALLS_SEM   (1U << CALL_SEMGET | 1U << CALL_SEMCTL)
#define CALLS_MSG   (1U << CALL_MSGGET | 1U << CALL_MSGCTL)
#define CALLS_GET   (1U << CALL_SHMGET | 1U << CALL_SEMGET | 1U << CALL_MSGGET)
#define CALLS_ALL   ((1U << CALL_COUNT) - 1)
#define CALLS_SIZED (1U << CALL_SHMGET | 1U << CALL_MSGSND | 1U << CALL_MSGRCV)
/* What creates, attaches and removes; what moves data is traced when it is asked for. */
#define CALLS_DEFAULT (CALLS_SHM | CALLS_SEM | CALLS_MSG | 1U << CALL_IPC)

enum {
	OPTION_IPCNS = 256,
	OPTION_MIN_SIZE,
	OPTION_COUNT,
	OPTION_COLOR,
	OPTION_HOOKS,
	OPTION_BUFFER,
	OPTION_DEBUG,
	OPTION_USAGE,
	OPTION_NO_LEAKS,
	OPTION_NO_EXPLAIN,
	OPTION_ON_LIMIT,
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "Which calls:", 1},
	{"calls", 'e', "CALL[,CALL]", 0,
	 "only these calls, or %shm, %sem, %msg, %ipc; semop, semtimedop, msgsnd and msgrcv are "
	 "traced only when named here or by %ipc",
	 1},
	{"failed", 'x', NULL, 0, "only calls that fail", 1},
	{"errno", 'E', "ERRNO", 0, "only calls that fail so: ENOSPC, or 28", 1},
	{"key", 'k', "KEY", 0, "only the objects behind this key: 0x52e2c1 or decimal", 1},
	{"id", 'i', "ID", 0, "only objects with this id, of any kind", 1},
	{"min-size", OPTION_MIN_SIZE, "SIZE", 0,
	 "only shmget, msgsnd and msgrcv of at least SIZE bytes: 64k, 1M", 1},

	{NULL, 0, NULL, 0, "Of which processes:", 2},
	{"pid", 'p', "PID[,PID]", 0, "only these processes; ends when they have ended", 2},
	{"user", 'u', "USER", 0, "only processes of this user: a name or a number", 2},
	{"name", 'n', "COMM", 0, "only threads with COMM in their name", 2},
	{"ipcns", OPTION_IPCNS, "INUM", 0, "only callers in this IPC namespace", 2},
	CMD_CONTAINER_OPTION(2, "only processes"),

	{NULL, 0, NULL, 0, "How long:", 3},
	{"duration", 'd', "SECONDS", 0, "end after this time: 10, 0.5, 2m", 3},
	{"count", OPTION_COUNT, "N", 0, "end after N calls", 3},

	{NULL, 0, NULL, 0, "Output:", 4},
	{"json", 'J', NULL, 0, "JSON, one object a line", 4},
	{"summary", 'c', NULL, 0, "only a table of all calls, at the end", 4},
	{"no-leaks", OPTION_NO_LEAKS, NULL, 0,
	 "do not say what is left behind unused; nor is that said with -c, nor where a filter "
	 "asks for particular calls",
	 4},
	{"no-explain", OPTION_NO_EXPLAIN, NULL, 0,
	 "do not say why a shmget, semget or msgget failed, and who fills the limit that it hit",
	 4},
	{"on-limit", OPTION_ON_LIMIT, "COMMAND", 0,
	 "run COMMAND by /bin/sh when a shmget, semget or msgget that is shown fails for a limit "
	 "or for want of memory; SHMTRACE_TEXT and more in its environment say why",
	 4},
	{"output", 'o', "FILE", 0, "write to FILE and not to standard output", 4},
	{"quiet", 'q', NULL, 0, "no header and no messages but errors", 4},
	{"color", OPTION_COLOR, "WHEN", 0, "colours: auto, always or never; auto heeds NO_COLOR",
	 4},

	{NULL, 0, NULL, 0, "The tracer itself:", 5},
	{"hooks", OPTION_HOOKS, "SET", 0,
	 "auto, functions or syscalls; functions also see 32-bit callers", 5},
	{"buffer", OPTION_BUFFER, "SIZE", 0, "ring buffer to the kernel (default 8M)", 5},
	{"debug", OPTION_DEBUG, NULL, 0, "say what is tried", 5},
	{"help", 'h', NULL, 0, "print this help", -1},
	{"usage", OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1},
	{}};

/* name is not NUL-terminated. 0: no such call or class. */
static uint32_t calls_named(const char *name, size_t len)
{
	static const struct {
		const char *name;
		uint32_t calls;
	} classes[] = {
		{"%shm", CALLS_SHM}, {"%sem", CALLS_SEM}, {"%msg", CALLS_MSG}, {"%ipc", CALLS_ALL}};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (strlen(classes[i].name) == len && !strncmp(classes[i].name, name, len))
			return classes[i].calls;
	for (unsigned int i = 0; i < CALL_COUNT; i++) {
		const char *call = words__call_name(i);

		if (strlen(call) == len && !strncmp(call, name, len))
			return 1U << i;
	}
	return 0;
}

static uint32_t parse_calls(struct argp_state *state, const char *list)
{
	uint32_t calls = 0;

	for (const char *name = list;; name++) {
		size_t len = strcspn(name, ",");
		uint32_t more = calls_named(name, len);

		if (!more)
			argp_error(state,
				   "-e: no call '%.*s'; one of shmget, shmat, shmdt, "
				   "shmctl, semget, semctl, semop, semtimedop, msgget, msgctl, "
				   "msgsnd, msgrcv, ipc, %%shm, %%sem, %%msg, %%ipc",
				   (int)len, name);
		calls |= more;
		name += len;
		if (!*name)
			return calls;
	}
}

static int parse_errno(struct argp_state *state, const char *text)
{
	int number = words__errno_number(text);
	uint64_t value = 0;

	if (number > 0)
		return number;
	if (parse__u64(text, 1, 4095, &value))
		argp_error(state, "-E: no error '%s'", text);
	return value;
}

static void parse_filter(struct trace_options *options, int key, const char *arg,
			 struct argp_state *state)
{
	struct bpf_source_options *source = &options->source;
	uint64_t value = 0;

	switch (key) {
	case 'p':
		cmd__check(state, "-p", arg,
			   parse__pids(arg, options->pids, TRACE_PIDS_MAX, &source->n_pids));
		source->pids = options->pids;
		break;
	case 'u':
		source->by_uid = true;
		source->uid = cmd__user(state, arg);
		break;
	case 'n':
		if (!*arg || strlen(arg) >= EVENT_COMM_LEN)
			argp_error(state,
				   "-n: '%s' is in no process name: these have 1 to %d bytes", arg,
				   EVENT_COMM_LEN - 1);
		source->comm = arg;
		break;
	case 'e':
		source->calls = parse_calls(state, arg);
		break;
	case 'x':
		source->failed = true;
		break;
	case 'E':
		source->error = parse_errno(state, arg);
		break;
	case 'k':
		source->by_key = true;
		cmd__check(state, "-k", arg, parse__key(arg, &source->key));
		break;
	case 'i':
		source->by_id = true;
		cmd__check(state, "-i", arg, parse__u64(arg, 0, INT32_MAX, &value));
		source->id = value;
		break;
	case OPTION_IPCNS:
		cmd__check(state, "--ipcns", arg, parse__u64(arg, 1, UINT32_MAX, &value));
		source->ipcns = value;
		break;
	case OPTION_MIN_SIZE:
		cmd__check(state, "--min-size", arg, parse__size(arg, &source->min_size));
		break;
	}
}

static bool asks_for_calls(const struct bpf_source_options *source)
{
	return source->calls != CALLS_DEFAULT || source->failed || source->error ||
	       source->by_key || source->by_id || source->min_size;
}

/* A get that fails has no id, and with -E only one errno is shown. */
static bool may_show_refusals(const struct bpf_source_options *source)
{
	return source->calls & CALLS_GET && !source->by_id &&
	       (!source->error || refusal__is_explained(source->error));
}

static void check_on_limit(const struct trace_options *options, const struct argp_state *state)
{
	const struct bpf_source_options *source = &options->source;

	if (!options->on_limit)
		return;
	if (!*options->on_limit)
		argp_error(state, "--on-limit: '' is no command");
	if (options->summary)
		argp_error(state, "--on-limit and -c exclude each other");
	if (!options->explain)
		argp_error(state, "--on-limit and --no-explain exclude each other");
	if (!may_show_refusals(source) ||
	    (source->error && !refusal__may_be_shortage(source->error)))
		argp_error(state, "--on-limit: no call that is shown can fail for a limit");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const char *const colors[] = {"auto", "always", "never", NULL};
	struct trace_options *options = state->input;

	switch (key) {
	case 'd':
		cmd__check(state, "-d", arg, parse__seconds(arg, &options->duration_ns));
		if (!options->duration_ns)
			argp_error(state, "-d: '%s' is no time", arg);
		break;
	case OPTION_COUNT:
		cmd__check(state, "--count", arg, parse__u64(arg, 1, UINT64_MAX, &options->count));
		break;
	case 'J':
		options->json = true;
		break;
	case 'c':
		options->summary = true;
		break;
	case 'o':
		options->output = arg;
		break;
	case 'q':
		options->quiet = true;
		break;
	case OPTION_COLOR:
		options->color = cmd__word(state, "--color", arg, colors);
		break;
	case OPTION_HOOKS:
		options->source.hooks = cmd__hooks(state, arg);
		break;
	case OPTION_BUFFER:
		options->source.buffer = cmd__buffer(state, arg);
		break;
	case OPTION_NO_LEAKS:
		options->leaks = false;
		break;
	case OPTION_NO_EXPLAIN:
		options->explain = false;
		break;
	case OPTION_ON_LIMIT:
		options->on_limit = arg;
		break;
	case CMD_OPTION_CONTAINER:
		options->container = cmd__container(state, arg);
		break;
	case OPTION_DEBUG:
		log__set_level(LOG_DEBUG);
		break;
	case 'h':
		cmd__print_help(state);
		break;
	case OPTION_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		break;
	case ARGP_KEY_ARGS:
		options->command = state->argv + state->next;
		/* 'shmtrace --debug top' is no wish to trace the program of that name. */
		if (!state->quoted && command__find(*options->command))
			argp_error(state,
				   "'%s' is a command of shmtrace, and comes before all options; "
				   "to trace a program of that name: -- %s",
				   *options->command, *options->command);
		break;
	case 'p':
	case 'u':
	case 'n':
	case 'e':
	case 'x':
	case 'E':
	case 'k':
	case 'i':
	case OPTION_IPCNS:
	case OPTION_MIN_SIZE:
		parse_filter(options, key, arg, state);
		break;
	case ARGP_KEY_END:
		check_on_limit(options, state);
		/* Who asks for particular calls does not ask for what else happens. */
		if (options->summary || options->count || asks_for_calls(&options->source))
			options->leaks = false;
		if (options->summary || !may_show_refusals(&options->source))
			options->explain = false;
		/* It knows who is in which container. */
		options->source.ledger = options->leaks || options->explain || options->container;
		if (options->command && options->source.n_pids)
			argp_error(state, "-p and a command exclude each other");
		if (options->source.min_size && !(options->source.calls & CALLS_SIZED))
			argp_error(state, "--min-size: none of the calls of -e has a size");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void trace_options__parse(struct trace_options *options, int argc, char *argv[])
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.args_doc = "[-- CMD ARGS...]",
		.doc = "Shows System V IPC calls of all processes as they happen, one line a call, "
		       "in strace's notation. With CMD: runs it, shows its calls and those of its "
		       "descendants, and ends as it ended.",
	};

	*options = (struct trace_options){
		.source = {.calls = CALLS_DEFAULT, .buffer = BPF_SOURCE_BUFFER_DEFAULT},
		.leaks = true,
		.explain = true,
	};
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, options);
}
