#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After guest-refusals.sh, on the host: host-refusals.sh MACHINE DIR compares what was said of each
# failure with what the kernel did.

set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/vm/host.sh
. tests/vm/host.sh

for set in functions syscalls; do
	dir=$2/refusals-$set
	if [ -s "$dir/lost" ]; then
		skip "$set: the cause of each failure" "programs on tracepoints are preempted here"
	else
		check "$set: the cause of each failure" tests/live/refusals_compare "$dir/want" \
			"$dir/jsonl" "$set"
	fi
	check "$set: the JSON is valid" tests/live/schema_check "$dir/jsonl"
done
finish
