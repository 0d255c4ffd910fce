#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The ledger against the kernel, after every burst of a storm of all transitions. STORM_OPS, STORM_PROCS
# and STORM_SEED make it larger, or the same again: see scripts/storm.sh.

setup() {
	export STORM_DIR=$BATS_TEST_TMPDIR STORM_DIFF=build/tests/work/storm_diff
	mkdir -p "$STORM_DIR/truth"
	: >"$STORM_DIR/top.json"
}

teardown() {
	if [ -s "$STORM_DIR/top.pid" ]; then
		kill "$(cat "$STORM_DIR/top.pid")" 2>/dev/null || true
	fi
}

start_top() { # hooks, reconcile
	build/shmtrace top --batch --debug -J -d 100000 --hooks="$1" --reconcile="$2" \
		>"$STORM_DIR/top.json" 2>"$STORM_DIR/top.err" 3>&- &
	echo $! >"$STORM_DIR/top.pid"
	for _ in $(seq 100); do
		if grep -q 'watching by' "$STORM_DIR/top.err"; then
			return
		fi
		sleep 0.1
	done
	cat "$STORM_DIR/top.err"
	return 1
}

run_storm() { # hooks
	local status=0
	build/tests/work/storm/storm ${STORM_SEED:+--seed "$STORM_SEED"} \
		--ops "${STORM_OPS:-10000}" --procs "${STORM_PROCS:-200}" --bursts "${STORM_BURSTS:-10}" \
		--truth "$STORM_DIR/truth" --quiet-hook "sh tests/vm/storm-hook.sh" 3>&- \
		>"$STORM_DIR/storm.out" 2>&1 || status=$?
	cat "$STORM_DIR/storm.out"
	echo "# $(sh tests/vm/storm-summary.sh "here, $1" "$STORM_DIR")" >&3
	return "$status"
}

@test "after each burst of a storm the ledger equals the kernel, by system call hooks" {
	start_top syscalls 30
	run_storm syscalls
	cat "$STORM_DIR/top.err"
	[ ! -e "$STORM_DIR/failed" ]
}

@test "after each burst of a storm the ledger equals the kernel, by function hooks alone" {
	if ! build/shmtrace trace --hooks=functions -q -d 0.1 >/dev/null 2>&1; then
		skip "this kernel refuses function hooks"
	fi
	start_top functions never
	run_storm functions
	[ ! -e "$STORM_DIR/failed" ]
}
