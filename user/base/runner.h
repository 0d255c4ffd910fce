/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that is forked early, with the privileges and the signals that the program was started
 * with, and later runs one shell command again and again, one at a time, each time with other
 * variables in its environment. Nobody waits for it: what became of a run is read when it is there.
 */
#ifndef SHMTRACE_BASE_RUNNER_H
#define SHMTRACE_BASE_RUNNER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bytes of all variables of one run. */
#define RUNNER_VARIABLES_MAX 16384

enum runner_news {
	RUNNER_NO_NEWS,
	RUNNER_STARTED,	    /* report.pid */
	RUNNER_NOT_STARTED, /* report.err */
	RUNNER_ENDED,	    /* report.pid, report.status */
	RUNNER_GONE,	    /* the process itself has ended: it runs nothing more */
};

struct runner_report {
	enum runner_news news;
	pid_t pid;
	int status; /* as wait(2) says it */
	int err;    /* -errno */
};

struct runner;

/*
 * Forks it. command is for /bin/sh -c, which reads from /dev/null, writes to our standard error,
 * inherits no other file descriptor, is in a session of its own, and has `mask` as its signal mask.
 * The process ends when runner__free is called or we end, however we end; a command that runs then
 * is left to itself. 0 or -errno.
 */
int runner__new(struct runner **runner, const char *command, const sigset_t *mask);
/* Also of NULL. */
void runner__free(struct runner *runner);

/* The process that is the parent of every command. */
pid_t runner__pid(const struct runner *runner);

/* Readable when there is news; -1: there will be none any more. */
int runner__fd(const struct runner *runner);

/* A run has been asked for, and its end has not been read yet. */
bool runner__is_busy(const struct runner *runner);

/*
 * Runs the command with these variables, "NAME=VALUE" with a NUL behind each, instead of those of
 * the same name. Does not block. 0 or -errno: EBUSY, EMSGSIZE, EPIPE (it is gone).
 */
int runner__run(struct runner *runner, const char *variables, size_t len);

/* The next piece of news. Does not block. */
void runner__read(struct runner *runner, struct runner_report *report);

/* To be called after a SIGCHLD: leaves no zombie of a process that is gone. */
void runner__reap(struct runner *runner);

#endif
