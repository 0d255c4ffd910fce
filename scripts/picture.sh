#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The picture of `shmtrace top` in README.md: a real screen, of real servers in an IPC namespace of
# their own. PostgreSQL runs there, and Apache was killed with SIGKILL a few times.
#
# usage: scripts/picture.sh [FILE]    writes it (man/top.svg); needs root, a build, and termtosvg

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/servers.bash
. "$TOP/tests/live/servers.bash"

FILE=${1:-$TOP/man/top.svg}
COLUMNS=108 LINES=24

T=$(mktemp -d)
BATS_RUN_TMPDIR=$T
KEEPER=
POSTGRES=

# Called by what servers.bash has where a server is missing.
skip() {
	die "$1"
}

terminal() {
	TMUX_TMPDIR=$T LC_ALL=C.UTF-8 tmux -u -L picture -f /dev/null "$@"
}

clean_up() {
	terminal kill-server 2>/dev/null || true
	[ -z "$POSTGRES" ] || kill "$POSTGRES" 2>/dev/null || true
	[ -z "$POSTGRES" ] || tail --pid="$POSTGRES" -f /dev/null
	[ -z "$KEEPER" ] || kill "$KEEPER" 2>/dev/null || true
	rm -rf "$T"
}
trap clean_up EXIT

inside() {
	nsenter --ipc="/proc/$KEEPER/ns/ipc" -- "$@"
}

await() {
	local tenths
	for tenths in $(seq 300); do
		! "$@" || return 0
		sleep 0.1
	done
	die "waited in vain ($tenths): $*"
}

is_apart() {
	[ "$(readlink /proc/self/ns/ipc)" != "$(readlink "/proc/$KEEPER/ns/ipc")" ]
}

shows() {
	terminal capture-pane -p | grep -qE -- "$1"
}

# One still frame of a recording that has but what the terminal shows.
draw() {
	terminal capture-pane -e -p >"$T/screen"
	python3 - "$T/screen" "$COLUMNS" "$LINES" >"$T/cast" <<-'EOF'
		import json, sys
		text = open(sys.argv[1], encoding="utf-8").read().rstrip("\n").replace("\n", "\r\n")
		print(json.dumps({"version": 2, "width": int(sys.argv[2]), "height": int(sys.argv[3])}))
		print(json.dumps([0.1, "o", "\x1b[?25l" + text]))
	EOF
	mkdir "$T/frames"
	termtosvg render "$T/cast" "$T/frames" -s -t window_frame >/dev/null 2>&1
	# The last frame is whole. Not every viewer heeds the style that keeps blanks.
	sed 's/<svg id="screen"/& xml:space="preserve"/' \
		"$(find "$T/frames" -name '*.svg' | sort | tail -n 1)" >"$FILE"
}

[ "$(id -u)" -eq 0 ] || die "needs root"
command -v termtosvg >/dev/null || die "needs termtosvg: apt-get install termtosvg"
chmod 755 "$T"
write_apache
write_postgres
echo "shared_memory_type = sysv" >>"$T/pg/data/postgresql.conf"
unshare -i sleep infinity &
KEEPER=$!
await is_apart
inside sysctl -qw kernel.sem="32000 1024000000 500 16" kernel.shmmni=64

terminal new-session -d -x "$COLUMNS" -y "$LINES" \
	"env -u TMUX TERM=screen-256color nsenter --ipc=/proc/$KEEPER/ns/ipc -- $TOP/build/shmtrace top -d 1"
await shows '1 Processes'
inside sh "$T/postgres" >"$T/log" 2>&1 &
POSTGRES=$!
await grep -q 'ready to accept' "$T/log"
inside sh "$T/round" 13 >"$T/apache" 2>&1
# shellcheck disable=SC2016 # perl's
inside perl -e '$0 = "report"; shmget(0, 48 << 20, 0600); shmget(0, 12 << 20, 0600)'
terminal send-keys 7
await shows FULLEST
terminal send-keys -l "/$(readlink "/proc/$KEEPER/ns/ipc" | tr -dc 0-9)"
terminal send-keys Enter
await shows '1-1 of 1'
terminal send-keys Enter Escape 5
sleep 3
draw
say "wrote $FILE"
