// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers: thousands of processes are in a few of them, so each is kept once, as long as a
 * process or namespace refers to it.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

_Static_assert(EVENT_CONTAINER_LEN == CONTAINER_ID_LEN, "an id fits into an event");

/* NULL: no memory. */
static struct ledger_container *get(struct ledger *ledger, const struct container_event *event)
{
	struct ledger_container *found;
	struct container key;

	memset(&key, 0, sizeof(key));
	key.runtime = event->runtime < RUNTIME_COUNT ? event->runtime : RUNTIME_NONE;
	memcpy(key.id, event->id, strnlen(event->id, sizeof(key.id) - 1));
	HASH_FIND(hh, ledger->containers, &key, sizeof(key), found);
	if (found)
		return found;
	found = calloc(1, sizeof(*found));
	if (!found) {
		ledger->out_of_memory = true;
		return NULL;
	}
	memcpy(&found->container, &key, sizeof(key));
	HASH_ADD(hh, ledger->containers, container, sizeof(key), found);
	if (!found->hh.tbl) {
		free(found);
		ledger->out_of_memory = true;
		return NULL;
	}
	return found;
}

void container__drop(struct ledger *ledger, struct ledger_container **container)
{
	struct ledger_container *dropped = *container;

	*container = NULL;
	if (!dropped || --dropped->references)
		return;
	HASH_DEL(ledger->containers, dropped);
	free(dropped);
}

static void put(struct ledger *ledger, struct ledger_container **container,
		struct ledger_container *value)
{
	if (value)
		value->references++;
	container__drop(ledger, container);
	*container = value;
}

void container__inherit(struct ledger *ledger, struct ledger_process *child,
			const struct ledger_process *parent)
{
	if (!child->container_told)
		put(ledger, &child->container, parent->container);
}

/*
 * A runtime, systemd or a login moves its child before that child executes what it is for. Nothing
 * in a container moves out of it.
 */
void container__forget_at_exec(struct ledger *ledger, struct ledger_process *process)
{
	const struct ledger_container *container = process->container;

	if (!process->container_told && container && container->container.runtime <= RUNTIME_UNIT)
		container__drop(ledger, &process->container);
	process->container_told = false;
}

static void apply_to_namespace(struct ledger *ledger, const struct container_event *event)
{
	struct namespace *ns = namespace__get(ledger, event->head.ipcns);

	if (ns)
		put(ledger, &ns->container, event->known ? get(ledger, event) : NULL);
}

void container__apply(struct ledger *ledger, const struct container_event *event)
{
	struct ledger_process *process;

	if (!event->head.pid) {
		apply_to_namespace(ledger, event);
		return;
	}
	process = process__find(ledger, event->head.pid);
	if (!process || !process__same_start(process->start_ns, event->start_ns))
		return;
	process->container_told = true;
	if (event->known)
		put(ledger, &process->container, get(ledger, event));
}

void namespace__free(struct ledger *ledger, struct namespace *ns)
{
	container__drop(ledger, &ns->container);
	HASH_DEL(ledger->namespaces, ns);
	free(ns);
}

const struct container *ledger__container_of(const struct ledger *ledger,
					     const struct object_info *object, bool *by_namespace)
{
	struct namespace *ns;

	*by_namespace = false;
	if (object->owner && object->owner->container)
		return &object->owner->container->container;
	HASH_FIND(hh, ledger->namespaces, &object->ipcns, sizeof(object->ipcns), ns);
	if (!ns || !ns->container)
		return NULL;
	*by_namespace = true;
	return &ns->container->container;
}

const struct container *ledger__process_container(const struct ledger_process *process)
{
	return process->container ? &process->container->container : NULL;
}

bool ledger__container_is_told(const struct ledger_process *process)
{
	return process->container_told;
}

bool ledger__is_attached(const struct ledger_process *process)
{
	return process->space && process->space->mappings;
}
