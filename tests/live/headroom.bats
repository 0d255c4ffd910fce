#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# `shmtrace limits` says of every IPC namespace what ipcs and /proc/sys say inside it; it tells who
# fills a limit, how fast, and what to do; and its exit status is for scripts.

load live.bash

NAMESPACES=200

# Limit and use of each, in the words of `fields`, as a namespace's own files and ipcs have them.
# shellcheck disable=SC2016 # for the inner shell
SAYS='
cd /proc/sys/kernel
read -r shmmni <shmmni; read -r shmall <shmall; read -r shmmax <shmmax; read -r msgmni <msgmni
read -r msgmax <msgmax; read -r msgmnb <msgmnb; read -r semmsl semmns semopm semmni <sem
use=$(ipcs -u)
used() { sed -nE "s/^$1 *=? *([0-9]+)$/\1/p" <<<"$use"; }
echo "SHMMNI $shmmni $(used "segments allocated")"
echo "SHMALL $shmall $(used "pages allocated")"
echo "SHMMAX $shmmax null"
echo "SEMMNI $semmni $(used "used arrays")"
echo "SEMMNS $semmns $(used "allocated semaphores")"
echo "SEMMSL $semmsl null"
echo "SEMOPM $semopm null"
echo "MSGMNI $msgmni $(used "allocated queues")"
echo "MSGMAX $msgmax null"
echo "MSGMNB $msgmnb null"'

# jq would round the largest numbers.
fields() { # file, ipcns
	python3 - "$@" <<'END'
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    if row["type"] == "usage" and str(row["ipcns"]) == sys.argv[2]:
        used = row["used"]
        print(row["resource"], row["limit"], "null" if used is None else used)
END
}

limits() {
	inside "$SHMTRACE" limits "$@"
}

# In our namespace, never in the host's: file, value.
lower() {
	[ -n "$KEEPER" ]
	[ "$(ipcns_of "$KEEPER")" != "$(ipcns_of self)" ]
	# shellcheck disable=SC2016 # for the inner shell
	inside bash -c 'echo "$2" >"/proc/sys/kernel/$1"' _ "$@"
}

# One cell: resource, column.
cell() {
	limits -n -r -o "resource,$2" | sed -n "s/^$1 //p"
}

exit_status() { # expected, option...
	local expected=$1 status=0
	shift
	limits "$@" >"$T/out" 2>"$T/err" || status=$?
	[ "$status" -eq "$expected" ] || { echo "$*: $status"; cat "$T/out" "$T/err"; return 1; }
}

@test "an empty namespace: the kernel's limits, and no use" {
	own_namespace
	limits -J >"$T/ours"
	valid "$T/ours"
	diff <(inside bash -c "$SAYS") <(fields "$T/ours" "$IPCNS")
	[ "$(jq -s 'map(.used // 0) | add' "$T/ours")" -eq 0 ]
	limits >"$T/out"
	grep -qE '^SHMALL +pages +unlimited +0 ' "$T/out"
	[ "$(wc -l <"$T/out")" -eq 11 ]
	[ "$(cell SHMMAX limit)" = unlimited ]
	[ "$(limits -b -n -r -o resource,limit | sed -n 's/^SHMALL //p')" = "$(cat /proc/sys/kernel/shmall)" ]
}

@test "numbers and creators of 3000 objects" {
	own_namespace
	start_caller
	order 'for i in range(1, 2001): shmget(0, i, 0o600)'
	calls 'for i in range(700): shmget(0, 4097, 0o600)
for i in range(200): semget(0, 1 + i % 9, 0o600)
for i in range(100): msgget(0, 0o600)'
	limits -J >"$T/ours"
	valid "$T/ours"
	diff <(inside bash -c "$SAYS") <(fields "$T/ours" "$IPCNS")
	jq -es --argjson caller "$CALLER" '
		(map(select(.type == "usage")) | INDEX(.resource)) as $limit
		| (map(select(.type == "creator" and .resource == "SHMMNI"))) as $creators
		| $limit.SHMMNI.used == 2700 and $limit.SHMMNI.orphaned == 700
		and $limit.SHMMNI.objects_orphaned == 700
		and $limit.SHMALL.objects == 2700
		and $limit.SEMMNI.unknown == 200 and $limit.SEMMNI.orphaned == 0
		and $limit.SEMMNS.unknown == $limit.SEMMNS.used
		and $limit.MSGMNI.unknown == 100
		and ($creators | length) == 2
		and $creators[0].pid == $caller and $creators[0].amount == 2000 and $creators[0].alive
		and $creators[1].amount == 700 and $creators[1].alive == false' "$T/ours"
	limits >"$T/out"
	grep -qE "^SHMMNI .* 2000 by python3\[$CALLER\], 700 (by \[[0-9]+\]|of root) ended$" "$T/out"
}

