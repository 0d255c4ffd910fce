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

storm_round functions never
if is_preemptible; then
	skip "the storm ends well, by syscalls" "programs on tracepoints are preempted here"
else
	storm_round syscalls 30
fi
finish
