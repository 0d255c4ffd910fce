#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# "No space left on device" as servers say it, and what the trace says at the same time.

load live.bash
load servers.bash

# Of the failure of that name: cause, limit, use and value.
said() { # comm
	jq -r --arg comm "$1" 'select(.type == "limit" and .comm == $comm and .error == "ENOSPC")
		| [.limit, .used, .value] | join(" ")' "$T/trace"
}

# The largest holder of that failure: who, how much, and what of it nothing uses.
holder() { # comm
	jq -r --arg comm "$1" 'select(.type == "limit" and .comm == $comm and .error == "ENOSPC").usage.holders[0]
		| [.comm, .alive, .amount, .orphaned] | join(" ")' "$T/trace"
}

run_postgres() { # shell statements that fill the namespace
	write_postgres
	unshare -i "$SHMTRACE" trace -x -J -o "$T/trace" -- sh -c "$1; . $T/postgres" \
		>"$T/server" 2>&1 3>&- || true
	cat "$T/server"
	grep 'FATAL: *could not create shared memory segment: No space left on device' "$T/server"
	grep 'all available shared memory IDs have been taken' "$T/server"
	valid "$T/trace"
}

@test "PostgreSQL does not start: orphaned segments have used up SHMMNI" {
	run_postgres 'echo 8 >/proc/sys/kernel/shmmni
		perl -e "defined(shmget(0, 1 << 20, 01600)) or die for 1..8"'
	[ "$(said postgres)" = "SHMMNI 8 8" ]
	[ "$(holder postgres)" = "perl false 8 8" ]
}

@test "PostgreSQL does not start: SHMALL is used up" {
	run_postgres 'echo 512 >/proc/sys/kernel/shmall
		perl -e "defined(shmget(0, 1 << 20, 01600)) or die for 1..2"'
	[ "$(said postgres)" = "SHMALL 512 512" ]
	[ "$(holder postgres)" = "perl false 512 512" ]
}

# SEMMSL SEMMNS SEMOPM SEMMNI
run_apache() {
	write_apache
	unshare -i "$SHMTRACE" trace -x -J -o "$T/trace" -- \
		sh -c "echo '$1' >/proc/sys/kernel/sem; sh $T/round 20" >"$T/server" 2>&1 3>&-
	cat "$T/server" "$T/error.log"
	grep -h 'No space left on device' "$T/server" "$T/error.log"
	valid "$T/trace"
}

@test "Apache does not start: sets of killed Apaches have used up SEMMNI" {
	run_apache '250 32000 32 7'
	[ "$(said apache2 | head -n 1)" = "SEMMNI 7 7" ]
	[ "$(holder apache2 | head -n 1 | cut -d' ' -f1,3)" = "apache2 7" ]
	# All but those that it has just made itself.
	[ "$(holder apache2 | head -n 1 | cut -d' ' -f4)" -ge 5 ]
}

@test "Apache does not start: their semaphores have used up SEMMNS" {
	run_apache '250 7 32 128'
	[ "$(said apache2 | head -n 1)" = "SEMMNS 7 7" ]
	[ "$(holder apache2 | head -n 1 | cut -d' ' -f1,3)" = "apache2 7" ]
	[ "$(holder apache2 | head -n 1 | cut -d' ' -f4)" -ge 5 ]
}