@test "SHMALL is used in whole pages" {
	own_namespace
	calls 'for size in (1, 4096, 4097, 12288, 65537): shmget(0, size, 0o600)'
	if [ "$(getconf PAGESIZE)" -eq 4096 ]; then
		[ "$(cell SHMALL used)" -eq $((1 + 1 + 2 + 3 + 17)) ]
	fi
	[ "$(cell SHMALL used)" -eq "$(inside ipcs -u | sed -n 's/^pages allocated *//p')" ]
	[ "$(cell SHMALL orphaned)" -eq "$(cell SHMALL used)" ]
}

@test "what is attached is not orphaned, whoever may look at it" {
	own_namespace
	start_caller
	order 'shmat(shmget(0, 4096, 0o600), 0, 0); shmget(0, 4096, 0o600)'
	# A segment that outlives its creator, attached by another.
	calls 'shmget(77, 4096, CREAT | 0o600); shmget(0, 4096, 0o600)'
	order 'shmat(shmget(77, 0, 0), 0, 0)'
	[ "$(cell SHMMNI orphaned)" -eq 1 ]
	inside setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTRACE" limits -m -n -r \
		-o used,orphaned,creators >"$T/out" 2>"$T/err"
	head -n1 "$T/out"
	head -n1 "$T/out" | grep -qxE "4 1 2\\\\x20by\\\\x20\[[0-9]+\]\\\\x20ended,\\\\x202\\\\x20by\\\\x20python3\[$CALLER\]"
	[ ! -s "$T/err" ]
}

@test "an ordinary user is told which namespaces are missing" {
	own_namespace
	setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTRACE" limits -A -J >"$T/ours" 2>"$T/err"
	valid "$T/ours"
	[ "$(jq -s 'map(.ipcns) | unique | length' "$T/ours")" -eq 1 ]
	grep -q 'processes whose IPC namespace may not be seen: [0-9]*; run as root' "$T/err"
	run -1 setpriv --reuid 65534 --regid 65534 --clear-groups "$SHMTRACE" limits --ipcns "$IPCNS"
	[ "${lines[-1]}" = "shmtrace: cannot find ipc:[$IPCNS]: no process or mount that we may see leads there; run as root; see shmtrace limits -A" ]
	"$SHMTRACE" limits --ipcns "$IPCNS" -n -r -o ipcns,used | grep -qx "$IPCNS 0"
}

@test "each limit lowered, filled, and found too full by --exit-code" {
	local kind
	own_namespace
	lower shmmni 5
	lower shmall 10
	lower msgmni 4
	lower sem '250 10 100 6'
	exit_status 0 --exit-code
	calls 'for i in range(4): shmget(0, 1, 0o600)
for i in range(2): semget(0, 4, 0o600)
for i in range(3): msgget(0, 0o600)'
	# 4 of 5, 4 of 10, 2 of 6, 8 of 10, 3 of 4: not more than 80 percent.
	exit_status 0 --exit-code
	exit_status 4 --exit-code --above 79
	exit_status 0 --above 79
	exit_status 0 --exit-code -q --above 75
	exit_status 4 --exit-code -q --above 74
	calls 'shmget(0, 4097 + 4096, 0o600)'
	exit_status 4 --exit-code -m
	exit_status 0 --exit-code -q
	grep -q . "$T/out"
	[ "$(cell SHMMNI use%)" = 100.0 ]
	[ "$(cell SHMMNI free)" = 0 ]
	exit_status 0 --exit-code --above 100
	# Below its use: more than all of it.
	lower shmmni 3
	exit_status 4 --exit-code --above 100
	[ "$(cell SHMMNI use%)" = 166.6 ]
	[ "$(cell SHMMNI free)" = 0 ]
	for kind in shmmni:3 shmall:10 msgmni:4; do
		[ "$(limits -J | jq -r --arg name "${kind%:*}" \
			'select(.type == "usage" and .resource == ($name | ascii_upcase)).limit')" = "${kind#*:}" ]
	done
	lower shmmni 0
	exit_status 4 --exit-code --above 100
	limits -J >"$T/ours"
	valid "$T/ours"
}

