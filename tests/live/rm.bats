#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# `shmtrace rm` removes what is proven unused, or what is named, and nothing else. Each test has PID and
# IPC namespaces of its own: whatever a defective rm would remove, it finds nothing else there.

load live.bash

# In our namespace, as lines of JSON in $T/rm; its exit status is $status.
rm_json() {
	status=0
	inside "$SHMTRACE" rm -J "$@" >"$T/rm" 2>"$T/err" || status=$?
	valid "$T/rm"
}

# kind, key and result of each.
results() {
	jq -r 'select(.type == "removal") | "\(.kind) \(.key) \(.result)"' "$T/rm" | sort | xargs
}

# Keys of what exists in our namespace: shm, sem or msg.
keys() {
	# shellcheck disable=SC2016 # for awk
	inside awk 'NR > 1 { print $1 }' "/proc/sysvipc/$1" | sort -n | xargs
}

# The caller's PID, as it is in our namespace.
caller_pid() {
	order 'print(os.getpid())'
	grep -x '[0-9]*' "$T/caller" | tail -n1
}

# Three segments that are used, idle and marked, by a process that stays; keys 1 to 3.
live_ones() {
	start_caller
	order 'used = shmget(1, 100, CREAT | 0o600); shmat(used, 0, 0); shmget(2, 100, CREAT | 0o600)'
	order 'doomed = shmget(3, 100, CREAT | 0o600); shmat(doomed, 0, 0); shmctl(doomed, RMID, 0)'
}

@test "without --yes nothing is removed, and what would be is said" {
	private_namespaces
	calls 'shmget(9, 4096, CREAT | 0o600)'
	inside cat /proc/sysvipc/shm >"$T/before"
	inside "$SHMTRACE" rm >"$T/out"
	grep -qE '^would remove segment 0 \(4K, key 0x00000009, root\): not attached; creator [0-9]+ has ended; never attached$' "$T/out"
	grep -qx 'nothing was removed; --yes removes 1 object (4K)' "$T/out"
	rm_json
	[ "$(results)" = 'shm 9 would-remove' ]
	[ "$(jq -r 'select(.type == "rm").dry_run' "$T/rm")" = true ]
	inside cat /proc/sysvipc/shm | diff "$T/before" -
}

@test "--yes removes all orphans, and what is used, idle, marked or unknown stays" {
	private_namespaces
	live_ones
	calls 'shmget(9, 4096, CREAT | 0o600); shmget(0, 100, 0); semget(4, 2, CREAT | 0o600); msgget(5, CREAT | 0o600)'
	rm_json --yes
	[ "$status" -eq 0 ]
	[ "$(results)" = 'shm 0 removed shm 9 removed' ]
	[ "$(keys shm)" = "0 1 2" ]
	[ "$(keys sem) $(keys msg)" = "4 5" ]
	[ "$(jq -r 'select(.type == "rm") | [.removed, .bytes, .unknown] | @csv' "$T/rm")" = 2,4196,2 ]
	# Again there is nothing left to do.
	rm_json --yes --orphans
	[ "$status" -eq 0 ]
	[ "$(results)" = "" ]
	inside "$SHMTRACE" rm --yes | grep -qx 'nothing to remove'
}

@test "sets and queues are removed by their id or key" {
	private_namespaces
	calls 'semget(4, 2, CREAT | 0o600); semget(0, 2, 0); msgget(5, CREAT | 0o600); msgget(6, CREAT | 0o600)'
	rm_json sem:0 msg:0x5
	[ "$(results)" = 'msg 5 would-remove sem 4 would-remove' ]
	rm_json --yes sem:0 msg:0x5 msg:1
	[ "$status" -eq 0 ]
	[ "$(results)" = 'msg 5 removed msg 6 removed sem 4 removed' ]
	[ "$(keys sem)" = 0 ]
	[ "$(keys msg)" = "" ]
}

@test "messages that go with a queue are counted" {
	private_namespaces
	calls 'q = msgget(5, CREAT | 0o600); m = (ctypes.c_long * 2)(1, 7); [msgsnd(q, ctypes.addressof(m), 8, 0) for i in range(3)]'
	inside "$SHMTRACE" rm msg:0 | grep -q '; 3 messages would be lost$'
	rm_json --yes msg:0
	[ "$(jq -r 'select(.type == "removal") | "\(.messages) \(.result)"' "$T/rm")" = '3 removed' ]
}

