#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Each filter shows exactly the lines that it should, and no other. The namespace is our own, so
# that the numbers are known: the first segment, set and queue have the ids 0, the next ones 1.

load live.bash

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	own_namespace
}

NOENT='= -1 ENOENT (No such file or directory)'
INVAL='= -1 EINVAL (Invalid argument)'

# All twelve calls once, on objects that they make and remove.
EVERY='
seg = shmget(0x5a01, 4096, CREAT|0o600)
at = shmat(seg, 0, 0)
shmdt(at)
shmctl(seg, RMID, 0)
sems = semget(0x5a02, 2, CREAT|0o600)
semop(sems, 0, 0)
semtimedop(sems, 0, 0, 0)
semctl(sems, 0, RMID, 0)
queue = msgget(0x5a03, CREAT|0o600)
msgsnd(queue, 0, 0, 0)
msgrcv(queue, 0, 0, 0, 0o4000)
msgctl(queue, RMID, 0)
'

# The names of the calls that are shown when EVERY is made: options…
names_shown() {
	start_trace -J --ipcns "$IPCNS" -o "$T/ours" "$@"
	calls "$EVERY"
	end_trace
	calls_of "$T/ours" | jq -r .call | xargs
}

@test "filter: no -e: all but semop, semtimedop, msgsnd, msgrcv" {
	[ "$(names_shown)" = "shmget shmat shmdt shmctl semget semctl msgget msgctl" ]
}

@test "filter: -e %ipc" {
	[ "$(names_shown -e %ipc)" = "shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl" ]
}

@test "filter: -e %shm, %sem, %msg" {
	[ "$(names_shown -e %shm)" = "shmget shmat shmdt shmctl" ]
	[ "$(names_shown -e %sem)" = "semget semctl" ]
	[ "$(names_shown -e %msg)" = "msgget msgctl" ]
}

@test "filter: -e with names, and with a name beside a class" {
	[ "$(names_shown -e shmdt)" = "shmdt" ]
	[ "$(names_shown -e semop,msgrcv)" = "semop msgrcv" ]
	[ "$(names_shown -e %msg,semtimedop)" = "semtimedop msgget msgctl" ]
}

@test "filter: -x shows what fails" {
	start_trace -J -x --ipcns "$IPCNS" -o "$T/ours"
	calls "${EVERY}shmget(0x77, 1, 0); shmctl(-1, RMID, 0)"
	end_trace
	shows "$T/ours" "shmget(0x77, 1, 000) $NOENT" "shmctl(-1, IPC_RMID, NULL) $INVAL"
}

@test "filter: -E by name and by number" {
	local error
	for error in ENOENT 2 EEXIST 17; do
		start_trace -J -E $error --ipcns "$IPCNS" -o "$T/ours"
		calls "${EVERY}shmget(0x77, 1, 0); semget(0x78, 1, CREAT|0o600)
semget(0x78, 1, CREAT|EXCL|0o600); shmctl(-1, RMID, 0); semctl(semget(0x78, 1, 0), 0, RMID, 0)"
		end_trace
		case $error in
		ENOENT | 2) shows "$T/ours" "shmget(0x77, 1, 000) $NOENT" ;;
		*) shows "$T/ours" "semget(0x78, 1, IPC_CREAT|IPC_EXCL|0600) = -1 EEXIST (File exists)" ;;
		esac
	done
}

@test "filter: -p shows one of several, from the start to its end, and ends with it" {
	start_caller
	start_trace -J -e shmget -p "$CALLER" -o "$T/ours"
	order 'shmget(0x11, 1, 0)'
	calls 'shmget(0x22, 1, 0)'
	order 'shmget(0x33, 1, 0)'
	end_caller
	await_end
	[ "$status" -eq 0 ]
	shows "$T/ours" "shmget(0x11, 1, 000) $NOENT" "shmget(0x33, 1, 000) $NOENT"
	jq -es '.[-1].type == "end" and .[-1].calls == 2' "$T/ours"
}

