// SPDX-License-Identifier: GPL-2.0-only
/*
 * ncurses writes into memory, and that goes to the terminal without waiting: a terminal that is
 * stopped (Ctrl-S) or slow must not keep us from reading events.
 */
#include "view/terminal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "view/terminal_crash.h"

#define ESCAPE_DELAY_MS	   25 /* between Esc and the rest of a key's sequence */
#define DOUBLE_CLICK_NS	   400000000ULL
#define LAST_WORDS_WAIT_MS 500 /* for a terminal that is slow to take its restoration */

struct terminal {
	SCREEN *curses;
	FILE *stream;	  /* of curses: the terminal at first, then memory */
	int memory_fd;	  /* what curses has written since the last look */
	int out_fd;	  /* the terminal */
	bool out_is_ours; /* opened anew, so that it does not wait */
	struct termios before, during;
	bool started;
	attr_t styles[SCREEN_STYLES];
	char *pending; /* for the terminal, which has taken a part */
	size_t pending_at, pending_len, pending_cap;
	uint64_t clicked_ns;
	unsigned int clicked_row, clicked_column;
};

static void make_styles(struct terminal *terminal, bool colors)
{
	static const attr_t plain[SCREEN_STYLES] = {
		[STYLE_TITLE] = A_BOLD,	      [STYLE_DIM] = A_NORMAL,
		[STYLE_GOOD] = A_NORMAL,      [STYLE_WARN] = A_BOLD,
		[STYLE_BAD] = A_BOLD,	      [STYLE_TAB_SHOWN] = A_REVERSE,
		[STYLE_HEADING] = A_REVERSE,  [STYLE_HEADING_SORTED] = A_BOLD | A_UNDERLINE,
		[STYLE_SELECTED] = A_REVERSE, [STYLE_PROMPT] = A_BOLD | A_REVERSE,
	};
	static const struct {
		short foreground, background;
		attr_t attributes;
	} colored[SCREEN_STYLES] = {
		[STYLE_NORMAL] = {-1, -1, A_NORMAL},
		[STYLE_TITLE] = {-1, -1, A_BOLD},
		[STYLE_DIM] = {COLOR_CYAN, -1, A_NORMAL},
		[STYLE_GOOD] = {COLOR_GREEN, -1, A_NORMAL},
		[STYLE_WARN] = {COLOR_YELLOW, -1, A_NORMAL},
		[STYLE_BAD] = {COLOR_RED, -1, A_BOLD},
		[STYLE_TAB] = {-1, -1, A_NORMAL},
		[STYLE_TAB_SHOWN] = {COLOR_BLACK, COLOR_GREEN, A_NORMAL},
		[STYLE_HEADING] = {COLOR_BLACK, COLOR_GREEN, A_NORMAL},
		[STYLE_HEADING_SORTED] = {COLOR_BLACK, COLOR_CYAN, A_NORMAL},
		[STYLE_SELECTED] = {COLOR_BLACK, COLOR_CYAN, A_NORMAL},
		[STYLE_PROMPT] = {COLOR_BLACK, COLOR_YELLOW, A_NORMAL},
	};

	memcpy(terminal->styles, plain, sizeof(plain));
	if (!colors || !has_colors() || start_color() == ERR || use_default_colors() == ERR ||
	    COLOR_PAIRS <= SCREEN_STYLES)
		return;
	for (short i = 0; i < SCREEN_STYLES; i++) {
		init_pair(i + 1, colored[i].foreground, colored[i].background);
		terminal->styles[i] = COLOR_PAIR(i + 1) | colored[i].attributes;
	}
}

static bool wants_colors(enum terminal_color color)
{
	const char *no_color = getenv("NO_COLOR");

	if (color != TERMINAL_COLOR_AUTO)
		return color == TERMINAL_COLOR_ALWAYS;
	return !(no_color && *no_color);
}

/*
 * Its own open file, which alone does not wait: the flag on standard output would be the shell's as
 * well. Where that cannot be had, writing waits as it does for everybody.
 */
static void open_output(struct terminal *terminal)
{
	const char *name = ttyname(STDOUT_FILENO);

	terminal->out_fd = name ? open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
	terminal->out_is_ours = terminal->out_fd >= 0;
	if (!terminal->out_is_ours)
		terminal->out_fd = STDOUT_FILENO;
}

static bool is_told(const char *capability)
{
	return capability && capability != (const char *)-1;
}

