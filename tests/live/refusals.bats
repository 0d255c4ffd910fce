#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Why a get failed: each cause that can be arranged, and how it is shown. tests/work/refusals makes them
# in IPC namespaces of their own.

load live.bash

@test "refusals: the cause of each failure, as JSON" {
	local hooks=functions
	"$SHMTRACE" trace -J -x -o "$T/ours" -- "$WORK/refusals" >"$T/want" 2>"$T/err"
	cat "$T/err"
	if grep -q 'by system call hooks' "$T/err"; then
		hooks=syscalls
	fi
	tests/live/refusals_compare "$T/want" "$T/ours" "$hooks"
	valid "$T/ours"
}

@test "refusals: each is joined to its call by time and thread, and follows it" {
	"$SHMTRACE" trace -q -J -x -o "$T/ours" -- "$WORK/refusals" >"$T/want"
	jq -es 'map(select(.type == "limit" or .type == "call")) as $all
		| [range(0; $all | length) | select($all[.].type == "limit")
			| $all[.] as $l | $all[. - 1] as $c
			| $c.type == "call" and ([$l, $c | [.time, .tid, .pid, .comm, .ipcns, .call, .errno]]
				| .[0] == .[1])]
		| length >= 30 and all' "$T/ours"
}

@test "refusals: in words, below the call" {
	"$SHMTRACE" trace -q --hooks=syscalls -x -o "$T/ours" -- "$WORK/refusals" semmns-and-semmni >"$T/want"
	cat "$T/ours"
	ns='ipc:\[[0-9]+\]'
	indent='^ {42}'
	grep -E "${indent}likely SEMMNS: 20 of 20 semaphores in use in $ns; SEMMNI is full as well$" "$T/ours"
	grep -E "${indent}made by refusals \([0-9]+, uid 0\): 20$" "$T/ours"
	grep -E "${indent}raise it: nsenter -t [0-9]+ -i sysctl -w 'kernel.sem=10 40 10 2'$" "$T/ours"
	[ "$(wc -l <"$T/ours")" -eq 4 ]
}

@test "refusals: no limit is to be raised for a set of less than no semaphores" {
	"$SHMTRACE" trace -q -J -x -o "$T/ours" -- "$WORK/refusals" semmsl-negative >"$T/want"
	cat "$T/ours"
	[ "$(jq -c 'select(.type == "limit").remedy | [.look, .remove, .raise, .raise_to]' "$T/ours")" = "[null,null,null,null]" ]
	"$SHMTRACE" trace -q -x -o "$T/ours" -- "$WORK/refusals" semmsl-negative >"$T/want"
	[ "$(wc -l <"$T/ours")" -eq 2 ]
}

@test "refusals: the way into another namespace is a process that has not ended with the call" {
	# shellcheck disable=SC2016 # for the inner shell
	"$SHMTRACE" trace -q -x -J -o "$T/ours" -- unshare -i sh -c '
		echo $$
		echo 1 >/proc/sys/kernel/shmmni
		ipcmk -M 4096 >/dev/null
		(ipcmk -M 4096; true)
		sleep 1' >"$T/made"
	cat "$T/ours"
	[ "$(remedy SHMMNI raise)" = "nsenter -t $(cat "$T/made") -i sysctl -w kernel.shmmni=2" ]
}

@test "refusals: who has the key is named" {
	"$SHMTRACE" trace -q -x -o "$T/ours" -- "$WORK/refusals" shm-denied >"$T/want"
	cat "$T/ours"
	grep -E "^ {42}what has the key is not for uid 65534: segment [0-9]+ of 4096 bytes, mode 0600, owner uid 0, made by refusals \([0-9]+\)$" "$T/ours"
}

@test "refusals: orphans are counted, with who left them and how to remove them" {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -i "$SHMTRACE" trace -q -x -o "$T/ours" -- sh -c '
		echo 3 >/proc/sys/kernel/shmmni
		ipcmk -M 4096; ipcmk -M 4096; ipcmk -M 4096; ipcmk -M 4096; true' >"$T/made"
	cat "$T/ours"
	grep -E "SHMMNI: 3 of 3 segments in use" "$T/ours"
	grep -E "^ {42}made by ipcmk \(uid 0, ended\): 3, orphaned 3$" "$T/ours"
	grep -E "^ {42}remove 3 segments that nothing uses: shmtrace rm \(to look first: shmtrace leaks\)$" "$T/ours"
	grep -E "^ {42}or raise it: sysctl -w kernel.shmmni=6$" "$T/ours"
}