@test "filter: -p with two processes ends when both have ended" {
	local first second
	start_caller
	first=$CALLER
	exec_inside python3 -c "$CALLS
while not os.path.exists('$T/go'): time.sleep(0.02)
shmget(0x44, 1, 0); time.sleep(1); shmget(0x55, 1, 0)" 3>&- 8>&- &
	second=$!
	start_trace -J -e shmget -p "$first,$second" -o "$T/ours"
	order 'shmget(0x11, 1, 0)'
	end_caller
	: >"$T/go"
	await_end
	ended "$second"
	shows "$T/ours" "shmget(0x11, 1, 000) $NOENT" "shmget(0x44, 1, 000) $NOENT" \
		"shmget(0x55, 1, 000) $NOENT"
}

@test "filter: -p shows all threads of the process and not its children" {
	start_caller
	start_trace -J -e shmget -p "$CALLER" -o "$T/ours"
	order 'import threading; t = threading.Thread(target=shmget, args=(0x11, 1, 0)); t.start(); t.join()'
	order 'os.fork() or (shmget(0x22, 1, 0), os._exit(0)); os.wait()'
	end_caller
	await_end
	shows "$T/ours" "shmget(0x11, 1, 000) $NOENT"
	jq -es '.[0].pid != .[0].tid' "$T/ours"
}

@test "filter: -p of no process says so" {
	run -1 "$SHMTRACE" trace -p 4194303
	[ "$output" = "shmtrace: cannot trace process 4194303: No such process" ]
}

@test "filter: -u by name and by number" {
	local user
	for user in nobody 65534; do
		start_trace -J -e shmget -u $user --ipcns "$IPCNS" -o "$T/ours"
		calls 'shmget(0x11, 1, 0); os.setresuid(65534, 65534, 65534); shmget(0x22, 1, 0)'
		end_trace
		shows "$T/ours" "shmget(0x22, 1, 000) $NOENT"
		jq -es '.[0].uid == 65534' "$T/ours"
	done
	start_trace -J -e shmget -u root --ipcns "$IPCNS" -o "$T/ours"
	calls 'shmget(0x11, 1, 0); os.setresuid(65534, 65534, 65534); shmget(0x22, 1, 0)'
	end_trace
	shows "$T/ours" "shmget(0x11, 1, 000) $NOENT"
}

@test "filter: -n finds its text at the start, in the middle and at the end of a name" {
	start_trace -J -e shmget -n needle --ipcns "$IPCNS" -o "$T/ours"
	calls '
for number, name in enumerate(["needle", "a-needle", "needle-z", "123456789needle", "needl", "needl-e",
                               "NEEDLE", "edlen", "nneedle", "neneedle", "1234567890needle"]):
    rename(name)
    shmget(number, 1, 0) if number else shmget(99, 1, 0)'
	end_trace
	[ "$(jq -rs 'map(select(.type == "call").comm) | join(" ")' "$T/ours")" = \
		"needle a-needle needle-z 123456789needle nneedle neneedle" ]
}

@test "filter: -n with the longest name" {
	start_trace -J -e shmget -n 123456789abcdef --ipcns "$IPCNS" -o "$T/ours"
	calls 'rename("123456789abcdef"); shmget(1, 1, 0); rename("123456789abcde"); shmget(2, 1, 0)'
	end_trace
	shows "$T/ours" "shmget(0x1, 1, 000) $NOENT"
}

@test "filter: -k follows a segment by its id and its address" {
	start_trace -J -k 0x5a01 --ipcns "$IPCNS" -o "$T/ours"
	calls '
other = shmget(0x5a09, 4096, CREAT|0o600)   # 0
seg = shmget(0x5a01, 4096, CREAT|0o600)     # 1
away = shmat(other, 0, 0)
at = shmat(seg, 0, 0)
semget(0x5a08, 2, CREAT|0o600)              # 0
sems = semget(0x5a07, 2, CREAT|0o600)       # the id 1 of another kind
semctl(sems, 0, RMID, 0)
shmctl(seg, RMID, 0)
shmdt(away)
shmdt(at)
shmctl(other, RMID, 0)
shmget(0x5a01, 1, 0)'
	end_trace
	texts "$T/ours" | sed -E 's/0x[0-9a-f]{6,}/ADDRESS/' >"$T/texts"
	diff "$T/texts" - <<-EOF
		shmget(0x5a01, 4096, IPC_CREAT|0600) = 1
		shmat(1, NULL, 0) = ADDRESS
		shmctl(1, IPC_RMID, NULL) = 0
		shmdt(ADDRESS) = 0
		shmget(0x5a01, 1, 000) $NOENT
	EOF
}

