#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# As it happens to administrators: an Apache with mutexes in System V semaphores is killed with -9, again
# and again, and each time leaves sets that nothing uses.

load live.bash
load servers.bash

@test "each set that a killed Apache abandons is named, with Apache as its owner" {
	write_apache
	unshare -i "$SHMTRACE" trace -J -o "$T/trace" -- \
		sh -c "sh $T/round 5; ipcs -s | grep -c ^0x >$T/sets" 3>&-
	[ "$(cat "$T/sets")" -ge 5 ]
	jq -r 'select(.type == "leak" and .kind == "sem") | [.owner.comm, .known] | join(" ")' "$T/trace" |
		sort | uniq -c
	# As many as ipcs shows, each once.
	[ "$(jq -r 'select(.type == "leak" and .kind == "sem" and .owner.comm == "apache2").id' "$T/trace" |
		sort -u | wc -l)" -eq "$(cat "$T/sets")" ]
	[ "$(jq -r 'select(.type == "leak" and .kind == "sem").id' "$T/trace" | wc -l)" -eq "$(cat "$T/sets")" ]
}

@test "top shows what killed Apaches have left" {
	write_apache
	# shellcheck disable=SC2016 # for the inner shell
	unshare -i sh -c '
		"$1" top --batch -J -d 1000 >"$2/top" 2>"$2/top.err" &
		top=$!
		until grep -q "watching by" "$2/top.err"; do sleep 0.1; done
		sh "$2/round" 5
		ipcs -s | grep -c ^0x >"$2/sets"
		kill -USR1 $top
		until grep -q "\"type\":\"ledger\"" "$2/top"; do sleep 0.1; done
		kill $top
		wait $top' sh "$SHMTRACE" "$T" 3>&-
	[ "$(cat "$T/sets")" -ge 5 ]
	[ "$(jq -r 'select(.type == "object" and .kind == "sem" and .state == "orphan" and
		.creator_comm == "apache2").id' "$T/top" | wc -l)" -eq "$(cat "$T/sets")" ]
	[ "$(jq -r 'select(.type == "process" and .comm == "apache2").leaked' "$T/top" |
		awk '{ n += $1 } END { print n }')" -eq "$(cat "$T/sets")" ]
}
