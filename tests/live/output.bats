#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Where the lines go and when: files, pipes and their ends, signals, colours, the summary.

load live.bash

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	own_namespace
}

HEADER='TIME            PID     COMM            CALL'
LINE='^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} [0-9]+ +one +shmget\(0x5a[0-9a-f]+, 4096, 0600\) = -1 ENOENT \(No such file or directory\) <[0-9]+\.[0-9]{6}>$'

@test "output: a header, one line a call, messages on standard error" {
	run -7 --separate-stderr "$SHMTRACE" trace -e shmget -- "$WORK/one"
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[0]}" = "$HEADER" ]
	[[ ${lines[1]} =~ $LINE ]]
	# shellcheck disable=SC2154 # run sets it
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[0]} == "shmtrace: tracing by "* ]]
	[[ ${stderr_lines[1]} =~ ^shmtrace:\ 1\ calls?,\ 1\ failed,\ 0\ lost,\ in\ [0-9]+\.[0-9]\ s$ ]]
}

@test "output: without a command trace is meant" {
	run -7 --separate-stderr "$SHMTRACE" -q -e shmget -- "$WORK/one"
	[[ $output =~ $LINE ]]
}

@test "output: -q has no header and no messages" {
	run -7 "$SHMTRACE" trace -q -e shmget -- "$WORK/one"
	[ "${#lines[@]}" -eq 1 ]
	[[ ${lines[0]} =~ $LINE ]]
}

@test "output: -o writes the same to a file, and replaces what was there" {
	seq 1000 >"$T/file"
	run -7 --separate-stderr "$SHMTRACE" trace -e shmget -o "$T/file" -- "$WORK/one"
	[ -z "$output" ]
	[ "$(wc -l <"$T/file")" -eq 2 ]
	[ "$(head -n1 "$T/file")" = "$HEADER" ]
	[[ $(tail -n1 "$T/file") =~ $LINE ]]
}

@test "output: -o into a folder that does not exist" {
	run -1 "$SHMTRACE" trace -o "$T/no/file" -- "$WORK/one"
	[ "$output" = "shmtrace: cannot open $T/no/file: No such file or directory" ]
}

# Two traces of one run, so that times and numbers are equal.
@test "output: colours are the same line with SGR around its parts" {
	local first
	start_trace --color=always --ipcns "$IPCNS" -o "$T/color"
	first=$TRACER
	start_trace --color=never --ipcns "$IPCNS" -o "$T/plain"
	inside "$WORK/shm"
	inside "$WORK/sem"
	end_trace
	# shellcheck disable=SC2030 # for end_trace
	TRACER=$first
	end_trace
	[ "$(wc -l <"$T/plain")" -gt 50 ]
	run ! grep -q $'\033' "$T/plain"
	grep -q $'\033''\[' "$T/color"
	# Times and durations are measured twice.
	strip() {
		sed -E '/ shmtrace /d; s/\x1b\[[0-9;]*m//g; s/^[0-9:.]+ //; s/ <[0-9.]+>$//' "$1"
	}
	diff <(strip "$T/color") <(strip "$T/plain")
	# Every colour is taken back before the line ends.
	run ! grep -vP '^[^\x1b]*$|\x1b\[0m[^\x1b]*$' "$T/color"
}

# script(1) gives a terminal: auto then means colours.
colored_on_terminal() {
	script -qec "$* $SHMTRACE trace -q -e shmget -- $WORK/one" /dev/null </dev/null | grep -q $'\033\\['
}

@test "output: colours on a terminal, none with NO_COLOR or TERM=dumb or into a pipe" {
	colored_on_terminal env TERM=xterm
	run ! colored_on_terminal env TERM=xterm NO_COLOR=1
	run ! colored_on_terminal env TERM=dumb
	colored_on_terminal env TERM=xterm NO_COLOR=
	run -7 "$SHMTRACE" trace -q -e shmget -- "$WORK/one"
	[[ $output != *$'\033'* ]]
}

