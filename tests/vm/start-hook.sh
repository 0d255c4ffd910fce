#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the storm calls at each quiet moment while tracers are started in the middle of its bursts:
# compares the one that was started in the burst before, ends it, and starts the next, whose hooks go
# on, one by one, while the next burst runs. Each has a directory run.MOMENT below $START_DIR; how many
# there are is $START_TIMES, and how many hooks one has $START_HOOKS.
#
# usage: start-hook.sh MOMENT

# shellcheck source=tests/vm/storm.sh
. /tests/storm.sh

compare_last() { # moment, directory
	# Otherwise it went on before the burst, or the burst was over by then.
	if [ ! -e "$2/early" ] && is_watching "$2"; then
		: >"$2/middle"
	fi
	wait_until 60 is_watching "$2"
	STORM_DIR=$2 sh /tests/storm-hook.sh "$1"
	kill "$(cat "$2/top.pid")"
	rm "$2/top.pid"
}

has_hooks() { # directory, number
	[ "$(count_hooks "$1")" -ge "$2" ] || ! kill -0 "$(cat "$1/top.pid")"
}

start_next() { # directory, hooks that are on when it goes on
	# It reads again only when it says itself that it is inexact.
	launch_top "$1" --hooks=functions --reconcile=3600
	# shellcheck disable=SC2153 # not STORM_DIR
	ln -s "$START_DIR/truth" "$1/truth"
	# Two hundred processes would keep it from being on before they are quiet again.
	renice -n -20 -p "$(cat "$1/top.pid")" >/dev/null
	# Looking takes as long as a few hooks do: more often, and the tracer would wait for this.
	while ! has_hooks "$1" "$2"; do
		sleep 0.1
	done
	if is_watching "$1"; then
		: >"$1/early"
	fi
}

for dir in "$START_DIR"/run.*; do
	if [ -s "$dir/top.pid" ]; then
		compare_last "$1" "$dir"
	fi
done
if [ "$1" -le "$START_TIMES" ]; then
	# Machines differ in how fast it is: for some this is too early, for some too late.
	start_next "$START_DIR/run.$1" $((START_HOOKS * ($1 * 7 % 9) / 9))
fi
exit 0
