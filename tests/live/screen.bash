# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of the screen share: a terminal of our own, by tmux, with a shell in which
# `shmtrace top` runs and which looks at what it leaves behind. Loaded behind live.bash.

# A server that nobody else has, in a directory of the test.
terminal() {
	TMUX_TMPDIR=$T tmux -u -L screen -f /dev/null "$@" 3>&- 8>&-
}

teardown() {
	terminal kill-server 2>/dev/null || true
	end_processes
}

close_terminal() {
	local server
	server=$(terminal display-message -p '#{pid}')
	terminal kill-server
	await 10 ended "$server"
}

# Columns, rows, then VARIABLE=VALUE… of the shell.
open_terminal() {
	local columns=$1 rows=$2
	shift 2
	terminal new-session -d -x "$columns" -y "$rows" "env -u TMUX PS1='ready> ' LC_ALL=$LC_ALL $* \
		bash --norc --noprofile"
	terminal set-option -g history-limit 0 >/dev/null
	await 10 shows_text 'ready>'
}

capture() {
	terminal capture-pane -p
}

# On the terminal stands what fits the expression: grep's options, expression.
shows_text() {
	capture | grep -qE -- "$@"
}

shows_no_text() {
	! shows_text "$@"
}

# What it shows when that does not come is shown: expression.
await_text() {
	await 30 shows_text "$@" || { capture; return 1; }
}

await_no_text() {
	await 30 shows_no_text "$@" || { capture; return 1; }
}

keys() {
	terminal send-keys "$@"
}

# Text that might be the name of a key.
type_text() {
	terminal send-keys -l "$1"
}

# A command line for the shell, with $RUN in front of it.
shell_line() {
	type_text "$1"
	keys Enter
}

# shmtrace top in the terminal, in our namespace where there is one, and showing when this returns.
# $PROGRAM is another build. Its number is in $SCREEN.
start_screen() {
	local there=
	[ -z "$KEEPER" ] || there="nsenter --ipc=/proc/$KEEPER/ns/ipc -- "
	# The shell's own modes are those that it gives to what it runs, not those of its prompt.
	shell_line "clear; stty -a >$T/before; ${there}${PROGRAM:-$SHMTRACE} top $* 2>$T/err; \
echo status \$?; stty -a >$T/after"
	await_text '1 Processes'
	find_screen
}

find_screen() {
	local pane
	pane=$(terminal display-message -p '#{pane_pid}')
	# nsenter becomes the program.
	SCREEN=$(pgrep -P "$pane")
	[ "$(wc -w <<<"$SCREEN")" -eq 1 ]
}

# The screen has ended: the shell has its terminal as it was. What the status must be.
await_shell() {
	await_text "^status $1\$"
	await 10 test -s "$T/after"
	# All but its size.
	diff <(sed 's/rows.*columns [0-9]*;//' "$T/before") <(sed 's/rows.*columns [0-9]*;//' "$T/after")
	[ "$(terminal display-message -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag}')" = "0 1 0" ]
}

# The objects of our namespace alone are listed.
choose_namespace() {
	keys 7
	await_text FULLEST
	type_text "/$IPCNS"
	keys Enter
	await_text "1-1 of 1"
	keys Enter
	await_text "ipc:\[$IPCNS\] chosen"
	keys Escape
	await_no_text "'$IPCNS'"
}

# No line is longer than the terminal, and nothing of the head is missing: columns.
whole_head() {
	capture >"$T/screen"
	cat "$T/screen"
	head -n1 "$T/screen" | grep -qE "^(shmtrace )?top [0-9:]{8}  ipc:\[$IPCNS\] (own|chosen) +(in)?exact.* calls/s  .* failed  .* lost\$"
	sed -n 2p "$T/screen" | grep -qE '^SHMMNI \[[| ]+\] *[0-9]+/[0-9]+ +[0-9]+%  SEMMNI \[[| ]+\] *[0-9]+/[0-9]+ +[0-9]+%'
	sed -n 3p "$T/screen" | grep -qE '^SHMALL \[[| ]+\] *[0-9]+/(no limit|[0-9]+) +[0-9]+%  SEMMNS \[[| ]+\] *[0-9]+/[0-9.GM]+ +[0-9]+%'
	sed -n 4p "$T/screen" | grep -qE '^MSGMNI \[[| ]+\] *[0-9]+/[0-9]+ +[0-9]+%  fullest: '
	sed -n 5p "$T/screen" | grep -qE '^1 Processes +2 Segments.* 3 Semaphores.* 4 Queues.* 5 Leaks.* 6 Failures.* 7 Namespaces'
	[ "$(wc -L <"$T/screen")" -le "$1" ]
}