@test "filter: -k in decimal, of a set and of a queue with the same key" {
	start_trace -J -k 23042 -e %ipc --ipcns "$IPCNS" -o "$T/ours"
	calls "${EVERY//0x5a03/0x5a02}"
	end_trace
	shows "$T/ours" "semget(0x5a02, 2, IPC_CREAT|0600) = 0" \
		"semop(0, NULL, 0) $INVAL" "semtimedop(0, NULL, 0, NULL) $INVAL" \
		"semctl(0, 0, IPC_RMID, NULL) = 0" \
		"msgget(0x5a02, IPC_CREAT|0600) = 0" "msgsnd(0, NULL, 0, 0) = -1 EFAULT (Bad address)" \
		"msgrcv(0, NULL, 0, 0, IPC_NOWAIT) = -1 ENOMSG (No message of desired type)" \
		"msgctl(0, IPC_RMID, NULL) = 0"
}

@test "filter: -k knows an object that was there before the start" {
	calls 'shmget(0x5a01, 4096, CREAT|0o600); semget(0x5a02, 1, CREAT|0o600)
msgget(0x5a03, CREAT|0o600); msgget(0x5a04, CREAT|0o600)'
	start_trace -J -k 0x5a04 --ipcns "$IPCNS" -o "$T/ours"
	calls 'shmctl(0, RMID, 0); semctl(0, 0, RMID, 0); msgctl(1, RMID, 0); msgctl(0, RMID, 0)'
	end_trace
	shows "$T/ours" "msgctl(1, IPC_RMID, NULL) = 0"
}

@test "filter: -k of a key above 0x7fffffff" {
	calls 'shmget(0xdeadbeef, 4096, CREAT|0o600)'
	start_trace -J -k 0xdeadbeef --ipcns "$IPCNS" -o "$T/ours"
	calls 'shmctl(0, RMID, 0); shmget(0xdeadbeef, 4096, 0)'
	end_trace
	shows "$T/ours" "shmctl(0, IPC_RMID, NULL) = 0" "shmget(0xdeadbeef, 4096, 000) $NOENT"
}

@test "filter: -i shows what names the id or returns it, and the shmdt behind it" {
	start_trace -J -i 1 --ipcns "$IPCNS" -o "$T/ours"
	calls '
shmget(0x5a01, 4096, CREAT|0o600)
seg = shmget(0x5a02, 4096, CREAT|0o600)
away, at = shmat(0, 0, 0), shmat(1, 0, 0)
shmdt(away)
shmdt(at)
shmctl(0, RMID, 0)
shmctl(1, RMID, 0)
shmctl(1, RMID, 0)'
	end_trace
	texts "$T/ours" | sed -E 's/0x[0-9a-f]{6,}/ADDRESS/' >"$T/texts"
	diff "$T/texts" - <<-EOF
		shmget(0x5a02, 4096, IPC_CREAT|0600) = 1
		shmat(1, NULL, 0) = ADDRESS
		shmdt(ADDRESS) = 0
		shmctl(1, IPC_RMID, NULL) = 0
		shmctl(1, IPC_RMID, NULL) $INVAL
	EOF
}

@test "filter: --ipcns shows one namespace and no other" {
	start_trace -J -e shmget --ipcns "$IPCNS" -o "$T/ours"
	unshare -i python3 -c "$CALLS
shmget(0x11, 1, 0)"
	calls 'shmget(0x22, 1, 0)'
	end_trace
	shows "$T/ours" "shmget(0x22, 1, 000) $NOENT"
	jq -es --arg ns "$IPCNS" '.[0].ipcns == ($ns | tonumber)' "$T/ours"
}