@test "the remedy is a command that works, also from another namespace" {
	local command resource
	own_namespace
	lower shmmni 4
	lower msgmni 3
	lower sem '300 40 70 5'
	calls 'for i in range(4): shmget(0, 1, 0o600)
for i in range(5): semget(0, 8, 0o600)
for i in range(3): msgget(0, 0o600)'
	"$SHMTRACE" limits --ipcns "$IPCNS" -J >"$T/ours"
	valid "$T/ours"
	jq -r 'select(.remedy).remedy.raise' "$T/ours" >"$T/commands"
	[ "$(wc -l <"$T/commands")" -eq 4 ]
	"$SHMTRACE" limits --ipcns "$IPCNS" >"$T/out"
	while read -r command; do
		[[ $command == "nsenter -t $KEEPER -i sysctl -w "* ]]
		grep -qF "raise it: $command" "$T/out"
	done <"$T/commands"
	grep -qF "remove 4 segments that nothing uses: nsenter -t $KEEPER -i shmtrace rm" "$T/out"
	while read -r command; do
		eval "$command"
	done <"$T/commands"
	[ "$(inside cat /proc/sys/kernel/shmmni)" -eq 8 ]
	[ "$(inside cat /proc/sys/kernel/msgmni)" -eq 6 ]
	# The last of the two that write there has the old numbers for all but its own.
	[ "$(inside cat /proc/sys/kernel/sem | xargs)" = "300 80 70 5" ]
	[ "$(jq -r 'select(.resource == "SEMMNI").remedy.raise' "$T/ours" | grep -o "'.*'")" \
		= "'kernel.sem=300 40 70 10'" ]
	limits >"$T/out"
	for resource in SHMMNI MSGMNI SEMMNS; do
		run ! grep -q "^$resource: " "$T/out"
	done
}

@test "a live view tells the trend, and when the limit is full" {
	own_namespace
	lower msgmni 1000
	start_caller
	order 'for i in range(10): msgget(0, 0o600)'
	exec_inside "$SHMTRACE" limits -q -J -d 0.5 -c 3 >"$T/ours" 2>"$T/err" 3>&- 8>&- &
	TRACER=$!
	await 10 grep -q . "$T/ours"
	order 'for i in range(20): msgget(0, 0o600)'
	await_end
	[ "$status" -eq 0 ]
	valid "$T/ours"
	jq -es 'map(select(.resource == "MSGMNI" and .type == "usage")) as $l
		| ($l | length) == 3
		and $l[0].used == 10 and $l[0].change == null and $l[0].full_in_s == null
		and $l[2].used == 30 and $l[2].change == 20
		and $l[2].change_ns > 800000000 and $l[2].change_ns < 20000000000
		and ($l[2].full_in_s - (970 * $l[2].change_ns / 20 / 1000000000) | fabs) <= 1
		and (map(select(.resource == "MSGMAX").change) == [null, null, null])' "$T/ours" ||
		{ cat "$T/ours"; return 1; }
	limits -q -d 0.1 -c 2 >"$T/out"
	[ "$(grep -c '^TIME .*PER-MIN FULL-IN' "$T/out")" -eq 2 ]
	[ "$(grep -c '^$' "$T/out")" -eq 1 ]
	grep -qE '^[0-9:]{8} MSGMNI .* 0\.0 +0 +30 ' "$T/out"
}

