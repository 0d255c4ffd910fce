#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# `shmtrace why`: the story of one object, and a verdict that is what rm would do.

load live.bash
load servers.bash

# What runs as another user is a copy: the build folder may be closed to others.
setup_file() {
	COPY=$(mktemp -d /tmp/shmtrace-why.XXXXXX)
	export COPY
	cp "${SHMTRACE_BUILD:-build}/shmtrace" "$COPY/"
	chmod -R a+rX "$COPY"
}

teardown_file() {
	rm -rf "$COPY"
}

# In our namespace, as lines of JSON in $T/why.
why_json() {
	inside "$SHMTRACE" why -J "$@" >"$T/why"
	valid "$T/why"
}

# jq filter over the story.
story() {
	jq -r "select(.type == \"why\") | $1" "$T/why"
}

holders() {
	jq -r "select(.type == \"holder\") | $1" "$T/why"
}

# What rm, without --yes, says of the object by name; without one, of it as an orphan.
rm_says() {
	inside "$SHMTRACE" rm -J "$@" | jq -r 'select(.type == "removal").result'
}

# The caller's PID, as it is in our namespace.
caller_pid() {
	order 'print(os.getpid())'
	grep -x '[0-9]*' "$T/caller" | tail -n1
}

# In the background, as $CALLER.
run_inside() {
	exec_inside "$@" >"$T/log" 2>&1 3>&- 8>&- &
	CALLER=$!
}

has_holders() {
	why_json shm 0x"$1" && [ "$(story .holders)" -ge "$2" ]
}

@test "a live PostgreSQL segment is in use, by each of its processes" {
	local id
	write_postgres
	echo "shared_memory_type = sysv" >>"$T/pg/data/postgresql.conf"
	own_namespace
	run_inside sh "$T/postgres"
	await 30 grep -q 'ready to accept connections' "$T/log"
	# shellcheck disable=SC2016 # for awk
	id=$(inside awk 'NR == 2 { print $2 }' /proc/sysvipc/shm)
	why_json shm "$id"
	[ "$(story '[.verdict, .state, .marked, .hidden, .remove] | @csv')" = '"in-use","in-use",false,0,' ]
	[ "$(story .creator)" = "$CALLER" ]
	[ "$(story .creator_comm)" = postgres ]
	story .reason | grep -qE "^in use by postgres\[[0-9]+\], .*; do not remove it$"
	# Exactly those that have it mapped, by the kernel's word.
	diff <(holders .pid) <(grep -l '/SYSV' /proc/[0-9]*/maps 2>/dev/null | tr -dc '0-9\n' |
		while read -r pid; do
			[ "$(ipcns_of "$pid")" != "$IPCNS" ] || echo "$pid"
		done | sort -n)
	[ "$(holders .pid | wc -l)" -ge 4 ]
	[ "$(holders .uid | sort -u)" = "$(id -u postgres)" ]
	[ "$(story '[.counts[].resource] | join(" ")')" = "SHMMNI SHMALL" ]
	[ "$(story '.counts[0] | [.amount, .used] | join(" ")')" = "1 1" ]
	[ "$(story '.size')" -le "$(($(story '.counts[1].amount') * 4096))" ]
	[ "$(rm_says "shm:$id")" = kept ]
	inside "$SHMTRACE" why shm "$id" | grep -qE '^ *[0-9]+ postgres postgres +1 +[0-9.]+[KM]$'
}

@test "a segment whose creator was killed is safe to remove, and rm removes it" {
	own_namespace
	start_caller
	order 'shmget(0x4d, 5000, CREAT | 0o600)'
	why_json shm 0x4d
	[ "$(story '[.verdict, .state] | join(" ")')" = "in-use idle" ]
	story .reason | grep -qE '^not safe to remove: not attached, but its creator python3\[[0-9]+\] runs$'
	[ "$(rm_says shm:0x4d)" = kept ]
	kill -KILL "$CALLER"
	await 10 ended "$CALLER"
	why_json shm 0x4d
	[ "$(story '[.verdict, .state, .holders] | join(" ")')" = "safe orphan 0" ]
	[ "$(story .reason)" = "safe to remove: not attached; creator $CALLER has ended; never attached" ]
	[ "$(story .creator_comm)" = null ]
	[ "$(rm_says)" = would-remove ]
	inside "$SHMTRACE" why shm 0x4d >"$T/text"
	grep -qx "Verdict: $(story .reason)" "$T/text"
	# The command that it names does that.
	PATH=$BUILD:$PATH inside sh -c "$(sed -n 's/^To remove it: //p' "$T/text")"
	[ "$(inside cat /proc/sysvipc/shm | wc -l)" -eq 1 ]
}

