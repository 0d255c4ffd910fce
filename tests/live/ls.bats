#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# `shmtrace ls` says what the kernel's own tables and /proc/PID/maps say, in every IPC namespace; it
# says what it could not see, and a process's name does nothing to a terminal.

load live.bash

# Objects and attachments as the kernel has them in our namespace, in the words of `fields` below.
KERNEL='
import glob, re
KINDS = dict(shm=("shmid", "size"), sem=("semid", "nsems"), msg=("msqid", None))
for kind, (id_name, size) in KINDS.items():
    with open("/proc/sysvipc/" + kind) as table:
        names = next(table).split()
        for line in table:
            row = dict(zip(names, line.split()))
            print("object", kind, row[id_name], int(row["key"]) & 0xffffffff,
                  int(row["perms"], 8), row["uid"], row["gid"], row[size] if size else 0,
                  row.get("nattch", 0), row.get("cpid", "null"))
own = os.readlink("/proc/self/ns/ipc")
for path in glob.glob("/proc/[0-9]*/maps"):
    try:
        if os.readlink(path.replace("maps", "ns/ipc")) != own:
            continue
        with open(path) as maps:
            ids = re.findall(r" 00:01 (\d+) +/SYSV[0-9a-f]{8} \(deleted\)$", maps.read(), re.M)
    except OSError:
        continue
    for id in set(ids):
        print("attachment", id, path.split("/")[2], ids.count(id))
'

fields() {
	jq -r 'select(.type == "object") | ["object", .kind, .id, .key, .mode, .uid, .gid, .size, .nattch,
		(.creator | tostring)] | map(tostring) | join(" ")' "$1"
	jq -r 'select(.type == "attachment") | "attachment \(.id) \(.pid) \(.mappings)"' "$1"
}

equals_kernel() {
	inside "$SHMTRACE" ls -J >"$T/ls"
	valid "$T/ls"
	diff <(calls "$KERNEL" | sort) <(fields "$T/ls" | sort)
}

state_of() { # kind, id
	inside "$SHMTRACE" ls -J | jq -r --arg kind "$1" --argjson id "$2" \
		'select(.type == "object" and .kind == $kind and .id == $id).state'
}

# Attachments of all namespaces: ipcns id pid mappings.
attachments() {
	"$SHMTRACE" ls -AJ >"$T/ls" 2>"$T/err"
	valid "$T/ls" >&2
	jq -r 'select(.type == "attachment") | "\(.ipcns) \(.id) \(.pid) \(.mappings)"' "$T/ls"
}

@test "objects and attachments are those of the kernel's tables and of maps" {
	own_namespace
	start_caller
	order 'import random; random.seed(7); ids = []'
	order 'for i in range(200): ids.append(shmget(random.choice([0, 77 + i, 0x80000000 + i]), random.randint(1, 99999), CREAT | random.randint(0, 0o777)))'
	order 'for i in range(50): semget(random.choice([0, 77 + i]), random.randint(1, 9), CREAT | random.randint(0, 0o777)); msgget(0, 0o640)'
	order 'for i in range(300): shmat(random.choice(ids), 0, random.choice([0, 0o10000]))'
	order 'for i in random.sample(ids, 60): shmctl(i, RMID, 0)'
	order 'kids = [os.fork() or time.sleep(60) for i in range(3)]'
	equals_kernel
	[ "$(wc -l <"$T/ls")" -gt 300 ]
	order 'for kid in kids: os.kill(kid, 9); os.waitpid(kid, 0)'
	equals_kernel
	end_caller
	equals_kernel
}

@test "kernels that cannot be asked for mappings are read as text, and say the same" {
	own_namespace
	start_caller
	order 'import mmap; maps = [mmap.mmap(-1, 4096, prot=1 + i % 2) for i in range(1500)]'
	order 'for i in range(700): shmat(shmget(i, 4096, CREAT | 0o600), 0, 0o10000 * (i % 2))'
	[ "$(wc -c <"/proc/$CALLER/maps")" -gt 100000 ]
	equals_kernel
	inside strace -qq -e trace=ioctl -e inject=ioctl:error=ENOTTY -o "$T/strace" "$SHMTRACE" ls -J |
		diff "$T/ls" -
	grep -q INJECTED "$T/strace"
}

