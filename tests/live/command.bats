#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# trace -- CMD: the command is seen from its first call on, with its descendants and nobody else,
# and shmtrace ends as it ended. However shmtrace ends, nothing of it stays in the kernel.

load live.bash

# What the tracer holds in the kernel, by its own file descriptors: prog, map and link, and their ids.
held_by_tracer() {
	cat "/proc/$TRACER"/fdinfo/* | sed -nE 's/^(prog|map|link)_id:[ \t]*/\1 /p' | sort -u
}

# Of those in $T/held, none is in the kernel any more; the names of those that are in $T/left.
all_gone() {
	local kind id
	while read -r kind id; do
		bpftool -j "$kind" show id "$id" 2>/dev/null | grep '"id"' || true
	done <"$T/held" >"$T/left"
	[ ! -s "$T/left" ]
}

pins() {
	find /sys/fs/bpf -mindepth 1 2>/dev/null | sort
}

hold() {
	held_by_tracer >"$T/held"
	pins >"$T/pins"
	[ "$(grep -c '^link' "$T/held")" -ge 16 ]
	# An entry for each of eight calls, and one exit for all of them.
	[ "$(grep -c '^prog' "$T/held")" -ge 9 ]
	[ "$(grep -c '^map' "$T/held")" -ge 5 ]
	run ! all_gone
}

@test "command: its very first call is seen, and its status is ours" {
	run -7 "$SHMTRACE" trace -q -J -o "$T/ours" -- "$WORK/one"
	[ -z "$output" ]
	[ "$(texts "$T/ours" | wc -l)" -eq 1 ]
	texts "$T/ours" | grep -x 'shmget(0x5a[0-9a-f]*, 4096, 0600) = -1 ENOENT (No such file or directory)'
	[ "$(jq -r 'select(.type == "call").comm' "$T/ours")" = one ]
}

@test "command: the first call is seen each time" {
	for _ in 1 2 3 4 5 6 7 8; do
		run -7 "$SHMTRACE" trace -q -J -e shmget -o "$T/ours" -- "$WORK/one"
		[ "$(texts "$T/ours" | wc -l)" -eq 1 ]
	done
}

@test "command: exit status 0" {
	run -0 "$SHMTRACE" trace -q -e shmget -o /dev/null -- true
	[ -z "$output" ]
}

@test "command: exit status 255" {
	run -255 "$SHMTRACE" trace -q -e shmget -o /dev/null -- sh -c 'exit 255'
}

@test "command: killed by SIGTERM gives 143" {
	# shellcheck disable=SC2016
	run -143 "$SHMTRACE" trace -q -e shmget -o /dev/null -- sh -c 'kill -TERM $$'
}

@test "command: killed by SIGKILL gives 137" {
	# shellcheck disable=SC2016
	run -137 "$SHMTRACE" trace -q -e shmget -o /dev/null -- sh -c 'kill -KILL $$'
}

@test "command: not found gives 127 and a message" {
	run -127 "$SHMTRACE" trace -q -e shmget -o /dev/null -- ./no-such-program
	[ "$output" = "shmtrace: cannot start ./no-such-program: No such file or directory" ]
}

@test "command: not executable gives 126 and a message" {
	run -126 "$SHMTRACE" trace -q -e shmget -o /dev/null -- tests/work/README.md
	[ "$output" = "shmtrace: cannot start tests/work/README.md: Permission denied" ]
	run -126 "$SHMTRACE" trace -q -e shmget -o /dev/null -- /
	[ "$output" = "shmtrace: cannot start /: Permission denied" ]
}

@test "command: standard input, output and error are its own" {
	echo "passed through" | "$SHMTRACE" trace -q -e shmget -o "$T/ours" -- \
		sh -c 'cat; echo to-error >&2' >"$T/out" 2>"$T/err"
	diff "$T/out" <(echo "passed through")
	diff "$T/err" <(echo to-error)
}

@test "command: it inherits no file descriptor of shmtrace" {
	"$SHMTRACE" trace -q -e shmget -o "$T/ours" -- ls /proc/self/fd >"$T/out"
	ls /proc/self/fd >"$T/want"
	diff "$T/out" "$T/want"
}

@test "command: its signals are as they were, none blocked and none ignored" {
	"$SHMTRACE" trace -q -e shmget -o "$T/ours" -- \
		grep -E '^Sig(Blk|Ign)' /proc/self/status >"$T/out" 3>&-
	diff "$T/out" <(grep -E '^Sig(Blk|Ign)' /proc/self/status)
}

@test "command: its privileges are as they were" {
	"$SHMTRACE" trace -q -e shmget -o "$T/ours" -- \
		grep -E '^(Cap|NoNewPrivs)' /proc/self/status >"$T/out"
	diff "$T/out" <(grep -E '^(Cap|NoNewPrivs)' /proc/self/status)
}

@test "command: a tree of processes is followed, with all that it calls" {
	"$SHMTRACE" trace -q -J -o "$T/ours" -- \
		strace -f -a1 -e trace=%ipc -o "$T/theirs" -e verbose=none "$WORK/fork"
	"$LIVE/words_compare" "$T/theirs" "$T/ours"
	[ "$(jq -s 'map(.pid) | unique | length' "$T/ours")" -ge 17 ]
}

@test "command: what has left its parent is followed until the command ends" {
	"$SHMTRACE" trace -q -J -o "$T/ours" -- \
		sh -c "(setsid sh -c '$WORK/one; : >$T/called' &)
			while ! [ -e $T/called ]; do sleep 0.02; done"
	[ "$(jq -rs 'map(select(.call == "shmget").comm) | join(" ")' "$T/ours")" = one ]
}

@test "command: calls of others at the same time are not shown" {
	"$WORK/burst" 0 1 60 >"$T/others" 3>&- &
	CALLER=$!
	run -7 "$SHMTRACE" trace -q -J -o "$T/ours" -- sh -c "sleep 0.3; exec $WORK/one"
	kill -0 "$CALLER"
	[ "$(texts "$T/ours" | wc -l)" -eq 1 ]
	texts "$T/ours" | grep '^shmget(0x5a'
}

@test "command: Ctrl-C ends the command, and what it called is printed" {
	start_trace -J -o "$T/ours" -- sh -c "$WORK/one; trap 'exit 5' INT; echo > $T/ready; sleep 20 & wait"
	await 10 test -e "$T/ready"
	kill -INT "$TRACER"
	await_end
	[ "$status" -eq 5 ]
	[ "$(texts "$T/ours" | wc -l)" -eq 1 ]
	jq -es '.[-1].type == "end"' "$T/ours"
}

# After SIGKILL the kernel takes the tracepoint programs off one by one, 70 ms each.
@test "kill -9 of shmtrace leaves no program, link, map or pin" {
	start_trace -k 0x1234 -o "$T/ours"
	hold
	kill -KILL "$TRACER"
	wait "$TRACER" || true
	TRACER=
	await 10 all_gone
	diff "$T/pins" <(pins)
}

@test "an ordinary end leaves no program, link, map or pin" {
	start_trace -k 0x1234 -o "$T/ours"
	hold
	end_trace
	await 10 all_gone
	diff "$T/pins" <(pins)
}
