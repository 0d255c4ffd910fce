#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After guest-words.sh, on the host: host-words.sh MACHINE DIR compares what that left in DIR, and
# prints TAP. See words_compare for what equal means.

# shellcheck disable=SC2317 # functions that check calls

set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/vm/host.sh
. tests/vm/host.sh

# Threads of all workloads are in one JSON file: those of the others are left out.
compare_each() {
	local name
	while read -r name _; do
		# Only those in which nothing is missing can be equal.
		if [ -s "$dir/lost" ] && ! tests/live/words_compare "$dir/$name.strace" "$dir/jsonl" >/dev/null; then
			skip "$set: $name in strace's words" "programs on tracepoints are preempted here"
			continue
		fi
		check "$set: $name in strace's words" tests/live/words_compare "$dir/$name.strace" \
			"$dir/jsonl"
	done <"$dir/list"
}

# Nothing but the workloads was followed: shmtrace saw no call of a thread that strace did not.
nothing_else() {
	cat "$dir"/*.strace >"$dir/all"
	! tests/live/words_compare "$dir/all" "$dir/jsonl" | grep "left out"
}

for set in functions syscalls; do
	dir=$2/words-$set
	check "$set: there are workloads to compare" test -s "$dir/list"
	compare_each
	check "$set: no calls but those of the workloads" nothing_else
	check "$set: the JSON is valid" tests/live/schema_check "$dir/jsonl"
done
finish
