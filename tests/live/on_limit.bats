#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# trace --on-limit: the command runs when a get fails for want of something, with the truth in its
# environment; whatever it does, the trace goes on.

load live.bash

# Each run leaves its environment in a file of its own.
recorder() {
	echo "env -0 >$T/run.new && mv $T/run.new $T/run.\$SHMTRACE_TIME"
}

runs() {
	find "$T" -name 'run.2*' | sort
}

there_are_runs() {
	[ "$(runs | wc -l)" -ge "$1" ]
}

# Of the last run, or of that file: name, file.
value() {
	local file=${2:-$(runs | tail -n1)}
	grep -qz "^SHMTRACE_$1=" "$file" || { echo "no SHMTRACE_$1 in $file" >&2; return 1; }
	sed -zn "s/^SHMTRACE_$1=//p" "$file" | tr -d '\0'
}

# "NAME VALUE NAME VALUE…" of the last run are these.
values_are() {
	local got=()
	for ((i = 1; i <= $#; i += 2)); do
		got+=("${!i}" "$(value "${!i}")")
	done
	diff <(printf '%s=%s\n' "$@") <(printf '%s=%s\n' "${got[@]}")
}

# A limit of our own namespace, never the host's: file, value.
lower() {
	[ -n "$KEEPER" ]
	# shellcheck disable=SC2016 # expanded inside
	inside sh -c 'echo "$2" >"/proc/sys/kernel/$1"' _ "$1" "$2"
}

# Of our own namespace alone: others may be at their limits too.
traced() {
	start_trace -J -o "$T/json" --ipcns "$IPCNS" "$@"
}

# The helper between shmtrace and the command.
helper() {
	ps -o pid= --ppid "$TRACER" | tr -d ' '
}

says() {
	grep -q "$1" "$T/err"
}

shown() {
	[ "$(texts "$T/json" | wc -l)" -eq "$1" ]
}

# The trace is complete, and nothing was lost.
at_end() {
	jq -es '.[-1].type == "end" and .[-1].lost.total == 0' "$T/json" >"$T/jq"
}

without_bpf() {
	! find "/proc/$TRACER/fd" -type l -printf '%l\n' | grep -q bpf
}

# As its new parent may not have waited for it yet.
gone_or_zombie() {
	[ ! -e "/proc/$1/status" ] || grep -q '^State:.*Z' "/proc/$1/status"
}

# What every limit of its namespace is at, and who failed: limit, call, of `limits`.
right_for() {
	local name used limit
	own_namespace
	rm -f "$T"/run.*
	inside "$SHMTRACE" trace -q -J -e "$2" -o "$T/json" --on-limit "$(recorder)" -- \
		"$WORK/limits" "$1" >"$T/said"
	read -r name used limit <"$T/said"
	[ "$(runs | wc -l)" -eq 1 ]
	values_are CALL "$2" ERROR ENOSPC CAUSE limit LIMIT "$name" USED "$used" VALUE "$limit" \
		UID 0 COMM limits ORPHANED 0 HOLDER limits HOLDER_UID 0 HOLDER_AMOUNT "$used" MISSED 0

	# And all that the stream says.
	jq -r 'select(.type == "limit") | {time, pid, tid, uid, comm, ipcns, call, error, cause,
			certainty, limit, used, value, wanted, orphaned: .usage.orphaned,
			holder: .usage.holders[0].comm, holder_pid: .usage.holders[0].pid,
			holder_uid: .usage.holders[0].uid, holder_amount: .usage.holders[0].amount,
			remedy: (.remedy.remove // .remedy.raise)}
		| to_entries[] | "\(.key | ascii_upcase) \(.value)"' "$T/json" >"$T/stream"
	[ "$(wc -l <"$T/stream")" -eq 20 ]
	while read -r name used; do
		[ "$(value "$name")" = "$used" ] || { echo "$name: $(value "$name"), not $used"; return 1; }
	done <"$T/stream"
	kill "$KEEPER"
}

@test "on-limit: the variables are right: SHMMNI" {
	right_for shmmni shmget
	[ "$(value WANTED)" = 1 ]
}

@test "on-limit: the variables are right: SHMALL" {
	right_for shmall shmget
	[ "$(value WANTED)" = 3 ]
}

@test "on-limit: the variables are right: SEMMNI" {
	right_for semmni semget
}

@test "on-limit: the variables are right: SEMMNS" {
	right_for semmns semget
	[ "$(value WANTED)" = 4 ]
}

@test "on-limit: the variables are right: MSGMNI" {
	right_for msgmni msgget
}

@test "on-limit: SHMTRACE_TEXT is what stands below the call" {
	"$SHMTRACE" trace -q -x -o "$T/text" --on-limit "$(recorder)" -- "$WORK/limits" semmni
	[ "$(wc -l <"$T/text")" -ge 3 ]
	diff <(value TEXT; echo) <(sed -n '/ENOSPC/,$p' "$T/text" | sed '1d; s/^ *//')
	# The workload has a namespace of its own, and is the way into it.
	[ "$(value REMEDY)" = "nsenter -t $(value PID) -i sysctl -w 'kernel.sem=250 1000 100 12'" ]
}

@test "on-limit: the variables are those of the manual page" {
	"$SHMTRACE" trace -q -x -o "$T/text" --on-limit "$(recorder)" -- "$WORK/limits" msgmni
	# The tests themselves may have been given SHMTRACE_BUILD.
	diff <(grep '^\*SHMTRACE_' man/shmtrace-trace.1.scd | tr -d ' *' | tr , '\n' | sort) \
		<(sed -zn 's/^\(SHMTRACE_[A-Z_]*\)=.*/\1\n/p' "$(runs)" | tr -d '\0' |
			grep -v '^SHMTRACE_BUILD$' | sort)
}

@test "on-limit: orphans, their maker, and the remedy" {
	local maker
	own_namespace
	lower shmmni 5
	traced --on-limit "$(recorder)"
	maker=$(calls 'rename("maker"); [shmget(0, 4096, 0o1600) for _ in range(4)]; print(os.getpid())')
	calls 'rename("victim"); shmget(0, 4096, 0o1600); assert shmget(0, 4096, 0o1600) == -1'
	await 10 there_are_runs 1
	end_trace
	values_are COMM victim LIMIT SHMMNI ORPHANED 4 HOLDER maker HOLDER_PID "$maker" HOLDER_AMOUNT 4 \
		REMEDY "shmtrace rm" IPCNS "$IPCNS"
}

@test "on-limit: a bound of one object counts, and has no use" {
	own_namespace
	lower shmmax 8192
	traced --on-limit "$(recorder)"
	calls 'assert shmget(0, 8193, 0o1600) == -1'
	await 10 there_are_runs 1
	end_trace
	values_are CALL shmget ERROR EINVAL CAUSE limit LIMIT SHMMAX USED '' VALUE 8192 WANTED 8193 \
		HOLDER '' ORPHANED '' REMEDY "sysctl -w kernel.shmmax=16384"
}

@test "on-limit: not for what lacks nothing" {
	own_namespace
	traced --on-limit "$(recorder)"
	calls '
assert shmget(77, 4096, 0o1600) >= 0
assert shmget(77, 4096, 0o3600) == -1  # exists
assert shmget(77, 8192, 0o1600) == -1  # smaller
assert shmget(78, 0, 0o1600) == -1     # no bytes
assert semget(78, 0, 0o1600) == -1     # no semaphores
assert semget(78, -1, 0o1600) == -1
assert msgget(78, 0o600) == -1         # no such key'
	sleep 0.5
	end_trace
	[ "$(texts "$T/json" | grep -c ' = -1 ')" -eq 6 ]
	[ -z "$(runs)" ]
	run ! says on-limit
}

escaped() {
	python3 -c 'import sys; print(sys.argv[1].replace("\\", "\\\\").replace("\n", "\\x0a"))' "$1"
}

@test "on-limit: names of others are never run" {
	local name n=0
	own_namespace
	lower msgmni 0
	cd "$T" || return
	traced --on-limit "$(recorder); echo \$SHMTRACE_COMM \$SHMTRACE_TEXT >/dev/null"
	# shellcheck disable=SC2016,SC1003
	for name in '$(touch x)' '`touch x`' "';touch x;'" '";touch x;"' $'a\ntouch x\n' '|touch x #' \
		$'\nSHMTRACE_X=1\n' '\'; do
		calls 'rename(sys.argv[1]); assert msgget(0, 0o600) == -1' "$name"
		await 10 there_are_runs $((++n))
		[ "$(value COMM)" = "$(escaped "$name")" ]
		[ ! -e "$T/x" ]
		# One a second is explained.
		sleep 1.1
	done
	end_trace
	[ "$n" -eq 8 ]
	[ ! -e "$T/x" ]
	run ! grep -qz '^SHMTRACE_X=' "$T"/run.2*
	run ! says on-limit
}

@test "on-limit: one at a time, and every failure is told or counted" {
	local total=0 file
	own_namespace
	lower msgmni 0
	lower shmmni 0
	traced --on-limit "echo begin >>$T/log; $(recorder); sleep 1.3; echo end >>$T/log"
	calls '
for i in range(150):
    assert msgget(0, 0o600) == -1
    if i % 3 == 0:
        assert shmget(0, 4096, 0o600) == -1
    time.sleep(0.03)'
	end_trace
	there_are_runs 3
	diff "$T/log" <(for file in $(runs); do printf 'begin\nend\n'; done)
	for file in $(runs); do
		total=$((total + 1 + $(value MISSED "$file")))
	done
	# The last ones found the command running: the end says how many.
	says 'since the last run'
	total=$((total + $(sed -nE 's/.*--on-limit: ([0-9]+) failures? since the last run.*/\1/p' "$T/err")))
	[ "$total" -eq 200 ]
	[ "$(texts "$T/json" | grep -c ENOSPC)" -eq 200 ]
}

@test "on-limit: a command that fails is named, and the trace goes on" {
	own_namespace
	lower msgmni 0
	traced --on-limit "case \$SHMTRACE_COMM in
		status) exit 3 ;; signal) kill -SEGV \$\$ ;; missing) exec /no/such/command ;; esac"
	calls 'rename("status"); msgget(0, 0o600)'
	await 10 says 'shmtrace: --on-limit: the command ([0-9]*) ended with status 3$'
	sleep 1.1
	calls 'rename("signal"); msgget(0, 0o600)'
	await 10 says 'shmtrace: --on-limit: the command ([0-9]*) was killed by SIGSEGV$'
	sleep 1.1
	calls 'rename("missing"); msgget(0, 0o600)'
	await 10 says 'shmtrace: --on-limit: the command ([0-9]*) ended with status 127$'
	calls 'for _ in range(100): shmget(0x1234, 4096, 0o600)'
	end_trace
	shown 103
	at_end
}

