#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The call part of each line is strace's, character for character: one run of each workload is
# watched by both at once, and compared thread by thread.

load live.bash

# Runs a command under strace under shmtrace, and compares: command…
compare() {
	"$SHMTRACE" trace -J -e %ipc -o "$T/ours" -- \
		strace -f -a1 -e trace=%ipc -e verbose=none -o "$T/theirs" "$@" 3>&- </dev/null
	"$LIVE/words_compare" "$T/theirs" "$T/ours"
	valid "$T/ours"
	jq -es '.[-1].type == "end" and .[-1].lost.total == 0' "$T/ours"
}

# How many calls there were is no matter of chance: an empty comparison must not pass.
at_least() {
	[ "$(texts "$T/ours" | wc -l)" -ge "$1" ]
}

@test "words: shm" {
	compare "$WORK/shm"
	at_least 100
}

@test "words: sem" {
	compare "$WORK/sem"
	at_least 100
}

@test "words: msg" {
	compare "$WORK/msg"
	at_least 100
}

@test "words: random, with a seed of its own each time" {
	local seed=$((RANDOM << 15 | RANDOM))
	echo "# random $seed 20000" >&3
	compare "$WORK/random" "$seed" 20000
	at_least 20000
}

@test "words: one" {
	compare "$WORK/one" 0
	at_least 1
}

@test "words: threads" {
	compare "$WORK/threads"
	at_least 500
}

@test "words: fork" {
	compare "$WORK/fork"
	at_least 40
}

@test "words: signal" {
	compare "$WORK/signal"
	grep -q ERESTART "$T/ours"
}

@test "words: rename" {
	compare "$WORK/rename"
	at_least 20
}

@test "words: burst" {
	compare "$WORK/burst" 2000 2
	at_least 4000
}

@test "words: limits" {
	local limit
	for limit in shmmni shmall semmni semmns msgmni; do
		compare "$WORK/limits" "$limit"
		at_least 3
	done
}

@test "words: no workload is forgotten" {
	local source name
	for source in tests/work/*.c; do
		name=${source##*/}
		name=${name%.c}
		# What compares the storm makes no calls.
		[[ $name == *_32 || $name =~ ^(storm_diff|refusals|namespaces|race)$ ]] || grep "compare \"\$WORK/$name\"" "$BATS_TEST_FILENAME" ||
			{ echo "no test of $name"; return 1; }
	done
}
