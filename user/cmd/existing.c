// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/existing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "source/containers.h"

void existing__report_unseen(const struct snapshot_report *report, unsigned int kinds, bool all)
{
	const char *hint = geteuid() ? "; run as root" : "";

	if (report->mappings_hidden)
		pr_warn("attachments whose holders may not be seen: %u%s", report->mappings_hidden,
			report->processes_confined
				? "; run outside of this PID namespace (container)"
				: hint);
	if (all && report->processes_unreadable)
		pr_warn("processes whose IPC namespace may not be seen: %u%s",
			report->processes_unreadable, hint);
	if (all && report->processes_hidden)
		pr_warn("/proc does not show all processes, nor their IPC namespaces: it is "
			"mounted with hidepid%s",
			hint);
	if (all && report->namespaces_unreadable)
		pr_warn("IPC namespaces that may not be entered and are missing: %u of %u%s",
			report->namespaces_unreadable, report->namespaces, hint);
	if (report->mappings_ambiguous)
		pr_warn("attachments that may be of several IPC namespaces and are missing: %u%s",
			report->mappings_ambiguous, hint);
	if (report->mappings_unlisted)
		pr_warn("attachments of segments in IPC namespaces that cannot be found: %u%s",
			report->mappings_unlisted, hint);
	if (kinds & 1u << OBJECT_SEM && report->sets_unreadable)
		pr_warn("semaphore sets whose last users may not be seen: %u%s",
			report->sets_unreadable, hint);
}

void existing__report_container(const struct container_filter *filter)
{
	if (!filter || !filter->pattern)
		return;
	if (!filter->passed)
		pr_warn("--container: nothing of '%s' was found", filter->pattern);
	if (filter->unknown)
		pr_warn("objects that --container leaves out, since nobody knows what container "
			"they are of: %zu",
			filter->unknown);
}

struct reading {
	const struct existing_options *options;
	struct ledger *ledger;
	struct containers *containers;
};

static int apply(void *context, const struct event *event)
{
	const struct reading *reading = context;
	const struct existing_options *options = reading->options;
	int err = options->each ? options->each(options->context, event) : 0;

	if (!err)
		err = ledger__apply(reading->ledger, event);
	return err ? err : containers__see(reading->containers, reading->ledger, event);
}

int existing__read(struct ledger **ledger, const struct existing_options *options,
		   struct snapshot_report *report)
{
	const struct ledger_options ledger_options = {.mappings_observed = true,
						      .keep_past = options->keep_past};
	struct reading reading = {.options = options,
				  .ledger = ledger__new(&ledger_options),
				  .containers = containers__new(false)};
	int err;

	*ledger = reading.ledger;
	if (!*ledger || !reading.containers) {
		pr_err("out of memory");
		ledger__free(*ledger);
		*ledger = NULL;
		containers__free(reading.containers);
		return -ENOMEM;
	}
	err = options->tables_only ? snapshot__read_tables(apply, &reading, report)
				   : snapshot__read(apply, &reading, report);
	containers__free(reading.containers);
	if (!err)
		return 0;
	pr_err("cannot read what exists: %s", strerror(-err));
	ledger__free(*ledger);
	*ledger = NULL;
	return err;
}

static bool compare_namespace(void *context, const struct namespace_info *info)
{
	uint32_t *wanted = context;

	if (info->ipcns == *wanted)
		*wanted = 0;
	return *wanted;
}

int existing__check_namespace(const struct ledger *ledger, uint32_t ipcns)
{
	uint32_t wanted = ipcns;

	if (wanted)
		ledger__for_each_namespace(ledger, compare_namespace, &wanted);
	if (!wanted)
		return 0;
	pr_err("cannot read ipc:[%u]: it has ended, or may not be entered; "
	       "'shmtrace ls -A' shows those that can be read",
	       ipcns);
	return -ENOENT;
}

int existing__flush(void)
{
	int err;

	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	err = -errno;
	if (err != -EPIPE)
		pr_err("cannot write to standard output: %s", strerror(-err));
	return err ? err : -EIO;
}

int existing__status(int err)
{
	if (!err || err == -EPIPE)
		return EXIT_DONE;
	return err == -ENOSYS ? EXIT_NOT_ALLOWED : EXIT_FAILED;
}
