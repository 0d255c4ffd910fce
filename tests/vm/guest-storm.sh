# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The ledger against the kernel, after every burst of a storm of all transitions.

# shellcheck source=tests/vm/storm.sh
. /tests/storm.sh

storm_round() { # hooks, reconcile
	start_top "$TMP/storm-$1" --hooks="$1" --reconcile="$2"
	run_storm "$STORM_DIR" "sh /tests/storm-hook.sh" --ops "${STORM_OPS:-10000}" --bursts 5
	stop_top
	sum_up "$1" "$STORM_DIR"
	check_equal "the storm ends well, by $1" 0 "$storm_status"
	check "no difference, by $1" test ! -e "$STORM_DIR/failed"
}

# Programs on tracepoints are preempted on some kernels, and others skipped meanwhile: such losses are
# counted, the ledger is compared after them, and what nothing can tell is who made a set or queue.
lossy_round() {
	start_top "$TMP/storm-syscalls" --hooks=syscalls --reconcile=30
	run_storm "$STORM_DIR" "sh /tests/storm-hook.sh" --ops "${STORM_OPS:-10000}" --bursts 5
	stop_top
	lost=lost
	if report "$STORM_DIR" | grep -q '"lost":0[,}]'; then
		lost=
	fi
	sum_up syscalls "$STORM_DIR" "$lost"
	check_equal "the storm ends well, by syscalls" 0 "$storm_status"
	if [ "$lost" ]; then
		check_equal "no difference, by syscalls" "" "$(differences "$STORM_DIR")"
	else
		check "no difference, by syscalls" test ! -e "$STORM_DIR/failed"
	fi
}

storm_round functions never
if is_preemptible; then
	lossy_round
else
	storm_round syscalls 30
fi
finish
