/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the screen share: its state, the rows of its lists, and their columns.
 */
#ifndef SHMTRACE_VIEW_SCREEN_INTERNAL_H
#define SHMTRACE_VIEW_SCREEN_INTERNAL_H

#include "base/buffer.h"
#include "base/escape.h"
#include "view/container_view.h"
#include "view/screen.h"

#define SCREEN_TEXT_MAX	   2048 /* bytes of one line, escapes included */
#define SCREEN_FILTER_MAX  64
#define SCREEN_MESSAGE_MAX 512
#define SCREEN_HEAD_ROWS   6  /* title, three lines of limits, tabs, headings */
#define SCREEN_COLUMNS	   16 /* of one list at most */

/* "containerd:3f2a9c01b7de", or as much of a unit's name; NUL-terminated, escaped. */
#define SCREEN_CONTAINER_MAX 32

/* Rows: copies, since what they were read from goes on. */
struct object_row {
	struct object_info info; /* its owner is of the past: never to be looked at */
	bool creator_known, creator_alive;
	uint32_t creator_status;
	char comm[EVENT_COMM_LEN + 1];
	char container[SCREEN_CONTAINER_MAX];
};

struct process_row {
	struct process_info info; /* its container is of the past */
	char container[SCREEN_CONTAINER_MAX];
};

struct failure_row {
	struct failure *failure; /* held */
	uint64_t count, last_ns;
};

struct namespace_row {
	struct namespace_info info;
	enum ipc_limit fullest;
	unsigned int percent; /* of that one */
};

/* What a row is, whatever has changed of it: no two rows of a list have the same. */
struct row_name {
	uint64_t a, b;
};

struct row_order {
	uint64_t value, value2; /* sorted by */
	uint32_t row;
};

/* A column of a list: everything that is to be known of it. */
struct screen_column {
	const char *name;
	unsigned int width;
	unsigned int rank; /* 0: always there; where there is no room the highest goes first */
	bool right;
	bool falling; /* the largest first, unless reversed */
	void (*put)(struct buffer *out, const struct screen *screen, const void *row);
	/* Sorted by it, smallest first; NULL: by nothing but the name. */
	void (*value)(struct row_order *order, const void *row);
	enum screen_style (*style)(const void *row); /* NULL: normal */
};

/* A list: its rows and columns. */
struct screen_list_ops {
	const char *title;
	size_t row_size;
	const struct screen_column *columns; /* the last one takes all that is left */
	size_t n_columns;
	size_t first_sort;
	/* Copies rows with screen__add_row. */
	void (*gather)(struct screen *screen, const struct screen_facts *facts);
	void (*name)(struct row_name *name, const void *row);
	/* What the filter looks into: the row's text, lower case is made of it. */
	void (*put_words)(struct buffer *out, const void *row);
	const char *empty; /* said where there is nothing to show */
};

/* screen_objects.c, screen_processes.c, screen_failures.c, screen_namespaces.c */
extern const struct screen_list_ops screen_processes, screen_segments, screen_sets, screen_queues,
	screen_leaks, screen_failures, screen_namespaces;
extern const struct screen_list_ops *const screen_lists[SCREEN_LISTS];

/* The column of a key of --sort. */
size_t screen__process_sort(enum ledger_sort sort);

/* How one list is looked at: kept while another one is shown. */
struct list_state {
	size_t sort;
	bool reversed;
	bool follow;		  /* the selection belongs to `selected`, else it stays on top */
	struct row_name selected; /* while following */
	size_t position, top;	  /* in order: selected row, first one that is shown */
};

enum screen_mode { MODE_LIST, MODE_STORY, MODE_HELP, MODE_FILTER, MODE_CONFIRM };

enum story_kind { STORY_OBJECT, STORY_PROCESS, STORY_FAILURE };

struct story {
	enum story_kind kind;
	struct object_key object;
	struct row_name process;
	struct failure *failure; /* held */
	char *text;		 /* lines */
	size_t text_len;
	uint64_t gone_ns; /* when it was found to be gone; 0: it is there */
	/* Where each line as wide as the terminal begins in text. */
	size_t *lines;
	size_t n_lines, lines_cap;
	unsigned int columns; /* that they were made for */
	size_t top;
};

struct screen_head {
	uint64_t now_ns;
	long long clock_offset_ns;
	bool exact;
	uint64_t drift;
	double calls_per_second;
	uint64_t failed, lost;
	bool known; /* the namespace that is shown has told its limits */
	struct namespace_info shown;
	struct namespace_row fullest; /* of all; percent 0: none is in use */
	size_t counts[SCREEN_LISTS];
};

