#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every cause of a failed get, arranged and explained, by both sets of hooks. host-refusals.sh compares.

# shellcheck source=tests/vm/guest.sh
. /tests/guest.sh

explain() { # hooks
	out=/out/refusals-$1
	mkdir -p "$out"
	status=0
	shmtrace trace "--hooks=$1" -J -x -o "$out/jsonl" -- "$WORK/refusals" \
		>"$out/want" 2>"$out/messages" || status=$?
	note <"$out/messages"
	check_equal "$1: each get fails as it should" 0 "$status"
	lost=$(tail -n 1 "$out/jsonl" | sed -n 's/.*"lost":{.*"total":\([0-9]*\)}.*/\1/p')
	if [ "$1" = syscalls ] && is_preemptible && [ "${lost:-0}" -gt 0 ]; then
		skip "$1: nothing is lost" "programs on tracepoints are preempted here"
		echo "$lost" >"$out/lost"
		return
	fi
	check_equal "$1: nothing is lost" 0 "$lost"
}

explain functions
explain syscalls
finish
