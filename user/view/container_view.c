// SPDX-License-Identifier: GPL-2.0-only
#include "view/container_view.h"

#include <string.h>

#include "base/escape.h"

void container_view__put_text(struct buffer *out, const struct container *container, bool utf8)
{
	char text[ESCAPE_TEXT_MAX(CONTAINER_TEXT_MAX)];
	size_t len, shown = CONTAINER_TEXT_MAX;

	if (!container)
		return;
	if (container->runtime == RUNTIME_NONE) {
		buffer__put_char(out, '-');
		return;
	}
	if (container_view__is_real(container)) {
		buffer__put_str(out, container_runtime__name(container->runtime));
		buffer__put_char(out, ':');
	}
	if (container__has_hex_id(container))
		shown = CONTAINER_ID_SHORT;
	len = strlen(container->id);
	if (len > shown)
		len = shown;
	/* A cell has room for what mostly is there, and not for the worst of what might be. */
	buffer__put(out, text, escape__text(text, container->id, len, utf8));
	if (container->id[len] && !container__has_hex_id(container))
		buffer__put_str(out, "...");
}

bool container_view__is_real(const struct container *container)
{
	return container && container->runtime > RUNTIME_UNIT;
}

void container_view__put_json(struct json_writer *w, const char *key,
			      const struct container *container)
{
	if (!container) {
		json_writer__null(w, key);
		return;
	}
	json_writer__begin(w, key);
	json_writer__str(w, "runtime", container_runtime__name(container->runtime));
	if (*container->id)
		json_writer__string(w, "id", container->id, sizeof(container->id));
	else
		json_writer__null(w, "id");
	json_writer__end(w);
}

void container_view__put_object_json(struct json_writer *w, const struct ledger *ledger,
				     const struct object_info *object)
{
	bool by_namespace;
	const struct container *container = ledger__container_of(ledger, object, &by_namespace);

	container_view__put_json(w, "container", container);
	if (container)
		json_writer__str(w, "container_by", by_namespace ? "namespace" : "creator");
	else
		json_writer__null(w, "container_by");
}

struct search {
	const char *pattern;
	bool found;
};

static bool look_at_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	struct search *search = context;
	struct process_info info;

	(void)mappings;
	ledger__process_info(process, &info);
	search->found = info.container && container__matches(info.container, search->pattern);
	return !search->found;
}

bool container_filter__passes(struct container_filter *filter, const struct ledger *ledger,
			      const struct ledger_object *object, const struct object_info *info)
{
	struct search search = {.pattern = filter->pattern};
	const struct container *own;
	bool by_namespace;

	if (!filter->pattern)
		return true;
	own = ledger__container_of(ledger, info, &by_namespace);
	search.found = own && container__matches(own, filter->pattern);
	if (!search.found)
		ledger__for_each_holder(object, look_at_holder, &search);
	filter->passed += search.found;
	filter->unknown += !search.found && !own;
	return search.found;
}

bool container_filter__passes_process(const struct container_filter *filter,
				      const struct process_info *process)
{
	return !filter->pattern ||
	       (process->container && container__matches(process->container, filter->pattern));
}