struct screen {
	struct screen_options options;
	unsigned int rows, columns; /* of the terminal */
	enum screen_list list;
	enum screen_mode mode;
	bool frozen;
	uint32_t chosen_ipcns; /* 0: all */
	struct list_state states[SCREEN_LISTS];
	char filter[SCREEN_FILTER_MAX];
	size_t filter_len;
	char message[ESCAPE_TEXT_MAX(SCREEN_MESSAGE_MAX)];
	struct object_info removal; /* asked for; its owner is not kept */
	struct story story;
	struct screen_head head;
	uint64_t rate_ns, rate_calls; /* where the rate is counted from */

	enum screen_list gathered; /* what the rows are of */
	bool stale;		   /* they are not what is asked for */
	void *data;
	size_t n_rows, rows_cap, row_size;
	struct row_order *order; /* those that pass the filter, sorted */
	size_t n_order, order_cap;
	struct namespace_row *namespaces;
	size_t n_namespaces, namespaces_cap;
	bool out_of_memory;
};

static inline const void *screen__row(const struct screen *screen, size_t row)
{
	return (const char *)screen->data + row * screen->row_size;
}

static inline struct list_state *screen__state(struct screen *screen)
{
	return &screen->states[screen->list];
}

/* Rows of the list that are visible at once. */
static inline size_t screen__page(const struct screen *screen)
{
	return screen->rows > SCREEN_HEAD_ROWS + 1 ? screen->rows - SCREEN_HEAD_ROWS - 1 : 1;
}

/* Room for one more row; NULL: out of memory, and that is noted. */
void *screen__add_row(struct screen *screen);
/* The rows anew in order: filter, sort, selection. */
void screen__order(struct screen *screen);
/* After a change of state->position. */
void screen__follow(struct screen *screen);
/* The selected row, NULL: there is none. */
const void *screen__selected(const struct screen *screen);
void screen__free_rows(struct screen *screen);

/* screen_columns.c: which columns there is room for, each with its place and width. */
struct screen_layout {
	size_t n;
	struct {
		size_t column; /* of the list */
		unsigned int at, width;
	} places[SCREEN_COLUMNS];
};
void screen__lay_out(const struct screen *screen, struct screen_layout *layout);

/* screen_gather.c */
void screen__gather_namespaces(struct screen *screen, const struct screen_facts *facts);

/* screen_story.c */
void story__open(struct screen *screen, const void *row);
void story__close(struct story *story);
void story__gather(struct screen *screen, const struct screen_facts *facts);
/* Lines for that width. */
void story__wrap(struct screen *screen);
/* By how much the line that begins there is moved to the right: it goes on with the one above. */
unsigned int story__indent(const struct story *story, size_t at);

/* screen_text.c: numbers and times in few columns. */
void screen__put_count(struct buffer *out, uint64_t count, unsigned int width);
void screen__put_bytes(struct buffer *out, uint64_t bytes);
void screen__put_age(struct buffer *out, uint64_t since_ns, uint64_t now_ns);
void screen__put_clock(struct buffer *out, uint64_t ns, long long clock_offset_ns);
void screen__keep_container(char text[SCREEN_CONTAINER_MAX], const struct container *container,
			    bool utf8);
void screen__put_comm(struct buffer *out, const char *comm, bool utf8);
/* The first bytes of a name, to sort by. */
void screen__value_comm(struct row_order *order, const char *comm);
void screen__put_hex(struct buffer *out, uint32_t key);
void screen__put_ending(struct buffer *out, bool alive, uint32_t wait_status);
/* Bytes of text that take at most that many columns. *taken: how many they take. */
size_t screen__fit(const char *text, unsigned int columns, bool utf8, unsigned int *taken);
/* Where the next line begins: behind a newline, or at a blank before the edge. */
size_t screen__next_line(const char *text, unsigned int columns, bool utf8);

/* screen_head.c, screen_help.c */
void screen__draw_head(const struct screen *screen, const struct screen_canvas *canvas);
void screen__draw_help(const struct screen *screen, const struct screen_canvas *canvas);
/* The tab at a column of the line of tabs, -1: none. */
int screen__tab_at(const struct screen *screen, unsigned int column);

/* screen_draw.c: text of at most that many columns, cut and filled with blanks. */
void screen__put(const struct screen *screen, const struct screen_canvas *canvas, unsigned int row,
		 unsigned int column, unsigned int width, const char *text,
		 enum screen_style style);

/* How full a limit is; and in the ledger's own numbers, which are of now. */
uint64_t namespace__used(const struct namespace_info *info, enum ipc_limit limit);
uint64_t namespace__limit(const struct namespace_info *info, enum ipc_limit limit);
unsigned int screen__percent(uint64_t used, uint64_t limit);

#endif
