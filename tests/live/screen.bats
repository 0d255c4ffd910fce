#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The screen of `shmtrace top` on a terminal: what it shows, what keys do, and that the terminal is
# left as it was, however it ends. What lists, keys and stories do in detail is tested without a
# terminal in tests/unit/test_screen*.c.

load live.bash
load screen.bash

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	own_namespace
}

# One list after the other, each with a whole head: columns.
look_at_lists() {
	local i
	local headings=(PID ID ID ID KIND TIME IPCNS)
	for i in 1 2 3 4 5 6 7; do
		keys "$i"
		await_text "^${headings[i - 1]} |^ +${headings[i - 1]} "
		whole_head "$1"
	done
}

@test "screen: every list of nothing, at 80x24 and at 200x50" {
	local size
	for size in "80 24" "200 50"; do
		# shellcheck disable=SC2086 # two words
		open_terminal $size
		start_screen -d 0.3
		choose_namespace
		look_at_lists "${size% *}"
		keys 2
		await_text "there are no segments in ipc:\[$IPCNS\]; Esc shows all namespaces"
		keys 3
		await_text "there are no semaphore sets"
		keys 4
		await_text "there are no message queues"
		keys 5
		await_text "nothing is leaked"
		keys 6
		await_text "no shmget, semget or msgget has failed"
		keys q
		await_shell 0
		close_terminal
	done
}

WORKLOAD='rename("holder"); a = shmget(0x71, 8192, CREAT | 0o600); shmat(a, 0, 0); shmat(a, 0, 0)
shmget(0x72, 4096, CREAT | 0o640); d = shmget(0, 4096, 0o600); shmat(d, 0, 0); shmctl(d, RMID, 0)
semget(0x73, 3, CREAT | 0o600); semget(0x73, 9, 0); msgget(0x74, CREAT | 0o600)'
LEAKER='rename("leaker"); [shmget(0, 1000000 + i, 0o600) for i in range(3)]; semget(0, 2, 0o600); msgget(0, 0o600)'

@test "screen: ten objects in their lists, and their stories" {
	local line
	open_terminal 80 24
	start_screen -d 0.3
	start_caller
	while read -r line; do
		order "$line"
	done <<<"$WORKLOAD"
	calls "$LEAKER"
	choose_namespace
	keys 2
	await_text '^[0-9]+ +0x00000071 +8192 +2 in-use +[0-9]+ holder'
	await_text '1-6 of 6'
	shows_text '^[0-9]+ +0x00000000 +977K +0 orphan +[0-9]+ leaker'
	shows_text '^[0-9]+ +0x00000000 +4096 +1 doomed +[0-9]+ holder'
	shows_text '^[0-9]+ +0x00000072 +4096 +0 idle +[0-9]+ holder'
	keys 3
	await_text '^[0-9]+ +0x00000073 +3 in-use +[0-9]+ holder'
	keys 4
	await_text '^[0-9]+ +0x00000074 in-use +[0-9]+ holder'
	keys 5
	await_text '1-5 of 5'
	shows_text '^sem +[0-9]+ +0x00000000 +2 +[0-9]+s +[0-9]+ leaker'
	keys 6
	await_text '[0-9:]{8} +[0-9]+ holder +semget EINVAL +1 (likely )?what has the key is'
	keys Enter
	await_text 'semget\(0x73, 9, 000\) = -1 EINVAL'
	await_text 'what has the key is smaller: semaphore set [0-9]+ of 3 semaphores'
	keys Escape 1 / holder Enter
	await_text "holder +alive .* 16.0K +12.0K"
	keys Enter
	await_text "Process $CALLER, holder"
	shows_text 'calls +10, of which 1 failed: EINVAL 1'
	shows_text 'shm [0-9]+ +0x00000071 +in-use +8192 bytes'
	# The story goes on.
	order 'shmdt(0)'
	await_text 'calls +11, of which 2 failed: EINVAL 2'
	kill -KILL "$CALLER"
	await_text 'state +SIGKILL'
	keys q
	await_shell 0
}

