#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The ledger where it cannot have seen everything: started in the middle of a storm, and after losses.
# START_TIMES: how often it is started (50 is the whole of it).

setup() {
	export START_DIR=$BATS_TEST_TMPDIR STORM_DIFF=build/tests/work/storm_diff
	mkdir -p "$START_DIR/truth"
}

teardown() {
	local pid
	# The last one starts a moment after the last burst.
	sleep 0.3
	for pid in "$START_DIR"/run.*/top.pid; do
		if [ -s "$pid" ]; then
			kill "$(cat "$pid")" 2>/dev/null || true
		fi
	done
}

# A tracer with a directory of its own: number, options of top…
start_one() {
	local dir=$START_DIR/run.$1
	shift
	mkdir -p "$dir"
	ln -sfn "$START_DIR/truth" "$dir/truth"
	: >"$dir/top.json"
	build/shmtrace top --batch --debug -J -d 100000 "$@" >"$dir/top.json" 2>"$dir/top.err" 3>&- &
	echo $! >"$dir/top.pid"
}

storm() { # hook, arguments…
	local hook=$1 status=0
	shift
	build/tests/work/storm/storm ${STORM_SEED:+--seed "$STORM_SEED"} --truth "$START_DIR/truth" \
		--quiet-hook "$hook" "$@" 3>&- >"$START_DIR/storm.out" 2>&1 || status=$?
	cat "$START_DIR/storm.out"
	return "$status"
}

sum_up() { # name, "lost" after losses
	echo "# $(sh tests/vm/storm-summary.sh "here, $1" "$START_DIR" "${2:-}")" >&3
}

@test "started in the middle of a storm, the ledger equals the kernel at the next quiet moment" {
	local times=${START_TIMES:-5}
	# At each moment: compares the tracer that was started in the burst before, and starts the next one
	# somewhere in the burst to come.
	cat >"$START_DIR/hook" <<'EOF'
for dir in "$START_DIR"/run.*; do
	[ -s "$dir/top.pid" ] || continue
	for _ in $(seq 100); do
		grep -q 'watching by' "$dir/top.err" && break
		sleep 0.1
	done
	STORM_DIR=$dir sh tests/vm/storm-hook.sh "$1"
	kill "$(cat "$dir/top.pid")"
	rm "$dir/top.pid"
done
dir=$START_DIR/run.$1
mkdir -p "$dir"
ln -sfn "$START_DIR/truth" "$dir/truth"
: >"$dir/top.json"
sh -c 'sleep "$1"; echo $$ >"$2/top.pid"; exec build/shmtrace top --batch --debug -J -d 100000' \
	sh "0.0$(($1 * 7 % 9 + 1))" "$dir" >"$dir/top.json" 2>"$dir/top.err" &
exit 0
EOF
	storm "sh $START_DIR/hook" --ops $((2500 * (times + 1))) --procs 200 --bursts $((times + 1))
	sum_up "started in the middle"
	grep -h '"exact":' "$START_DIR"/run.*/dump.* | grep -o '"exact":[a-z]*' | sort | uniq -c
	[ "$(find "$START_DIR" -name 'dump.*' | wc -l)" -ge "$times" ]
	[ -z "$(find "$START_DIR" -name failed)" ]
}

@test "after losses the ledger says inexact as long as it may not compare" {
	start_one 0 --buffer 4096 --reconcile never
	sleep 1
	STORM_DIR=$START_DIR/run.0 storm "sh tests/vm/storm-hook.sh" --ops 4000 --procs 100 --bursts 2 || true
	tail -n 1 "$START_DIR/run.0/top.json" | grep '"exact":false'
}

@test "after losses the ledger becomes exact by itself, and equals the kernel" {
	start_one 0 --buffer 4096
	sleep 1
	STORM_DIR=$START_DIR/run.0 storm "sh tests/vm/storm-hook.sh" --ops 8000 --procs 100 --bursts 4
	sum_up "after losses" lost
	cat "$START_DIR/run.0/top.err"
	# Something was lost, or this proves nothing.
	[ "$(tail -n 1 "$START_DIR/run.0/top.json" | jq .lost)" -gt 0 ]
	tail -n 1 "$START_DIR/run.0/top.json" | grep '"exact":true'
	# Of sets and queues the kernel keeps no creator: where the news of one was lost, nothing tells.
	if grep -hE '^(attached|shm|sem|msg) ' "$START_DIR"/run.0/diff.* |
		grep -vE '^(sem|msg) [0-9]+ of [0-9]+: creator is '; then
		return 1
	fi
}