@test "one that is marked and still attached is in use, and there is nothing to remove" {
	local id
	own_namespace
	start_caller
	order 'doomed = shmget(3, 9000, CREAT | 0o600); shmat(doomed, 0, 0); shmctl(doomed, RMID, 0); print("id", doomed)'
	id=$(sed -n 's/^id //p' "$T/caller")
	why_json shm "$id"
	[ "$(story '[.verdict, .state, .marked, .remove, .key] | join(" ")')" = "marked doomed true  0" ]
	story .reason | grep -qE '^in use by python3\[[0-9]+\]; marked for removal already, it goes with its last detach$'
	[ "$(rm_says "shm:$id")" = skipped ]
	inside "$SHMTRACE" why shm "$id" | grep -q '^marked     yes'
	# Its key leads nowhere.
	run -1 inside "$SHMTRACE" why shm 0x3
	end_caller
	run -1 inside "$SHMTRACE" why shm "$id"
}

@test "one in another namespace: named without an option, told with --ipcns and -A" {
	own_namespace
	calls 'shmget(0x53484d54, 4096, CREAT | 0o600)'
	run -1 "$SHMTRACE" why shm 0x53484d54
	[[ $output == *"no segment with key 0x53484d54 in ipc:[$(ipcns_of self)]"* ]]
	[[ $output == *"there is one in ipc:[$IPCNS]: --ipcns $IPCNS tells of it"* ]]
	"$SHMTRACE" why -J --ipcns "$IPCNS" shm 0x53484d54 >"$T/why"
	valid "$T/why"
	[ "$(story '[.ipcns, .verdict] | join(" ")')" = "$IPCNS safe" ]
	[ "$(story .remove)" = "shmtrace rm --yes --ipcns $IPCNS shm:$(story .id)" ]
	"$SHMTRACE" why -J -A shm 0x53484d54 >"$T/all"
	[ "$(jq -c 'del(.time)' "$T/all")" = "$(jq -c 'del(.time)' "$T/why")" ]
	# There is none there of that key, and none of that number anywhere.
	run -1 "$SHMTRACE" why --ipcns "$IPCNS" shm 0x53484d55
	run -1 "$SHMTRACE" why -A shm 0x53484d55
	[[ $output == *"in any IPC namespace that can be read"* ]]
	run -1 "$SHMTRACE" why --ipcns 5 shm 7
	[[ $output == *"cannot read ipc:[5]: "* ]]
}

@test "-A tells of each of several with the same id" {
	own_namespace
	calls 'shmget(1, 100, CREAT | 0o600)'
	FIRST=$IPCNS FIRST_KEEPER=$KEEPER
	own_namespace
	calls 'shmget(2, 200, CREAT | 0o600)'
	"$SHMTRACE" why -J -A shm 0 >"$T/why"
	KEEPER="$KEEPER $FIRST_KEEPER"
	valid "$T/why"
	[ "$(story "select(.ipcns == $FIRST).size")" = 100 ]
	[ "$(story "select(.ipcns == $IPCNS).size")" = 200 ]
	"$SHMTRACE" why -A shm 0 >"$T/text"
	# Others of the machine may come and go.
	grep -qx "Segment 0, key 0x00000001, in ipc:\[$FIRST\]" "$T/text"
	grep -qx "Segment 0, key 0x00000002, in ipc:\[$IPCNS\]" "$T/text"
	[ "$(grep -c '^Segment ' "$T/text")" = "$(grep -c '^Verdict: ' "$T/text")" ]
}

@test "sets and queues made before we came: that nobody uses them cannot be known" {
	own_namespace
	calls 'semget(4, 3, CREAT | 0o600); msgget(5, CREAT | 0o600)'
	why_json sem 0x4
	[ "$(story '[.verdict, .state, .known, .creator] | join(" ")')" = "unknown unknown inferred " ]
	[ "$(story .reason)" = "cannot be known, because the kernel keeps neither the creator of a set nor all who use it; never operated on" ]
	[ "$(story '[.counts[] | .resource, .amount] | join(" ")')" = "SEMMNI 1 SEMMNS 3" ]
	[ "$(rm_says sem:0x4)" = would-remove ]
	# And rm leaves it alone where it is not named.
	[ "$(rm_says -s)" = "" ]
	why_json msg 0x5
	[ "$(story .verdict)" = unknown ]
	[ "$(story .remove)" = "shmtrace rm --yes msg:$(story .id)" ]
	[ "$(rm_says msg:0x5)" = would-remove ]
}

