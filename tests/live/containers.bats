#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Which container or unit something is of: cgroups with names as docker, podman and systemd give them,
# processes that are moved into these, and what all commands say of what they make and leave.

# shellcheck disable=SC2016 # for jq and shells

load live.bash

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	ID=$(echo "$BATS_TEST_NAME $$ $RANDOM" | sha256sum | cut -c1-64)
	OTHER=$(echo "$ID" | sha256sum | cut -c1-64)
	MOUNTER='' CGROUPS=()
	find_cgroup2
}

teardown() {
	local cgroup
	end_processes
	for cgroup in "${CGROUPS[@]}"; do
		await 10 empties "$cgroup"
		rmdir "$cgroup"
	done
	rmdir "$CGROUP2/shmtrace-$$" 2>/dev/null || true
	[ -z "$MOUNTER" ] || { kill "$MOUNTER"; wait "$MOUNTER" || true; }
}

empties() {
	[ -z "$(cat "$1/cgroup.procs")" ]
}

# $CGROUP2: where version 2 is mounted; else a mount of our own, in a mount namespace that ends with us.
find_cgroup2() {
	CGROUP2=$(findmnt -n -t cgroup2 -o TARGET | head -n1)
	[ -z "$CGROUP2" ] || return 0
	mkdir "$T/cgroup2"
	unshare -m sh -c "mount -t cgroup2 none '$T/cgroup2' && echo mounted >'$T/mounted'; exec sleep 3600" 3>&- 8>&- &
	MOUNTER=$!
	await 10 test -s "$T/mounted"
	CGROUP2=/proc/$MOUNTER/root$T/cgroup2
}

# $CGROUP: one of that name, below one that all of a test have in common.
make_cgroup() {
	local below=$CGROUP2/shmtrace-$$
	[ -d "$below" ] || mkdir "$below"
	CGROUP=$below/$1
	mkdir "$CGROUP"
	CGROUPS=("$CGROUP" "${CGROUPS[@]}")
}

# The process into the cgroup.
move() {
	echo "$1" >"$2/cgroup.procs"
}

# All of our IPC namespace: file, filter of jq
of_ours() {
	jq -r --argjson ns "$IPCNS" "select(.ipcns == \$ns) | $2" "$1"
}

docker() {
	echo "{\"runtime\":\"docker\",\"id\":\"$1\"}"
}

