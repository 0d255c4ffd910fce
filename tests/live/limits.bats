#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# A get that fails with ENOSPC says which limit it hit, with the numbers that the kernel compared.
# The workload enters a namespace of its own before it lowers a limit there; here it has one
# around it all the same.

load live.bash

# The failing call's limits are what the workload printed ("SHMMNI 5 5"): limit, call.
hits() {
	local name used limit
	own_namespace
	run -0 inside "$WORK/limits" "$1"
	read -r name used limit <<<"$output"
	inside "$SHMTRACE" trace -q -J -e "$2" -o "$T/ours" -- "$WORK/limits" "$1" >"$T/said"
	diff "$T/said" <(echo "$name $used $limit")
	valid "$T/ours"
	tail -n2 "$T/ours"
	jq -es --arg name "$1" --arg call "$2" --argjson used "$used" --argjson limit "$limit" '
		map(select(.type == "call")) as $calls
		| ($calls | map(select(.limits))) as $full
		| ($full | length) == 1
		and $full[0] == $calls[-1]
		and $full[0].call == $call
		and $full[0].error == "ENOSPC"
		and $full[0].limits[$name] == {used: $used, limit: $limit}' "$T/ours"

	# And in words, below the call.
	inside "$SHMTRACE" trace -q -e "$2" -o "$T/text" -- "$WORK/limits" "$1" >"$T/said"
	cat "$T/text"
	[ "$(grep -c "ENOSPC" "$T/text")" -eq 1 ]
	grep -A1 ENOSPC "$T/text" | tail -n1 |
		grep -E "^ {42}(likely )?$name: $used of $limit .*in use in ipc:\[[0-9]+\]"
}

@test "limits: SHMMNI" {
	hits shmmni shmget
}

@test "limits: SHMALL" {
	hits shmall shmget
}

@test "limits: SEMMNI" {
	hits semmni semget
}

@test "limits: SEMMNS" {
	hits semmns semget
}

@test "limits: MSGMNI" {
	hits msgmni msgget
}

@test "limits: the host's own are untouched" {
	local before
	before=$(cat /proc/sys/kernel/{shmmni,shmall,sem,msgmni})
	"$SHMTRACE" trace -q -e shmget -o /dev/null -- "$WORK/limits" shmmni
	[ "$(cat /proc/sys/kernel/{shmmni,shmall,sem,msgmni})" = "$before" ]
}