@test "holders are counted by mappings, also after fork and for one attached read-only" {
	own_namespace
	start_caller
	order 'id = shmget(0, 8192, 0o600); a = shmat(id, 0, 0); b = shmat(id, 0, 0o10000)'
	order 'child = os.fork() or time.sleep(60)'
	order 'shmdt(b)'
	equals_kernel
	[ "$(jq -r 'select(.type == "attachment").mappings' "$T/ls" | sort | xargs)" = "1 2" ]
	inside "$SHMTRACE" ls -o holders,nattch -n -r | grep -qE '^python3\[[0-9]+,[0-9]+\] 3$'
	order 'os.kill(child, 9); os.waitpid(child, 0)'
	equals_kernel
}

@test "states: in-use, idle, doomed, orphan, and unknown where nothing is proven" {
	local used idle doomed
	own_namespace
	start_caller
	order 'used = shmget(1, 4096, CREAT | 0o600); shmat(used, 0, 0); idle = shmget(2, 4096, CREAT | 0o600)'
	order 'doomed = shmget(3, 4096, CREAT | 0o600); shmat(doomed, 0, 0); shmctl(doomed, RMID, 0)'
	order 'sem = semget(1, 2, CREAT | 0o600); semctl(sem, 1, 16, 1); msgget(1, CREAT | 0o600)'
	calls 'shmget(4, 4096, CREAT | 0o600); semget(4, 1, CREAT | 0o600)'
	order 'print(used, idle, doomed)'
	read -r used idle doomed <<<"$(tail -n2 "$T/caller" | head -n1)"
	[ "$(state_of shm "$used")" = in-use ]
	[ "$(state_of shm "$idle")" = idle ]
	[ "$(state_of shm "$doomed")" = doomed ]
	[ "$(state_of sem 0)" = in-use ]
	[ "$(state_of sem 1)" = unknown ]
	[ "$(state_of msg 0)" = unknown ]
	[ "$(state_of shm 3)" = orphan ]
	end_caller
	[ "$(state_of shm "$idle")" = orphan ]
	[ "$(state_of shm "$used")" = orphan ]
	[ "$(state_of shm "$doomed")" = "" ]
	[ "$(state_of sem 0)" = unknown ]
}

@test "a process whose first thread has ended still holds what it has attached" {
	own_namespace
	start_caller
	order 'id = shmget(0, 4096, 0o600); shmat(id, 0, 0)'
	# The thread lives on when the first one makes the exit call that ends it alone.
	echo 'import threading; threading.Thread(target=time.sleep, args=(60,)).start(); libc.syscall(60 if os.uname().machine == "x86_64" else 93, 0)' >&8
	await 10 grep -q '^State:.Z' "/proc/$CALLER/status"
	inside "$SHMTRACE" ls -J >"$T/ls"
	[ "$(jq -r 'select(.type == "attachment").pid' "$T/ls")" = "$CALLER" ]
	[ "$(jq -r 'select(.type == "object").state' "$T/ls")" = in-use ]
}

@test "two processes in one address space hold a segment, and its mappings count once" {
	own_namespace
	start_caller
	order 'shmat(shmget(0, 4096, 0o600), 0, 0); stack = ctypes.create_string_buffer(65536)'
	order 'kid = libc.clone(libc.pause, ctypes.c_void_p(ctypes.addressof(stack) + 65520), 0x100 | 17, None)'
	inside "$SHMTRACE" ls -J >"$T/ls" 2>"$T/err"
	[ "$(jq -r 'select(.type == "object").nattch' "$T/ls")" = 1 ]
	[ "$(jq -r 'select(.type == "attachment").mappings' "$T/ls" | xargs)" = "1 1" ]
	run ! grep found "$T/err"
	order 'os.kill(kid, 9); os.waitpid(kid, 0)'
	equals_kernel
}

