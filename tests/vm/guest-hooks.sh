# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Both sets of hooks on this kernel: which one is chosen, what it sees and what not, that every call
# is received or counted as lost, why a get failed, and that nothing stays in the kernel. Each start
# takes an emulated machine seconds, so one serves what it can. host-hooks.sh checks the files in
# /out/json against the schema, and what is said of failed gets.

# shellcheck disable=SC2317 # functions that check calls

# shellcheck source=tests/vm/guest.sh
. /tests/guest.sh

mkdir -p /out/json

# file: its calls, one a line
calls() {
	grep '"type":"call"' "$1"
}

# file, pattern: how many calls have it
count_calls() {
	calls "$1" | grep -c -- "$2"
}

# file, call: how many of these calls were lost, by the last line
count_lost() {
	lost=$(tail -n 1 "$1" | grep '"type":"end"' | sed -n "s/.*\"lost\":{\"calls\":{[^}]*\"$2\":\([0-9]*\).*/\1/p")
	echo "${lost:-0}"
}

# file, call: how many, by the lines that stand in the stream
count_lost_in_stream() {
	grep '"type":"lost"' "$1" | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" | awk '{ n += $1 } END { print n + 0 }'
}

# What a tracer might leave in the kernel.
programs() {
	bpftool prog show | grep -c '^[0-9]*:.* name '
}

kernel_state() {
	echo "programs $(programs), maps $(bpftool map show | grep -c '^[0-9]*:'), links $(
		bpftool link show | grep -c '^[0-9]*:'), kprobes $(
		wc -l </sys/kernel/debug/kprobes/list), patched functions $(
		wc -l </sys/kernel/tracing/enabled_functions)"
}

is_state() {
	[ "$(kernel_state)" = "$1" ]
}

set_name() {
	[ "$1" = functions ] && echo "tracing by function hooks" && return
	echo "tracing by system call hooks; 32-bit callers are not seen"
}

call_for_ever() {
	while :; do
		"$WORK/one"
		sleep 0.1
	done
}

# Which set, and what it sees of a child, of a grandchild that outlives its parent, of 32-bit callers,
# and of the command itself.
test_set() { # set, options of trace…
	set=$1
	json=/out/json/set-$set
	shift
	shmtrace trace "$@" -e %shm -J -o "$json" -- sh -c "$WORK/one
		(sh -c '$WORK/one; : >$TMP/grandchild' &)
		while ! [ -e $TMP/grandchild ]; do sleep 0.1; done
		[ -e $WORK/shm_32 ] || exec $WORK/one 5
		strace -f -e trace=%ipc -o $TMP/strace-compat $WORK/shm_32
		strace -f -e trace=%ipc -o $TMP/strace-ipc $WORK/shm_ipc_32
		exec $WORK/one 5" 2>"$TMP/messages"
	check_equal "$set: a command's exit status becomes ours" 5 $?
	rm "$TMP/grandchild"
	check_equal "$set: says that it traces by them" "$(set_name "$set")" \
		"$(sed -n 's/^shmtrace: \(tracing .*\)/\1/p' "$TMP/messages")"
	check_equal "$set: all descendants' calls are seen" 3 "$(count_calls "$json" '"comm":"one"')"
	check_equal "$set: and nobody else's" 3 "$(count_calls "$json" '"abi":"native"')"
	[ -e "$WORK/shm_32" ] || return
	for abi in compat ipc; do
		want=0
		[ "$set" = syscalls ] || want=$(grep -c ') *= ' "$TMP/strace-$abi")
		check_equal "$set: the number of 32-bit calls by $abi" "$want" \
			"$(count_calls "$json" "\"abi\":\"$abi\"")"
	done
	[ "$set" = syscalls ] || check "strace saw 32-bit calls" test "$want" -gt 100
}

# The set that is chosen without --hooks, while others call, too.
test_auto() {
	call_for_ever &
	other=$!
	test_set functions
	kill "$other"
	wait "$other" 2>/dev/null
}

is_tracing() {
	grep -q "tracing by" "$TMP/messages"
}

has_more_programs() {
	[ "$(programs)" -gt "$1" ]
}

test_kill() {
	before=$(programs)
	: >"$TMP/messages"
	shmtrace trace "--hooks=$1" -e %shm -o /dev/null 2>"$TMP/messages" &
	tracer=$!
	check "$1: starts without a command" wait_until 60 is_tracing
	check "$1: its programs are in the kernel" has_more_programs "$before"
	kill -9 "$tracer"
	wait "$tracer" 2>/dev/null
	wait_until 20 is_state "$clean"
	check_equal "$1: SIGKILL leaves nothing in the kernel" "$clean" "$(kernel_state)"
	check_equal "$1: and no file" "" "$(find /sys/fs/bpf -mindepth 1 | head -n 3)"
}