@test "what is in use is refused without --force, which says what breaks" {
	private_namespaces
	live_ones
	order 'sem = semget(4, 1, CREAT | 0o600); op = (ctypes.c_short * 3)(0, 1, 0); semop(sem, ctypes.addressof(op), 1)'
	pid=$(caller_pid)
	rm_json --yes shm:0x1 shm:0x2 sem:0x4
	[ "$status" -eq 1 ]
	[ "$(results)" = 'sem 4 kept shm 1 kept shm 2 kept' ]
	jq -r 'select(.key == 1).reason' "$T/rm" | grep -qF "in use by python3[$pid]; --force removes it: who has it attached keeps that"
	jq -r 'select(.key == 2).reason' "$T/rm" | grep -qF "not attached, but its creator python3[$pid] runs"
	jq -r 'select(.key == 4).reason' "$T/rm" | grep -q 'fail with EIDRM'
	[ "$(keys shm)" = "0 1 2" ]
	# The dry run says what --force does, and does nothing.
	rm_json --force shm:0x1 shm:0x2 sem:0x4
	[ "$status" -eq 0 ]
	[ "$(results)" = 'sem 4 would-remove shm 1 would-mark shm 2 would-remove' ]
	[ "$(keys shm)" = "0 1 2" ]
	rm_json --yes --force shm:0x1 shm:0x2 sem:0x4
	[ "$status" -eq 0 ]
	[ "$(results)" = 'sem 4 removed shm 1 marked shm 2 removed' ]
	[ "$(keys sem)" = "" ]
	# Both that are left are marked now, and who has them attached keeps them.
	[ "$(inside "$SHMTRACE" ls -J | jq -r 'select(.type == "object").state' | xargs)" = "doomed doomed" ]
	end_caller
	[ "$(keys shm)" = "" ]
}

two_wait() {
	rm_json --yes sem:0
	jq -r 'select(.type == "removal").reason' "$T/rm" | grep -q '^in use by 2 processes that wait for it;'
}

@test "a set that a process waits for is refused without --force" {
	private_namespaces
	calls 'semget(4, 2, CREAT | 0o600)'
	start_caller
	# It has never finished an operation: the set's tables do not know of it.
	echo 'op = (ctypes.c_short * 3)(1, -1, 0); print(semop(semget(4, 0, 0), ctypes.addressof(op), 1))' >&8
	sleep 1.1
	rm_json --yes sem:0
	[ "$status" -eq 1 ]
	[ "$(results)" = 'sem 4 kept' ]
	jq -r 'select(.type == "removal").reason' "$T/rm" | grep -q '^in use by 1 process that waits for it;'
	inside timeout 60 python3 -c "$CALLS
op = (ctypes.c_short * 3)(1, -1, 0); semop(semget(4, 0, 0), ctypes.addressof(op), 1)" 3>&- 8>&- &
	await 10 two_wait
	rm_json --yes --force sem:0
	[ "$(results)" = 'sem 4 removed' ]
	await 10 grep -qx -- -1 "$T/caller"
}

@test "an orphan whose last user runs is left alone, and goes when it is named" {
	private_namespaces
	calls 'shmget(9, 100, CREAT | 0o600)'
	start_caller
	order 'shmdt(shmat(shmget(9, 0, 0), 0, 0))'
	sleep 1.1
	pid=$(caller_pid)
	rm_json --yes
	[ "$status" -eq 0 ]
	[ "$(results)" = 'shm 9 skipped' ]
	jq -r 'select(.type == "removal").reason' "$T/rm" | grep -qF "last user python3[$pid] runs, and may attach it again; name it to remove it"
	[ "$(keys shm)" = 9 ]
	rm_json --yes shm:0x9
	[ "$(results)" = 'shm 9 removed' ]
}