@test "screen: the order, a filter, a frozen list" {
	open_terminal 80 24
	calls '[shmget(0x100 + i, 4096 * (i + 1), CREAT | 0o600) for i in range(30)]'
	start_screen -d 0.3
	choose_namespace
	keys 2
	await_text '1-17 of 30'
	[[ $(capture | sed -n 7p) == *0x0000011d*120K* ]]
	keys r
	await_text '^0 +0x00000100 +4096'
	keys End
	await_text '14-30 of 30'
	type_text /0x00000105
	await_text 'Filter: 0x00000105_ +1-1 of 1'
	keys Escape End
	await_text '14-30 of 30'
	# Frozen, it shows what has gone; going on, it does not.
	keys Space
	await_text 'FROZEN'
	inside ipcrm -M 0x11d
	sleep 1
	shows_text '0x0000011d'
	keys Space
	await_text '13-29 of 29'
	shows_no_text '0x0000011d'
	# The mouse: on a heading and on a tab, as a terminal sends it.
	type_text $'\e[M 9&\e[M#9&'
	await_text '^29 +|^28 +0x0000011c +116K'
	type_text $'\e[M >%\e[M#>%'
	await_text SEMS
	keys q
	await_shell 0
}

@test "screen: a limit that is full, and why a call failed" {
	open_terminal 80 24
	inside sysctl -qw kernel.sem="250 32000 32 4"
	start_screen -d 0.3
	calls 'rename("greedy"); [semget(0, 1, 0o600) for i in range(7)]'
	await_text '^SHMMNI .*SEMMNI \[\|{10}\] +4/4 100%'
	await_text "fullest: SEMMNI 100%, ipc:\[$IPCNS\]"
	keys 6
	type_text /greedy
	keys Enter
	# Those that are alike are counted, a second later.
	await_text 'greedy +semget ENOSPC +3 (likely )?SEMMNI: 4 of 4'
	keys Enter
	await_text "SEMMNI: 4 of 4 sets in use in ipc:\[$IPCNS\]"
	await_text 'made by greedy'
	keys Escape Escape 7
	await_text "^$IPCNS own .* 4 +4 +0 +4 SEMMNI 100%"
	keys q
	await_shell 0
}

cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

@test "screen: 32,000 objects, at 80x24 and at 200x50" {
	local before size
	inside sysctl -qw kernel.shmmni=32768
	calls 'sys.exit(min(shmget(0x100000 + i, 1 + i, CREAT | 0o600) for i in range(32000)) < 0)'
	for size in "80 24" "200 50"; do
		# shellcheck disable=SC2086 # two words
		open_terminal $size
		start_screen -d 1
		look_at_lists "${size% *}"
		choose_namespace
		keys 2
		await_text '1-(17|43) of 32000'
		[[ $(capture | sed -n 7p) == *0x00107cff* ]]
		whole_head "${size% *}"
		shows_text '32000/32768 +97%'
		keys End
		await_text '-32000 of 32000'
		shows_text '0x00100000 +1'
		keys r
		await_text '1-(17|43) of 32000'
		type_text /0x0010000
		await_text '1-16 of 16'
		keys Escape 5
		await_text 'of 32000'
		before=$(cpu_ticks "$SCREEN")
		sleep 5
		echo "# ${size/ /x}: $((($(cpu_ticks "$SCREEN") - before) * 1000 / $(getconf CLK_TCK) / 5)) ms" \
			"of processor time a look, with the comparison" >&3
		keys q
		await_shell 0
		close_terminal
	done
}

# Which row is chosen stands in reverse; the list's order is the screen's own.
choose_leak() {
	keys 5
	await_text 'd remove'
	type_text "/$1"
	keys Enter
	await_text '1-1 of 1'
}

