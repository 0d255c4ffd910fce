// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm_diff [-u] TRUTH DUMP: compares what storm read from the kernel with a ledger's dump, in the
 * namespaces that the truth names. -u: the ledger need not know creators, as when it is younger
 * than the objects.
 *
 * TRUTH is described in storm/README.md. DUMP holds flat JSON objects, one a line, members in any
 * order: "type":"object" with ipcns, kind, id, key, size, nattch, mode, creator, state, and
 * "type":"attachment" with ipcns, id, pid, mappings; other types and members are ignored.
 *
 * Exit status: 0 the same, 1 not, 2 usage or unreadable.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 40, MODE_DOOMED = 01000 };

#define UNKNOWN INT64_MIN

/* An object, an attachment (kind "attached", with pid), a creator, a process or a namespace. */
struct row {
	int64_t ns, id, pid;
	char kind[12];
	int64_t key, size, nattch, mode, creator;
	char state[12];
	bool met;
};

struct table {
	struct row *rows;
	size_t count, room;
};

static unsigned long compared, differences;
static bool creators_optional;

#define DIFFER(...)                                         \
	do {                                                \
		if (differences++ < SHOWN)                  \
			printf(__VA_ARGS__), putchar('\n'); \
	} while (0)

static struct row *add(struct table *table)
{
	struct row *row;

	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 256;
		table->rows = realloc(table->rows, table->room * sizeof(*row));
		if (!table->rows)
			exit(2);
	}
	row = &table->rows[table->count++];
	*row = (struct row){.key = UNKNOWN,
			    .size = UNKNOWN,
			    .nattch = UNKNOWN,
			    .mode = UNKNOWN,
			    .creator = UNKNOWN};
	return row;
}

static int by_identity(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int kinds = strcmp(x->kind, y->kind);

	if (kinds)
		return kinds;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static struct row *find(const struct table *table, const char *kind, int64_t ns, int64_t id,
			int64_t pid)
{
	struct row like = {.ns = ns, .id = id, .pid = pid};

	snprintf(like.kind, sizeof(like.kind), "%s", kind);
	return bsearch(&like, table->rows, table->count, sizeof(like), by_identity);
}

static int64_t number(const char *word, int base)
{
	char *end;
	int64_t value = strtoll(word, &end, base);

	return end == word || *end ? UNKNOWN : value;
}

/* "creator" rows get the object's kind in state, and its identity without a pid. */
static bool read_truth_line(struct table *table, char *line)
{
	char *word[9];
	int words = 0;
	struct row *row;

	for (char *w = strtok(line, " \n"); w && words < 9; w = strtok(NULL, " \n"))
		word[words++] = w;
	if (words < 2)
		return words == 0;
	row = add(table);
	snprintf(row->kind, sizeof(row->kind), "%s", word[0]);
	row->ns = number(word[1], 10);
	if (!strcmp(word[0], "object") && words == 8) {
		snprintf(row->kind, sizeof(row->kind), "%s", word[2]);
		row->id = number(word[3], 10);
		row->key = number(word[4], 10);
		row->size = number(word[5], 10);
		row->nattch = number(word[6], 10);
		row->mode = number(word[7], 8);
	} else if (!strcmp(word[0], "attached") && words == 5) {
		row->id = number(word[2], 10);
		row->pid = number(word[3], 10);
		row->nattch = number(word[4], 10);
	} else if (!strcmp(word[0], "creator") && words == 5) {
		snprintf(row->kind, sizeof(row->kind), "by-%s", word[2]);
		row->id = number(word[3], 10);
		row->creator = number(word[4], 10);
	} else if ((strcmp(word[0], "namespace") && strcmp(word[0], "partial") &&
		    strcmp(word[0], "process")) ||
		   words != 2) {
		return false;
	}
	return true;
}

/* The member's value, as written and without quotes, or "" where there is none. */
static void member(const char *line, const char *name, char *value, size_t size)
{
	const char *at = line;
	bool wanted;

	*value = 0;
	while ((at = strchr(at, '"'))) {
		const char *start = ++at;
		size_t length = 0;

		while (*at && *at != '"')
			at += *at == '\\' && at[1] ? 2 : 1;
		if (!*at)
			return;
		wanted = (size_t)(at - start) == strlen(name) && !memcmp(start, name, strlen(name));
		at += 1 + strspn(at + 1, " \t");
		if (*at != ':')
			return;
		at += 1 + strspn(at + 1, " \t");
		start = at;
		if (*at == '"') {
			start = ++at;
			while (*at && *at != '"')
				at += *at == '\\' && at[1] ? 2 : 1;
			length = (size_t)(at - start);
			at += *at == '"';
		} else {
			length = strcspn(at, ",} \t\n");
			at += length;
		}
		if (wanted) {
			snprintf(value, size, "%.*s", (int)length, start);
			return;
		}
	}
}

static int64_t member_number(const char *line, const char *name)
{
	char value[32];

	member(line, name, value, sizeof(value));
	return *value ? number(value, 10) : UNKNOWN;
}

static bool read_dump_line(struct table *table, char *line)
{
	char type[16];
	struct row *row;

	member(line, "type", type, sizeof(type));
	if (strcmp(type, "object") && strcmp(type, "attachment"))
		return true;
	row = add(table);
	row->ns = member_number(line, "ipcns");
	row->id = member_number(line, "id");
	if (!strcmp(type, "attachment")) {
		strcpy(row->kind, "attached");
		row->pid = member_number(line, "pid");
		row->nattch = member_number(line, "mappings");
		return true;
	}
	member(line, "kind", row->kind, sizeof(row->kind));
	member(line, "state", row->state, sizeof(row->state));
	row->key = member_number(line, "key");
	row->size = member_number(line, "size");
	row->nattch = member_number(line, "nattch");
	row->mode = member_number(line, "mode");
	row->creator = member_number(line, "creator");
	return true;
}

static void read_table(const char *path, bool (*read_line)(struct table *, char *),
		       struct table *table)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	unsigned long n = 0;

	if (!file) {
		perror(path);
		exit(2);
	}
	while (getline(&line, &room, file) > 0) {
		n++;
		if (!read_line(table, line)) {
			fprintf(stderr, "%s: line %lu is not understood\n", path, n);
			exit(2);
		}
	}
	free(line);
	fclose(file);
	qsort(table->rows, table->count, sizeof(*table->rows), by_identity);
}

