#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what the tests need, builds everything and runs all tests. Each test prints TAP; a stage
# that prints none, fewer results than it planned, or ends badly without naming a failed test counts
# as a failure. So does a skip that tests/expected-skips does not list. Logs are in build/test.
#
# usage: scripts/test.sh [--quick | --all] [--only build|style|unit|fuzz|live|vm] [--kernel NAME]
#        --quick   everything but the virtual machines
#        --all     every virtual machine, not one of arm64 alone
#        --only    one stage
#        --kernel  of the virtual machines, only this one (may be repeated); implies --only vm

# shellcheck disable=SC2317 # most functions are called through record

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/tap.sh
. "$(dirname "$0")/tap.sh"

OUT=$TOP/build/test
# The system's own python3, with the packages that deps.sh installs, before any other.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
# An emulated machine keeps one processor busy for little more than half of its time; the live tests
# beside them take the rest.
MACHINES_AT_ONCE=$(($(nproc) + 1))
# Live tests wait most of their time, and have IPC namespaces of their own: several at once.
LIVE_AT_ONCE=$(($(nproc) + 1))
# Those that load the machine, measure it, or look at all of it.
LIVE_ALONE="containers count headroom loss output start storm top"
# Those that look for what is full anywhere, or look at everything for long, and others that neither fill a
# limit nor mind. They are among those that take longest.
LIVE_APART="screen rm_race filters command"
JOBS=$(nproc)
FUZZ_SECONDS=${FUZZ_SECONDS:-60}

usage() {
	sed -n 's/^# \(usage: \|       \)//p' "$0" >&2
	exit 2
}

# Builds in a directory of its own: name of the test, make's arguments…
build() {
	local name=$1
	shift
	tap_check "$name" make -C "$TOP" --no-print-directory -j"$JOBS" WERROR=1 "$@"
}

build_all() {
	build "builds with gcc" all unit work
	build "builds with clang" BUILD=build/clang CC=clang all unit
}

stage_build() {
	record build build_all
	stop_if_failed build "nothing else can be tested without a build"
}

# The files that a stage runs. None at all is a failure: folder, pattern.
files_of() {
	find "$1" -name "$2" | sort | grep . || echo none
}

# Unit tests, with the sanitizers in the code as well as in the tests.
stage_unit() {
	local binary
	record build-asan build "builds with sanitizers" BUILD=build/asan \
		SANITIZE=address,undefined unit
	[ "$(count fail "$OUT/build-asan.results")" -eq 0 ] || end_fuzz
	stop_if_failed build-asan "the unit tests did not build"
	export CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
	for binary in $(files_of tests/unit 'test_*.c'); do
		binary=build/asan/${binary%.c}
		record "unit-${binary##*/}" timeout --foreground 300 "$binary"
	done
}

# Beside the stages that follow, up to end_fuzz: it takes one processor, and time alone decides.
stage_fuzz() {
	run_tap fuzz tap_check "the ledger stands $FUZZ_SECONDS s of random events" \
		make --no-print-directory fuzz FUZZ_SECONDS="$FUZZ_SECONDS" &
	fuzz_pid=$!
}

end_fuzz() {
	[ -n "$fuzz_pid" ] || return 0
	wait "$fuzz_pid"
	fuzz_pid=
	report fuzz
}

# Every shell script that git has or would add, by name or by its first line.
shell_scripts() {
	local file
	git ls-files -co --exclude-standard | sort | while read -r file; do
		[ -f "$file" ] || continue
		case ${file##*/} in
		*.sh | *.bash | *.bats) echo "$file" ;;
		*.*) ;;
		*)
			if head -n1 "$file" | grep -aq '^#!.*sh$'; then
				echo "$file"
			fi
			;;
		esac
	done
}

check_style() {
	local file
	tap_check "C is formatted by .clang-format" make --no-print-directory check-format
	for file in $(shell_scripts); do
		tap_check "shellcheck $file" shellcheck -x "$file"
	done
}

stage_style() {
	record style check_style
}

# Runs beside the others of its stage, at most so many at once: number, name, command…
run_beside() {
	local at_once=$1 pid still=()
	shift
	while [ "${#running[@]}" -ge "$at_once" ]; do
		wait -n "${running[@]}" || true
		still=()
		for pid in "${running[@]}"; do
			! kill -0 "$pid" 2>/dev/null || still+=("$pid")
		done
		running=("${still[@]}")
	done
	run_tap "$@" &
	running+=($!)
}

await_all() {
	[ "${#running[@]}" -eq 0 ] || wait "${running[@]}"
	running=()
}

# Standard input, a name a line, with these in front: name…
in_front() {
	awk -v names="$*" '
		BEGIN { n = split(names, first) }
		{ line[NR] = $0; there[$0] = 1 }
		END {
			for (i = 1; i <= n; i++)
				if (first[i] in there) {
					print first[i]
					delete there[first[i]]
				}
			for (i = 1; i <= NR; i++) if (line[i] in there) print line[i]
		}'
}

