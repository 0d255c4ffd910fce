# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Every workload under shmtrace and strace at once, by each set of hooks. Here the runs are made;
# host-words.sh, which has Python, then compares the words. One shmtrace for all workloads of a set:
# starting it takes an emulated machine seconds, and threads tell the workloads apart.
#
# /out/words-SET: list (name and command of each workload), NAME.strace, jsonl, messages.

# shellcheck disable=SC2317 # functions that check calls

# shellcheck source=tests/vm/guest.sh
. /tests/guest.sh

# seed=N on the kernel's command line (VM_SEED for vm.sh) repeats a run.
# shellcheck disable=SC2154 # from there
seed=${seed:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}

list_native() {
	echo "burst burst 200 2"
	for limit in shmmni shmall semmni semmns msgmni; do
		echo "limits-$limit limits $limit"
	done
	echo "random random $seed 1200"
	for name in fork msg one rename sem shm signal threads; do
		echo "$name $name"
	done
}

# None on machines without 32-bit workloads.
list_32() {
	for path in "$WORK"/*_32; do
		name=${path##*/}
		case $name in
		'*_32') ;;
		random*) echo "$name $name $seed 600" ;;
		*) echo "$name $name" ;;
		esac
	done
}

every_workload_is_listed() {
	for path in "$WORK"/*; do
		# These are for other tests: guest-storm.sh, guest-hooks.sh, headroom.bats, rm_race.bats.
		case ${path##*/} in storm | storm_diff | refusals | namespaces | race) continue ;; esac
		grep -q "^[^ ]* ${path##*/}\( \|$\)" "$1" || echo "${path##*/} is not compared"
	done | grep . && return 1
	return 0
}

# Each of the workloads in a list, and its exit status: `one` ends with 7.
ended_well() {
	while read -r name command; do
		want=0
		[ "$command" != one ] || want=7
		got=$(cat "$1/$name.status" 2>/dev/null)
		[ "$got" = "$want" ] || echo "$name ($command): status ${got:-missing}, not $want"
	done <"$1/list" | grep . && return 1
	return 0
}

trace_set() {
	out=/out/words-$1
	shmtrace trace "--hooks=$1" -J -e %ipc -o "$out/jsonl" -- \
		sh /tests/under-strace.sh "$out" 2>"$out/messages"
	check_equal "$1: shmtrace ends as the command did" 0 $?
	check "$1: the workloads end as they should under both" ended_well "$out"
	lost=$(tail -n 1 "$out/jsonl" | sed -n 's/.*"lost":{.*"total":\([0-9]*\)}.*/\1/p')
	if [ "$1" = syscalls ] && is_preemptible && [ "${lost:-0}" -gt 0 ]; then
		skip "$1: nothing is lost" "programs on tracepoints are preempted here"
		echo "$lost" >"$out/lost"
		return
	fi
	check_equal "$1: nothing is lost" '"lost":{"calls":{},"total":0}' \
		"$(tail -n 1 "$out/jsonl" | grep -o '"lost":{.*"total":[0-9]*}')"
	note <"$out/messages"
}

note "seed=$seed"
mkdir -p /out/words-functions /out/words-syscalls
list_native >/out/words-syscalls/list
(list_native && list_32) >/out/words-functions/list
check "every workload is compared" every_workload_is_listed /out/words-functions/list
trace_set functions
trace_set syscalls

finish