@test "screen: removing what is leaked, and nothing that has come to be used" {
	local ids
	open_terminal 80 24
	start_screen -d 0.3
	start_caller
	calls '[shmget(0x81 + i, 4096, CREAT | 0o600) for i in range(3)]; semget(0x84, 2, CREAT | 0o600)'
	choose_namespace
	keys 2
	await_text '0x00000081'
	# Where nothing is leaked the key is none, and elsewhere neither.
	keys d
	sleep 1
	shows_no_text 'y/n'
	choose_leak 0x00000081
	keys d
	await_text "Remove segment [0-9]+ in ipc:\\[$IPCNS\\]\\? y/n"
	keys n
	await_no_text 'y/n'
	inside ipcs -m | grep -q 0x00000081
	# Removed.
	sleep 1
	keys d
	await_text 'y/n'
	keys y
	await_text '^shm [0-9]+ removed: not attached; creator [0-9]+ has ended'
	[ "$(inside ipcs -m | grep -c 0x0000008)" -eq 2 ]
	await_text "none of 3 has '0x00000081'"
	keys Escape
	# Used between the question and the answer, and used again.
	choose_leak 0x00000082
	keys d
	await_text 'y/n'
	order 'shmat(shmget(0x82, 0, 0), 0, 0)'
	keys y
	await_text '^shm [0-9]+ kept: it is in use by now'
	inside ipcs -m | grep -q '0x00000082 .* 1 '
	keys Escape
	# Another one under that key, and the same id where the kernel can be told to.
	choose_leak 0x00000083
	ids=$(inside ipcs -m | awk '$1 == "0x00000083" { print $2 }')
	keys d
	await_text 'y/n'
	inside ipcrm -m "$ids"
	inside sh -c "echo $ids >/proc/sys/kernel/shm_next_id"
	calls 'shmget(0x83, 8192, CREAT | 0o600)'
	[ "$(inside ipcs -m | awk '$1 == "0x00000083" { print $2 }')" = "$ids" ]
	keys y
	await_text "^shm $ids kept: its id is another object's by now"
	[ "$(inside ipcs -m | awk '$1 == "0x00000083" { print $2 }')" = "$ids" ]
	keys Escape
	# A set.
	choose_leak 0x00000084
	sleep 1
	keys Delete
	await_text 'Remove semaphore set'
	keys y
	await_text '^sem [0-9]+ removed: never operated on'
	[ "$(inside ipcs -s | grep -c 0x00000084)" -eq 0 ]
	keys q
	await_shell 0
}

@test "screen: with --read-only nothing can be removed, and no right to do so is kept" {
	open_terminal 80 24
	calls 'shmget(0x81, 4096, CREAT | 0o600)'
	start_screen -d 0.3 --read-only
	[ $((0x$(awk '/^CapEff/ { print $2 }' "/proc/$SCREEN/status") & 1 << 15)) -eq 0 ]
	choose_namespace
	keys 5
	await_text '1-1 of 1'
	shows_no_text 'd remove'
	keys d
	sleep 1
	shows_no_text 'y/n'
	keys q
	await_shell 0
}

@test "screen: a storm of new sizes, small ones as well" {
	local i
	open_terminal 80 24
	start_screen -d 0.2
	for i in {1..60}; do
		terminal resize-window -x $((RANDOM % 200 + 5)) -y $((RANDOM % 70 + 3))
		keys "$((i % 7 + 1))" Down
	done
	terminal resize-window -x 60 -y 20
	await_text 'shmtrace top needs'
	await_text '80 x 22, this is 60 x 20'
	terminal resize-window -x 100 -y 30
	keys 2
	await_text NATTCH
	await 10 whole_head 100
	keys q
	await_shell 0
}

# Which ends it, what the shell says its status is.
ends_by() {
	open_terminal 80 24
	start_screen -d 0.3
	keys 2
	await_text NATTCH
	[ "$(terminal display-message -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag}')" = "1 0 1" ]
	case $1 in
	C-c | F10) keys "$1" ;;
	*) kill -"$1" "$SCREEN" ;;
	esac
	await_shell "$2"
	close_terminal
}

