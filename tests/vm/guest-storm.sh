# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The ledger against the kernel, after every burst of a storm of all transitions.

# shellcheck source=tests/vm/guest.sh
. /tests/guest.sh

# Makes the tracer print its ledger and compares that with what the kernel says.
cat >"$TMP/hook" <<'EOF'
#!/bin/sh
out=/tmp/top.json
before=$(grep -c '"type":"ledger"' $out)
kill -USR1 "$(cat /tmp/top.pid)"
i=0
while [ "$(grep -c '"type":"ledger"' $out)" -le "$before" ]; do
	i=$((i + 1))
	[ $i -lt 300 ] || { echo "burst $1: no report"; exit 1; }
	sleep 0.1
done
awk -v want=$((before + 1)) '/"type":"ledger"/ { n++; if (n == want) print; next } n == want - 1' $out >/tmp/dump.$1
cp /tmp/dump.$1 /tmp/truth/truth.$1 /out/ 2>/dev/null
/tests/work/storm_diff /tmp/truth/truth.$1 /tmp/dump.$1 >/tmp/diff.$1 2>&1
status=$?
tail -n 1 /tmp/diff.$1
grep '"type":"ledger"' /tmp/dump.$1
[ $status -eq 0 ] || { head -n 30 /tmp/diff.$1; echo "$1" >>/tmp/failed; }
exit 0
EOF
chmod +x "$TMP/hook"

storm_round() { # hooks, reconcile, storm arguments…
	hooks=$1
	reconcile=$2
	shift 2
	rm -rf $TMP/truth $TMP/failed $TMP/top.json
	mkdir -p $TMP/truth
	: >$TMP/top.json
	shmtrace top --batch --debug -J -d 10000 --hooks="$hooks" --reconcile="$reconcile" >$TMP/top.json 2>$TMP/top.err &
	echo $! >$TMP/top.pid
	wait_until 20 grep -q watching $TMP/top.err
	sleep 1
	"$WORK/storm" --truth $TMP/truth --quiet-hook $TMP/hook "$@" >$TMP/storm.out 2>&1
	status=$?
	kill "$(cat $TMP/top.pid)"
	wait
	note <$TMP/storm.out
	note <$TMP/top.err
	check_equal "storm ends well by $hooks" 0 $status
	check "no difference by $hooks" test ! -e $TMP/failed
}

storm_round functions never --ops "${STORM_OPS:-2000}" --procs 40 --bursts 5
finish