@test "what is marked already is left alone, and no failure" {
	private_namespaces
	live_ones
	rm_json --yes shm:2
	[ "$status" -eq 0 ]
	[ "$(results)" = 'shm 0 skipped' ]
	rm_json --yes --force shm:2
	[ "$(results)" = 'shm 0 skipped' ]
}

@test "what is named and not there is an error, and the rest is done" {
	private_namespaces
	calls 'shmget(9, 100, CREAT | 0o600)'
	rm_json --yes shm:4711 shm:0 sem:0x99
	[ "$status" -eq 1 ]
	[ "$(results)" = 'shm 9 removed' ]
	grep -q '^shmtrace: no object shm:4711 in ipc:\[[0-9]*\]; ' "$T/err"
	grep -q 'no object sem:0x99 ' "$T/err"
	[ "$(keys shm)" = "" ]
}

@test "what is named twice, by its id and its key, is one object" {
	private_namespaces
	calls 'shmget(9, 100, CREAT | 0o600); semget(9, 1, CREAT | 0o600)'
	inside "$SHMTRACE" rm shm:0x9 sem:0 shm:0 sem:0 >"$T/dry"
	[ "$(grep -c '^would remove' "$T/dry")" -eq 2 ]
	grep -qx 'nothing was removed; --yes removes 2 objects (100B)' "$T/dry"
	rm_json --yes shm:0x9 sem:0 shm:0 sem:0
	[ "$(results)" = 'sem 9 removed shm 9 removed' ]
}

@test "filters choose among orphans" {
	private_namespaces
	calls 'shmget(1, 100, CREAT | 0o600); shmget(2, 9000, CREAT | 0o600)'
	inside setpriv --reuid 65534 --regid 65534 --clear-groups python3 -c "$CALLS
shmget(3, 500, CREAT | 0o600)"
	rm_json -u nobody
	[ "$(results)" = 'shm 3 would-remove' ]
	rm_json --min-size 500
	[ "$(results)" = 'shm 2 would-remove shm 3 would-remove' ]
	rm_json --min-age 1h
	[ "$(results)" = "" ]
	rm_json -s
	[ "$(results)" = "" ]
	rm_json --yes -m -u 0 --min-size 1k
	[ "$(results)" = 'shm 2 removed' ]
	[ "$(keys shm)" = "1 3" ]
}

# One more IPC namespace inside: $OTHER is its number, $OTHER_KEEPER a process in it, by its PID there.
other_namespace() {
	OTHER_KEEPER=$(inside sh -c 'unshare -i sleep 3600 >/dev/null 2>&1 3>&- 8>&- & echo $!')
	await 10 has_entered
	OTHER=$(inside readlink "/proc/$OTHER_KEEPER/ns/ipc" | tr -dc 0-9)
}

has_entered() {
	[ "$(inside readlink "/proc/$OTHER_KEEPER/ns/ipc")" != "ipc:[$IPCNS]" ]
}

in_other() {
	inside nsenter "--ipc=/proc/$OTHER_KEEPER/ns/ipc" -- "$@"
}

other_keys() {
	# shellcheck disable=SC2016 # for awk
	in_other awk 'NR > 1 { print $1 }' "/proc/sysvipc/$1" | sort -n | xargs
}

@test "in another namespace, by --ipcns, and in no other" {
	private_namespaces
	other_namespace
	calls 'shmget(0x4d, 4096, CREAT | 0o600); semget(9, 1, CREAT | 0o600)'
	in_other python3 -c "$CALLS
shmget(0x4d, 100, CREAT | 0o600); shmget(0x4e, 100, CREAT | 0o600); semget(9, 1, CREAT | 0o600)"
	rm_json --ipcns "$OTHER" shm:0x4d sem:0
	[ "$(results)" = 'sem 9 would-remove shm 77 would-remove' ]
	rm_json --yes --ipcns "$OTHER" shm:0x4d sem:0
	[ "$(results)" = 'sem 9 removed shm 77 removed' ]
	[ "$(jq -r 'select(.type == "removal").ipcns' "$T/rm" | sort -u)" = "$OTHER" ]
	[ "$(other_keys shm)" = 78 ]
	rm_json --yes --ipcns "$OTHER"
	[ "$(results)" = 'shm 78 removed' ]
	[ "$(other_keys shm)" = "" ]
	# Equal ids and keys in two namespaces are two objects: ours are still there.
	[ "$(keys shm) $(keys sem)" = "77 9" ]
	run -1 inside "$SHMTRACE" rm --ipcns 5
	[[ $output == *"cannot read ipc:[5]: "* ]]
}

