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

# A line of the screen fits: which one, expression. Said where it does not.
line_is() {
	sed -n "$1p" "$T/screen" | grep -qE -- "$2" ||
		{ echo "line $1 is not '$2':"; cat "$T/screen"; return 1; }
}

# No line is longer than the terminal, and nothing of the head is missing: columns.
whole_head() {
	local use=' *[0-9.M]+/(no limit|[0-9.GM]+) +[0-9]+%'
	capture >"$T/screen"
	line_is 1 "^(shmtrace )?top [0-9:]{8}  ipc:\[$IPCNS\] (own|chosen) +(in)?exact.* calls/s  .* failed  .* lost\$" &&
		line_is 2 "^SHMMNI \[[| ]+\]$use +SEMMNI \[[| ]+\]$use\$" &&
		line_is 3 "^SHMALL \[[| ]+\]$use +SEMMNS \[[| ]+\]$use\$" &&
		line_is 4 "^MSGMNI \[[| ]+\]$use +fullest: [^…~]*\$" &&
		line_is 5 '^1 Processes +2 Segments.* 3 Semaphores.* 4 Queues.* 5 Leaks.* 6 Failures.* 7 Namespaces' &&
		[ "$(wc -L <"$T/screen")" -le "$1" ]
}
