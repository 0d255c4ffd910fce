# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the live tests share: a tracer in the background, an IPC namespace that nobody else uses,
# and calls made one by one. Loaded by every .bats file here; SHMTRACE_BUILD names another build
# than build/.

bats_require_minimum_version 1.5.0

BUILD=$(realpath "${SHMTRACE_BUILD:-build}")
LIVE=$(realpath tests/live)
SHMTRACE=$BUILD/shmtrace
# shellcheck disable=SC2034 # used by the tests
WORK=$BUILD/tests/work
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
T=$BATS_TEST_TMPDIR
unset NO_COLOR
export LC_ALL=C.UTF-8

TRACER='' KEEPER='' CALLER='' # processes of the test, ended with it
INIT=''                       # the first one of private_namespaces

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

teardown() {
	end_processes
}

end_processes() {
	local pid
	for pid in $TRACER $CALLER $KEEPER; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# Waits until the command succeeds, for SECONDS at most: seconds, command…
await() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "waited in vain: $*"
			return 1
		fi
		sleep 0.02
	done
}

attached_or_ended() {
	grep -q 'tracing by' "$T/err" || ! kill -0 "$TRACER" 2>/dev/null
}

# shmtrace trace in the background, attached when this returns; its messages are in $T/err.
start_trace() {
	: >"$T/err"
	exec_inside "$SHMTRACE" trace "$@" 2>"$T/err" 3>&- 8>&- </dev/null &
	TRACER=$!
	await 30 attached_or_ended
	grep -q 'tracing by' "$T/err" || { cat "$T/err"; return 1; }
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

# Waits for the tracer's end; what it ended with is in $status.
await_end() {
	await 30 ended "$TRACER"
	status=0
	wait "$TRACER" || status=$?
	TRACER=
}

# A signal to the tracer (INT), which must then end with 0.
end_trace() {
	kill -"${1:-INT}" "$TRACER"
	await_end
	[ "$status" -eq 0 ] || { cat "$T/err"; return 1; }
}

# An IPC namespace of our own: $IPCNS. What is left in it dies with it.
own_namespace() {
	unshare -i sleep 3600 3>&- 8>&- &
	KEEPER=$!
	await 10 entered "$KEEPER"
	# shellcheck disable=SC2034 # used by the tests
	IPCNS=$(ipcns_of "$KEEPER")
}

# The same, with a PID namespace of our own: what runs inside sees no process, and so no IPC namespace,
# of anybody else. Whatever removes all that it finds runs there, so that a defect harms nobody.
private_namespaces() {
	unshare -ipf --mount-proc --kill-child sleep 3600 3>&- 8>&- &
	KEEPER=$!
	await 10 has_child "$KEEPER"
	INIT=$(pgrep -P "$KEEPER")
	await 10 has_own_proc
	# shellcheck disable=SC2034 # used by the tests
	IPCNS=$(ipcns_of "$KEEPER")
}

has_child() {
	pgrep -P "$1" >/dev/null
}

has_own_proc() {
	[ "$(inside cat /proc/1/comm)" = sleep ]
}

ipcns_of() {
	readlink "/proc/$1/ns/ipc" | tr -dc 0-9
}

entered() {
	[ "$(ipcns_of "$1")" != "$(ipcns_of self)" ]
}

# In our own namespace where there is one. The shell becomes the command: in the background, $! is it.
exec_inside() {
	local there=()
	[ -z "$KEEPER" ] || there=(nsenter --ipc="/proc/$KEEPER/ns/ipc" --)
	[ -z "$INIT" ] || there=(nsenter -t "$INIT" -i -p -m --)
	exec "${there[@]}" "$@"
}

inside() {
	(exec_inside "$@")
}

# Python statements, with the calls as functions (see calls.bash), in our namespace.
calls() {
	inside python3 -c "$CALLS
$1" "${@:2}" 8>&-
}

# The same in the background, as $CALLER: each line written to its standard input, &8, is one
# statement; what it prints is in $T/caller.
start_caller() {
	rm -f "$T/orders"
	mkfifo "$T/orders"
	: >"$T/caller"
	exec_inside "$@" python3 -uc "$CALLS
for line in sys.stdin:
    exec(line)
    print('done')" <"$T/orders" >"$T/caller" 3>&- &
	CALLER=$!
	exec 8>"$T/orders"
	orders=0
	order pass
}

carried_out() {
	[ "$(grep -c '^done$' "$T/caller")" -ge "$orders" ]
}

order() {
	echo "$1" >&8
	orders=$((orders + 1))
	await 10 carried_out
}

end_caller() {
	exec 8>&-
	await 10 ended "$CALLER"
	wait "$CALLER"
	CALLER=
}

# Another shmtrace on the machine (ls, limits) may look into every namespace, ours among them.
calls_of() {
	jq -c 'select(.type == "call" and .comm != "shmtrace")' "$1"
}

# The call part of each line of a JSON stream.
texts() {
	calls_of "$1" | jq -r .text
}

# The calls of a JSON stream are these and no others: file, text…
shows() {
	local file=$1
	shift
	if [ $# -eq 0 ]; then
		texts "$file" >"$T/texts"
		diff /dev/null "$T/texts"
	else
		diff <(printf '%s\n' "$@") <(texts "$file")
	fi
}

valid() {
	"$LIVE/schema_check" "$1"
}

# Of a stream of very many calls, which takes minutes: the first of them, and all else.
valid_but_for_calls() {
	{
		grep -m 5000 '"type":"call"' "$1"
		grep -v '"type":"call"' "$1"
	} >"$1.part"
	valid "$1.part"
}

watching_or_ended() {
	grep -q 'watching by' "$T/err" || ! kill -0 "$TRACER" 2>/dev/null
}

# shmtrace top in the background, watching when this returns: file for its output, options…
start_top() {
	local out=$1
	shift
	: >"$T/err"
	"$SHMTRACE" top "$@" >"$out" 2>"$T/err" 3>&- 8>&- </dev/null &
	TRACER=$!
	await 30 watching_or_ended
	grep -q 'watching by' "$T/err" || { cat "$T/err"; return 1; }
}

# shellcheck disable=SC2034 # used above
CALLS='
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
NUMBERS = dict(shmget=29, shmat=30, shmctl=31, semget=64, semop=65, semctl=66, shmdt=67,
               msgget=68, msgsnd=69, msgrcv=70, msgctl=71, semtimedop=220)
if os.uname().machine == "aarch64":
    NUMBERS = dict(msgget=186, msgctl=187, msgrcv=188, msgsnd=189, semget=190, semctl=191,
                   semtimedop=192, semop=193, shmget=194, shmctl=195, shmat=196, shmdt=197)
IPC_PRIVATE, CREAT, EXCL, RMID, STAT = 0, 0o1000, 0o2000, 0, 2

def maker(number):
    def call(*args):
        return libc.syscall(*[ctypes.c_long(arg) for arg in (number,) + args])
    return call

for name, number in NUMBERS.items():
    globals()[name] = maker(number)
del name

def rename(name):
    libc.prctl(15, ctypes.c_char_p(name.encode()))  # PR_SET_NAME
'