@test "a set is in use while who operated on it runs, and who waits for it is counted" {
	own_namespace
	calls 'semget(4, 2, CREAT | 0o600)'
	start_caller
	order 'op = (ctypes.c_short * 3)(0, 1, 0); semop(semget(4, 0, 0), ctypes.addressof(op), 1)'
	why_json sem 0x4
	[ "$(story '[.verdict, .holders] | join(" ")')" = "in-use 1" ]
	[ "$(holders '[.pid, .comm, .uid, .resident] | join(" ")')" = "$CALLER python3 0 " ]
	[ "$(story .last_pid)" = "$CALLER" ]
	story .reason | grep -qx "in use by python3\[$CALLER\]; do not remove it"
	[ "$(rm_says sem:0x4)" = kept ]
	end_caller
	why_json sem 0x4
	[ "$(story .verdict)" = unknown ]
	story .reason | grep -q '; last operator [0-9]* has ended$'
	# Somebody who has never finished an operation.
	run_inside python3 -c "$CALLS
op = (ctypes.c_short * 3)(1, -1, 0); semop(semget(4, 0, 0), ctypes.addressof(op), 1)"
	await 10 is_waited_for
	[ "$(rm_says sem:0x4)" = kept ]
	inside "$SHMTRACE" why sem 0x4 | grep -q '^state  *in-use: processes wait for it$'
	# Nobody is told to remove it.
	inside "$SHMTRACE" leaks --unknown -s --exit-code >/dev/null
	[ "$(inside "$SHMTRACE" ls -n -r -o state,nattch,holders)" = "in-use - -" ]
}

is_waited_for() {
	why_json sem 0x4
	[ "$(story '[.verdict, .reason] | join(" ")')" = "in-use in use by 1 process that waits for it; do not remove it" ]
}

@test "a queue tells who sent and who received" {
	own_namespace
	calls 'msgget(5, CREAT | 0o600)'
	start_caller
	order 'q = msgget(5, 0); m = (ctypes.c_long * 2)(1, 7); msgsnd(q, ctypes.addressof(m), 8, 0); msgrcv(q, ctypes.addressof(m), 8, 0, 0)'
	why_json msg 0x5
	[ "$(story '[.verdict, .last_pid, .other_pid] | join(" ")')" = "in-use $CALLER $CALLER" ]
	[ "$(story '.last_send != null and .last_receive != null')" = true ]
	inside "$SHMTRACE" why msg 0x5 | grep -qE '^received   .* ago$'
}

@test "an orphan whose last user runs may be attached again" {
	own_namespace
	calls 'shmget(9, 100, CREAT | 0o600)'
	start_caller
	order 'shmdt(shmat(shmget(9, 0, 0), 0, 0))'
	why_json shm 0x9
	[ "$(story '[.verdict, .state] | join(" ")')" = "unknown orphan" ]
	story .reason | grep -q "^cannot be known: .*; last user python3\[$CALLER\] runs, and may attach it again$"
	[ "$(rm_says)" = skipped ]
}