@test "-A: in all namespaces, and without it in our own alone" {
	private_namespaces
	other_namespace
	calls 'shmget(1, 100, CREAT | 0o600); semget(9, 1, CREAT | 0o600)'
	in_other python3 -c "$CALLS
shmget(2, 200, CREAT | 0o600); msgget(9, CREAT | 0o600)"
	rm_json
	[ "$(results)" = 'shm 1 would-remove' ]
	rm_json -A
	[ "$(results)" = 'shm 1 would-remove shm 2 would-remove' ]
	[ "$(keys shm) $(other_keys shm)" = "1 2" ]
	inside "$SHMTRACE" rm -A | grep -q ': 2 objects (see shmtrace leaks -A --unknown)$'
	rm_json --yes -A
	[ "$status" -eq 0 ]
	[ "$(results)" = 'shm 1 removed shm 2 removed' ]
	[ "$(jq -r 'select(.type == "rm") | [.removed, .bytes, .unknown] | @csv' "$T/rm")" = 2,300,2 ]
	[ "$(keys shm)$(other_keys shm)" = "" ]
	[ "$(keys sem) $(other_keys msg)" = "9 9" ]
}

@test "an ordinary user removes the own orphans, and no others" {
	local user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	private_namespaces
	calls 'shmget(1, 100, CREAT | 0o644)'
	inside "${user[@]}" python3 -c "$CALLS
shmget(3, 500, CREAT | 0o600)"
	# Who may read it may not remove it: a dry run knows, too, and nothing is attached in vain.
	run inside "${user[@]}" "$SHMTRACE" rm shm:0x1
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == "would fail to remove segment "*": Operation not permitted; run as root" ]]
	[ "${lines[1]}" = "nothing was removed; --yes removes nothing either" ]
	status=0
	inside "${user[@]}" "$SHMTRACE" rm -J --yes >"$T/rm" || status=$?
	[ "$status" -eq 1 ]
	[ "$(results)" = 'shm 1 failed shm 3 removed' ]
	jq -r 'select(.result == "failed").reason' "$T/rm" | grep -qx 'Operation not permitted; run as root'
	inside "$SHMTRACE" leaks -n -r -o key,evidence | grep -q "^0x00000001 .*never.x20attached$"
	[ "$(keys shm)" = 1 ]
}

@test "what was changed in this second is listed once more before it is removed" {
	private_namespaces
	calls 'shmget(1, 100, CREAT | 0o600)'
	rm_json --yes
	[ "$(results)" = 'shm 1 removed' ]
}

@test "where kernel.shm_rmid_forced is set, removal works without attaching" {
	private_namespaces
	start_caller
	order 'a = shmget(1, 100, CREAT | 0o600); shmat(a, 0, 0); shmget(2, 100, CREAT | 0o600)'
	inside sh -c 'echo 1 >/proc/sys/kernel/shm_rmid_forced'
	inside strace -f -qq -e trace=shmat -o "$T/strace" "$SHMTRACE" rm -J --yes --force shm:0 shm:1 >"$T/rm"
	[ "$(results)" = 'shm 1 marked shm 2 removed' ]
	run ! grep shmat "$T/strace"
}

@test "a thousand orphans go, and names of processes are harmless" {
	private_namespaces
	calls 'for i in range(1000): shmget(0, 1, 0o600)'
	calls 'shmget(9, 100, CREAT | 0o600)'
	start_caller
	order 'rename("\x1b[2J"); shmdt(shmat(shmget(9, 0, 0), 0, 0))'
	sleep 1.1
	inside "$SHMTRACE" rm --yes >"$T/out"
	[ "$(grep -c '^removed segment ' "$T/out")" -eq 1000 ]
	run ! env LC_ALL=C grep -q '[^[:print:]]' "$T/out"
	grep -qF '\x1b[2J[' "$T/out"
	[ "$(keys shm)" = 9 ]
}
