# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The ledger against the kernel, after every burst of a storm of all transitions.

# shellcheck source=tests/vm/guest.sh
. /tests/guest.sh

storm_round() { # hooks, reconcile, storm arguments…
	hooks=$1
	reconcile=$2
	shift 2
	export STORM_DIR="$TMP/storm-$hooks" STORM_DIFF="$WORK/storm_diff"
	mkdir -p "$STORM_DIR/truth"
	: >"$STORM_DIR/top.json"
	shmtrace top --batch --debug -J -d 100000 --hooks="$hooks" --reconcile="$reconcile" \
		>"$STORM_DIR/top.json" 2>"$STORM_DIR/top.err" &
	echo $! >"$STORM_DIR/top.pid"
	wait_until 30 grep -q 'watching by' "$STORM_DIR/top.err"
	status=0
	"$WORK/storm" --truth "$STORM_DIR/truth" --quiet-hook "sh /tests/storm-hook.sh" "$@" \
		>"$STORM_DIR/storm.out" 2>&1 || status=$?
	kill "$(cat "$STORM_DIR/top.pid")"
	wait
	note <"$STORM_DIR/storm.out"
	note <"$STORM_DIR/top.err"
	cp -r "$STORM_DIR" /out/
	check_equal "the storm ends well, by $hooks" 0 "$status"
	check "no difference, by $hooks" test ! -e "$STORM_DIR/failed"
}

storm_round functions never --ops "${STORM_OPS:-10000}" --procs 200 --bursts 5
if is_preemptible; then
	skip "the storm ends well, by syscalls" "programs on tracepoints are preempted here"
else
	storm_round syscalls 30 --ops "${STORM_OPS:-10000}" --procs 200 --bursts 5
fi
finish