@test "screen: the terminal is as it was, by keys and by signals that end it" {
	ends_by F10 0
	ends_by C-c 0
	ends_by TERM 0
	ends_by HUP 0
	grep -q 'watching by' "$T/err"
}

@test "screen: a console has one screen: the shell goes on in a line of its own" {
	local how
	for how in "TERM 0" "SEGV 139" "USR2 140"; do
		open_terminal 80 24 TERM=linux
		start_screen -d 0.3
		keys 2
		await_text NATTCH
		[ "$(terminal display-message -p '#{alternate_on}')" = 0 ]
		kill -"${how% *}" "$SCREEN"
		# Nothing behind it of what stood there.
		await_shell "${how#* }"
		close_terminal
	done
}

@test "screen: the terminal is as it was, also when the program dies of a fault" {
	# As a shell says it: 128 and the number of the signal.
	ends_by SEGV 139
	ends_by ABRT 134
	ends_by QUIT 131
}

@test "screen: the terminal is as it was, by signals that nobody waits for" {
	ends_by USR2 140
	ends_by ALRM 142
	ends_by XCPU 152
}

stopped() {
	[ "$(awk '{ print $3 }' "/proc/$SCREEN/stat")" = T ]
}

@test "screen: Ctrl-Z gives the terminal to the shell, and fg takes it back" {
	open_terminal 80 24
	# Of a job of the shell, as an interactive one runs it.
	start_screen -d 0.3
	keys C-z
	await 10 stopped
	await_text 'ready>$'
	[ "$(terminal display-message -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag}')" = "0 1 0" ]
	keys Enter
	shell_line fg
	await_text '1 Processes'
	keys 2
	await_text NATTCH
	# Stopped by a signal that cannot be seen, it goes on with all that it had.
	kill -STOP "$SCREEN"
	await 10 stopped
	kill -CONT "$SCREEN"
	shell_line fg
	await_text '1 Processes'
	keys 4
	await_text '^ID +KEY +STATE'
	keys q
	await_text '^ready>$'
	[ "$(terminal display-message -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag}')" = "0 1 0" ]
}

@test "screen: a terminal that is stopped stops nothing but itself" {
	open_terminal 80 24
	start_screen -d 0.05
	keys C-s
	sleep 3
	# It would not see this while it waits for the terminal.
	kill -TERM "$SCREEN"
	await 10 ended "$SCREEN"
	keys C-q
	await_shell 0
}

@test "screen: ends with its terminal, also where SIGHUP is ignored" {
	open_terminal 80 24
	start_screen -d 0.3
	close_terminal
	await 10 ended "$SCREEN"
	open_terminal 80 24
	shell_line "trap '' HUP"
	start_screen -d 0.3
	close_terminal
	await 10 ended "$SCREEN"
}

@test "screen: colours, and none with --color=never and NO_COLOR" {
	open_terminal 80 24
	start_screen -d 0.3
	terminal capture-pane -pe >"$T/colored"
	grep -q $'\e\[[34][0-7]m' "$T/colored"
	keys q
	await_shell 0
	start_screen -d 0.3 --color=never
	terminal capture-pane -pe >"$T/plain"
	run ! grep -q $'\e\[[34][0-7]m' "$T/plain"
	# What is selected and sorted by shows all the same.
	grep -q $'\e\[7m' "$T/plain"
	keys q
	await_shell 0
	close_terminal
	open_terminal 80 24 NO_COLOR=1
	start_screen -d 0.3
	terminal capture-pane -pe >"$T/plain"
	run ! grep -q $'\e\[[34][0-7]m' "$T/plain"
	keys q
	await_shell 0
}