@test "on-limit: a command that hangs delays nothing, and is left to itself" {
	local hanging
	own_namespace
	lower msgmni 0
	traced --on-limit "echo \$\$ >$T/pid; exec sleep 60"
	calls 'msgget(0, 0o600)'
	await 10 test -s "$T/pid"
	hanging=$(cat "$T/pid")
	calls 'for _ in range(100): shmget(0x1234, 4096, 0o600)'
	await 5 shown 101
	SECONDS=0
	end_trace
	[ "$SECONDS" -le 10 ]
	says "the command ($hanging) still runs, and is left to itself"
	[ "$(cat "/proc/$hanging/comm")" = sleep ]
	kill "$hanging"
	at_end
}

@test "on-limit: a second signal ends the wait for the command" {
	local since
	own_namespace
	lower msgmni 0
	traced --on-limit "echo \$\$ >$T/pid; exec sleep 60"
	calls 'msgget(0, 0o600)'
	await 10 test -s "$T/pid"
	kill -INT "$TRACER"
	# It waits once all hooks are off.
	await 20 without_bpf
	since=$(date +%s%N)
	kill -INT "$TRACER"
	await_end
	[ $((($(date +%s%N) - since) / 1000000)) -lt 1500 ]
	[ "$status" -eq 0 ]
	says 'is left to itself'
	kill "$(cat "$T/pid")"
}