@test "containers: ls says whose an object is, and who holds it from where" {
	own_namespace
	make_cgroup "docker-$ID.scope"
	start_caller
	move "$CALLER" "$CGROUP"
	order 'a = shmget(0x71, 4096, CREAT | 0o600); shmat(a, 0, 0); semget(0x72, 3, CREAT | 0o600)'
	inside "$SHMTRACE" ls >"$T/out"
	grep -E "^shm +[0-9]+ 0x00000071 .* python3\[$CALLER\] +docker:${ID:0:12} +python3\[$CALLER\]$" "$T/out"
	[ "$(inside "$SHMTRACE" ls -r -n -o KEY,container)" = "0x00000071 docker:${ID:0:12}
0x00000072 -" ]
	"$SHMTRACE" ls -A -J >"$T/ls"
	valid "$T/ls"
	[ "$(of_ours "$T/ls" 'select(.type == "object" and .kind == "shm") | "\(.container | tojson) \(.container_by)"')" = "$(docker "$ID") creator" ]
	[ "$(of_ours "$T/ls" 'select(.type == "attachment") | .container | tojson')" = "$(docker "$ID")" ]
	# By a holder alone.
	move "$KEEPER" "$CGROUP"
	for name in "$ID" "${ID:0:4}" "docker:${ID:0:12}"; do
		[ "$(inside "$SHMTRACE" ls -r -n -o KEY --container "$name" | head -n1)" = 0x00000071 ]
	done
	for name in "$OTHER" "podman:$ID" nginx; do
		inside "$SHMTRACE" ls -n --container "$name" >"$T/out" 2>"$T/err"
		[ ! -s "$T/out" ]
		grep -qxF "shmtrace: --container: nothing of '$name' was found" "$T/err"
	done
}

@test "containers: no column where nothing is in one, and the unit by -o" {
	own_namespace
	make_cgroup "shmtest@15-main.service"
	start_caller
	move "$CALLER" "$CGROUP"
	order 'a = shmget(0x71, 4096, CREAT | 0o600)'
	inside "$SHMTRACE" ls >"$T/out"
	run ! grep CONTAINER "$T/out"
	[ "$(inside "$SHMTRACE" ls -r -n -o CONTAINER)" = shmtest@15-main.service ]
	[ "$(inside "$SHMTRACE" ls -r -n -o KEY --container shmtest@15-main)" = 0x00000071 ]
	[ "$(inside "$SHMTRACE" ls -r -n -o KEY --container systemd:shmtest@15-main.service)" = 0x00000071 ]
	[ -z "$(inside "$SHMTRACE" ls -r -n -o KEY --container shmtest@15)" ]
}

# An orphan each in two namespaces, one of a container and one of nobody: in $THERE and $IPCNS.
leave_orphans() {
	own_namespace
	THERE=$IPCNS LATER=$KEEPER
	make_cgroup "libpod-$ID.scope"
	move "$KEEPER" "$CGROUP"
	calls 'shmget(0x71, 4096, CREAT | 0o600); semget(0, 2, 0o600)'
	own_namespace
	calls 'shmget(0x72, 8192, CREAT | 0o600)'
	# Its processes are in two places.
	start_caller
	make_cgroup "libpod-$OTHER.scope"
	move "$CALLER" "$CGROUP"
	KEEPER="$KEEPER $LATER"
}

@test "containers: leaks, its sums and rm tell what is of one by its namespace" {
	leave_orphans
	"$SHMTRACE" leaks -A >"$T/out"
	grep -E "^shm +[0-9]+ 0x00000071 .* podman:${ID:0:12} " "$T/out"
	grep -E "^root .* podman:${ID:0:12}$" "$T/out"
	"$SHMTRACE" leaks -A --unknown -J >"$T/leaks"
	valid "$T/leaks"
	[ "$(jq -r "select(.type == \"unused\" and .ipcns == $THERE) | \"\(.kind) \(.container.runtime) \(.container.id) \(.container_by)\"" "$T/leaks" | sort)" = "sem podman $ID namespace
shm podman $ID namespace" ]
	[ "$(of_ours "$T/leaks" '"\(.key) \(.container) \(.container_by)"')" = '114 null null' ]
	[ "$(jq -c "select(.type == \"owner\" and .container.id == \"$ID\") | [.comm, .segments, .bytes]" "$T/leaks")" = '[null,1,4096]' ]

	"$SHMTRACE" leaks -A --container "podman:${ID:0:12}" >"$T/out" 2>"$T/err"
	grep -q 0x00000071 "$T/out"
	run ! grep 0x00000072 "$T/out"
	grep -E '^shmtrace: objects that --container leaves out, since nobody knows what container they are of: [1-9]' "$T/err"
	"$SHMTRACE" rm -A --container "$ID" >"$T/out" 2>"$T/err"
	grep -qE '^would remove segment [0-9]+ \(4K, key 0x00000071, ' "$T/out"
	grep -qx 'nothing was removed; --yes removes 1 object (4K)' "$T/out"
	# In our own alone, so that a defect harms nobody.
	"$SHMTRACE" rm --ipcns "$THERE" --container "$OTHER" --yes >"$T/out" 2>"$T/err"
	"$SHMTRACE" ls -A -r -n -o IPCNS,KEY | grep -qx "$THERE 0x00000071"
	"$SHMTRACE" rm --ipcns "$THERE" --container "$ID" --yes >"$T/out" 2>"$T/err"
	[ "$("$SHMTRACE" ls -A -r -n -o IPCNS,KEY | grep -cx "$THERE 0x00000071")" -eq 0 ]
	"$SHMTRACE" ls -A -r -n -o IPCNS,KEY | grep -qx "$IPCNS 0x00000072"
}

@test "containers: limits says where those are who fill one" {
	own_namespace
	make_cgroup "cri-containerd-$ID.scope"
	start_caller
	move "$CALLER" "$CGROUP"
	order '[shmget(0, 4096, 0o600) for i in range(3)]'
	[ "$(inside "$SHMTRACE" limits -r -n -m -o RESOURCE,CREATORS,CONTAINER | head -n1)" = "SHMMNI 3\\x20by\\x20python3[$CALLER] containerd:${ID:0:12}" ]
	inside "$SHMTRACE" limits | grep -q 'CREATORS.*CONTAINER'
	inside "$SHMTRACE" limits -J >"$T/limits"
	valid "$T/limits"
	[ "$(jq -r 'select(.type == "creator" and .resource == "SHMMNI") | "\(.pid) \(.container.runtime) \(.container.id)"' "$T/limits")" = "$CALLER containerd $ID" ]
}

# Of version 1 the process is in a container, of version 2 in none.
@test "containers: version 1 of cgroups" {
	local v1
	v1=$(findmnt -n -t cgroup -o TARGET | head -n1)
	[ -n "$v1" ] || skip "no hierarchy of version 1"
	own_namespace
	mkdir -p "$v1/docker/$ID"
	CGROUPS+=("$v1/docker/$ID")
	start_caller
	move "$CALLER" "$v1/docker/$ID"
	order 'a = shmget(0x71, 4096, CREAT | 0o600)'
	[ "$(inside "$SHMTRACE" ls -r -n -o CONTAINER)" = "docker:${ID:0:12}" ]
	[ "$(inside "$SHMTRACE" ls -r -n -o KEY --container "$ID")" = 0x00000071 ]
	# One that has ended is shown in the root: its parent says where it was.
	start_trace -J --ipcns "$IPCNS" --container "$ID" -o "$T/ours"
	order 'if not os.fork(): semget(0, 5, 0o600); os._exit(0)'
	sleep 0.3
	order 'os.wait()'
	sleep 0.5
	end_trace
	[ "$(texts "$T/ours" | sed 's/ = .*//')" = 'semget(IPC_PRIVATE, 5, 0600)' ]
	[ "$(jq -r 'select(.type == "leak") | .ended.container.id' "$T/ours")" = "$ID" ]
	end_caller
	rmdir "$v1/docker" 2>/dev/null || true
}

# Programs that are executed and end within a moment, children of a shell that was moved.
SHORT='echo $$ >"$0"; for i in 1 2 3; do ipcmk -S 7 >/dev/null; done'

# What is alike in both ways to know it.
check_trace() {
	valid "$T/ours"
	[ "$(jq -r 'select(.comm == "elsewhere" or .owner.comm == "elsewhere") | .type' "$T/ours")" = "" ]
	[ "$(jq -r "select(.type == \"call\" and .pid == $CALLER) | .text" "$T/ours" | sed 's/ = .*//' | xargs)" = \
		'shmget(0x71, 4096, IPC_CREAT|0600) semget(IPC_PRIVATE, 2, 0600)' ]
	[ "$(jq -r "select(.type == \"leak\" and .size == 5) | \"\(.owner.container | tojson) \(.ended.container | tojson)\"" "$T/ours")" = \
		"$(docker "$ID") $(docker "$ID")" ]
}

traced_calls() {
	start_caller
	move "$CALLER" "$CGROUP"
	order 'shmget(0x71, 4096, CREAT | 0o600); semget(0, 2, 0o600)'
	# It makes no call before it ends, but its own.
	order 'if not os.fork(): semget(0, 5, 0o600); os._exit(0)'
	order 'os.wait()'
	calls 'rename("elsewhere"); semget(0, 2, 0o600); time.sleep(0.3)'
	inside sh -c "$SHORT" "$CGROUP/cgroup.procs"
	sleep 0.5
}

@test "containers: trace shows the calls of one, and what it leaves" {
	own_namespace
	make_cgroup "docker-$ID.scope"
	start_trace -J --ipcns "$IPCNS" --container "docker:${ID:0:12}" -o "$T/ours"
	traced_calls
	end_trace
	check_trace
	# Each of the others was seen, or is counted.
	seen=$(jq -r 'select(.type == "call" and .comm == "ipcmk") | .text' "$T/ours" | wc -l)
	unseen=$(sed -n 's/.*nobody could see where they were: //p' "$T/err")
	[ "$((seen + ${unseen:-0}))" -eq 3 ]
	end_caller
}

# Where the whole machine has version 2 alone; else a shmtrace that is told so by its own file.
@test "containers: by version 2 alone, the shortest process is known" {
	own_namespace
	make_cgroup "docker-$ID.scope"
	echo 0::/ >"$T/version2"
	cat >"$T/shmtrace" <<-END
		#!/bin/sh
		exec unshare -m sh -c 'mount --bind "$T/version2" "/proc/\$\$/cgroup" && exec "$SHMTRACE" "\$@"' sh "\$@"
	END
	chmod +x "$T/shmtrace"
	SHMTRACE=$T/shmtrace start_trace -J --ipcns "$IPCNS" --container "docker:${ID:0:12}" -o "$T/ours"
	traced_calls
	end_trace
	check_trace
	[ "$(jq -r 'select(.type == "call" and .comm == "ipcmk") | .text' "$T/ours" | wc -l)" -eq 3 ]
	run ! grep 'nobody could see where they were' "$T/err"
	[ "$(jq -r 'select(.type == "leak" and .size == 7) | .owner.container.id' "$T/ours")" = "$ID
$ID
$ID" ]
	end_caller
}

@test "containers: a process that is put into one before its exec" {
	own_namespace
	make_cgroup "shmtest.service"
	unit=$CGROUP
	make_cgroup "docker-$ID.scope"
	start_trace -J --ipcns "$IPCNS" -o "$T/ours"
	start_caller
	move "$CALLER" "$unit"
	order 'semget(0, 2, 0o600)'
	# A child of the service, which was seen there, is moved, and executes what it is for.
	order "if not os.fork(): semget(0, 3, 0o600); time.sleep(0.3); open('$CGROUP/cgroup.procs', 'w').write('0'); os.execlp('python3', 'python3', '-c', 'import ctypes, time; ctypes.CDLL(None).semget(0, 9, 0o600); time.sleep(0.5)')"
	order 'os.wait()'
	end_caller
	sleep 0.5
	end_trace
	[ "$(jq -r 'select(.type == "leak" and .size == 9) | .owner.container | tojson' "$T/ours")" = "$(docker "$ID")" ]
	[ "$(jq -r 'select(.type == "leak" and .size == 2) | .owner.container | tojson' "$T/ours")" = '{"runtime":"systemd","id":"shmtest.service"}' ]
	# It answers for that still, but from elsewhere.
	[ "$(jq -r 'select(.type == "leak" and .size == 3) | .owner.container | tojson' "$T/ours")" = "$(docker "$ID")" ]
}

reported() {
	grep -q "$2" "$1"
}

@test "containers: top knows where a process was, also after its end" {
	own_namespace
	make_cgroup "docker-$ID.scope"
	start_caller
	move "$CALLER" "$CGROUP"
	order 'shmget(0x71, 4096, CREAT | 0o600)'
	start_top "$T/top" --batch -J -d 1h --container "$ID"
	order 'if not os.fork(): time.sleep(0.3); semget(0, 5, 0o600); os._exit(0)'
	order 'os.wait()'
	calls 'semget(0, 2, 0o600); time.sleep(0.3)'
	kill -USR1 "$TRACER"
	await 10 reported "$T/top" '^{"type":"ledger"'
	end_trace TERM
	valid "$T/top"
	[ "$(of_ours "$T/top" 'select(.type == "object") | "\(.kind) \(.size) \(.creator_alive) \(.container.id) \(.container_by)"' | sort)" = \
		"$(printf '%s\n' "sem 5 false $ID creator" "shm 4096 true $ID creator")" ]
	[ "$(jq -r 'select(.type == "process") | .container.id' "$T/top" | sort -u)" = "$ID" ]
	jq -e 'select(.type == "ledger") | .unplaced | type == "number"' "$T/top" >/dev/null

	start_top "$T/text" --batch -n 1 -d 0.5
	await_end
	grep -E "^$CALLER +python3 .* docker:${ID:0:12}$" "$T/text"
	grep -E "^shm +[0-9]+ +0x00000071 .* $IPCNS +docker:${ID:0:12}$" "$T/text"
	end_caller
}

@test "containers: names of cgroups are other people's bytes" {
	own_namespace
	make_cgroup $'e\e[2J\x01\xff.service'
	start_caller
	move "$CALLER" "$CGROUP"
	order 'a = shmget(0x71, 4096, CREAT | 0o600)'
	[ "$(inside "$SHMTRACE" ls -n -o CONTAINER)" = 'e\x1b[2J\x01\xff.service' ]
	"$SHMTRACE" ls -A -J >"$T/ls"
	valid "$T/ls"
	[ "$(of_ours "$T/ls" .container.id)" = $'e\e[2J\x01\xef\xbf\xbd.service' ]
	end_caller
}

@test "containers: what --container cannot mean is said" {
	for command in ls leaks rm trace top; do
		for name in '' docker: /docker/abc "$(printf 'x%.0s' {1..300})"; do
			run -2 "$SHMTRACE" "$command" --container "$name"
			[[ ${lines[0]} == "shmtrace $command: --container: '$name' "* ]]
		done
	done
	run -2 "$SHMTRACE" rm shm:5 --container abc
	[[ ${lines[0]} == *"options that choose among orphans do not go with named objects" ]]
	run -2 "$SHMTRACE" limits --container abc
}