@test "equal ids of two namespaces are told apart, also where a process takes one along" {
	local first second
	own_namespace
	first=$IPCNS
	# A: ids 0 and 1, with equal keys in B. The caller attaches 0 of A, goes to B, attaches 1 there.
	calls 'shmget(7, 4096, CREAT | 0o600); shmget(0, 4096, CREAT | 0o600)'
	start_caller
	order 'at = shmat(0, 0, 0); libc.unshare(0x08000000); shmget(7, 4096, CREAT | 0o600); shmget(0, 8192, CREAT | 0o600); shmat(1, 0, 0)'
	# The first write to a page stamps the file of the segment.
	order 'time.sleep(1.1); ctypes.memset(at, 1, 4096)'
	second=$(ipcns_of "$CALLER")
	[ "$first" != "$second" ]
	diff <(printf '%s\n' "$first 0 $CALLER 1" "$second 1 $CALLER 1" | sort) \
		<(attachments | grep " $CALLER " | sort)
	[ "$(jq -r --argjson ns "$second" 'select(.type == "object" and .ipcns == $ns) | "\(.id) \(.nattch)"' \
		"$T/ls" | sort | xargs)" = "0 0 1 1" ]
	# Without -A only our own is there.
	inside "$SHMTRACE" ls -J | jq -r 'select(.type == "object").ipcns' | sort -u >"$T/namespaces"
	[ "$(cat "$T/namespaces")" = "$first" ]
}

@test "a namespace that only a mount keeps is found" {
	own_namespace
	calls 'shmget(0x4d, 4096, CREAT | 0o600)'
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m bash -c 'touch "$1/a b" && mount --bind "/proc/$2/ns/ipc" "$1/a b" && kill -KILL "$2" &&
		while [ -e "/proc/$2/maps" ]; do sleep 0.02; done; "$3" ls -A -n -r -o ipcns,key' _ \
		"$T" "$KEEPER" "$SHMTRACE" 2>"$T/err" | grep -qx "$IPCNS 0x0000004d"
}

@test "attachments of segments in a namespace that cannot be found are counted" {
	own_namespace
	start_caller
	order 'shmat(shmget(0x4e4e, 4096, CREAT | 0o600), 0, 0); libc.unshare(0x08000000)'
	kill -KILL "$KEEPER"
	await 10 ended "$KEEPER"
	"$SHMTRACE" ls >/dev/null 2>"$T/err"
	grep 'attachments of segments in IPC namespaces that cannot be found: 1' "$T/err" ||
		{ cat "$T/err"; "$SHMTRACE" ls -A; return 1; }
	KEEPER=''
}

@test "a file that is called like a segment is none" {
	own_namespace
	start_caller
	order 'import mmap; file = open("/SYSV00000000", "wb+"); os.unlink("/SYSV00000000"); file.truncate(4096); m = mmap.mmap(file.fileno(), 4096); shmget(0, 4096, 0o600)'
	grep -q '/SYSV00000000 (deleted)' "/proc/$CALLER/maps"
	inside "$SHMTRACE" ls -J >"$T/ls" 2>"$T/err"
	[ "$(jq -r .type "$T/ls")" = object ]
	run ! grep found "$T/err"
}

@test "an ordinary user sees the own holders, and how much is hidden" {
	own_namespace
	start_caller
	order 'id = shmget(0, 4096, 0o666); shmat(id, 0, 0); semget(0, 1, 0o600)'
	inside setpriv --reuid 65534 --regid 65534 --clear-groups python3 -uc "$CALLS
shmat(0, 0, 0); print('ready'); time.sleep(60)" >"$T/other" 3>&- &
	await 10 grep -q ready "$T/other"
	inside setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTRACE" ls -J >"$T/ls" 2>"$T/err"
	valid "$T/ls"
	[ "$(jq -r 'select(.type == "attachment").comm' "$T/ls")" = python3 ]
	[ "$(jq -r 'select(.type == "object" and .kind == "shm") | "\(.nattch) \(.state) \(.creator)"' "$T/ls")" \
		= "2 in-use $CALLER" ]
	grep -q 'holders may not be seen: 1; run as root' "$T/err"
	grep -q 'semaphore sets whose last users may not be seen: 1' "$T/err"
	# Nobody's attachments can be seen any more, and the segment is not called unused.
	kill -KILL "$(jq -r 'select(.type == "attachment").pid' "$T/ls")"
	await 10 only_hidden
	grep -q '^1 in-use -$' "$T/hidden"
}

only_hidden() {
	inside setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTRACE" ls -m -n -r \
		-o nattch,state,holders >"$T/hidden" 2>/dev/null
	grep -q '^1 ' "$T/hidden"
}