@test "on-limit: what ends the trace is still told" {
	own_namespace
	lower msgmni 0
	traced --count 1 -E ENOSPC --on-limit "sleep 1.8; $(recorder); exit 4"
	calls 'msgget(0, 0o600)'
	await_end
	[ "$status" -eq 0 ]
	[ "$(runs | wc -l)" -eq 1 ]
	says 'ended with status 4'
}

# Long enough for a second run, were its own failures to count: alike ones are explained once a
# second.
@test "on-limit: failures of the command and its descendants run nothing" {
	own_namespace
	lower msgmni 0
	traced --on-limit "$(recorder); ipcmk -Q
		(sleep 1.2; ipcmk -Q; setsid sh -c 'sleep 1.2; ipcmk -Q; echo >$T/last') & true"
	calls 'msgget(0, 0o600)'
	await 15 test -e "$T/last"
	sleep 0.5
	[ "$(runs | wc -l)" -eq 1 ]
	[ "$(texts "$T/json" | grep -c ENOSPC)" -eq 4 ]
	# They are explained all the same, and counted nowhere.
	[ "$(jq -s 'map(select(.type == "limit" and .comm == "ipcmk")) | length' "$T/json")" -ge 2 ]
	sleep 1
	calls 'msgget(0, 0o600)'
	await 10 there_are_runs 2
	[ "$(value MISSED)" = 0 ]
	end_trace
	await 10 test -e "$T/last"
}

