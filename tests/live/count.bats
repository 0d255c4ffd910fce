#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The number of calls is perf's, exactly, and watching leaves perf's numbers as they are: a BPF
# program on a tracepoint that returns 0 hides the event from all others (trace_call_bpf in
# kernel/trace/bpf_trace.c).

load live.bash

CALLS_12=(shmget shmat shmdt shmctl semget semctl semop semtimedop msgget msgctl msgsnd msgrcv)

setup_file() {
	EVENTS=$(printf ',syscalls:sys_enter_%s' "${CALLS_12[@]}")
	export EVENTS=${EVENTS#,}
}

# "call number" of a file of perf stat -x,.
numbers_of_perf() {
	awk -F, '/sys_enter_/ { sub(/.*sys_enter_/, "", $3); print $3, $1 }' "$1" | sort
}

numbers_of_summary() {
	local call
	for call in "${CALLS_12[@]}"; do
		echo "$call $(jq --arg call "$call" '.calls[$call].calls // 0' "$1")"
	done | sort
}

busy() {
	cat >"$T/busy" <<-EOF
		set -e
		stress-ng -q --shm-sysv 1 --sem-sysv 1 --msg 1 -t $1
		for i in 1 2 3; do $WORK/sem; $WORK/msg; $WORK/shm; done
		$WORK/signal
		$WORK/fork
		$WORK/threads
	EOF
	echo "$T/busy"
}

# Calls of others, if there are any, are counted by the perf around it all, and by that alone: what
# the workload's own processes made is counted within, and that must be equal always.
@test "as many calls as perf counts, call by call, under load" {
	perf stat -a -x, -o "$T/machine" -e "$EVENTS" -- \
		"$SHMTRACE" trace -c -J -e %ipc -o "$T/ours" -- \
		perf stat -x, -o "$T/theirs" -e "$EVENTS" -- unshare -i bash "$(busy 10)" 3>&-
	valid "$T/ours"
	numbers_of_perf "$T/theirs" >"$T/perf"
	numbers_of_perf "$T/machine" >"$T/perf-a"
	numbers_of_summary "$T/ours" >"$T/shmtrace"
	diff "$T/perf" "$T/shmtrace"
	[ "$(jq .lost.total "$T/ours")" -eq 0 ]
	# Each of the twelve was called, and the load was one.
	run ! grep ' 0$' "$T/shmtrace"
	[ "$(jq .total.calls "$T/ours")" -gt 100000 ]
	echo "# $(jq .total.calls "$T/ours") calls" >&3
	diff "$T/perf-a" "$T/shmtrace" ||
		echo "# others made System V calls at the same time; perf -a saw them" >&3
}

# No filter here, so calls of others count too. They are known by the inner perf, which has only the
# workload's, and then it is done again; without them every difference is a defect.
@test "as many calls as perf counts on the whole machine" {
	local try
	for try in 1 2 3; do
		start_trace -c -J -e %ipc -o "$T/ours"
		perf stat -a -x, -o "$T/machine" -e "$EVENTS" -- \
			perf stat -x, -o "$T/theirs" -e "$EVENTS" -- unshare -i bash "$(busy 2)" 3>&-
		end_trace
		numbers_of_perf "$T/machine" >"$T/perf-a"
		numbers_of_perf "$T/theirs" >"$T/perf"
		numbers_of_summary "$T/ours" >"$T/shmtrace"
		[ "$(jq .lost.total "$T/ours")" -eq 0 ]
		! diff "$T/perf-a" "$T/shmtrace" || return 0
		! cmp -s "$T/perf-a" "$T/perf" || return 1
		echo "# try $try: others made System V calls at the same time" >&3
	done
	false
}

@test "two tracers at once see the same" {
	"$SHMTRACE" trace -c -J -e %ipc -o "$T/outer" -- \
		"$SHMTRACE" trace -c -J -e %ipc -o "$T/inner" -- unshare -i bash "$(busy 2)" 3>&-
	diff <(numbers_of_summary "$T/outer") <(numbers_of_summary "$T/inner")
	[ "$(jq .total.calls "$T/inner")" -gt 10000 ]
	[ "$(jq -s 'map(.lost.total) | add' "$T/outer" "$T/inner")" -eq 0 ]
}
