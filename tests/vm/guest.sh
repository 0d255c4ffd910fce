# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For the scripts that run inside a test machine, under busybox sh: TAP on standard output, and the
# checks and tools that all of them need. A guest script sources it, prints one TAP line for each
# check, and ends with `finish`.
#
# There: /bin/shmtrace, /bin/strace, the workloads in $WORK, a scratch directory $TMP. $VM_KERNEL is
# the machine's name (x86_64-5.10, arm64-6.1, …). Files left in /out reach the host.

# shellcheck disable=SC2034 # for the scripts that source this
WORK=/tests/work
TMP=/tmp
tap_count=0
tap_failed=0

# Each takes the test's name, which must not change from run to run.
ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $VM_KERNEL: $1"
}

not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $VM_KERNEL: $1"
}

# name, reason
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $VM_KERNEL: $1 # SKIP $2"
}

# Lines that explain the result above or below them; without arguments from standard input.
note() {
	if [ $# -gt 0 ]; then
		printf '%s\n' "$*"
	else
		cat
	fi | sed 's/^/# /'
}

# name, command…: passes when the command succeeds; shows its output when it does not.
check() {
	check_name=$1
	shift
	check_status=0
	"$@" >"$TMP/check.log" 2>&1 || check_status=$?
	if [ "$check_status" -eq 0 ]; then
		ok "$check_name"
	else
		not_ok "$check_name"
		note "failed with status $check_status: $*"
		note <"$TMP/check.log"
		return 1
	fi
}

# name, expected, actual
check_equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		note "expected: $2"
		note "got:      $3"
		return 1
	fi
}

# seconds, command…: succeeds as soon as the command does. Emulated machines are slow, and fixed
# sleeps are either too short or wasted.
wait_until() {
	wait_tenths=$(($1 * 10))
	shift
	while ! "$@"; do
		wait_tenths=$((wait_tenths - 1))
		[ "$wait_tenths" -gt 0 ] || return 1
		sleep 0.1
	done
}

# The kernel's version is at least MAJOR.MINOR.
kernel_at_least() {
	uname -r | awk -v want="$1" '{
		split($0, have, /[.-]/); split(want, need, ".")
		exit !(have[1] > need[1] || (have[1] == need[1] && have[2] >= need[2]))
	}'
}

# Tasks are preempted inside the kernel, and so are programs on tracepoints: system call hooks lose calls
# there, and count them (bpf_prog_active, kernel/trace/bpf_trace.c).
is_preemptible() {
	grep -q '(lazy)\|(full)' /sys/kernel/debug/sched/preempt 2>/dev/null
}

mount_bpffs() {
	mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
}

kernel_is_healthy() {
	! dmesg | grep -E 'Oops|BUG:|WARNING:|general protection|Call trace:|Call Trace:'
}

# Ends the script: the last check, the plan, the exit status.
finish() {
	check "the kernel reported no fault" kernel_is_healthy
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}
