# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What tracing costs in a machine that counts instructions (VM_ICOUNT=1): the cheapest of many batches
# of calls, which no interrupt and no reader has disturbed. Numbers are exact, and the same whenever
# they are taken; they say nothing of caches. By function hooks and by system call hooks.

# shellcheck source=tests/vm/guest.sh
. /tests/guest.sh

BENCH=/tests/bench
CALLS=100
BATCHES=40

# What one step of the clock that `calls` reads stands for: x86's counts each nanosecond, arm64's
# comes at 62.5 MHz.
case $VM_KERNEL in
arm64*) per_tick=16 ;;
*) per_tick=1 ;;
esac

# Instructions a call: fail, life (of four), other.
measure() {
	printf '%s\n' "ticks fail $CALLS $BATCHES" "ticks life $CALLS $BATCHES" \
		"ticks other $CALLS $BATCHES" | "$@" "$BENCH/calls" -1 |
		awk -v per_tick="$per_tick" -v calls="$CALLS" -F '[:,}]' '/ticks/ {
			n = $(NF - 1) * per_tick / calls
			printf " %.1f", /life/ ? n / 4 : n
		}'
}

# name, words that the tracer says when it is ready, command…
beside() {
	name=$1
	words=$2
	shift 2
	: >"$TMP/messages"
	"$@" >/dev/null 2>"$TMP/messages" &
	tracer=$!
	if ! wait_until 60 grep -q "$words" "$TMP/messages"; then
		not_ok "$name starts"
		note <"$TMP/messages"
		kill "$tracer"
		return 1
	fi
	sleep 1
	row "$name" "$(measure env)"
	kill "$tracer"
	wait "$tracer"
	sleep 1
}

# name, numbers: a row for people, and one of JSON.
row() {
	# shellcheck disable=SC2086 # three numbers
	set -- "$1" $2
	case $1 in
	nothing) base="$2 $3 $4" ;;
	*"empty programs") floor="$2 $3 $4" ;;
	esac
	last="$2 $3 $4"
	echo "$1|$base|$floor|$2 $3 $4" | awk -F '|' '{
		split($2, base, " "); split($3, floor, " "); split($4, here, " ")
		line = sprintf("# %-34s", $1)
		for (i = 1; i <= 3; i++) {
			line = line sprintf(" %9.1f", here[i] - ($1 == "nothing" ? 0 : base[i]))
			below = floor[i] - base[i]
			line = line (below > 1 && $1 != "nothing" ? sprintf(" %5.2fx", (here[i] - base[i]) / below) : "       ")
		}
		print line
	}'
	echo "{\"tool\":\"$1\",\"fail\":$2,\"life\":$3,\"other\":$4}" >>/out/instructions.json
}

# The set of hooks.
measure_set() {
	set_name=$1
	floor=$base
	beside "$set_name, calls: empty programs" "empty programs by" "$BENCH/floor" \
		"$BENCH/floor.bpf.o" calls "$set_name" || return
	note "$(cat "$TMP/messages")"
	beside "$set_name: trace, no ledger" "tracing by" shmtrace trace --no-leaks --no-explain \
		"--hooks=$set_name"
	beside "$set_name, ledger: empty programs" "empty programs by" "$BENCH/floor" \
		"$BENCH/floor.bpf.o" ledger "$set_name" || return
	beside "$set_name: trace" "tracing by" shmtrace trace "--hooks=$set_name"
	if [ "$set_name" = functions ]; then
		check_equal "functions: a call that is not traced costs the same with and without" \
			"$(echo "$base" | cut -d' ' -f3)" "$(echo "$last" | cut -d' ' -f3)"
	fi
	beside "$set_name: top --batch" "watching by" shmtrace top --batch -J -d 1000 "--hooks=$set_name"
}

echo "# instructions added to one call $(uname -r)"
printf '# %-34s %9s %6s %9s %6s %9s\n' "" "fails" "" "life/4" "" "other"
base="0 0 0"
floor=$base
row nothing "$(measure env)"
measure_set functions
measure_set syscalls
row "strace -f" "$(measure strace -f -qq -e verbose=none -e trace=%ipc -o /dev/null)"
row "strace -f --seccomp-bpf" \
	"$(measure strace -f --seccomp-bpf -qq -e verbose=none -e trace=%ipc -o /dev/null)"
finish