@test "refusals: sets and queues that nothing uses are named, and rm with these names removes them" {
	private_namespaces
	inside sh -c 'echo "32000 1024000000 500 18" >/proc/sys/kernel/sem; echo 2 >/proc/sys/kernel/msgmni'
	# From outside, as PIDs that the kernel tells are those of the machine.
	KEEPER='' INIT='' start_trace --ipcns "$IPCNS" -x -J -o "$T/ours"
	# shellcheck disable=SC2016 # for the inner shell
	inside sh -c 'for i in $(seq 19); do ipcmk -S 1; done; ipcmk -Q; ipcmk -Q; ipcmk -Q; true' >"$T/made"
	end_trace
	valid "$T/ours"
	jq -c 'select(.type == "limit") | [.limit, .remedy]' "$T/ours"
	remedy SEMMNI look | grep -qE '(^| )shmtrace leaks --unknown -s$'
	remedy MSGMNI look | grep -qE '(^| )shmtrace leaks --unknown -q$'
	[ "$(remedy SEMMNI remove | grep -o 'shmtrace .*')" = "shmtrace rm $(printf 'sem:%s ' {0..15} | xargs)" ]
	[ "$(remedy MSGMNI remove | grep -o 'shmtrace .*')" = "shmtrace rm msg:0 msg:1" ]
	# shellcheck disable=SC2046 # the names are words
	inside "$SHMTRACE" rm --yes $(remedy SEMMNI remove | grep -o 'sem:.*') $(remedy MSGMNI remove | grep -o 'msg:.*')
	# shellcheck disable=SC2016 # for awk
	[ "$(inside awk 'NR > 1 { print $2 }' /proc/sysvipc/sem | xargs)" = "16 17" ]
	[ "$(inside awk 'NR > 1' /proc/sysvipc/msg)" = "" ]
}

# A command of the only remedy for that limit: limit, look or remove.
remedy() {
	jq -r --arg limit "$1" --arg what "$2" 'select(.type == "limit" and .limit == $limit).remedy[$what]' "$T/ours"
}

@test "refusals: not with --no-explain, nor of errors and calls that are not shown" {
	"$SHMTRACE" trace -q --no-explain -J -x -o "$T/ours" -- "$WORK/refusals" >"$T/want"
	[ "$(jq -r .type "$T/ours" | sort -u | tr '\n' ' ')" = "call end " ]
	"$SHMTRACE" trace -q -J -E EEXIST -o "$T/ours" -- "$WORK/refusals" >"$T/want"
	[ "$(jq -r 'select(.type == "limit") | .error' "$T/ours" | sort | uniq -c | tr -s ' ')" = " 4 EEXIST" ]
	"$SHMTRACE" trace -q -J -e msgget -o "$T/ours" -- "$WORK/refusals" >"$T/want"
	[ "$(jq -r 'select(.type == "limit") | .call' "$T/ours" | sort -u)" = msgget ]
	"$SHMTRACE" trace -J -c -o "$T/ours" -- "$WORK/refusals" >"$T/want"
	[ "$(jq -r .type "$T/ours")" = summary ]
}

# As fast as a process can: much more than 10,000 a second.
@test "refusals: a storm of failures is explained once a second, and each is counted" {
	# shellcheck disable=SC2016 # for perl
	unshare -i "$SHMTRACE" trace -J -x -o "$T/ours" -- sh -c '
		echo 2 >/proc/sys/kernel/shmmni
		perl -e "shmget(0, 4096, 01600) for 1..2; \$end = time + 2;
			while (\$n < 10000 || time < \$end) { \$n++; defined(shmget(0, 4096, 01600)) and die }
			print \"\$n\n\""' >"$T/made" 2>"$T/err"
	cat "$T/made" "$T/err"
	made=$(cat "$T/made")
	[ "$made" -ge 10000 ]
	[ "$(jq -c 'select(.type == "call" and .error == "ENOSPC")' "$T/ours" | wc -l)" -eq "$made" ]
	[ "$(tail -n 1 "$T/ours" | jq .lost.total)" -eq 0 ]
	explained=$(jq -c 'select(.type == "limit")' "$T/ours" | wc -l)
	echo "# $made failures, $explained explained" >&3
	[ "$explained" -ge 1 ]
	[ "$explained" -le 5 ]
	left=$(jq -s 'map(select(.type == "suppressed").count) | add' "$T/ours")
	[ $((explained + left)) -eq "$made" ]
	# What is left out is said before the next call that is explained, not between the two.
	[ "$(jq -r .type "$T/ours" | grep -B 1 '^limit$' | grep -Ev '^(limit|call|--)$')" = "" ]
	valid_but_for_calls "$T/ours"
}

@test "refusals: more kinds at once than are told apart are counted all the same" {
	# shellcheck disable=SC2016 # for the inner shell
	"$SHMTRACE" trace -J -x -e semget -o "$T/ours" -- sh -c '
		for _ in $(seq 100); do
			unshare -i perl -e "defined(semget(0, 0, 01600)) and die for 1..2; sleep 2" &
		done
		wait' 2>"$T/err"
	cat "$T/err"
	explained=$(jq -c 'select(.type == "limit")' "$T/ours" | wc -l)
	left=$(jq -s 'map(select(.type == "suppressed").count) | add' "$T/ours")
	[ "$explained" -ge 64 ]
	[ $((explained + left)) -eq 200 ]
	valid "$T/ours"
}
