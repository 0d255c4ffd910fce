#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# `shmtrace top` tells what known processes have made, hold and have left in a namespace of our own; when
# it reports, and how it ends. Whether the ledger is right at every moment is the storm's matter.

# shellcheck disable=SC2016 # for jq

load live.bash

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	own_namespace
}

reports() { # file, how many
	[ "$(grep -c '^{"type":"ledger"\|^ledger: ' "$1")" -ge "$2" ]
}

# A report at once, when this returns: file, which one it is
let_report() {
	kill -USR1 "$TRACER"
	await 10 reports "$@"
}

# Of what a report in JSON has, what jq says: file, filter (with $ns)
report() {
	jq -r --argjson ns "$IPCNS" "$2" "$1"
}

# Two mappings in one segment, an idle one, one marked; a set; then calls that fail.
HOLDER=('rename("holder"); a = shmget(0x71, 8192, CREAT | 0o600); shmat(a, 0, 0); shmat(a, 0, 0)'
	'shmget(0x72, 4096, CREAT | 0o640); d = shmget(0, 4096, 0o600); shmat(d, 0, 0); shmctl(d, RMID, 0)'
	'semget(0x73, 3, CREAT | 0o600); [shmget(0x7000, 1, 0) for i in range(4)]; semget(0x73, 9, 0)')
LEAKER='rename("leaker"); shmget(0, 1000000, 0o600); semget(0, 2, 0o600); msgget(0, 0o600); sys.exit(3)'

start_workload() {
	local line
	start_caller
	for line in "${HOLDER[@]}"; do
		order "$line"
	done
	LEAKER_PID=$(calls "print(os.getpid(), flush=True); $LEAKER" || true)
}

