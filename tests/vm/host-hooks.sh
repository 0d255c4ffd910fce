#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After guest-hooks.sh, on the host: host-hooks.sh MACHINE DIR checks the JSON that it left, and compares
# what was said of each failed get with what the kernel did.

set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/vm/host.sh
. tests/vm/host.sh

check "there is JSON to check" test -n "$(ls "$2/json")"
for file in "$2"/json/*; do
	check "the JSON of ${file##*/} is valid" tests/live/schema_check "$file"
done
for set in functions syscalls; do
	dir=$2/refusals-$set
	if [ -s "$dir/lost" ]; then
		skip "$set: the cause of each failure" "programs on tracepoints are preempted here"
	else
		check "$set: the cause of each failure" tests/live/refusals_compare "$dir/want" \
			"$dir/jsonl" "$set"
	fi
done
finish
