#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# `shmtrace leaks`: what is proven unused, what is not, and whose it was.

load live.bash

# In our namespace, as lines of JSON in $T/leaks.
leaks() {
	inside "$SHMTRACE" leaks -J "$@" >"$T/leaks"
	valid "$T/leaks"
}

# jq filter over the objects.
unused() {
	jq -c "select(.type == \"unused\") | $1" "$T/leaks"
}

total() {
	jq -c "select(.type == \"leaks\") | $1" "$T/leaks"
}

@test "an unattached segment is an orphan once its creator has ended, and not before" {
	own_namespace
	start_caller
	order 'one = shmget(7, 5000, CREAT | 0o600); two = shmget(0, 100, 0o600); shmat(two, 0, 0)'
	leaks
	[ "$(unused .id | wc -l)" -eq 0 ]
	end_caller
	leaks
	[ "$(unused '[.size, .state, .known, .nattch, .creator_comm]')" = '[5000,"orphan","inferred",0,null]
[100,"orphan","inferred",0,null]' ]
	[ "$(unused 'select(.size == 100) | .last_attach != null and .last_detach != null' )" = true ]
	[ "$(total '[.orphans.segments, .orphans.bytes]')" = '[2,5100]' ]
}

@test "a segment that is attached, marked or whose creator lives is none" {
	own_namespace
	start_caller
	order 'used = shmget(1, 100, CREAT | 0o600); shmat(used, 0, 0); shmget(2, 100, CREAT | 0o600)'
	order 'doomed = shmget(3, 100, CREAT | 0o600); shmat(doomed, 0, 0); shmctl(doomed, RMID, 0)'
	order 'child = os.fork() or time.sleep(60)'
	leaks --unknown
	[ "$(unused .id | wc -l)" -eq 0 ]
	# Its maker is killed, and the child has it attached still.
	kill -KILL "$CALLER"
	await 10 ended "$CALLER"
	leaks
	[ "$(unused .key)" = 2 ]
	pkill_child
}

pkill_child() {
	kill -KILL "$(inside "$SHMTRACE" ls -J | jq -r 'select(.type == "attachment").pid' | head -n1)"
	exec 8>&-
	CALLER=
}

@test "sets and queues are not proven: they are counted, and listed apart with --unknown" {
	own_namespace
	calls 'shmget(1, 100, CREAT | 0o600); semget(1, 3, CREAT | 0o600); msgget(1, CREAT | 0o600)'
	leaks
	[ "$(unused .kind)" = '"shm"' ]
	[ "$(total .unknown)" = '{"segments":0,"bytes":0,"sets":1,"semaphores":3,"queues":1}' ]
	leaks --unknown
	[ "$(unused '[.kind, .state]' | xargs)" = '[shm,orphan] [sem,unknown] [msg,unknown]' ]
	# They are in no sum of what is proven.
	[ "$(total .orphans)" = '{"segments":1,"bytes":100,"sets":0,"semaphores":0,"queues":0}' ]
	[ "$(jq -c 'select(.type == "owner") | [.sets, .queues, .segments]' "$T/leaks")" = '[0,0,1]' ]
	inside "$SHMTRACE" leaks | grep -qx 'not proven, but nobody is known to use: 1 semaphore set (3 semaphores), 1 queue (see --unknown)'
}

@test "a set that a live process has worked on is not listed" {
	own_namespace
	calls 'semget(1, 1, CREAT | 0o600)'
	leaks --unknown
	[ "$(unused .kind)" = '"sem"' ]
	start_caller
	order 'op = (ctypes.c_short * 3)(0, 1, 0); semop(semget(1, 0, 0), ctypes.addressof(op), 1)'
	leaks --unknown
	[ "$(unused .kind)" = "" ]
	end_caller
	leaks --unknown
	unused .evidence | grep -q 'last operator [0-9]* has ended'
	[ "$(unused '.last_operation != null')" = true ]
}

@test "who used a segment last is named while it runs" {
	own_namespace
	calls 'shmget(1, 100, CREAT | 0o600)'
	start_caller
	order 'shmdt(shmat(shmget(1, 0, 0), 0, 0))'
	leaks
	unused .evidence | grep -qF "last user python3[$CALLER] runs"
	[ "$(unused .last_pid)" = "$CALLER" ]
	end_caller
	leaks
	unused .evidence | grep -q 'last user [0-9]* has ended'
}

@test "the largest comes first, and sums are by user" {
	own_namespace
	calls 'shmget(0, 100, 0o600); shmget(0, 9000, 0o600)'
	inside setpriv --reuid 65534 --regid 65534 --clear-groups python3 -c "$CALLS
shmget(0, 500, 0o600)"
	leaks
	[ "$(unused .size | xargs)" = "9000 500 100" ]
	[ "$(jq -c 'select(.type == "owner") | [.uid, .segments, .bytes]' "$T/leaks" | xargs)" \
		= "[0,2,9100] [65534,1,500]" ]
	inside "$SHMTRACE" leaks -b >"$T/out"
	# Fits on a terminal: no columns of which nothing is known.
	grep -qx 'OWNER  SEGMENTS BYTES SETS SEMAPHORES QUEUES SINCE               KNOWN' "$T/out"
	grep -qE '^root +2 +9100 +0 ' "$T/out"
	grep -qE '^nobody +1 +500 +0 ' "$T/out"
	grep -qx 'orphans: 3 segments (9.3K)' "$T/out"
}

# The commands of its last lines, by a script: options.
advised() {
	inside "$SHMTRACE" leaks "$@" | sed -n 's/^remove .*: shmtrace \(rm.*\)/\1/p'
}

@test "the last lines are the commands that remove what is listed, and nothing else" {
	local command
	own_namespace
	calls 'shmget(0x51, 9000, CREAT | 0o600); semget(0, 3, 0o600); semget(0, 1, 0o600); msgget(0, 0o600)'
	start_caller
	order 'semctl(semget(0x52, 1, CREAT | 0o600), 0, 16, 1)'
	[ "$(advised)" = rm ]
	[ "$(advised -s)" = "" ]
	[ "$(advised -A --min-size 1)" = "rm -A --min-size 1" ]
	[ "$(advised -A --unknown -s)" = "rm --ipcns IPCNS KIND:ID..." ]
	[ "$(advised -n)" = "" ]
	[ "$(inside timeout 3 "$SHMTRACE" leaks --watch 1 | grep -c '^remove\|^orphans: ')" -ge 2 ]
	[ "$(inside timeout 2 "$SHMTRACE" leaks --watch 1 | grep -c '^remove')" -eq 0 ]
	[ "$(advised --unknown -s)" = "rm sem:0 sem:1" ]
	[ "$(advised --unknown | wc -l)" -eq 2 ]
	sleep 1.1
	advised --unknown | while read -r command; do
		# shellcheck disable=SC2086 # words
		inside "$SHMTRACE" $command --yes
	done
	[ "$(inside ipcs -m | grep -c '^0x')" -eq 0 ]
	[ "$(inside ipcs -q | grep -c '^0x')" -eq 0 ]
	[ "$(inside ipcs -s | grep -c '^0x')" -eq 1 ]
	inside ipcs -s | grep -q '^0x00000052'
	# As many as a line has room for.
	calls '[semget(0, 1, 0o600) for i in range(40)]'
	inside "$SHMTRACE" leaks --unknown | grep -q '^remove the first of these: shmtrace rm\( sem:[0-9]*\)\{32\}$'
	sleep 2.1
	command=$(inside "$SHMTRACE" leaks --unknown -s --min-age 1s | sed -n 's/^remove all that is listed: //p')
	[ "$command" = "shmtrace leaks --unknown -s --min-age 1 -rno kind,id | tr ' ' : | xargs -r shmtrace rm" ]
	[[ $(PATH=$BUILD:$PATH inside sh -c "$command") == *"nothing was removed; --yes removes 40 objects" ]]
	[[ $(PATH=$BUILD:$PATH inside sh -c "$command --yes") == *"removed: 40 objects" ]]
}

@test "-x sorts by any column, what is not proven among the rest" {
	own_namespace
	calls 'shmget(0, 100, 0o600); shmget(0, 9000, 0o600); semget(0, 300, 0o600)'
	sleep 1.1
	calls 'shmget(0, 500, 0o600)'
	leaks --unknown
	[ "$(unused .size | xargs)" = "9000 500 100 300" ]
	leaks --unknown -x size
	[ "$(unused .size | xargs)" = "100 300 500 9000" ]
	leaks -x age
	[ "$(unused .size | xargs)" = "500 9000 100" ]
	[ "$(inside "$SHMTRACE" leaks -r -n -b -o size -x since | xargs)" = "9000 100 500" ]
}

@test "--min-size and --min-age leave the smaller and the younger ones out" {
	own_namespace
	calls 'shmget(0, 100, 0o600); shmget(0, 9000, 0o600)'
	leaks --min-size 9000
	[ "$(unused .size)" = 9000 ]
	leaks --min-size 9001
	[ "$(unused .size)" = "" ]
	leaks --min-age 1h
	[ "$(unused .size)" = "" ]
	sleep 1.1
	leaks --min-age 1
	[ "$(unused .size | xargs)" = "9000 100" ]
	[ "$(unused '.age_s >= 1' | sort -u)" = true ]
	# An attachment makes it young again.
	calls 'shmdt(shmat(0, 0, 0))'
	leaks --min-age 1
	[ "$(unused .size)" = 9000 ]
}

@test "kinds are chosen" {
	own_namespace
	calls 'shmget(1, 100, CREAT | 0o600); semget(1, 3, CREAT | 0o600); msgget(1, CREAT | 0o600)'
	leaks --unknown -s
	[ "$(unused .kind)" = '"sem"' ]
	leaks --unknown -q -m
	[ "$(unused .kind | xargs)" = 'shm msg' ]
}

@test "-A: of all namespaces, each named" {
	own_namespace
	calls 'shmget(0x4d, 4096, CREAT | 0o600)'
	leaks
	[ "$(unused .key)" = 77 ]
	"$SHMTRACE" leaks -AJ >"$T/leaks" 2>/dev/null
	valid "$T/leaks"
	[ "$(unused "select(.ipcns == $IPCNS) | .key")" = 77 ]
	"$SHMTRACE" leaks -A 2>/dev/null | grep -qE "^shm +0 0x0000004d .* $IPCNS not attached"
	"$SHMTRACE" leaks -J >"$T/leaks"
	[ "$(unused "select(.ipcns == $IPCNS)")" = "" ]
}

@test "--exit-code: 4 when something is listed, and else 0" {
	own_namespace
	inside "$SHMTRACE" leaks --exit-code >/dev/null
	calls 'semget(1, 3, CREAT | 0o600)'
	inside "$SHMTRACE" leaks --exit-code >/dev/null
	run -4 inside "$SHMTRACE" leaks --exit-code --unknown
	calls 'shmget(1, 100, CREAT | 0o600)'
	run -4 inside "$SHMTRACE" leaks --exit-code
	inside "$SHMTRACE" leaks --exit-code --min-size 1M >/dev/null
	inside "$SHMTRACE" leaks >/dev/null
}

@test "columns, headings, exact and raw" {
	own_namespace
	calls 'shmget(0, 70000, 0o600); shmget(0, 100, 0o640)'
	[ "$(inside "$SHMTRACE" leaks -r -n -o size,perms,KNOWN -b)" = '70000 600 inferred
100 640 inferred' ]
	[ "$(inside "$SHMTRACE" leaks -r -n -o size)" = '68K
100B' ]
	inside "$SHMTRACE" leaks -r -n -o evidence | head -n1 | grep -q '^not\\x20attached;\\x20creator\\x20'
	[ "$(inside "$SHMTRACE" leaks | head -n1 | xargs)" = \
		"KIND ID KEY OWNER SIZE AGE CREATOR STATE KNOWN EVIDENCE" ]
	inside "$SHMTRACE" leaks -n >"$T/out"
	run ! grep -q 'KIND\|SEGMENTS' "$T/out"
	inside "$SHMTRACE" leaks >"$T/out"
	run ! grep -q ' $' "$T/out"
}

@test "--watch reports again and again, shows what has come, and ends when interrupted" {
	own_namespace
	exec_inside "$SHMTRACE" leaks -J -w 0.1 --exit-code >"$T/leaks" 3>&- 8>&- &
	TRACER=$!
	await 10 enough_reports 2
	[ "$(total .orphans.segments | sort -u)" = 0 ]
	calls 'shmget(0, 100, 0o600)'
	await 10 enough_reports 2 1
	kill -INT "$TRACER"
	await_end
	[ "$status" -eq 4 ]
	valid "$T/leaks"
}

enough_reports() { # how many, with how many segments
	[ "$(jq -c 'select(.type == "leaks").orphans.segments' "$T/leaks" 2>/dev/null |
		grep -cx "${2:-[0-9]*}")" -ge "$1" ]
}

@test "--watch as text: a line of time before each report, one blank line between two" {
	own_namespace
	calls 'shmget(0, 100, 0o600)'
	exec_inside "$SHMTRACE" leaks -w 0.1 >"$T/out" 3>&- 8>&- &
	TRACER=$!
	await 10 twice_in "$T/out"
	end_trace TERM
	head -n1 "$T/out" | grep -qE '^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8}$'
	awk 'was_total && !NF { getline; if (!/^20[0-9][0-9]-/) exit 1; seen = 1 } { was_total = /^orphans:/ }
		END { exit !seen }' "$T/out"
}

twice_in() {
	[ "$(grep -c '^orphans: ' "$1")" -ge 2 ]
}

@test "an ordinary user is told the same of what is unused" {
	own_namespace
	calls 'shmget(1, 100, CREAT | 0o600)'
	start_caller
	order 'shmget(2, 100, CREAT | 0o600); shmat(shmget(3, 100, CREAT | 0o600), 0, 0)'
	inside setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTRACE" leaks -J >"$T/leaks" 2>"$T/err"
	valid "$T/leaks"
	[ "$(unused '[.key, .state]')" = '[1,"orphan"]' ]
}

@test "an answer that cannot be written is an error, and a closed pipe is not" {
	own_namespace
	calls 'for i in range(2000): shmget(0, 1, 0o600)'
	run -1 inside sh -c "'$SHMTRACE' leaks >/dev/full"
	[[ $output == *"cannot write to standard output: "* ]]
	inside "$SHMTRACE" leaks 2>"$T/err" | head -n1 >/dev/null
	[ ! -s "$T/err" ]
}

@test "it leaves everything as it was" {
	own_namespace
	calls 'shmget(0, 4096, 0o600); semget(0, 3, 0o600); msgget(0, 0o600)'
	inside cat /proc/sysvipc/{shm,sem,msg} >"$T/before"
	inside "$SHMTRACE" leaks --unknown >/dev/null
	inside cat /proc/sysvipc/{shm,sem,msg} | diff "$T/before" -
}