@test "what /proc hides is neither called ended nor unused" {
	own_namespace
	start_caller
	order 'shmat(shmget(0, 4096, 0o600), 0, 0); shmget(0, 4096, 0o600)'
	# shellcheck disable=SC2016 # for the inner shell
	inside unshare -m bash -c 'mount -t proc -o hidepid=2 proc /proc &&
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$1" ls -J' _ "$SHMTRACE" \
		>"$T/ls" 2>"$T/err"
	valid "$T/ls"
	[ "$(jq -r 'select(.type == "object") | "\(.state) \(.creator_alive)"' "$T/ls" | xargs)" \
		= "in-use true idle true" ]
	grep -q 'holders may not be seen: 1' "$T/err"
}

@test "what is attached outside of our PID namespace is not called unused" {
	own_namespace
	start_caller
	order 'id = shmget(0, 4096, 0o600); shmat(id, 0, 0); shmat(id, 0, 0)'
	inside unshare -pf --mount-proc "$SHMTRACE" ls -J >"$T/ls" 2>"$T/err"
	valid "$T/ls"
	[ "$(jq -r 'select(.type == "object") | "\(.nattch) \(.state)"' "$T/ls")" = "2 in-use" ]
	grep -q 'holders may not be seen: 2; run outside of this PID namespace' "$T/err"
	inside unshare -pf --mount-proc "$SHMTRACE" leaks --unknown --exit-code >"$T/leaks" 2>/dev/null
	inside unshare -pf --mount-proc "$SHMTRACE" why -J shm 0 >"$T/why"
	[ "$(jq -r 'select(.type == "why") | "\(.verdict) \(.hidden)"' "$T/why")" = "in-use 2" ]
}

@test "names of processes are harmless, in the table and in JSON" {
	own_namespace
	start_caller
	order 'rename("\x1b[2Ja) R 1 (\n"); shmat(shmget(0, 4096, 0o600), 0, 0)'
	inside "$SHMTRACE" ls >"$T/out"
	run ! env LC_ALL=C grep -q '[^[:print:]]' "$T/out"
	[ "$(wc -l <"$T/out")" -eq 2 ]
	grep -qF '\x1b[2Ja) R 1 (' "$T/out"
	inside "$SHMTRACE" ls -r -n >"$T/out"
	[ "$(wc -w <"$T/out")" -eq 9 ]
	inside "$SHMTRACE" ls -J >"$T/ls"
	valid "$T/ls"
	[ "$(jq -r 'select(.type == "attachment").comm | ascii_downcase' "$T/ls" | head -n1)" \
		= "$(printf '\033[2ja) r 1 (')" ]
}

@test "columns, order, kinds and exact sizes are chosen" {
	own_namespace
	calls 'shmget(0, 70000, 0o600); shmget(0, 100, 0o640); semget(0, 3, 0o600); msgget(0, 0o600)'
	[ "$(inside "$SHMTRACE" ls -o kind,SIZE -n -r -x size | tr '\n' ' ')" \
		= 'msg - sem 3\x20sem shm 100B shm 68K ' ]
	[ "$(inside "$SHMTRACE" ls -o size,perms -b -n -r -m | xargs)" = "70000 600 100 640" ]
	[ "$(inside "$SHMTRACE" ls -o kind -n -s -q | xargs)" = "sem msg" ]
	[ "$(inside "$SHMTRACE" ls -m | head -n1 | xargs)" \
		= "KIND ID KEY OWNER SIZE NATTCH STATE CREATOR HOLDERS" ]
	inside "$SHMTRACE" ls >"$T/out"
	run ! grep -q ' $' "$T/out"
}

@test "an answer that cannot be written is an error, and a closed pipe is not" {
	local status=0
	own_namespace
	calls 'for i in range(3000): shmget(0, 1, 0o600)'
	inside "$SHMTRACE" ls >/dev/full 2>"$T/err" || status=$?
	[ "$status" -eq 1 ]
	grep -q '^shmtrace: cannot write to standard output: ' "$T/err"
	inside "$SHMTRACE" ls 2>"$T/err" | head -n1 >/dev/null
	[ ! -s "$T/err" ]
}

@test "it leaves objects and its own namespace alone" {
	own_namespace
	calls 'shmat(shmget(0, 4096, 0o600), 0, 0); semget(0, 3, 0o600); msgget(0, 0o600)'
	inside cat /proc/sysvipc/{shm,sem,msg} >"$T/before"
	inside "$SHMTRACE" ls -A >/dev/null
	inside cat /proc/sysvipc/{shm,sem,msg} | diff "$T/before" -
}
