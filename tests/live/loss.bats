#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# No call disappears without being counted: what was received and what was reported as lost are
# together what was made. With the default buffer nothing is lost at all.

load live.bash

# "call number" lines of a JSON stream: received and lost together; lost by the records within the
# stream; lost by its end.
account() {
	jq -rn --arg part "$2" '
		def add_counts($counts): reduce ($counts | to_entries[]) as $c (.; .[$c.key] += $c.value);
		reduce inputs as $e ({all: {}, lost: {}, end: {}};
			if $e.type == "call" then .all[$e.call] += 1
			elif $e.type == "lost" then .lost |= add_counts($e.calls)
			elif $e.type == "end" then .end = $e.lost.calls | .all |= add_counts($e.lost.calls)
			else . end)
		| .[$part] | to_entries[] | "\(.key) \(.value)"' "$1" | sort
}

# The workload is the tracer's command: calls of others do not count.
trace_command() {
	unshare -i "$SHMTRACE" trace "$@" 2>"$T/err" 3>&-
}

lost_total() {
	jq -s '.[-1].lost.total' "$1"
}

@test "loss: the smallest buffer loses much, and counts each call that it loses" {
	trace_command -J --buffer 4096 -o "$T/ours" -- "$WORK/burst" 300000 2 >"$T/made"
	cat "$T/made" "$T/err"
	diff "$T/made" <(account "$T/ours" all)
	diff <(account "$T/ours" lost) <(account "$T/ours" end)
	[ "$(lost_total "$T/ours")" -gt 1000 ]
	valid_but_for_calls "$T/ours"
}

@test "loss: each of the twelve calls has a count of its own" {
	trace_command -J --buffer 4096 -e %ipc -o "$T/ours" -- \
		perf stat -x, -o "$T/perf" -e 'syscalls:sys_enter_shm*,syscalls:sys_enter_sem*' \
		-e 'syscalls:sys_enter_msg*' -- \
		bash -c "$WORK/random 1 40000 & $WORK/random 2 40000 & $WORK/threads; wait"
	cat "$T/err"
	awk -F, '/sys_enter_/ && $1 { sub(/.*sys_enter_/, "", $3); print $3, $1 }' "$T/perf" |
		sort >"$T/made"
	[ "$(wc -l <"$T/made")" -eq 12 ]
	diff "$T/made" <(account "$T/ours" all)
	diff <(account "$T/ours" lost) <(account "$T/ours" end)
	[ "$(lost_total "$T/ours")" -gt 100 ]
	[ "$(account "$T/ours" end | wc -l)" -ge 6 ]
	valid_but_for_calls "$T/ours"
}

@test "loss: nothing in 30 s of all processors calling, counted (-c)" {
	trace_command -J -c -o "$T/ours" -- "$WORK/burst" 0 "$(nproc)" 30 >"$T/made"
	cat "$T/made" "$T/err"
	echo "# $(cat "$T/made")" >&3
	[ "$(jq .lost.total "$T/ours")" -eq 0 ]
	diff "$T/made" <(jq -r '"shmctl \(.calls.shmctl.calls)"' "$T/ours")
}

# Two gigabytes, in memory: a disk that is busy with them holds up who writes for longer than the
# buffer lasts. What is mounted goes with its namespace.
@test "loss: nothing in 10 s of all processors calling, as text in a file" {
	# shellcheck disable=SC2016 # for bash
	unshare -im bash -ec '
		mount -t tmpfs -o size=6G none "$0"
		"$1" trace -o "$0/ours" -- "$2" 0 "$(nproc)" 10
		echo "shmctl $(grep -c " shmctl(" "$0/ours")" >&3
		echo "lost $(grep -c " lost " "$0/ours")" >&3' \
		"$T" "$SHMTRACE" "$WORK/burst" >"$T.made" 2>"$T.err" 3>"$T.seen" || true
	cat "$T.made" "$T.err"
	echo "# $(cat "$T.made")" >&3
	diff <(cat "$T.made"; echo "lost 0") "$T.seen"
}

@test "loss: nothing in 10 s of all processors calling, by top" {
	start_top "$T/ours" --batch --json -d 16 -n 1
	unshare -i "$WORK/burst" 0 "$(nproc)" 10 >"$T/made"
	wait "$TRACER"
	cat "$T/made" "$T/err"
	echo "# $(cat "$T/made")" >&3
	jq -se --argjson made "$(cut -d' ' -f2 "$T/made")" '
		map(select(.type == "ledger"))[0] | .lost == 0 and .exact and .events >= $made' "$T/ours"
}

@test "loss: one process that calls as fast as it can loses nothing, as JSON in a file" {
	trace_command -J -o "$T/ours" -- "$WORK/burst" 1000000 1 >"$T/made"
	cat "$T/made" "$T/err"
	echo "# $(cat "$T/made")" >&3
	echo "shmctl $(grep -c '"type":"call"' "$T/ours")" >"$T/seen"
	tail -n1 "$T/ours" | jq '.lost.total' >>"$T/seen"
	rm "$T/ours"
	diff <(cat "$T/made"; echo 0) "$T/seen"
}