# Twice as many writers as processors, and room for 30 calls.
test_small_buffer() {
	json=/out/json/small-$1
	issued=$(shmtrace trace -q "--hooks=$1" --buffer 4096 -e shmctl -J -o "$json" -- \
		"$WORK/burst" 10000 4)
	received=$(count_calls "$json" .)
	lost=$(count_lost "$json" shmctl)
	note "$1: received $received, lost $lost"
	check_equal "$1, small buffer: received and lost calls are those issued" "$issued" \
		"shmctl $((received + lost))"
	check "$1, small buffer: calls are lost" test "$lost" -gt 0
	check_equal "$1, small buffer: the stream says how many" "$lost" \
		"$(count_lost_in_stream "$json" shmctl)"
}

# As many calls at once as it holds, at 136 bytes each: 4 MiB, however slow the reader is here.
test_default_buffer() {
	json=$TMP/full
	shmtrace trace -q "--hooks=$1" -e shmctl -J -o "$json" -- "$WORK/burst" 15000 2 >/dev/null
	lost=$(count_lost "$json" shmctl)
	check_equal "$1, default buffer: every call is received or counted" 30000 \
		"$(($(count_calls "$json" .) + lost))"
	if [ "$1" = syscalls ] && is_preemptible && [ "$lost" -gt 0 ]; then
		skip "$1, default buffer: none is lost" "programs on tracepoints are preempted here"
	else
		check_equal "$1, default buffer: none is lost" 0 "$lost"
	fi
	rm -f "$json"
}

# Every cause of a failed get, arranged and explained: host-hooks.sh compares. Then each limit's ENOSPC
# with the use and the limit that the workload counted.
test_refusals() {
	json=/out/json/refusals-$1
	dir=/out/refusals-$1
	exact=true
	[ "$1" = functions ] || exact=false
	mkdir -p "$dir"
	shmtrace trace -q "--hooks=$1" -J -x -o "$json" -- sh -c "$WORK/refusals >$dir/want || exit
		for name in shmmni shmall semmni semmns msgmni; do
			$WORK/limits \$name || exit
		done" >"$TMP/limits"
	check_equal "$1: each get fails as it should" 0 $?
	grep -v '"comm":"limits"' "$json" >"$dir/jsonl"
	lost=$(tail -n 1 "$json" | sed -n 's/.*"lost":{.*"total":\([0-9]*\)}.*/\1/p')
	if [ "$1" = syscalls ] && is_preemptible && [ "${lost:-0}" -gt 0 ]; then
		skip "$1: no refusal is lost" "programs on tracepoints are preempted here"
		echo "$lost" >"$dir/lost"
		return
	fi
	check_equal "$1: no refusal is lost" 0 "$lost"
	calls "$json" | grep '"comm":"limits"' >"$TMP/calls"
	check_equal "$1: five limits are hit" 5 "$(count_calls "$TMP/calls" '"errno":28,"error":"ENOSPC"')"
	check_equal "$1: limits are exact: $exact" 5 "$(count_calls "$TMP/calls" "\"exact\":$exact,")"
	line=0
	for name in SHMMNI SHMALL SEMMNI SEMMNS MSGMNI; do
		line=$((line + 1))
		key=$(echo "$name" | tr "[:upper:]" "[:lower:]")
		check_equal "$1: $name as it was" "$(grep "^$name " "$TMP/limits")" \
			"$name $(sed -n "${line}s/.*\"$key\":{\"used\":\([0-9]*\),\"limit\":\([0-9]*\)}.*/\1 \2/p" "$TMP/calls")"
	done
}

# Of what a terminal would obey nothing may be left; the machine's locale is C.
has_only_text() {
	[ "$(LC_ALL=C tr -d '\n -~' <"$1" | wc -c)" -eq 0 ]
}

# Numbers are those of the tracer's own pid namespace. Another tracer looks on from outside, if it may
# lose nothing by the other hooks.
test_pid_namespace() {
	json=/out/json/pidns
	outside=syscalls
	! is_preemptible || outside=functions
	shmtrace trace -q "--hooks=$outside" -e shmget -o "$TMP/text" -- \
		unshare -p -f --mount-proc shmtrace trace -q -e shmget -J -o "$json" -- \
		sh -c "$WORK/rename; exec $WORK/one" >"$TMP/rename"
	check_equal "in a pid namespace: exit status" 7 $?
	check_equal "in a pid namespace: the command's own pid" 1 \
		"$(calls "$json" | grep '"comm":"one"' | grep -c '"pid":[2-9],"tid":[2-9],')"
	# Those under hostile names, and one.
	made=$(($(sed 's/^shmget //' "$TMP/rename") + 1))
	check_equal "hostile names: every call is one line of text" "$made" \
		"$(grep -c ' shmget(.* = -1 ENOENT (No such file or directory) <[0-9.]*>$' "$TMP/text")"
	check_equal "hostile names: and of JSON" "$made" "$(count_calls "$json" '"call":"shmget"')"
	check "hostile names: the text is plain" has_only_text "$TMP/text"
}

# By the hooks that are on soonest: that it dies is nothing that hooks see.
test_death() {
	shmtrace trace -q --hooks=syscalls -e shmget -- sh -c 'kill -9 $$'
	check_equal "a command's death by SIGKILL becomes 137" 137 $?
}