live_alone() {
	local name
	for name in $LIVE_ALONE; do
		record "live-$name" timeout --foreground 900 bats --tap "tests/live/$name.bats"
	done
}

# All others, those that take long first: none of them is to be alone in the end.
live_others() {
	# shellcheck disable=SC2086 # lists of words
	files_of tests/live '*.bats' | sed 's/.*\///; s/\.bats$//' |
		grep -vxF "$(printf '%s\n' $LIVE_ALONE $LIVE_APART)" | in_front on_limit words refusals
}

# Name…
run_live_beside() {
	local name
	for name; do
		run_beside "$LIVE_AT_ONCE" "live-$name" \
			timeout --foreground 900 bats --tap "tests/live/$name.bats"
	done
	await_all
	for name; do
		report "live-$name"
	done
}

live_beside() {
	# shellcheck disable=SC2046,SC2086 # lists of words
	run_live_beside $LIVE_APART
	# shellcheck disable=SC2046
	run_live_beside $(live_others)
}

# Most wait most of their time: the machines, where there are any, run beside them.
stage_live() {
	if ! [ -x build/shmtrace ]; then
		stage_build
	fi
	live_alone
	if [[ " ${stages[*]} " != *" vm "* ]]; then
		live_beside
		return
	fi
	live_beside >"$OUT/live.log" 2>&1 &
	live_pid=$!
}

end_live() {
	[ -n "$live_pid" ] || return 0
	wait "$live_pid" || true
	live_pid=
	cat "$OUT/live.log"
}

build_machines() {
	local arch
	for arch in $(printf '%s\n' "$@" | sed 's/-.*//' | sort -u); do
		tap_check "builds for machines of $arch" scripts/vm.sh build "$arch"
	done
}

# All of x86_64 and one of arm64: together they take minutes, all eight a quarter of an hour. The
# slowest first.
machines() {
	if [ "$all" = yes ]; then
		scripts/vm.sh list | sort
	else
		scripts/vm.sh list | grep -x 'x86_64-.*\|arm64-6\.1' | sort
	fi
}

guest_scripts() {
	files_of tests/vm 'guest-*.sh' | sed 's/.*\///' |
		in_front guest-hooks.sh guest-storm.sh guest-start.sh guest-words.sh
}

# Each guest script has a machine of its own on each kernel, a few at the same time. Those that take long
# first, as above.
stage_vm() {
	local kernel script name names=()
	if [ ${#kernels[@]} -eq 0 ]; then
		mapfile -t kernels < <(machines)
	fi
	record vm-fetch tap_check "kernels and guest programs are there" \
		scripts/vm.sh fetch "${kernels[@]}"
	[ "$(count fail "$OUT/vm-fetch.results")" -eq 0 ] || return 0
	record vm-build build_machines "${kernels[@]}"
	[ "$(count fail "$OUT/vm-build.results")" -eq 0 ] || return 0
	for script in $(guest_scripts); do
		for kernel in "${kernels[@]}"; do
			name=${script#guest-}
			name=${name%.sh}
			names+=("vm-$kernel-$name")
			run_beside "$MACHINES_AT_ONCE" "${names[-1]}" \
				scripts/vm.sh run "$kernel" "tests/vm/$script" "$OUT/vm/$kernel-$name"
		done
	done
	await_all
	for script in "${names[@]}"; do
		report "$script"
	done
}

stages=(build fuzz style unit live vm)
fuzz_pid=
live_pid=
running=()
kernels=()
all=no
while [ $# -gt 0 ]; do
	case $1 in
	--quick) stages=(build fuzz style unit live) ;;
	--all) all=yes ;;
	--only)
		case ${2:-} in
		build | style | unit | fuzz | live | vm) stages=("$2") ;;
		*) usage ;;
		esac
		shift
		;;
	--kernel)
		[ $# -ge 2 ] || usage
		"$TOP/scripts/vm.sh" list | grep -qxF -- "$2" ||
			die "no machine is called '$2'; scripts/vm.sh list names them"
		kernels+=("$2")
		stages=(vm)
		shift
		;;
	*) usage ;;
	esac
	shift
done

cd "$TOP"
scripts/deps.sh build test
case " ${stages[*]} " in
*" vm "*) scripts/deps.sh vm ;;
esac
rm -rf "$OUT"
mkdir -p "$OUT"
for stage in "${stages[@]}"; do
	case $stage in
	build) stage_build ;;
	style) stage_style ;;
	unit) stage_unit ;;
	fuzz) stage_fuzz ;;
	live)
		end_fuzz
		stage_live
		;;
	vm)
		end_fuzz
		stage_vm
		end_live
		;;
	esac
done
end_fuzz
total
