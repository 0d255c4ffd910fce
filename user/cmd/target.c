// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/target.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "view/ledger.h"

/* OBJECT_NONE: it is none. */
static uint32_t find_kind(const char *text, size_t len)
{
	uint32_t kind = 0;

	while (kind < OBJECT_NONE && (strlen(object_kind__name(kind)) != len ||
				      strncmp(object_kind__name(kind), text, len)))
		kind++;
	return kind;
}

/* text: all that was given; number: the part of it that this is. */
static void parse_number(struct target *target, const struct argp_state *state, const char *text,
			 const char *number)
{
	uint64_t id = 0;
	int err;

	target->number = number;
	target->by_key = number[0] == '0' && (number[1] == 'x' || number[1] == 'X');
	err = target->by_key ? parse__key(number, &target->key)
			     : parse__u64(number, 0, INT32_MAX, &id);
	if (!err && target->by_key && !target->key)
		argp_error(state, "'%s': IPC_PRIVATE is the key of many objects; give an id", text);
	if (err)
		argp_error(state, "'%s': '%s' is %s", text, number, parse__reason(err));
	target->id = id;
}

void target__parse(struct target *target, const struct argp_state *state, const char *text)
{
	const char *colon = strchr(text, ':');

	*target = (struct target){.text = text, .kind = OBJECT_NONE};
	if (colon)
		target->kind = find_kind(text, colon - text);
	if (target->kind == OBJECT_NONE)
		argp_error(state,
			   "'%s' is no object: these are shm:ID, sem:ID, msg:ID, or a key "
			   "in hexadecimal, as shm:0x4d",
			   text);
	parse_number(target, state, text, colon + 1);
}

void target__parse_kind(struct target *target, const struct argp_state *state, const char *text)
{
	*target = (struct target){.text = text, .kind = find_kind(text, strlen(text))};
	if (target->kind == OBJECT_NONE)
		argp_error(state, "'%s' is no kind of object: these are shm, sem and msg", text);
}

void target__parse_number(struct target *target, const struct argp_state *state, const char *text)
{
	target->text = text;
	parse_number(target, state, text, text);
}

const struct ledger_object *target__find(const struct target *target, const struct ledger *ledger,
					 uint32_t ipcns)
{
	return target->by_key ? ledger__find_key(ledger, ipcns, target->kind, target->key)
			      : ledger__find_object(ledger, ipcns, target->kind, target->id);
}