@test "filter: --min-size" {
	start_trace -J --min-size 64k -e %ipc --ipcns "$IPCNS" -o "$T/ours"
	calls "${EVERY}shmget(0x11, 65535, 0); shmget(0x12, 65536, 0); shmget(0x13, 1 << 40, 0)
msgsnd(-1, 0, 65535, 0); msgsnd(-1, 0, 65536, 0); msgrcv(-1, 0, 65536, 0, 0); shmctl(-1, 0, 1 << 40)"
	end_trace
	shows "$T/ours" "shmget(0x12, 65536, 000) $NOENT" "shmget(0x13, 1099511627776, 000) $NOENT" \
		"msgsnd(-1, NULL, 65536, 0) = -1 EFAULT (Bad address)" "msgrcv(-1, NULL, 65536, 0, 0) $INVAL"
}

@test "filter: --count ends after so many calls, and shows no more" {
	start_trace -J -e shmget --count 3 --ipcns "$IPCNS" -o "$T/ours"
	calls 'for i in range(1, 10): shmget(i, 1, 0)'
	await_end
	[ "$status" -eq 0 ]
	shows "$T/ours" "shmget(0x1, 1, 000) $NOENT" "shmget(0x2, 1, 000) $NOENT" \
		"shmget(0x3, 1, 000) $NOENT"
	jq -es '.[-1].type == "end" and .[-1].calls == 3' "$T/ours"
}

@test "filter: --count in a stream that never ends" {
	local burst
	inside "$WORK/burst" 0 1 60 >/dev/null 3>&- &
	burst=$!
	start_trace -J -e shmctl --count 100000 --ipcns "$IPCNS" -o "$T/ours"
	await_end
	# It calls by a child.
	kill "$(pgrep -P "$burst")" "$burst"
	# Of whoever: another shmtrace may look into every namespace.
	[ "$(grep -c '"type":"call"' "$T/ours")" -eq 100000 ]
}

@test "filter: -d ends after that time" {
	local elapsed
	start_trace -J -e shmget -d 1.5 --ipcns "$IPCNS" -o "$T/ours"
	calls 'shmget(0x11, 1, 0)'
	await_end
	[ "$status" -eq 0 ]
	shows "$T/ours" "shmget(0x11, 1, 000) $NOENT"
	elapsed=$(jq -s '.[-1].elapsed_ns / 1e6 | floor' "$T/ours")
	echo "$elapsed ms"
	# It ended by itself; how much later is a matter of how busy the machine is.
	[ "$elapsed" -ge 1500 ]
}

@test "filter: all of them together" {
	start_caller
	start_trace -J -p "$CALLER" -u nobody -n want -e shmget,semget -x -E ENOENT \
		-k 0x5a01 --ipcns "$IPCNS" --min-size 100 --count 2 -d 60 -o "$T/ours"
	order 'rename("wanted"); shmget(0x5a01, 100, 0)        # root'
	order 'os.setresuid(65534, 65534, 0)'
	order 'shmget(0x5a01, 99, 0); shmget(0x5a02, 100, 0); semget(0x5a01, 100, 0)'
	order 'shmget(0x5a01, 101, 0)                          # this one'
	order 'shmget(0x5a01, 1 << 62, CREAT)                  # EINVAL'
	order 'rename("other"); shmget(0x5a01, 102, 0)'
	order 'rename("wanted"); shmget(0x5a01, 103, 0)        # and this one'
	await_end
	end_caller
	shows "$T/ours" "shmget(0x5a01, 101, 000) $NOENT" "shmget(0x5a01, 103, 000) $NOENT"
}

@test "filter: combined with a command" {
	run -0 inside "$SHMTRACE" trace -q -J -x -n python -e shmget -o "$T/ours" -- \
		sh -c "$WORK/one; python3 -c '$CALLS
shmget(0x11, 1, 0); shmget(0x12, 1, CREAT|0o600)'"
	shows "$T/ours" "shmget(0x11, 1, 000) $NOENT"
}
