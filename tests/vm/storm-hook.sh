#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the storm calls at each quiet moment: makes the tracer print its ledger, and compares that with
# what the kernel says. $STORM_DIR holds top.pid, top.json and truth/; differences go to failed.
#
# usage: storm-hook.sh MOMENT

# What was printed since the last moment. All of it would be read again ten times a second, and that
# takes an emulated machine longer than the storm.
new_lines() {
	tail -c +$((before + 1)) "$STORM_DIR/top.json"
}

# A ledger's own line is its last.
is_printed() {
	[ "$(stat -c %s "$STORM_DIR/top.json")" -gt "$before" ] &&
		tail -n 1 "$STORM_DIR/top.json" | grep -q '"type":"ledger"'
}

before=$(stat -c %s "$STORM_DIR/top.json")
kill -USR1 "$(cat "$STORM_DIR/top.pid")"
tenths=0
until is_printed; do
	tenths=$((tenths + 1))
	if [ $tenths -gt 600 ]; then
		echo "moment $1: the tracer printed nothing" | tee -a "$STORM_DIR/failed"
		exit 1
	fi
	sleep 0.1
done
new_lines >"$STORM_DIR/dump.$1"
if ! "$STORM_DIFF" -u "$STORM_DIR/truth/truth.$1" "$STORM_DIR/dump.$1" \
	>"$STORM_DIR/diff.$1" 2>&1; then
	echo "moment $1: $(tail -n 1 "$STORM_DIR/diff.$1")" >>"$STORM_DIR/failed"
	head -n 40 "$STORM_DIR/diff.$1"
fi
grep '"type":"ledger"' "$STORM_DIR/dump.$1"
tail -n 1 "$STORM_DIR/diff.$1"
exit 0
