# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For the guest scripts that hold the ledger against the kernel: tracers and storms, each with a
# directory. STORM_OPS, STORM_PROCS and START_TIMES come from VM_ARGS of vm.sh, seed from VM_SEED.

# shellcheck source=tests/vm/guest.sh
. /tests/guest.sh

export STORM_DIFF="$WORK/storm_diff"

# A tracer, which is on its way then: directory, options of top…
launch_top() {
	export STORM_DIR="$1"
	shift
	mkdir -p "$STORM_DIR"
	: >"$STORM_DIR/top.json"
	: >"$STORM_DIR/top.err"
	shmtrace top --batch --debug -J -d 100000 "$@" >"$STORM_DIR/top.json" 2>"$STORM_DIR/top.err" &
	echo $! >"$STORM_DIR/top.pid"
}

# All of its hooks are on.
is_watching() { # directory
	grep -q 'watching by' "$1/top.err"
}

# How many are: links of BPF programs, and the events of kprobes and tracepoints.
count_hooks() { # directory
	# shellcheck disable=SC2010,SC2012 # busybox: find prints no targets, readlink takes one name
	ls -l "/proc/$(cat "$1/top.pid")/fd" 2>/dev/null | grep -c 'bpf.link\|perf_event'
}

start_top() { # directory, options of top…
	launch_top "$@"
	mkdir -p "$STORM_DIR/truth"
	wait_until 60 is_watching "$STORM_DIR"
}

stop_top() {
	kill "$(cat "$STORM_DIR/top.pid")"
	wait
	note <"$STORM_DIR/top.err"
}

# A storm: directory, hook, arguments of storm…  Its status is left in storm_status.
run_storm() {
	storm_dir=$1
	storm_hook=$2
	shift 2
	storm_status=0
	# shellcheck disable=SC2034 # for who sources this
	"$WORK/storm" ${seed:+--seed "$seed"} --procs "${STORM_PROCS:-200}" --truth "$storm_dir/truth" \
		--quiet-hook "$storm_hook" "$@" >"$storm_dir/storm.out" 2>&1 || storm_status=$?
	note <"$storm_dir/storm.out"
}

# What came of it, in one line: name, directory, "lost" after losses.
sum_up() {
	note "$(sh /tests/storm-summary.sh "$VM_KERNEL, $1" "$2" "${3:-}")"
	cp -r "$2" /out/
}

# What a tracer says of its ledger, the last time.
report() { # directory
	grep '"type":"ledger"' "$1/top.json" | tail -n 1
}

# Of sets and queues the kernel keeps no creator: where the news of one was lost, nothing tells.
differences() { # directory
	cat "$1"/diff.* | grep -E '^(attached|shm|sem|msg) ' |
		grep -vE '^(sem|msg) [0-9]+ of [0-9]+: creator is '
}
