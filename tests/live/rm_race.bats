#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Whatever another process does to an object between its listing and its removal, `shmtrace rm` removes
# nothing that is used and nothing else than what it listed: tests/work/race.c.

load live.bash

race() {
	status=0
	# Where it sees no other process, and so no IPC namespace of another.
	unshare -ipf --mount-proc --kill-child "$WORK/race" "$SHMTRACE" "$1" "${RACE_RUNS:-1000}" >"$T/out" 2>"$T/err" || status=$?
	cat "$T/out" "$T/err"
	[ "$status" -ne 77 ] || skip "$(cat "$T/err")"
	[ "$status" -eq 0 ]
	grep -q " wrong 0$" "$T/out"
}

@test "1,000 races for a segment: attached, used, changed, replaced, before each call of rm" {
	race shm
}

@test "1,000 races for a semaphore set, before each call but the last" {
	race sem
}

@test "1,000 races for a queue, before each call but the last" {
	race msg
}
