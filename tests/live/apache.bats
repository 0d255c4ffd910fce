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

@test "what killed Apaches have left fills the limit; leaks lists it, and rm makes room" {
	write_apache
	# shellcheck disable=SC2016 # for the inner shell
	unshare -ipf --mount-proc --kill-child sh -c '
		sh "$2/round" 5
		ipcs -s | grep -c ^0x >"$2/sets"
		# As many as there are, and one as the set of a process that lives.
		ipcmk -S 1 >"$2/mine"
		perl -e "semop(\$ARGV[0], pack(q(s!3), 0, 1, 0)) or die; sleep 60" \
			"$(grep -o "[0-9]*$" "$2/mine")" 3>&- &
		user=$!
		echo "32000 1024000000 500 $(($(cat "$2/sets") + 1))" >/proc/sys/kernel/sem
		sleep 1.1
		rm -f "$2/run/httpd.pid"
		"$3" -d "$2" -f "$2/httpd.conf" 2>"$2/full.err"
		for _ in $(seq 20); do grep -q "No space left" "$2/full.err" "$2/error.log" && break; sleep 0.1; done
		"$1" leaks --unknown -s -J >"$2/leaks"
		"$1" rm --yes -J $(jq -r "select(.type == \"unused\") | \"sem:\\(.id)\"" "$2/leaks") >"$2/rm"
		echo "$?" >"$2/rm.status"
		"$3" -d "$2" -f "$2/httpd.conf" || exit 1
		for _ in $(seq 50); do [ -s "$2/run/httpd.pid" ] && break; sleep 0.1; done
		sleep 0.3
		main=$(cat "$2/run/httpd.pid")
		"$1" ls -s -J >"$2/ls"
		kill -9 "$user" "$main" $(pgrep -P "$main")' sh "$SHMTRACE" "$T" "$APACHE" 3>&-
	grep -q 'No space left on device' "$T/full.err" "$T/error.log"
	[ "$(jq -r 'select(.type == "unused").id' "$T/leaks" | wc -l)" -eq "$(cat "$T/sets")" ]
	[ "$(cat "$T/rm.status")" -eq 0 ]
	[ "$(jq -r 'select(.type == "removal").result' "$T/rm" | sort | uniq -c | xargs)" = "$(cat "$T/sets") removed" ]
	# The set of the process that lives, and those of the new Apache.
	[ "$(jq -r 'select(.type == "object" and .uid == 0).state' "$T/ls")" = in-use ]
	[ "$(jq -r 'select(.type == "object" and .uid != 0).state' "$T/ls" | sort -u)" = in-use ]
}