# The kernel's verifier sees the code of a filter only when it is on.
test_filters() {
	json=/out/json/filters
	ns=$(stat -L -c %i /proc/self/ns/ipc)
	shmtrace trace -q "--hooks=$1" -x -E ENOENT -u root -n on --ipcns "$ns" --min-size 4k \
		-e shmget -J -o "$json" -- sh -c "$WORK/shm; $WORK/one"
	check_equal "$1: filters by caller and result" "1 of one" \
		"$(count_calls "$json" .) of $(calls "$json" | sed 's/.*"comm":"\([^"]*\)".*/\1/')"

	# Each of three rounds makes, attaches, removes and detaches one private segment.
	shmtrace trace -q "--hooks=$1" -e %shm -k 0 -J -o "$json" -- sh -c "$WORK/one; $WORK/threads 1 3"
	check_equal "$1: -k keeps the calls of the key's objects and no others" \
		"shmget shmat shmctl shmdt shmget shmat shmctl shmdt shmget shmat shmctl shmdt " \
		"$(calls "$json" | sed 's/.*"call":"\([^"]*\)".*/\1/' | tr '\n' ' ')"

	mkfifo "$TMP/go"
	sh -c "read go <$TMP/go; exec $WORK/burst 20" >/dev/null &
	pid=$!
	: >"$TMP/messages"
	shmtrace trace "--hooks=$1" -e shmctl -p "$pid" -J -o "$json" 2>"$TMP/messages" &
	tracer=$!
	wait_until 60 is_tracing
	"$WORK/burst" 1 >/dev/null
	echo >"$TMP/go"
	wait "$tracer"
	check_equal "$1: -p ends when the process has ended" 0 $?
	check_equal "$1: -p sees that process" 20 "$(count_calls "$json" "\"pid\":$pid,\"tid\":$pid,")"
	check_equal "$1: -p sees no other" 20 "$(count_calls "$json" .)"
	rm "$TMP/go"

	shmtrace trace -q "--hooks=$1" -e shmctl -i 7 --count 2 -J -o "$json" -- "$WORK/burst" 20 >/dev/null
	check_equal "$1: -i drops other ids" "0 0" "$? $(count_calls "$json" .)"
}

test_no_rights() {
	su tester -c "shmtrace trace -- $WORK/one" >"$TMP/refusal" 2>&1
	check_equal "without privileges: exit status 3" 3 $?
	check "without privileges: says what would do" grep -q "shmtrace: .*root.*doctor" "$TMP/refusal"
}

# The way of most hooks: where fentry does not attach to the wrappers, or not read their argument.
expected_way() {
	case $VM_KERNEL in
	x86_64-5.10) echo kprobe+fexit ;;
	arm64-5.10 | arm64-6.1 | *-7.2) echo kprobe ;;
	*) echo fentry ;;
	esac
}

# hook: the way that doctor says was chosen
way_of() {
	sed -n "s/.*\"$1\":{\"chosen\":\"\([^\"]*\)\".*/\1/p" /out/json/doctor
}

test_doctor() {
	shmtrace doctor -J >/out/json/doctor
	check_equal "doctor: exit status with --json" 0 $?
	check "doctor: tracing works" grep -q '"usable":true' /out/json/doctor
	check "doctor: names the kernel" grep -qF "\"kernel\":\"$(uname -r)\"" /out/json/doctor
	for hook in shmget shmat shmdt shmctl semget semctl msgget msgctl semop semtimedop msgsnd msgrcv; do
		check_equal "doctor: $hook" "$(expected_way)" "$(way_of "$hook")"
	done
	for hook in newseg newary newque; do
		check "doctor: $hook" test "$(way_of "$hook")" != none
	done
	if [ -e "$WORK/shm_32" ]; then
		check_equal "doctor: ipc_32" "$(expected_way)" "$(way_of ipc_32)"
	fi
	# It takes as long again, and its words are the same on every kernel that allows these hooks.
	if [ "$VM_KERNEL" = x86_64-6.12 ]; then
		shmtrace doctor >/out/doctor
		check_equal "doctor: exit status" 0 $?
		check "doctor: says how tracing works" \
			grep -q '^Tracing works, by function hooks' /out/doctor
	fi
	wait_until 20 is_state "$clean"
	check_equal "doctor: leaves nothing in the kernel" "$clean" "$(kernel_state)"
}

# Emulated machines are slow, and the sum of it all is limited.
timed() {
	begin=$(cut -d. -f1 /proc/uptime)
	"$@"
	note "$*: $(($(cut -d. -f1 /proc/uptime) - begin)) s"
}

clean=$(kernel_state)
timed test_auto
timed test_set syscalls --hooks=syscalls
for set in functions syscalls; do
	timed test_kill "$set"
	timed test_small_buffer "$set"
	timed test_default_buffer "$set"
	timed test_refusals "$set"
	timed test_filters "$set"
done
timed test_death
timed test_pid_namespace
timed test_no_rights
timed test_doctor

finish
