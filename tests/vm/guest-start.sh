# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The ledger where it cannot have seen everything, by function hooks: started in the middle of a storm,
# and after losses. tests/live/start.bats does the same by what its kernel allows.

# shellcheck source=tests/vm/storm.sh
. /tests/storm.sh

export START_DIR="$TMP/start" START_TIMES="${START_TIMES:-3}" START_HOOKS

started_in_the_middle() {
	mkdir -p "$START_DIR/truth"
	run_storm "$START_DIR" "sh /tests/start-hook.sh" --ops $((2500 * (START_TIMES + 1))) \
		--bursts $((START_TIMES + 1))
	sum_up "started in the middle" "$START_DIR"
	check_equal "the storm ends well, with tracers started in its middle" 0 "$storm_status"
	check_equal "each of them is compared" "$START_TIMES" \
		"$(find "$START_DIR" -name 'dump.*' | wc -l)"
	check_equal "and equals the kernel" "" "$(find "$START_DIR" -name failed)"
	note "hooks went on within a burst: $(find "$START_DIR" -name middle | wc -l)"
	check "some went on within a burst" test -n "$(find "$START_DIR" -name middle)"
}

loses_and_waits() {
	start_top "$TMP/loss" --hooks=functions --buffer 4096 --reconcile=never
	START_HOOKS=$(count_hooks "$STORM_DIR")
	# What is lost is all that matters.
	run_storm "$STORM_DIR" "sh /tests/storm-hook.sh" --procs 100 --ops 1000 --bursts 1
	stop_top
	check "after losses the ledger says inexact as long as it may not compare" \
		test -z "$(report "$STORM_DIR" | grep -v '"exact":false')"
}

loses_and_compares() {
	start_top "$TMP/loss-compared" --hooks=functions --buffer 4096
	run_storm "$STORM_DIR" "sh /tests/storm-hook.sh" --ops 4000 --bursts 2
	stop_top
	sum_up "after losses" "$STORM_DIR" lost
	check_equal "the storm ends well, with losses" 0 "$storm_status"
	check "something was lost" test -z "$(report "$STORM_DIR" | grep '"lost":0[,}]')"
	check_equal "after losses the ledger is exact by itself" '"exact":true' \
		"$(report "$STORM_DIR" | grep -o '"exact":[a-z]*')"
	check_equal "and equals the kernel" "" "$(differences "$STORM_DIR")"
}

# A burst takes minutes there, and all of it longer than a machine may run.
case $VM_KERNEL in
arm64-*)
	skip "started in the middle, and losses" "arm64 is emulated too slowly for it"
	finish
	;;
esac
loses_and_waits
loses_and_compares
started_in_the_middle
finish
