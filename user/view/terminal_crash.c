// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handler may call nothing that is not safe in a signal: what it writes was put together
 * before. It must be found by a handler, hence the one object of this program that is static and
 * changes.
 */
#include "view/terminal_crash.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
/* Behind all others: curses.h has macros of common names. */
#include <curses.h>
#include <term.h>

/* All that end a process and that nobody here waits for; the first ones may be faults. */
static const int signals[] = {
	SIGSEGV, SIGBUS,  SIGILL, SIGFPE, SIGTRAP,   SIGABRT, SIGQUIT, SIGSYS,	  SIGUSR2,
	SIGALRM, SIGPROF, SIGIO,  SIGPWR, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM,
};

#define N_FAULTS  5
#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

static struct {
	volatile sig_atomic_t armed;
	int fd;
	struct termios before;
	char words[512];
	size_t len;
	struct sigaction actions[N_SIGNALS]; /* that were there */
} crash;

/* Without the delays that terminfo may ask for: "$<5>". */
static void add(const char *words)
{
	if (!words || words == (const char *)-1)
		return;
	while (*words && crash.len < sizeof(crash.words)) {
		const char *end = words[0] == '$' && words[1] == '<' ? strchr(words, '>') : NULL;

		if (end)
			words = end + 1;
		else
			crash.words[crash.len++] = *words++;
	}
}

void terminal_crash__let_go_on(int fd)
{
	/* TCOON ends what TCOOFF began and nothing else (drivers/tty/tty_ioctl.c). */
	if (!tcflow(fd, TCOOFF))
		tcflow(fd, TCOON);
}

static void handle(int signal, siginfo_t *info, void *context)
{
	bool comes_again = false;

	(void)context;
	if (crash.armed) {
		crash.armed = 0;
		terminal_crash__let_go_on(crash.fd);
		if (write(crash.fd, crash.words, crash.len) < 0)
			crash.len = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &crash.before);
	}
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (signals[i] == signal) {
			sigaction(signal, &crash.actions[i], NULL);
			/* A fault by itself, when this returns, and then to whom it would have. */
			comes_again = i < N_FAULTS && info->si_code > 0;
		}
	if (!comes_again)
		raise(signal);
}

void terminal_crash__arm(int fd, const struct termios *before)
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER};
	const char *mouse = tigetstr("XM");

	crash.fd = fd;
	crash.before = *before;
	crash.len = 0;
	/* Where terminfo does not say how, curses takes this one. */
	if (mouse && mouse != (const char *)-1)
		add(tiparm(mouse, 0));
	else if (key_mouse)
		add("\033[?1000l");
	add(keypad_local);
	add(exit_attribute_mode);
	add(orig_pair);
	/* Where there is no other screen to go back to, the shell goes on in the last line. */
	if (cursor_address)
		add(tiparm(cursor_address, lines - 1, 0));
	add(clr_eol);
	add(exit_ca_mode);
	add(cursor_normal);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		sigaction(signals[i], &action, &crash.actions[i]);
		/* What was ignored when we began ends nothing. */
		if (crash.actions[i].sa_handler == SIG_IGN)
			sigaction(signals[i], &crash.actions[i], NULL);
	}
	crash.armed = 1;
}

void terminal_crash__disarm(void)
{
	if (!crash.armed)
		return;
	crash.armed = 0;
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &crash.actions[i], NULL);
}