@test "output: -c is a table of all calls at the end" {
	run -7 "$SHMTRACE" trace -q -c -e %ipc -o "$T/table" -- \
		sh -c "$WORK/burst 1234 >/dev/null; $WORK/one"
	cat "$T/table"
	[ "$(head -n1 "$T/table")" = "% time     seconds  usecs/call     calls    errors syscall" ]
	[ "$(awk '$NF == "shmctl" { print $4, $5 }' "$T/table")" = "1234 1234" ]
	[ "$(awk '$NF == "shmget" { print $4, $5 }' "$T/table")" = "1 1" ]
	[ "$(awk '$NF == "total" { print $1, $4, $5 }' "$T/table")" = "100.00 1235 1235" ]
	[ "$(wc -l <"$T/table")" -eq 6 ]
}

@test "output: a full disk is said, and the status is 1" {
	run -1 timeout 20 "$SHMTRACE" trace -e shmget -o /dev/full --ipcns "$IPCNS"
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[1]}" = "shmtrace: cannot write to /dev/full: No space left on device" ]
}

@test "output: a full disk, found at the first line" {
	start_trace -J -e shmget -o /dev/full --ipcns "$IPCNS"
	run -7 inside "$WORK/one"
	await_end
	[ "$status" -eq 1 ]
	[ "$(tail -n1 "$T/err")" = "shmtrace: cannot write to /dev/full: No space left on device" ]
}

@test "output: messages do not go into the file where standard error is closed" {
	"$SHMTRACE" trace -J -e shmget -o "$T/ours" -- "$WORK/one" >&- 2>&- || [ $? -eq 7 ]
	[ "$(jq -r .type "$T/ours" | xargs)" = "call end" ]
}

@test "output: a closed standard output is said" {
	# shellcheck disable=SC2016 # for the inner shell
	run -1 timeout 20 sh -c 'exec "$@" >&-' sh "$SHMTRACE" trace -e shmget --ipcns "$IPCNS"
	[ "${lines[1]}" = "shmtrace: cannot write to standard output: Bad file descriptor" ]
}

@test "output: a full disk does not keep a command from ending as it ends" {
	run -7 "$SHMTRACE" trace -q -J -e shmget -o /dev/full -- "$WORK/one"
	[ "$output" = "shmtrace: cannot write to /dev/full: No space left on device" ]
}

# The hooks come off one by one when the process ends, 70 ms each: a good second of the time allowed,
# which is doubled for busy machines.
@test "output: a reader that has had enough ends the trace quietly" {
	local before after
	mkfifo "$T/pipe"
	head -n1 "$T/pipe" >"$T/head" 3>&- &
	start_trace --ipcns "$IPCNS" -o "$T/pipe"
	await 5 test -s "$T/head"
	run -7 inside "$WORK/one"
	before=${EPOCHREALTIME/[.,]/}
	await_end
	after=${EPOCHREALTIME/[.,]/}
	[ "$status" -eq 0 ]
	[ $((after - before)) -lt 4000000 ]
	[ "$(cat "$T/head")" = "$HEADER" ]
	[ "$(wc -l <"$T/err")" -eq 1 ]
}

# shellcheck disable=SC2031 # start_trace sets it
@test "output: signals end the trace also while nobody reads its output" {
	mkfifo "$T/pipe"
	sleep 60 9<"$T/pipe" 3>&- &
	local reader=$!
	start_trace -e shmctl -o "$T/pipe"
	"$WORK/burst" 2000 >"$T/made"
	kill -TERM "$TRACER"
	sleep 1
	kill -0 "$TRACER"
	kill -TERM "$TRACER"
	await_end
	kill "$reader"
	[ "$status" -eq 1 ]
	[[ $(tail -n1 "$T/err") == "shmtrace: cannot write to $T/pipe: "* ]]
}

@test "output: a pipe that nobody opens is not waited for after a signal" {
	local status=0
	mkfifo "$T/pipe"
	"$SHMTRACE" trace -o "$T/pipe" 2>"$T/err" 3>&- &
	sleep 0.5
	kill -TERM $!
	await 10 ended $!
	wait $! || status=$?
	[ "$status" -eq 143 ]
}

@test "output: | head -1" {
	run -0 timeout 20 bash -c "(for i in {1..30}; do sleep 0.3; $WORK/one; done; true) >/dev/null 2>&1 3>&- &
		$SHMTRACE trace -q | head -n1
		exit \${PIPESTATUS[0]}"
	[ "${#lines[@]}" -eq 1 ]
}