@test "a live view ends with a signal, and its status says what was found before" {
	own_namespace
	lower msgmni 2
	calls 'msgget(0, 0o600); msgget(0, 0o600)'
	exec_inside "$SHMTRACE" limits -q -n -r -o used,limit -d 0.1 --exit-code >"$T/out" 3>&- &
	TRACER=$!
	await 10 grep -qx '2 2' "$T/out"
	lower msgmni 10
	await 10 grep -qx '2 10' "$T/out"
	kill -INT "$TRACER"
	await_end
	[ "$status" -eq 4 ]
	[ "$(tail -n3 "$T/out" | xargs)" = "2 10 - 8K - 16K" ]
	# -c alone: every two seconds.
	exit_status 0 -q -c 1
	grep -q '^TIME' "$T/out"
}

@test "names of processes are harmless, in the table and in JSON" {
	own_namespace
	start_caller
	order 'rename("\x1b[2Ja, 9 by b\n"); shmget(0, 4096, 0o600)'
	limits >"$T/out"
	run ! env LC_ALL=C grep -q '[^[:print:]]' "$T/out"
	grep -qF '1 by \x1b[2Ja, 9 by b\x0a' "$T/out"
	limits -J >"$T/ours"
	valid "$T/ours"
	[ "$(jq -r 'select(.type == "creator" and .resource == "SHMMNI").comm' "$T/ours")" \
		= $'\x1b[2Ja, 9 by b' ]
}

@test "columns, order and kinds are chosen, and an answer that cannot be written is an error" {
	local status=0
	own_namespace
	lower msgmni 7
	calls 'msgget(0, 0o600)'
	[ "$(limits -q -n -r -o USED,resource,unit -x limit | head -n1)" = "1 MSGMNI queues" ]
	[ "$(limits -s -n -r -o resource | xargs)" = "SEMMNI SEMMNS SEMMSL SEMOPM" ]
	[ "$(limits | head -n1 | xargs)" = \
		"RESOURCE UNIT LIMIT USED USE% FREE ORPHANED UNKNOWN CREATORS" ]
	limits >/dev/full 2>"$T/err" || status=$?
	[ "$status" -eq 1 ]
	grep -q '^shmtrace: cannot write to standard output: ' "$T/err"
}

# So many namespaces, the pid of one in each in $T/pids; they end with the test.
start_namespaces() {
	"$WORK/namespaces" "$1" >"$T/pids" 2>"$T/err" 3>&- &
	TRACER=$!
	await 60 has_lines "$T/pids" "$1"
}

has_lines() {
	ended "$TRACER" && { cat "$T/err"; exit 1; }
	[ "$(wc -l <"$1")" -eq "$2" ]
}

# Milliseconds that the command took, the median of three.
median_of_three() {
	local begin
	for _ in 1 2 3; do
		begin=${EPOCHREALTIME/[.,]/}
		"$@" >/dev/null 2>&1 || return 1
		echo $(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	done | sort -n | sed -n 2p
}

@test "200 namespaces at once: each is right, within a second" {
	local pid ms
	start_namespaces "$NAMESPACES"
	"$SHMTRACE" limits -A -J >"$T/ours" 2>"$T/err"
	valid "$T/ours"
	ms=$(median_of_three "$SHMTRACE" limits -A)
	echo "# limits -A of $NAMESPACES namespaces: $ms ms" >&3
	[ "$ms" -lt 1000 ]
	[ "$(jq -r .ipcns "$T/ours" | sort -u | wc -l)" -ge $((NAMESPACES + 1)) ]
	python3 - "$T/ours" >"$T/all" <<'END'
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    if row["type"] == "usage":
        used = row["used"]
        print(row["ipcns"], row["resource"], row["limit"], "null" if used is None else used)
END
	while read -r pid; do
		diff <(nsenter -t "$pid" -i bash -c "$SAYS") \
			<(sed -n "s/^$(ipcns_of "$pid") //p" "$T/all") || { echo "of $pid"; return 1; }
	done <"$T/pids"
	# They do differ, and each has somebody who may be entered.
	[ "$(cut -d' ' -f2- "$T/all" | sort -u | wc -l)" -gt 1000 ]
	pid=$(tail -n1 "$T/pids")
	"$SHMTRACE" limits --ipcns "$(ipcns_of "$pid")" --above 0 | grep -qF "nsenter -t $pid -i "
}