static void same(const struct row *row, const char *what, int64_t kernel, int64_t ledger)
{
	if (kernel == UNKNOWN || kernel == ledger)
		return;
	if (ledger == UNKNOWN)
		DIFFER("%s %ld of %ld: %s is %ld, unknown to the ledger", row->kind, row->id,
		       row->ns, what, kernel);
	else
		DIFFER("%s %ld of %ld: %s is %ld, in the ledger %ld", row->kind, row->id, row->ns,
		       what, kernel, ledger);
}

/* What the kernel can tell of it: only of segments, and who is alive. */
static void compare_state(const struct table *truth, const struct row *row, const struct row *dump,
			  int64_t creator)
{
	const char *state;

	if (row->mode == UNKNOWN || strcmp(row->kind, "shm"))
		return;
	if (row->mode & MODE_DOOMED)
		state = "doomed";
	else if (row->nattch)
		state = "in-use";
	else if (dump->creator == UNKNOWN && !strcmp(dump->state, "unknown"))
		return;
	else
		state = find(truth, "process", creator, 0, 0) ? "idle" : "orphan";
	if (strcmp(dump->state, state))
		DIFFER("shm %ld of %ld: state is %s, in the ledger %s", row->id, row->ns, state,
		       dump->state);
}

static void compare_object(const struct table *truth, const struct row *row, struct row *dump)
{
	char kind[sizeof(row->kind)];
	const struct row *creator;

	dump->met = true;
	snprintf(kind, sizeof(kind), "by-%.3s", row->kind);
	creator = find(truth, kind, row->ns, row->id, 0);
	same(row, "size", row->size, dump->size);
	same(row, "nattch", row->nattch, dump->nattch);
	same(row, "mode", row->mode, dump->mode);
	/* The kernel clears the key of what it marks; a ledger keeps it. */
	if (row->key != UNKNOWN && !(row->mode & MODE_DOOMED))
		same(row, "key", (uint32_t)row->key,
		     dump->key == UNKNOWN ? UNKNOWN : (int64_t)(uint32_t)dump->key);
	if (creator && !(creators_optional && dump->creator == UNKNOWN))
		same(row, "creator", creator->creator, dump->creator);
	compare_state(truth, row, dump, creator ? creator->creator : 0);
}

static void compare_truth(const struct table *truth, const struct table *dump)
{
	for (size_t i = 0; i < truth->count; i++) {
		const struct row *row = &truth->rows[i];
		bool attached = !strcmp(row->kind, "attached");
		struct row *other;

		if (!attached && strcmp(row->kind, "shm") && strcmp(row->kind, "sem") &&
		    strcmp(row->kind, "msg"))
			continue;
		compared++;
		other = find(dump, row->kind, row->ns, row->id, row->pid);
		if (!other) {
			DIFFER("%s %ld of %ld%s%.0ld: not in the ledger", row->kind, row->id,
			       row->ns, attached ? ", process " : "", row->pid);
		} else if (attached) {
			other->met = true;
			if (other->nattch != row->nattch)
				DIFFER("attached %ld of %ld, process %ld: %ld mappings, in the "
				       "ledger %ld",
				       row->id, row->ns, row->pid, row->nattch, other->nattch);
		} else {
			compare_object(truth, row, other);
		}
	}
}

/* Of a namespace that only attachments keep, the truth knows what is attached and no more. */
static void find_extra(const struct table *truth, const struct table *dump)
{
	for (size_t i = 0; i < dump->count; i++) {
		const struct row *row = &dump->rows[i];
		bool whole = find(truth, "namespace", row->ns, 0, 0);

		if (row->met || !strcmp(row->state, "gone") ||
		    (!whole && !find(truth, "partial", row->ns, 0, 0)))
			continue;
		if (!strcmp(row->kind, "attached")) {
			compared++;
			if (row->nattch)
				DIFFER("attached %ld of %ld, process %ld: %ld mappings only in the "
				       "ledger",
				       row->id, row->ns, row->pid, row->nattch);
		} else if (whole || row->nattch > 0) {
			compared++;
			DIFFER("%s %ld of %ld: only in the ledger (%s, nattch %ld)", row->kind,
			       row->id, row->ns, row->state, row->nattch);
		}
	}
}

int main(int argc, char **argv)
{
	struct table truth = {0}, dump = {0};

	if (argc > 1 && !strcmp(argv[1], "-u")) {
		creators_optional = true;
		argv++;
		argc--;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: storm_diff [-u] TRUTH DUMP\n");
		return 2;
	}
	read_table(argv[1], read_truth_line, &truth);
	read_table(argv[2], read_dump_line, &dump);
	compare_truth(&truth, &dump);
	find_extra(&truth, &dump);
	if (differences > SHOWN)
		printf("… and %lu more\n", differences - SHOWN);
	printf("%lu lines compared, %lu differences\n", compared, differences);
	free(truth.rows);
	free(dump.rows);
	return differences != 0;
}
