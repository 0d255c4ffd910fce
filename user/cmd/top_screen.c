// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of `shmtrace top`: hands keys to it, and does what they ask for.
 */
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmd/top.h"
#include "source/ipcns.h"
#include "view/screen.h"
#include "view/words.h"

#define MESSAGE_BYTES 512

struct session {
	struct top *top;
	struct screen *screen;
	bool gone; /* the terminal */
	bool resized;
	bool stop_asked;     /* Ctrl-Z */
	unsigned int wanted; /* enum screen_reaction: not done yet */
};

static int gather(struct session *session)
{
	struct top *top = session->top;
	struct screen_facts facts = {.ledger = top->ledger,
				     .failures = top->failures,
				     .now_ns = clock__ns(CLOCK_MONOTONIC),
				     .calls = top->calls,
				     .failed = top->failed};
	struct ledger_stats stats;

	ledger__stats(top->ledger, &stats);
	facts.lost = stats.lost;
	facts.clock_offset_ns = (long long)(clock__ns(CLOCK_REALTIME) - facts.now_ns);
	return screen__gather(session->screen, &facts);
}

static int remove_object(struct session *session)
{
	char text[MESSAGE_BYTES] = "";
	int err = top__remove(session->top, screen__removal(session->screen), text, sizeof(text));

	screen__say(session->screen, text);
	return err;
}

/* What keys and time have asked for. Nothing is drawn before the terminal has taken the last. */
static int carry_out(struct session *session)
{
	struct top *top = session->top;
	const char *message;
	int err;

	if (session->wanted & SCREEN_QUIT)
		top->done = true;
	if (top->done)
		return 0;
	if (session->wanted & SCREEN_REMOVE) {
		session->wanted &= ~SCREEN_REMOVE;
		err = remove_object(session);
		if (err)
			return err;
		session->wanted |= SCREEN_GATHER;
	}
	if (terminal__is_busy(top->terminal))
		return 0;
	message = log__held();
	if (message) {
		screen__say(session->screen, message);
		session->wanted |= SCREEN_DRAW;
	}
	if (session->wanted & SCREEN_GATHER) {
		err = gather(session);
		if (err)
			return err;
	}
	if (session->wanted)
		terminal__draw(top->terminal, session->screen, session->wanted & SCREEN_REPAINT);
	session->wanted = 0;
	return 0;
}

static void resize(struct session *session)
{
	unsigned int rows, columns;

	terminal__size(session->top->terminal, &rows, &columns);
	screen__resize(session->screen, rows, columns);
	/* Terminals move what they show when their size changes, each in its own way. */
	session->wanted |= SCREEN_DRAW | SCREEN_REPAINT;
	session->resized = false;
}

/* As any program: the shell takes over, and `fg` comes back. What happens meanwhile waits. */
static void stop_ourselves(struct session *session)
{
	sigset_t set;

	session->stop_asked = false;
	terminal__stop(session->top->terminal);
	signal(SIGTSTP, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* Stopped here, and going on from here. */
	sigprocmask(SIG_BLOCK, &set, NULL);
	terminal__start(session->top->terminal);
	session->wanted |= SCREEN_DRAW | SCREEN_REPAINT;
	session->resized = true;
}

static void handle_signals(struct session *session)
{
	struct signalfd_siginfo info;
	struct top *top = session->top;

	while (read(top->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGUSR1:
			top->print_now = true;
			break;
		case SIGWINCH:
			session->resized = true;
			break;
		case SIGTSTP:
			session->stop_asked = true;
			break;
		case SIGCONT:
			/* Stopped by SIGSTOP, it may have lost its modes and what it showed. */
			terminal__stop(top->terminal);
			terminal__start(top->terminal);
			session->wanted |= SCREEN_DRAW | SCREEN_REPAINT;
			session->resized = true;
			break;
		default:
			top->done = true;
		}
	}
}

static void read_keys(struct session *session)
{
	struct terminal_input input;

	while (!session->top->done && terminal__next(session->top->terminal, &input)) {
		session->wanted |= input.is_mouse ? screen__mouse(session->screen, input.mouse,
								  input.row, input.column)
						  : screen__key(session->screen, input.key);
		/* Rows are as old as the last look: what comes next needs those of its own list. */
		if (session->wanted & (SCREEN_GATHER | SCREEN_QUIT | SCREEN_REMOVE))
			break;
	}
}

static int wait_and_take(struct session *session)
{
	struct top *top = session->top;
	enum { SIGNALS, RING, KEYS, OUTPUT, FDS };
	struct pollfd fds[FDS] = {[SIGNALS] = {.fd = top->signal_fd, .events = POLLIN},
				  [RING] = {.events = POLLIN},
				  [KEYS] = {.fd = STDIN_FILENO, .events = POLLIN},
				  [OUTPUT] = {.fd = -1, .events = POLLOUT}};
	int timeout = bpf_source__pause_ms(top->source, &fds[RING].fd);

	if (terminal__is_busy(top->terminal))
		fds[OUTPUT].fd = terminal__output_fd(top->terminal);
	/* Keys that were read along with others are with curses, and do not show in a poll. */
	if (session->wanted && fds[OUTPUT].fd < 0)
		timeout = 0;
	if (poll(fds, FDS, timeout) > 0) {
		if (fds[SIGNALS].revents)
			handle_signals(session);
		/* After SIGHUP, or without it where that is ignored. */
		session->gone = (fds[KEYS].revents | fds[OUTPUT].revents) &
				(POLLHUP | POLLERR | POLLNVAL);
	}
	if (session->gone)
		return 0;
	if (session->stop_asked)
		stop_ourselves(session);
	if (session->resized)
		resize(session);
	read_keys(session);
	session->gone = terminal__flush(top->terminal) != 0;
	return 0;
}

static int look_again(struct session *session, uint64_t now)
{
	struct top *top = session->top;
	int err = top__settle(top, now);

	explainer__tick(top->explainer, now);
	if (!screen__is_frozen(session->screen))
		session->wanted |= SCREEN_GATHER;
	return err;
}

static int follow(struct session *session)
{
	struct top *top = session->top;
	/* No report, but what there is to look at until the first one is due. */
	int err = look_again(session, clock__ns(CLOCK_MONOTONIC));

	while (!err) {
		uint64_t now;

		err = carry_out(session);
		if (!err && !top->done)
			err = wait_and_take(session);
		if (err || top->done || session->gone)
			break;
		now = clock__ns(CLOCK_MONOTONIC);
		if (top->print_now || now >= top->next_print_ns) {
			err = look_again(session, now);
			if (!err)
				err = carry_out(session);
			top__count(top);
			continue;
		}
		err = top__consume(top);
		if (!err)
			err = top__reconcile_if_needed(top, now);
	}
	return err;
}

int top__run_screen(struct top *top)
{
	const struct screen_options options = {
		.pid = top->view.pid,
		.container = top->view.container.pattern,
		.sort = top->view.sort,
		.own_ipcns = ipcns__inum(),
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.can_remove = !top->read_only,
	};
	struct session session = {.top = top, .resized = true};
	int err;

	session.screen = screen__new(&options);
	if (!session.screen)
		return -ENOMEM;
	log__hold(isatty(STDERR_FILENO));
	terminal__start(top->terminal);
	resize(&session);
	err = follow(&session);
	terminal__stop(top->terminal);
	log__hold(false);
	screen__free(session.screen);
	return err;
}
