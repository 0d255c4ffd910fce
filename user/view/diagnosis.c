// SPDX-License-Identifier: GPL-2.0-only
#include "view/diagnosis.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/json_writer.h"
#include "source/ipcns.h"
#include "view/limits.h"

#define JSON_MAX (1UL << 15)

static void print_check(FILE *out, bool ok, const char *name, const char *text)
{
	fprintf(out, "  %-4s %-14s %s\n", ok ? "ok" : "NO", name, text);
}

static void print_bpf(const struct diagnosis *d, FILE *out)
{
	char text[256];

	if (!d->bpf_err)
		snprintf(text, sizeof(text), "maps and programs can be loaded");
	else if (d->bpf_err == -EPERM || d->bpf_err == -EACCES)
		snprintf(text, sizeof(text), "%s: run as root (sudo shmtrace doctor)",
			 strerror(-d->bpf_err));
	else
		snprintf(text, sizeof(text), "no ring buffer (%s): Linux 5.8 or newer is needed",
			 strerror(-d->bpf_err));
	print_check(out, !d->bpf_err, "BPF", text);
	if (!d->btf_err)
		snprintf(text, sizeof(text), "/sys/kernel/btf/vmlinux");
	else
		snprintf(text, sizeof(text),
			 "%s: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed",
			 strerror(-d->btf_err));
	print_check(out, !d->btf_err, "kernel types", text);
}

static void print_privileges(const struct diagnosis *d, FILE *out)
{
	char text[256];
	size_t len;

	len = snprintf(text, sizeof(text), "uid %u", d->uid);
	for (size_t i = 0; i < DIAGNOSIS_CAPABILITIES; i++)
		len += snprintf(text + len, sizeof(text) - len, ", %s%s",
				d->capabilities[i].have ? "" : "no ", d->capabilities[i].name);
	print_check(out, d->capabilities[0].have && d->capabilities[1].have, "privileges", text);
	for (size_t i = 0; i < DIAGNOSIS_CAPABILITIES; i++)
		if (!d->capabilities[i].have && d->capabilities[i].needed)
			fprintf(out, "       %-14s %s is needed %s\n", "", d->capabilities[i].name,
				d->capabilities[i].need);
}

static void print_kernelfs(const struct diagnosis *d, FILE *out)
{
	char text[256];
	bool confidential = !strcmp(d->lockdown, "confidentiality");

	snprintf(text, sizeof(text), "%s%s", *d->lockdown ? d->lockdown : "not known",
		 confidential ? ": BPF may not read kernel memory; boot with lockdown=integrity"
			      : "");
	print_check(out, !confidential, "lockdown", text);
	if (d->tracefs_err == -EPERM || d->tracefs_err == -EACCES)
		snprintf(text, sizeof(text), "%s: run as root", strerror(-d->tracefs_err));
	else if (d->tracefs_err)
		snprintf(text, sizeof(text),
			 "%s: no system call hooks; mount -t tracefs tracefs /sys/kernel/tracing",
			 strerror(-d->tracefs_err));
	else
		snprintf(text, sizeof(text), "%s",
			 d->tracefs_path ? d->tracefs_path
					 : "not mounted; opened without mounting");
	print_check(out, !d->tracefs_err, "tracefs", text);
	print_check(out, true, "bpffs", d->bpffs_path ? d->bpffs_path : "not mounted; not needed");
}

static void print_hooks(const struct diagnosis *d, FILE *out)
{
	if (d->hooks_err) {
		fprintf(out, "\nhooks: cannot open the BPF object: %s\n", strerror(-d->hooks_err));
		return;
	}
	fprintf(out, "\n%-19s %-12s %-12s %-12s %-12s %s\n", "HOOK", "CHOSEN", "FENTRY",
		"KPROBE+FEXIT", "KPROBE", "TRACEPOINT");
	for (size_t i = 0; i < d->hooks.count; i++) {
		const struct hook *hook = &d->hooks.hook[i];

		fprintf(out, "%-19s %-12s", hook->name, hook_way__name(hook->way));
		for (enum hook_way way = 0; way < WAY_COUNT; way++)
			fprintf(out, way == WAY_TRACEPOINT ? " %s" : " %-12s",
				hook__target(hook, way) ? hook_way__reason(way, hook->err[way])
							: "-");
		fputc('\n', out);
	}
	fputs("_32: the entry of 32-bit callers alone. newseg, newary, newque: the exact limits\n"
	      "behind an ENOSPC. wake_up_new_task and the two after it: processes, where "
	      "tracepoints\n"
	      "are not exact. The rest, if all can be had: what no call shows; else it is "
	      "inferred.\n",
	      out);
}