@test "bytes resident are those that the process has touched" {
	own_namespace
	start_caller
	order 'big = shmget(0x4d, 1 << 20, CREAT | 0o600); at = shmat(big, 0, 0); ctypes.memset(at, 1, 40960)'
	order 'shmat(big, 0, 0)'
	# Another segment is none of its business.
	order 'ctypes.memset(shmat(shmget(0, 1 << 20, CREAT | 0o600), 0, 0), 1, 81920)'
	order 'child = os.fork() or time.sleep(60)'
	has_holders 4d 2
	[ "$(holders "select(.pid == $CALLER) | [.mappings, .resident] | join(\" \")")" = "2 40960" ]
	[ "$(holders "select(.pid != $CALLER) | [.mappings, .resident] | join(\" \")")" = "2 0" ]
	# When it was made, and not changed later, is known from what is mapped.
	sleep 1.1
	order 'ctypes.memset(at + 81920, 1, 4096)'
	order 'st = (ctypes.c_char * 112)(); shmctl(big, STAT, ctypes.addressof(st)); shmctl(big, 1, ctypes.addressof(st))'
	local created
	created=$(story .created)
	why_json shm 0x4d
	[ "$(story .created)" = "$created" ]
	[ "$(story .changed)" != "$created" ]
	inside "$SHMTRACE" why -b shm 0x4d | grep -qE '^ *[0-9]+ python3 root +2 +45056$'
	kill -KILL "$(holders "select(.pid != $CALLER).pid")"
}

# The next process in our PID namespace gets that number: the command of sleep there.
sleep_as() {
	inside sh -c "echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid; sleep 60 >/dev/null 2>&1 3>&- 8>&- &"
}

@test "a creator that began later is said to be another, perhaps" {
	local pid
	private_namespaces
	start_caller
	order 'shmget(0x4d, 100, CREAT | 0o600)'
	pid=$(caller_pid)
	end_caller
	sleep 2.1
	for _ in 1 2 3 4 5; do
		sleep_as "$pid"
		[ "$(inside cat "/proc/$pid/comm" 2>/dev/null)" != sleep ] || break
	done
	[ "$(inside cat "/proc/$pid/comm")" = sleep ]
	why_json shm 0x4d
	# On the safe side, as rm is.
	[ "$(story '[.verdict, .creator_comm, .creator_younger] | join(" ")')" = "in-use sleep true" ]
	[ "$(rm_says shm:0x4d)" = kept ]
	inside "$SHMTRACE" why shm 0x4d | grep -qE "^creator    sleep\[$pid\] runs, user root; it began [0-9]+s after this was made: "
}

@test "an id that does not exist is an error" {
	local kind
	own_namespace
	for kind in shm sem msg; do
		run -1 --separate-stderr inside "$SHMTRACE" why $kind 2147483647
		[ "$output" = "" ]
		# shellcheck disable=SC2154 # run sets it
		[[ ${stderr_lines[0]} == "shmtrace: no "*" with id 2147483647 in ipc:[$IPCNS]"* ]]
	done
	run -1 inside "$SHMTRACE" why shm:7
	[[ $output == *"no segment with id 7 in "* ]]
	run -1 inside "$SHMTRACE" why -J shm 0x77
	[[ $output != *'{'* ]]
}

@test "an ordinary user is told what is hidden, and by whom it may be removed" {
	local user=(setpriv --reuid 65534 --regid 65534 --clear-groups "$COPY/shmtrace")
	own_namespace
	start_caller
	order 'shmat(shmget(0x4d, 100, CREAT | 0o600), 0, 0)'
	calls 'shmget(0x4e, 100, CREAT | 0o600); semget(0x4f, 1, CREAT | 0o600)'
	inside "${user[@]}" why -J shm 0x4d >"$T/why"
	valid "$T/why"
	[ "$(story '[.verdict, .holders, .hidden] | join(" ")')" = "in-use 0 1" ]
	[ "$(story .reason)" = "in use by processes that may not be seen; do not remove it" ]
	inside "${user[@]}" why shm 0x4d | grep -qx '1 mapping of processes that may not be seen; run as root'
	# What the kernel tells anybody is proof for anybody.
	inside "${user[@]}" why shm 0x4e >"$T/text"
	grep -qE '^Verdict: safe to remove, by its owner or by root: not attached; creator [0-9]+ has ended; never attached$' "$T/text"
	grep -q '^To remove it, as its owner or as root: shmtrace rm --yes shm:[0-9]*$' "$T/text"
	inside "${user[@]}" why sem 0x4f | grep -qx 'Verdict: cannot be known, because .*; and it may not be looked at: Permission denied; run as root'
	calls 'semget(0x51, 1, CREAT | 0o644)'
	inside "${user[@]}" why sem 0x51 | grep -qx 'Verdict: cannot be known, because .*; never operated on'
	# Its own it sees whole.
	inside setpriv --reuid 65534 --regid 65534 --clear-groups python3 -c "$CALLS
shmat(shmget(0x50, 100, CREAT | 0o600), 0, 0)
os.system('$COPY/shmtrace why -J shm 0x50')" >"$T/why"
	valid "$T/why"
	[ "$(holders '[.comm, .uid, .resident] | join(" ")')" = "python3 65534 0" ]
}

@test "names of processes are harmless, and a closed pipe is no failure" {
	own_namespace
	start_caller
	order 'rename("\x1b[2J"); shmat(shmget(0x4d, 100, CREAT | 0o600), 0, 0)'
	inside "$SHMTRACE" why shm 0x4d >"$T/text"
	run ! env LC_ALL=C grep -q '[^[:print:]]' "$T/text"
	grep -qF '\x1b[2J[' "$T/text"
	why_json shm 0x4d
	[ "$(holders .comm)" = $'\x1b[2J' ]
	inside sh -c "trap '' PIPE; { sleep 0.3; '$SHMTRACE' why shm 0x4d; echo \$? >'$T/status'; } | true" 2>"$T/err"
	[ "$(cat "$T/status")" = 0 ]
	[ ! -s "$T/err" ]
	run -1 inside sh -c "'$SHMTRACE' why shm 0x4d >/dev/full"
	[[ $output == *"cannot write to standard output"* ]]
}