# The hooks come off while calls are made: all that was received until then is there.
lose_nothing() {
	start_trace -J -e shmctl -n burst --ipcns "$IPCNS" -o "$T/ours"
	inside "$WORK/burst" 50000 >/dev/null
	end_trace "$1"
	[ "$(texts "$T/ours" | wc -l)" -eq 50000 ]
	jq -es '.[-1] | .type == "end" and .calls == 50000 and .lost.total == 0' "$T/ours"
	[[ $(tail -n1 "$T/err") == "shmtrace: 50000 calls, 50000 failed, 0 lost, in "* ]]
}

@test "output: SIGINT loses nothing and prints the summary" {
	lose_nothing INT
}

@test "output: SIGTERM loses nothing and prints the summary" {
	lose_nothing TERM
}

@test "output: SIGHUP loses nothing and prints the summary" {
	lose_nothing HUP
}

@test "output: nohup keeps the trace from ending with its terminal" {
	nohup "$SHMTRACE" trace -J -e shmget --ipcns "$IPCNS" -o "$T/ours" >"$T/err" 2>&1 3>&- </dev/null &
	TRACER=$!
	await 30 attached_or_ended
	kill -HUP "$TRACER"
	sleep 0.5
	run -7 inside "$WORK/one"
	end_trace
	[ "$(texts "$T/ours" | wc -l)" -eq 1 ]
}

@test "output: a signal in the middle of a stream: the end says how many lines there are" {
	inside "$WORK/burst" 0 1 4 >/dev/null 3>&- &
	start_trace -J -n burst --ipcns "$IPCNS" -o "$T/ours"
	sleep 1
	end_trace
	[ "$(grep -c '"type":"call"' "$T/ours")" -eq "$(tail -n1 "$T/ours" | jq .calls)" ]
	[ "$(tail -n1 "$T/ours" | jq .calls)" -gt 1000 ]
	valid <(tail -n 1000 "$T/ours")
}

# Calls that come one by one must not wait for a buffer to fill. Where the machine is busy with
# something else a line may take longer: hence half of them, and the slowest with a margin of 4.
@test "output: a line reaches a pipe within 100 ms" {
	mkfifo "$T/pipe"
	exec_inside python3 -uc "$CALLS
stamps = []
for line in open(sys.argv[1]):
    print(time.clock_gettime_ns(time.CLOCK_MONOTONIC))
" "$T/pipe" >"$T/arrived" 3>&- &
	start_trace -e shmget --ipcns "$IPCNS" -o "$T/pipe"
	calls '
for i in range(1, 31):
    time.sleep(0.151 + i % 7 * 0.013)
    print(time.clock_gettime_ns(time.CLOCK_MONOTONIC))
    shmget(i, 1, 0)' >"$T/made"
	sleep 0.3
	end_trace
	[ "$(wc -l <"$T/made")" -eq 30 ]
	sed -i 1d "$T/arrived" # the header
	[ "$(wc -l <"$T/arrived")" -eq 30 ]
	paste "$T/made" "$T/arrived" | awk '{ printf "%.3f\n", ($2 - $1) / 1e6 }' | sort -g >"$T/ms"
	echo "# median $(sed -n 15p "$T/ms") ms, longest $(tail -n1 "$T/ms") ms" >&3
	[ "$(sed -n '15s/\..*//p' "$T/ms")" -lt 100 ]
	[ "$(sed -n '30s/\..*//p' "$T/ms")" -lt 400 ]
}

@test "output: every line of a mixed run is valid JSON by the schema" {
	start_trace -J -e %ipc --ipcns "$IPCNS" -o "$T/ours" --buffer 16384
	inside bash -c "for w in shm sem msg 'random 3 3000' threads fork signal rename 'burst 20000'
		do $WORK/\$w; done" >"$T/work"
	end_trace
	valid "$T/ours"
	[ "$(jq -r .type "$T/ours" | sort -u | grep -v suppressed | xargs)" = "call end limit lost" ]
	# Which ones are lost is chance.
	[ "$(jq -r 'select(.type == "call").call' "$T/ours" | sort -u | wc -l)" -ge 8 ]
}