@test "screen: names that would take over the terminal, in UTF-8 and in the C locale" {
	start_caller
	order 'rename("\x1b[2J\x1b]0;\u6f22\u5b57"); shmat(shmget(0x77, 4096, CREAT | 0o600), 0, 0)'
	open_terminal 80 24
	start_screen -d 0.3
	choose_namespace
	keys 2
	await_text '0x00000077 +4096 +1 in-use'
	keys Enter
	await_text "\\\\x1b\[2J\\\\x1b\]0;漢字 \($CALLER\)|${CALLER} +\\\\x1b\[2J\\\\x1b\]0;漢字"
	keys q
	await_shell 0
	close_terminal
	LC_ALL=C open_terminal 80 24
	start_screen -d 0.3
	choose_namespace
	keys 2
	await_text '0x00000077 +4096 +1 in-use'
	keys Enter
	await_text "\\\\x1b\[2J\\\\x1b\]0;\\\\xe6\\\\xbc\\\\xa2"
	[ "$(capture | LC_ALL=C tr -d '\n -~' | wc -c)" -eq 0 ]
	keys q
	await_shell 0
}

@test "screen: -n ends it, SIGUSR1 is a look" {
	open_terminal 80 24
	start_screen -d 1h -n 2
	calls 'shmget(0x78, 4096, CREAT | 0o600)'
	keys 2
	type_text /0x00000078
	keys Enter
	await_text "'0x00000078'"
	kill -USR1 "$SCREEN"
	await_text '^[0-9]+ +0x00000078'
	kill -USR1 "$SCREEN"
	await_shell 0
}

@test "screen: a place that cannot have one is told so" {
	run -2 --separate-stderr "$SHMTRACE" top
	[ -z "$output" ]
	# shellcheck disable=SC2154 # run sets it
	[[ ${stderr_lines[0]} == "shmtrace: standard "*" is no terminal"*"--batch"* ]]
	open_terminal 80 24 TERM=no-such-terminal
	shell_line "$SHMTRACE top; echo status \$?"
	await_text '^status 1$'
	shows_text "terminal of type 'no-such-terminal': set TERM"
	# Known, but of one line.
	shell_line "clear; stty -a >$T/before; TERM=dumb $SHMTRACE top; echo status \$?; stty -a >$T/after"
	await_shell 1
	shows_text "terminal of type 'dumb': set TERM"
	shell_line "clear; $SHMTRACE top </dev/null; echo status \$?"
	await_text '^status 2$'
	shows_text 'standard input is no terminal'
	shell_line "clear; $SHMTRACE top >&-; echo status \$?"
	await_text '^status 2$'
}

@test "screen: nothing wrong with memory, whatever is pressed" {
	local i keys=(1 2 3 4 5 6 7 Tab BTab Up Down PPage NPage Home End Enter Escape '<' '>' r / a 0
		BSpace '?' Space C-l F1 d y k j)
	make -s BUILD=build/asan SANITIZE=address,undefined build/asan/shmtrace >"$T/make" 2>&1 ||
		{ cat "$T/make"; return 1; }
	# shellcheck disable=SC2034 # of start_screen
	PROGRAM=$PWD/build/asan/shmtrace
	inside sysctl -qw kernel.sem="250 32000 32 2"
	calls '[(shmget(0, 4096, 0o600), semget(0, 1, 0o600)) for i in range(50)]'
	# Its reports go to a file: on the terminal nobody would see them.
	open_terminal 80 24 "ASAN_OPTIONS=log_path=$T/asan UBSAN_OPTIONS=log_path=$T/asan"
	start_screen -d 0.1
	for i in {1..250}; do
		keys "${keys[RANDOM % ${#keys[@]}]}"
		((i % 10)) || terminal resize-window -x $((RANDOM % 200 + 70)) -y $((RANDOM % 50 + 20))
		((i % 50)) || calls '[semget(0, 1, 0o600) for i in range(3)]'
	done
	terminal resize-window -x 80 -y 24
	keys C-c
	await_shell 0 || { cat "$T"/asan*; return 1; }
	run ! ls "$T"/asan*
}