@test "top: objects and holders, states and creators, as JSON by the schema" {
	start_top "$T/top" --batch -J -d 1h
	start_workload
	let_report "$T/top" 1
	end_trace TERM
	valid "$T/top"
	diff <(report "$T/top" 'select(.type == "object" and .ipcns == $ns) |
			"\(.kind) \(.key) \(.size) \(.nattch) \(.state) \(.known) \(.creator_comm) \(.creator_alive)"' |
		sort) - <<-END
		msg 0 0 0 orphan observed leaker false
		sem 0 2 0 orphan observed leaker false
		sem 115 3 0 in-use observed holder true
		shm 0 1000000 0 orphan observed leaker false
		shm 0 4096 1 doomed observed holder true
		shm 113 8192 2 in-use observed holder true
		shm 114 4096 0 idle observed holder true
	END
	# Another shmtrace on the machine looks at sets and queues, which counts as use.
	diff <(report "$T/top" 'select((.type == "attachment" or .type == "user") and .ipcns == $ns and
			.comm != "shmtrace") | "\(.type) \(.kind) \(.pid) \(.mappings)"' | sort) - <<-END
		attachment shm $CALLER 1
		attachment shm $CALLER 2
		user sem $CALLER null
	END
	[ "$(report "$T/top" 'select(.type == "namespace" and .ipcns == $ns) |
		"\(.segments) \(.pages) \(.sets) \(.semaphores) \(.queues) \(.orphans) \(.limits.shmmni.limit)"')" \
		= "4 249 2 5 1 3 4096" ]
}

@test "top: processes, their calls and errors, and how they ended" {
	start_top "$T/top" -J -d 1h
	start_workload
	let_report "$T/top" 1
	end_trace
	diff <(report "$T/top" "select(.type == \"process\" and .pid == $CALLER) |
		del(.version, .parent, .uid, .container)" | jq -Sc .) - <<-END
		{"alive":true,"attached":2,"attached_bytes":12288,"calls":13,"comm":"holder","created":4,"enospc":0,"errors":{"EINVAL":1,"ENOENT":4},"existing":4,"existing_bytes":16384,"failed":5,"leaked":0,"peak_bytes":12288,"pid":$CALLER,"signal":null,"status":null,"type":"process"}
	END
	[ "$(report "$T/top" "select(.type == \"process\" and .pid == $LEAKER_PID) |
		\"\(.comm) \(.alive) \(.status) \(.signal) \(.created) \(.existing) \(.existing_bytes) \(.leaked)\"")" \
		= "leaker false 3 null 3 3 1000000 3" ]
	# Of those that have nothing to do with it nothing is said.
	[ -z "$(report "$T/top" "select(.type == \"process\" and .pid == $KEEPER)")" ]
}

@test "top: what was there before is inferred, and a set of nobody is not called unused" {
	calls 'semget(0, 2, 0o600); shmget(0x11, 4096, CREAT | 0o600)'
	start_caller
	order 'shmat(shmget(0, 4096, 0o600), 0, 0)'
	start_top "$T/top" -J -n 1 -d 0.1
	await_end
	valid "$T/top"
	[ "$status" -eq 0 ]
	diff <(report "$T/top" 'select(.type == "object" and .ipcns == $ns) |
			"\(.kind) \(.key) \(.state) \(.known) \(.creator_alive) \(.created)"' | sort) - <<-END
		sem 0 unknown inferred null null
		shm 0 in-use inferred true null
		shm 17 orphan inferred false null
	END
}

@test "top: text has the same, and a detach by the end of a process is seen" {
	start_top "$T/top" --batch -d 1h --sort leaked
	start_workload
	let_report "$T/top" 1
	kill -KILL "$CALLER"
	await 10 ended "$CALLER"
	let_report "$T/top" 2
	end_trace
	diff <(sed '/^$/,$!d' "$T/top" | awk -v ns="$IPCNS" '$10 == ns { print $1, $3, $4, $5, $6, $7, $9 }') - <<-END
		shm 0x00000000 977K 0 orphan observed leaker
		shm 0x00000071 8192 2 in-use observed holder
		shm 0x00000072 4096 0 idle observed holder
		shm 0x00000000 4096 1 doomed observed holder
		sem 0x00000073 3 0 in-use observed holder
		sem 0x00000000 2 0 orphan observed leaker
		msg 0x00000000 0 0 orphan observed leaker
		shm 0x00000000 977K 0 orphan observed leaker
		shm 0x00000071 8192 0 orphan observed holder
		shm 0x00000072 4096 0 orphan observed holder
		sem 0x00000073 3 0 orphan observed holder
		sem 0x00000000 2 0 orphan observed leaker
		msg 0x00000000 0 0 orphan observed leaker
	END
	# Without the last column: it tells where this test runs.
	diff <(awk -v a="$CALLER" -v b="$LEAKER_PID" '/^PID/ { end = index($0, " CONTAINER") }
			$1 == a || $1 == b { $0 = substr($0, 1, end); $1 = ""; print }' "$T/top" |
		sed 's/^ //' | LC_ALL=C sort) - <<-END
		holder SIGKILL 13 5 0 4 3 12.0K 0 3
		holder alive 13 5 0 4 4 16.0K 12.0K 0
		leaker exit 3 3 0 0 3 3 977K 0 3
		leaker exit 3 3 0 0 3 3 977K 0 3
	END
	grep -q "^ipc:\[$IPCNS\]  4 of 4096 segments (249 pages), 2 of 32000 sets (5 semaphores), 1 of 32000 queues; 3 orphaned$" "$T/top"
}

@test "top: semaphores are counted, and not by 1024" {
	calls 'semget(0x75, 32000, CREAT | 0o600)'
	"$SHMTRACE" top --batch -d 0.2 -n 1 >"$T/top" 2>"$T/err"
	grep -qE "^sem +[0-9]+ +0x00000075 +32000 .* $IPCNS( |\$)" "$T/top"
}

# Of the holder there are more calls, of the leaker more bytes.
first_of_both() { # file
	awk -v a="$CALLER" -v b="$LEAKER_PID" '$1 == a || $1 == b { print $1; exit }' "$1"
}

@test "top: --sort puts the process with most in front" {
	local first
	start_top "$T/calls" --batch --sort calls -d 1h
	first=$TRACER
	start_top "$T/bytes" --batch --sort bytes -d 1h
	start_workload
	kill -USR1 "$first" "$TRACER"
	await 10 reports "$T/calls" 1
	await 10 reports "$T/bytes" 1
	end_trace
	# shellcheck disable=SC2030 # for end_trace
	TRACER=$first
	end_trace
	[ "$(first_of_both "$T/calls")" = "$CALLER" ]
	[ "$(first_of_both "$T/bytes")" = "$LEAKER_PID" ]
}

@test "top: -p leaves out what others made" {
	start_workload
	start_top "$T/top" -J -p "$CALLER" -n 1 -d 0.1
	await_end
	valid "$T/top"
	[ "$(jq -r 'select(.type == "process" or .type == "attachment" or .type == "user").pid' "$T/top" | sort -u)" \
		= "$CALLER" ]
	[ "$(jq -r 'select(.type == "object") | "\(.kind) \(.creator)"' "$T/top" | sort | uniq -c | xargs)" \
		= "3 shm $CALLER" ]
	[ -z "$(jq -r 'select(.type == "namespace")' "$T/top")" ]
	start_top "$T/text" --batch -p "$CALLER" -n 1 -d 0.1
	await_end
	run ! grep -q 'leaker\|^ipc:' "$T/text"
	[ "$(grep -c "^shm .* $CALLER " "$T/text")" -eq 3 ]
}

@test "top: -d and -n: so many reports, so far apart" {
	start_top "$T/top" -J -d 0.5 -n 3
	await_end
	[ "$status" -eq 0 ]
	[ "$(grep -c '"type":"ledger"' "$T/top")" -eq 3 ]
	[ "$(tail -n1 "$T/top" | jq -r .type)" = ledger ]
	# One may come late on a busy machine, and the next is then sooner; together they take a second.
	python3 - "$T/top" <<-'END'
		import json, sys
		times = [t["time"] for t in map(json.loads, open(sys.argv[1])) if t["type"] == "ledger"]
		seconds = [int(t[17:19]) + float("0" + t[19:-1]) for t in times]
		assert 0.6 < (seconds[2] - seconds[0]) % 60, times
	END
}

@test "top: SIGUSR1 prints at once, SIGTERM ends it with nothing more" {
	start_top "$T/top" -J -d 1h
	[ ! -s "$T/top" ]
	let_report "$T/top" 1
	end_trace TERM
	reports "$T/top" 1
	run ! reports "$T/top" 2
	# Nothing went wrong, so nothing more is said.
	[ "$(wc -l <"$T/err")" -eq 1 ]
}

@test "top: a reader that has had enough ends it quietly" {
	mkfifo "$T/pipe"
	head -n1 "$T/pipe" >"$T/head" 3>&- &
	start_top "$T/pipe" --batch -d 0.3
	await_end
	[ "$status" -eq 0 ]
	grep -q '^ledger: ' "$T/head"
	[ "$(wc -l <"$T/err")" -eq 1 ]
}

# shellcheck disable=SC2031 # start_top sets it
@test "top: signals end it also while nobody reads its output" {
	mkfifo "$T/pipe"
	sleep 60 9<"$T/pipe" 3>&- &
	local reader=$!
	# shellcheck disable=SC2016 # for perl
	inside perl -e 'semget(0, 1, 01600) // die for 1..2000' 3>&-
	start_top "$T/pipe" --batch -d 0.1
	sleep 1
	kill -TERM "$TRACER"
	sleep 0.5
	kill -0 "$TRACER"
	kill -TERM "$TRACER"
	await_end
	kill "$reader"
	[ "$status" -eq 1 ]
	grep -q "cannot write to standard output: " "$T/err"
}

@test "top: a full disk is said, and the status is 1" {
	local status=0
	timeout 20 "$SHMTRACE" top --batch -d 0.1 >/dev/full 2>"$T/err" || status=$?
	[ "$status" -eq 1 ]
	[ "$(tail -n1 "$T/err")" = "shmtrace: cannot write to standard output: No space left on device" ]
}

@test "top: nobody may not watch" {
	run -3 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "$SHMTRACE" top --batch -n 1
	[ -z "$output" ]
	# shellcheck disable=SC2154 # run sets it
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ ${stderr_lines[0]} == "shmtrace: "*"run as root"*"shmtrace doctor"* ]]
}

@test "top: function hooks that the kernel refuses are said, with status 3" {
	if "$SHMTRACE" top --batch --hooks=functions -n 1 -d 0.1 >/dev/null 2>"$T/err"; then
		skip "this kernel has function hooks"
	fi
	run -3 --separate-stderr "$SHMTRACE" top --batch --hooks=functions -n 1 -d 0.1
	[[ ${stderr_lines[0]} == "shmtrace: cannot hook "* ]]
}