static void print_limits(const struct diagnosis *d, FILE *out)
{
	const struct ipc_limits *l = &d->limits;

	fprintf(out, "\nIPC namespace ipc:[%" PRIu32 "]%s\n", d->ipcns,
		d->ipcns == IPCNS_INIT_INO ? " (the initial one)" : "");
	if (d->limits_err) {
		fprintf(out, "  limits: %s\n", strerror(-d->limits_err));
		return;
	}
	fprintf(out, "  SHMMNI %u of %u segments, SHMALL %" PRIu64 " of %" PRIu64 " pages, ",
		l->shmmni_used, l->shmmni, (uint64_t)l->shmall_used, (uint64_t)l->shmall);
	fprintf(out, "SHMMAX %" PRIu64 " bytes\n", (uint64_t)l->shmmax);
	fprintf(out, "  SEMMNI %u of %u sets, SEMMNS %u of %u semaphores, SEMMSL %u a set\n",
		l->semmni_used, l->semmni, l->semmns_used, l->semmns, l->semmsl);
	fprintf(out, "  MSGMNI %u of %u queues\n", l->msgmni_used, l->msgmni);
}

static void print_verdict(const struct diagnosis *d, FILE *out)
{
	enum hook_way way = hooks__main_way(&d->hooks);

	fputc('\n', out);
	if (*d->start_why) {
		fprintf(out, "Tracing cannot work here: %s.\n", d->start_why);
		return;
	}
	if (!d->usable) {
		fputs("Tracing cannot work here: see each NO above.\n", out);
		return;
	}
	if (way != WAY_TRACEPOINT) {
		fprintf(out, "Tracing works, by function hooks (%s). What no call shows is %s.\n",
			hook_way__name(way), d->ledger_observed ? "observed" : "inferred");
		if (!d->compat_usable)
			fputs("Not all calls of 32-bit callers are seen: see _32 above.\n", out);
		return;
	}
	fputs("Tracing works, by system call hooks (tracepoints). Calls of 32-bit programs are not "
	      "seen.\n"
	      "Function hooks would see them. The kernel, or what confines this system (a "
	      "security\n"
	      "module, a container, a hypervisor), refuses these: see the table.\n",
	      out);
}

void diagnosis__print_text(const struct diagnosis *d, FILE *out)
{
	fprintf(out, "shmtrace " SHMTRACE_VERSION " on %s %s, %s\n\n", d->kernel.sysname,
		d->kernel.release, d->kernel.machine);
	print_bpf(d, out);
	print_privileges(d, out);
	print_kernelfs(d, out);
	print_hooks(d, out);
	print_limits(d, out);
	print_verdict(d, out);
}

/* 0 is null: nothing is wrong. */
static void put_error(struct json_writer *w, const char *key, int err)
{
	if (err)
		json_writer__str(w, key, strerror(-err));
	else
		json_writer__null(w, key);
}

static void put_hooks(struct json_writer *w, const struct diagnosis *d)
{
	json_writer__begin(w, "hooks");
	for (size_t i = 0; i < d->hooks.count; i++) {
		const struct hook *hook = &d->hooks.hook[i];

		json_writer__begin(w, hook->name);
		json_writer__str(w, "chosen",
				 hook->way == WAY_NONE ? NULL : hook_way__name(hook->way));
		for (enum hook_way way = 0; way < WAY_COUNT; way++)
			json_writer__str(w, hook_way__name(way),
					 hook__target(hook, way)
						 ? hook_way__reason(way, hook->err[way])
						 : NULL);
		json_writer__end(w);
	}
	json_writer__end(w);
}

void diagnosis__print_json(const struct diagnosis *d, FILE *out)
{
	static char data[JSON_MAX];
	struct json_writer w;

	json_writer__init(&w, data, sizeof(data));
	json_writer__begin(&w, NULL);
	json_writer__str(&w, "type", "doctor");
	json_writer__u64(&w, "version", 1);
	json_writer__bool(&w, "usable", d->usable);
	json_writer__bool(&w, "compat_usable", d->compat_usable);
	json_writer__str(&w, "shmtrace", SHMTRACE_VERSION);
	json_writer__str(&w, "kernel", d->kernel.release);
	json_writer__str(&w, "machine", d->kernel.machine);
	json_writer__u64(&w, "uid", d->uid);
	json_writer__begin(&w, "capabilities");
	for (size_t i = 0; i < DIAGNOSIS_CAPABILITIES; i++)
		json_writer__bool(&w, d->capabilities[i].name, d->capabilities[i].have);
	json_writer__end(&w);
	put_error(&w, "bpf_error", d->bpf_err);
	put_error(&w, "btf_error", d->btf_err);
	json_writer__str(&w, "lockdown", *d->lockdown ? d->lockdown : NULL);
	json_writer__str(&w, "tracefs", d->tracefs_path);
	put_error(&w, "tracefs_error", d->tracefs_err);
	json_writer__str(&w, "bpffs", d->bpffs_path);
	json_writer__u64(&w, "ipcns", d->ipcns);
	put_hooks(&w, d);
	if (d->limits_err)
		json_writer__null(&w, "limits");
	else
		limits__put_json(&w, &d->limits, false);
	json_writer__end(&w);
	fwrite(data, 1, json_writer__finish(&w), out);
}