@test "on-limit: the command has the rights and the niceness that shmtrace was started with" {
	own_namespace
	lower msgmni 0
	traced --on-limit "grep -E '^(Cap|NoNewPrivs)' /proc/self/status >$T/rights
		nice >$T/nice; ls -l /proc/self/fd >$T/fds; cut -d' ' -f6 /proc/\$PPID/stat >$T/session; $(recorder)"
	calls 'msgget(0, 0o600)'
	await 10 there_are_runs 1
	diff "$T/rights" <(grep -E '^(Cap|NoNewPrivs)' /proc/self/status)
	# shmtrace itself has given them up.
	run ! diff -q <(grep ^CapEff "$T/rights") <(grep ^CapEff "/proc/$TRACER/status")
	[ "$(cat "$T/nice")" = "$(nice)" ]
	# 3 is the directory that is listed.
	diff <(awk 'NF > 8 { print $9 }' "$T/fds") <(printf '%s\n' 0 1 2 3)
	grep -q ' 0 -> /dev/null$' "$T/fds"
	[ "$(cat "$T/session")" = "$(helper)" ]
	end_trace
}

@test "on-limit: the command's output goes to standard error, and the trace is as it was" {
	own_namespace
	"$SHMTRACE" trace -J --on-limit 'echo to-output; echo to-error >&2; cat' -- \
		"$WORK/limits" msgmni >"$T/out" 2>"$T/err"
	grep -v '^MSGMNI' "$T/out" >"$T/json"
	at_end
	run ! grep -q 'to-' "$T/out"
	says '^to-output$'
	says '^to-error$'
}

@test "on-limit: the process between holds nothing of BPF and leaves with shmtrace" {
	local between
	own_namespace
	lower msgmni 0
	traced --on-limit true
	between=$(helper)
	[ "$(cat "/proc/$between/comm")" = shmtrace-run ]
	find "/proc/$between/fd" -type l -printf '%f %l\n' | sort >"$T/fds"
	cat "$T/fds"
	[ "$(wc -l <"$T/fds")" -eq 5 ]
	run ! grep -qE 'bpf|perf_event|json' "$T/fds"
	end_trace
	ended "$between"
}

@test "on-limit: no zombie is left by runs" {
	own_namespace
	lower msgmni 0
	traced --on-limit "sleep 0.1 & $(recorder)"
	calls 'msgget(0, 0o600)'
	await 10 there_are_runs 1
	sleep 0.5
	[ -z "$(ps -o pid= --ppid "$(helper)")" ]
	end_trace
}

@test "on-limit: kill -9 of shmtrace leaves nothing but the command, which ends as it would" {
	local between
	own_namespace
	lower msgmni 0
	traced --on-limit "echo >$T/begun; sleep 2; echo >$T/done"
	between=$(helper)
	calls 'msgget(0, 0o600)'
	await 10 test -e "$T/begun"
	kill -KILL "$TRACER"
	wait "$TRACER" || true
	TRACER=
	await 1 gone_or_zombie "$between"
	[ ! -e "$T/done" ]
	await 10 test -e "$T/done"
}

@test "on-limit: the end of the process between is said, and the trace goes on" {
	local between
	own_namespace
	lower msgmni 0
	traced --on-limit "$(recorder)"
	between=$(helper)
	kill -KILL "$between"
	await 5 says 'the command is run no more'
	# Waited for: no zombie.
	await 5 ended "$between"
	calls 'msgget(0, 0o600)'
	end_trace
	shown 1
	[ -z "$(runs)" ]
	[ "$(grep -c on-limit "$T/err")" -eq 2 ]
	says '1 failure since the last run, of which none was told'
}