/* curses looks at a terminal, sets its modes, and from then on writes into memory. */
static int start_curses(struct terminal *terminal)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	terminal->stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (!terminal->stream) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	terminal->memory_fd = memfd_create("shmtrace screen", MFD_CLOEXEC);
	if (terminal->memory_fd < 0)
		return -errno;
	terminal->curses = newterm(NULL, terminal->stream, stdin);
	if (!terminal->curses)
		return -ENODEV;
	cbreak();
	noecho();
	nonl();
	tcgetattr(STDIN_FILENO, &terminal->during);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
	/* One that only goes on line by line, as an editor's shell is (dumb), shows no screen. */
	if (!is_told(tigetstr("cup")) || !is_told(tigetstr("clear")))
		return -ENODEV;
	if (dup2(terminal->memory_fd, fd) < 0)
		return -errno;
	return 0;
}

static void set_up(struct terminal *terminal, enum terminal_color color)
{
	keypad(stdscr, TRUE);
	meta(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	typeahead(-1);
	set_escdelay(ESCAPE_DELAY_MS);
	curs_set(0);
	make_styles(terminal, wants_colors(color));
	mouseinterval(0);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
}

int terminal__open(struct terminal **opened, enum terminal_color color, char *why, size_t why_size)
{
	struct terminal *terminal;
	const char *term = getenv("TERM");
	int err;

	*opened = NULL;
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		snprintf(why, why_size,
			 "standard %s is no terminal, and the screen needs one; use --batch for "
			 "text, or -J for JSON",
			 isatty(STDOUT_FILENO) ? "input" : "output");
		return -ENOTTY;
	}
	terminal = calloc(1, sizeof(*terminal));
	if (!terminal) {
		snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	terminal->memory_fd = -1;
	open_output(terminal);
	tcgetattr(STDIN_FILENO, &terminal->before);
	err = start_curses(terminal);
	if (err == -ENODEV)
		snprintf(why, why_size,
			 "cannot draw on a terminal of type '%s': set TERM to one that terminfo "
			 "knows and whose cursor can be moved, or use --batch",
			 term ? term : "");
	else if (err)
		snprintf(why, why_size, "cannot open the screen: %s", strerror(-err));
	if (err) {
		terminal__close(terminal);
		return err;
	}
	set_up(terminal, color);
	*opened = terminal;
	return 0;
}

/* What curses has written goes behind what waits for the terminal. */
static void take_from_memory(struct terminal *terminal)
{
	const off_t len = lseek(terminal->memory_fd, 0, SEEK_CUR);
	ssize_t got;

	if (len <= 0)
		return;
	if (terminal->pending_cap - terminal->pending_len < (size_t)len) {
		char *grown = realloc(terminal->pending, terminal->pending_len + len);

		/* Left where it is, it is taken along the next time. */
		if (!grown)
			return;
		terminal->pending = grown;
		terminal->pending_cap = terminal->pending_len + len;
	}
	got = pread(terminal->memory_fd, terminal->pending + terminal->pending_len, len, 0);
	if (got > 0)
		terminal->pending_len += got;
	lseek(terminal->memory_fd, 0, SEEK_SET);
	if (ftruncate(terminal->memory_fd, 0))
		return;
}

bool terminal__is_busy(const struct terminal *terminal)
{
	return terminal->pending_len;
}

int terminal__output_fd(const struct terminal *terminal)
{
	return terminal->out_fd;
}

int terminal__flush(struct terminal *terminal)
{
	while (terminal->pending_at < terminal->pending_len) {
		ssize_t n = write(terminal->out_fd, terminal->pending + terminal->pending_at,
				  terminal->pending_len - terminal->pending_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		terminal->pending_at += n;
	}
	terminal->pending_at = terminal->pending_len = 0;
	return 0;
}

void terminal__start(struct terminal *terminal)
{
	if (terminal->started)
		return;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->during);
	terminal_crash__arm(terminal->out_fd, &terminal->before);
	terminal->started = true;
}

/* A terminal that takes nothing is not waited for; one that Ctrl-S has stopped goes on. */
static void say_last_words(struct terminal *terminal)
{
	struct pollfd fd = {.fd = terminal->out_fd, .events = POLLOUT};

	take_from_memory(terminal);
	terminal_crash__let_go_on(terminal->out_fd);
	while (terminal__is_busy(terminal) && poll(&fd, 1, LAST_WORDS_WAIT_MS) > 0 &&
	       !(fd.revents & (POLLERR | POLLHUP | POLLNVAL)))
		if (terminal__flush(terminal))
			break;
}

void terminal__stop(struct terminal *terminal)
{
	if (!terminal->started)
		return;
	/* Without an alternate screen, as on the console, the shell goes on in that line. */
	move(getmaxy(stdscr) - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	say_last_words(terminal);
	/* Not TCSADRAIN, which would wait for a terminal that is stopped. */
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal->before);
	terminal_crash__disarm();
	terminal->started = false;
}

void terminal__close(struct terminal *terminal)
{
	if (!terminal)
		return;
	terminal__stop(terminal);
	if (terminal->curses)
		delscreen(terminal->curses);
	if (terminal->stream)
		fclose(terminal->stream);
	if (terminal->memory_fd >= 0)
		close(terminal->memory_fd);
	if (terminal->out_is_ours)
		close(terminal->out_fd);
	free(terminal->pending);
	free(terminal);
}

void terminal__size(struct terminal *terminal, unsigned int *rows, unsigned int *columns)
{
	struct winsize size;

	(void)terminal;
	/* A serial line does not know: then it is what terminfo says. */
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resize_term(size.ws_row, size.ws_col);
	*rows = getmaxy(stdscr);
	*columns = getmaxx(stdscr);
}

static bool translate_mouse(struct terminal *terminal, struct terminal_input *input)
{
	uint64_t now_ns;
	bool again;
	MEVENT event;

	if (getmouse(&event) == ERR)
		return false;
	now_ns = clock__ns(CLOCK_MONOTONIC);
	*input = (struct terminal_input){.is_mouse = true, .row = event.y, .column = event.x};
	if (event.bstate & BUTTON4_PRESSED) {
		input->mouse = SCREEN_WHEEL_UP;
	} else if (event.bstate & BUTTON5_PRESSED) {
		input->mouse = SCREEN_WHEEL_DOWN;
	} else if (event.bstate & BUTTON1_PRESSED) {
		again = terminal->clicked_row == input->row &&
			terminal->clicked_column == input->column &&
			now_ns - terminal->clicked_ns < DOUBLE_CLICK_NS;
		input->mouse = again ? SCREEN_DOUBLE_CLICK : SCREEN_CLICK;
		terminal->clicked_ns = again ? 0 : now_ns;
		terminal->clicked_row = input->row;
		terminal->clicked_column = input->column;
	} else {
		return false;
	}
	return true;
}

static int translate_key(int key)
{
	static const struct {
		int curses, screen;
	} keys[] = {
		{KEY_UP, SCREEN_KEY_UP},	 {KEY_DOWN, SCREEN_KEY_DOWN},
		{KEY_LEFT, SCREEN_KEY_LEFT},	 {KEY_RIGHT, SCREEN_KEY_RIGHT},
		{KEY_PPAGE, SCREEN_KEY_PAGE_UP}, {KEY_NPAGE, SCREEN_KEY_PAGE_DOWN},
		{KEY_HOME, SCREEN_KEY_HOME},	 {KEY_END, SCREEN_KEY_END},
		{KEY_BTAB, SCREEN_KEY_BACK_TAB}, {KEY_BACKSPACE, SCREEN_KEY_BACKSPACE},
		{KEY_DC, SCREEN_KEY_DELETE},	 {KEY_ENTER, SCREEN_KEY_ENTER},
		{KEY_F(1), SCREEN_KEY_HELP},	 {KEY_F(3), SCREEN_KEY_FILTER},
		{KEY_F(4), SCREEN_KEY_FILTER},	 {KEY_F(10), SCREEN_KEY_QUIT},
	};

	if (key < 0x100)
		return key;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].curses == key)
			return keys[i].screen;
	return 0;
}

bool terminal__next(struct terminal *terminal, struct terminal_input *input)
{
	int key;

	while ((key = getch()) != ERR) {
		if (key == KEY_MOUSE) {
			if (translate_mouse(terminal, input))
				return true;
			continue;
		}
		*input = (struct terminal_input){.key = translate_key(key)};
		if (input->key)
			return true;
	}
	return false;
}

static void put(void *context, unsigned int row, unsigned int column, const char *text,
		enum screen_style style)
{
	struct terminal *terminal = context;

	attrset(terminal->styles[style]);
	mvaddstr(row, column, text);
}

void terminal__draw(struct terminal *terminal, const struct screen *screen, bool all)
{
	const struct screen_canvas canvas = {.context = terminal, .put = put};

	erase();
	screen__draw(screen, &canvas);
	if (all)
		clearok(curscr, TRUE);
	refresh();
	take_from_memory(terminal);
}
