#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Where privileges or the kernel do not allow it: status 3 and one line that says why.

load live.bash

# What runs is a copy: the build folder may be closed to others.
setup_file() {
	COPY=$(mktemp -d /tmp/shmtrace-rights.XXXXXX)
	export COPY
	cp "${SHMTRACE_BUILD:-build}/shmtrace" "$COPY/"
	chmod -R a+rX "$COPY"
}

teardown_file() {
	rm -rf "$COPY"
}

refused() {
	run -3 --separate-stderr "$@"
	[ -z "$output" ]
	# shellcheck disable=SC2154 # run sets it
	printf '%s\n' "${stderr_lines[@]}"
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ ${stderr_lines[0]} == "shmtrace: "*"shmtrace doctor"* ]]
}

cannot_use_bpf() {
	refused "$@"
	[[ ${stderr_lines[0]} == *"Operation not permitted"* ]]
	[[ ${stderr_lines[0]} == *"run as root"* ]]
}

NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups)

@test "rights: nobody may not trace" {
	cannot_use_bpf "${NOBODY[@]}" "$COPY/shmtrace" trace -d 1
}

@test "rights: nobody may not trace, and the command is not run" {
	cannot_use_bpf "${NOBODY[@]}" "$COPY/shmtrace" trace -- touch "$T/ran"
	[ ! -e "$T/ran" ]
}

@test "rights: nobody may not trace its own process either" {
	cannot_use_bpf "${NOBODY[@]}" "$COPY/shmtrace" trace -d 1 -J -e shmget
}

@test "rights: root without capabilities may not trace" {
	cannot_use_bpf setpriv --bounding-set=-all --inh-caps=-all "$COPY/shmtrace" trace -d 1
	cannot_use_bpf capsh --drop=all -- -c "exec $COPY/shmtrace trace -d 1"
}

@test "rights: one capability alone is not enough" {
	local cap
	for cap in sys_ptrace perfmon sys_resource; do
		refused setpriv --bounding-set="-all,+$cap" --inh-caps="-all" \
			"$COPY/shmtrace" trace -d 1
	done
}

@test "rights: --help, --version and wrong usage need none" {
	run -0 "${NOBODY[@]}" "$COPY/shmtrace" --version
	run -0 "${NOBODY[@]}" "$COPY/shmtrace" trace --help
	run -2 "${NOBODY[@]}" "$COPY/shmtrace" trace --no-such-option
}

# By trying: what the kernel allows is what works.
function_hooks_work() {
	"$SHMTRACE" trace -q --hooks=functions -e shmget -d 0.1 -o /dev/null 2>/dev/null
}

@test "rights: --hooks=functions where the kernel has none" {
	! function_hooks_work || skip "function hooks work here"
	refused "$SHMTRACE" trace --hooks=functions -d 1
	[[ ${stderr_lines[0]} == *"cannot hook"*"fentry"* ]]
}

@test "rights: --hooks=syscalls" {
	run -7 --separate-stderr "$SHMTRACE" trace --hooks=syscalls -e shmget -J -o "$T/ours" -- "$WORK/one"
	[[ ${stderr_lines[0]} == "shmtrace: tracing by system call hooks; "* ]]
	[ "$(texts "$T/ours" | wc -l)" -eq 1 ]
}

@test "rights: while it traces without a ledger, shmtrace keeps no capability but CAP_BPF" {
	start_trace -e shmget --no-explain -d 20
	sleep 0.2
	# CAP_BPF is the 39th.
	[ "$(awk '/^CapEff/ { print $2 }' "/proc/$TRACER/status")" = 0000008000000000 ]
	[ "$(awk '/^CapPrm/ { print $2 }' "/proc/$TRACER/status")" = 0000008000000000 ]
	[ "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$TRACER/status")" = 1 ]
}
