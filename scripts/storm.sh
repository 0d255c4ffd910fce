#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The storm whole: the ledger held against the kernel in 100,000 operations of 200 processes, started in
# the middle 50 times, and after losses; here by what this kernel allows, then in the x86-64 machines.
# Prints a line for each run, and what failed. Takes about an hour; logs are in build/storm.
#
# usage: scripts/storm.sh [here | KERNEL]...
#
# STORM_OPS, STORM_PROCS, START_TIMES make it smaller; STORM_SEED (here) and VM_SEED repeat it.

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

OUT=$TOP/build/storm
export STORM_OPS=${STORM_OPS:-100000} STORM_PROCS=${STORM_PROCS:-200} START_TIMES=${START_TIMES:-50}
export VM_TIMEOUT=${VM_TIMEOUT:-7200}
export VM_ARGS="STORM_OPS=$STORM_OPS STORM_PROCS=$STORM_PROCS START_TIMES=$START_TIMES"
MACHINES_AT_ONCE=$(nproc)
failed=0

# Name, command…: its output goes to a log.
run() {
	local log=$OUT/$1.log status=0
	shift
	"$@" >"$log" 2>&1 || status=$?
	grep -E '^# storm: |^not ok |# (SKIP|skip)' "$log" | sed 's/^# storm: //' || true
	if [ "$status" -ne 0 ]; then
		say "$log: ended with status $status"
	fi
	return "$status"
}

here() {
	run here-storm bats --tap tests/live/storm.bats || failed=1
	run here-start bats --tap tests/live/start.bats || failed=1
}

machine() { # kernel, script
	run "$1-$2" scripts/vm.sh run "$1" "tests/vm/guest-$2.sh" "$OUT/$1-$2"
}

machines() {
	local kernel name
	scripts/vm.sh fetch "$@"
	scripts/vm.sh build x86_64 >"$OUT/build.log" 2>&1 || die "cannot build; see $OUT/build.log"
	for kernel in "$@"; do
		for name in storm start; do
			while [ "$(jobs -rp | wc -l)" -ge "$MACHINES_AT_ONCE" ]; do
				wait -n || failed=1
			done
			machine "$kernel" "$name" &
		done
	done
	while [ -n "$(jobs -p)" ]; do
		wait -n || failed=1
	done
}

cd "$TOP"
mkdir -p "$OUT"
kernels=()
if [ $# -eq 0 ]; then
	mapfile -t kernels < <(scripts/vm.sh list | grep '^x86_64-')
	here
fi
for name; do
	if [ "$name" = here ]; then
		here
	elif scripts/vm.sh list | grep -qxF -- "$name"; then
		kernels+=("$name")
	else
		die "no machine is called '$name'; scripts/vm.sh list names them"
	fi
done
if [ ${#kernels[@]} -gt 0 ]; then
	machines "${kernels[@]}"
fi
exit "$failed"
