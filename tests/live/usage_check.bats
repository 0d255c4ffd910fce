#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Help, manual pages, completion and the program itself say the same. Needs build/shmtrace and scdoc,
# and no root: no command here gets as far as tracing.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	shmtrace=build/shmtrace
}

# What goes wrong is shown before the test fails.
differs() {
	printf '%s\n' "$@"
	return 1
}

# As `shmtrace --help` lists them.
commands() {
	"$shmtrace" --help | awk '/^Commands:/ { on = 1; next } on && !NF { exit } on { print $1 }'
}

# Options of help on standard input, one a line. Only what begins a line is an option: the
# descriptions speak of others.
options_of_help() {
	sed -nE 's/^ +((-[A-Za-z], )?--[a-z-]+|-[A-Za-z])(=.*| .*)?$/\1/p' | tr -d ' ' | tr , '\n' |
		sort -u
}

# From the manual's source: lines such as *-e*, *--calls*=_CALL_ in its section of options.
options_of_manual() {
	sed -n '/^# OPTIONS/,/^# [^O]/p' "$1" | sed -nE '/^\*-/p' | sed 's/=.*//' | tr -d ' *' |
		tr , '\n' | sort -u
}

# What bash would offer behind these words.
complete_words() {
	bash -c '
		. man/shmtrace.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_shmtrace
		printf "%s\n" "${COMPREPLY[@]}"' _ "$@"
}

equal_sets() { # name, expected, name, got
	[ -n "$2" ] || differs "$1 has none"
	[ "$2" = "$4" ] ||
		differs "- $1, + $3:" "$(diff -U0 <(echo "$2") <(echo "$4") | grep '^[-+][^-+]\|^[-+]-')"
}

# One message of one line, perhaps the line that names --help; nothing on standard output; status 2.
wrong_usage() { # what the message must name, command...
	local expected=$1 status=0 lines
	shift
	"$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	[ "$status" -eq 2 ] || differs "$*: status $status" "$(cat "$BATS_TEST_TMPDIR/err")"
	[ ! -s "$BATS_TEST_TMPDIR/out" ] || differs "$*: writes to standard output"
	# The line that names --help may be broken.
	lines=$(sed '/^Try `/,$d' "$BATS_TEST_TMPDIR/err" | wc -l)
	[ "$lines" -eq 1 ] || differs "$*: $lines messages" "$(cat "$BATS_TEST_TMPDIR/err")"
	grep -q '^shmtrace' "$BATS_TEST_TMPDIR/err" || differs "$*: the message does not begin with shmtrace"
	grep -q -- "$expected" "$BATS_TEST_TMPDIR/err" ||
		differs "$*: the message does not name '$expected'" "$(cat "$BATS_TEST_TMPDIR/err")"
}

@test "shmtrace --help lists commands" {
	[ "$(commands | wc -l)" -ge 2 ] || differs "$(commands)"
}

@test "help goes to standard output, with status 0 and lines of at most 80 columns" {
	local command long
	for command in "" $(commands); do
		# shellcheck disable=SC2086 # no command is no word
		"$shmtrace" $command --help >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" ||
			differs "$command --help: status $?"
		[ -s "$BATS_TEST_TMPDIR/out" ] || differs "$command --help: says nothing"
		[ ! -s "$BATS_TEST_TMPDIR/err" ] || differs "$command --help: speaks on standard error"
		long=$(grep -E '.{81}' "$BATS_TEST_TMPDIR/out") && differs "$command --help: $long"
		# shellcheck disable=SC2086
		"$shmtrace" $command -h | cmp - "$BATS_TEST_TMPDIR/out"
		# shellcheck disable=SC2086
		"$shmtrace" help $command | cmp - "$BATS_TEST_TMPDIR/out"
	done
}

@test "help, manual and completion of every command have the same options" {
	local command help
	for command in $(commands); do
		help=$("$shmtrace" "$command" --help | options_of_help)
		equal_sets "help of $command" "$help" "its manual" \
			"$(options_of_manual "man/shmtrace-$command.1.scd")"
		equal_sets "help of $command" "$help" "its completion" \
			"$(complete_words shmtrace "$command" - | sort -u)"
	done
}

@test "help and manual name the same size of the buffer" {
	local size
	size=$("$shmtrace" trace --help | sed -nE 's/^ *--buffer=.* ([0-9]+[kMG])\)?$/\1/p')
	[ -n "$size" ] || differs "the help of --buffer names no size"
	sed -n '/^\*--buffer\*/,/^$/p' man/shmtrace-trace.1.scd | grep -qF "Default: *$size*" ||
		differs "the manual's default of --buffer is not $size"
}

@test "help, manual and completion of shmtrace itself have the same options" {
	local help
	help=$("$shmtrace" --help | options_of_help)
	equal_sets "help" "$help" "the manual" "$(options_of_manual man/shmtrace.1.scd)"
	# Without a command the options are those of trace as well.
	equal_sets "help" "$(printf '%s\n' "$help" "$("$shmtrace" trace --help | options_of_help)" | sort -u)" \
		"the completion" "$(complete_words shmtrace - | sort -u)"
}

@test "the completion knows which options take a value" {
	local command option takes
	for command in $(commands); do
		while read -r option takes; do
			# Behind an option with a value stands the value, and no option.
			if complete_words shmtrace "$command" "$option" - | grep -q '^--help$'; then
				[ "$takes" = no ] || differs "$command $option takes a value"
			else
				[ "$takes" = yes ] || differs "$command $option takes no value"
			fi
		done < <("$shmtrace" "$command" --help | sed -nE 's/^ +(-[A-Za-z], )?(--[a-z-]+)(=?).*/\1 \2 \3/p' |
			awk '{ takes = sub(/=$/, "") ? "yes" : "no"; for (i = 1; i <= NF; i++) {
				sub(/,$/, "", $i); print $i, takes } }')
	done
}

@test "the completion offers the commands, and calls that trace takes" {
	local offered
	equal_sets "help" "$(commands | sort)" "the completion" \
		"$(complete_words shmtrace "" | grep -v '^help$' | sort)"
	offered=$(complete_words shmtrace trace -e "" | sort)
	# The message of a wrong one lists them all.
	equal_sets "trace -e" \
		"$("$shmtrace" trace -e wrong 2>&1 | sed -n 's/.*one of //p' | tr -d ' ' | tr , '\n' | sort)" \
		"the completion" "$offered"
}

@test "the completion offers columns for no other option" {
	local command
	for command in ls limits leaks rm top trace; do
		[ "$(complete_words shmtrace "$command" --container "" | grep -cx KIND)" -eq 0 ]
	done
}

@test "the completion, the manual and ls have the same columns" {
	local columns
	columns=$("$shmtrace" ls --help | awk '/^Columns:/ { on = 1; next } on { print $1 }' | sort)
	equal_sets "ls --help" "$columns" "the completion" \
		"$(complete_words shmtrace ls -o "" | sort)"
	equal_sets "ls --help" "$columns" "its manual" \
		"$(sed -n '/^# COLUMNS/,/^# STATES/p' man/shmtrace-ls.1.scd | grep '^\*[A-Z]' |
			tr -d ' *' | tr , '\n' | sort)"
}

@test "the completion, the manual and limits have the same columns" {
	local columns
	columns=$("$shmtrace" limits --help | awk '/^Columns:/ { on = 1; next } on { print $1 }' | sort)
	equal_sets "limits --help" "$columns" "the completion" \
		"$(complete_words shmtrace limits -o "" | sort)"
	equal_sets "limits --help" "$columns" "the completion of -x" \
		"$(complete_words shmtrace limits -x "" | sort)"
	equal_sets "limits --help" "$columns" "its manual" \
		"$(sed -n '/^# COLUMNS/,/^# LIMITS/p' man/shmtrace-limits.1.scd | grep '^\*[A-Z]' |
			tr -d ' *' | tr , '\n' | sort)"
}

@test "a command behind the options is no program to trace, but for one behind --" {
	wrong_usage "'top' is a command of shmtrace" "$shmtrace" --debug top
	wrong_usage "'ls' is a command of shmtrace" "$shmtrace" trace ls -A
	wrong_usage "-p and a command exclude each other" "$shmtrace" trace -p 1 -- ls
}

@test "values that limits cannot read are wrong usage, named with their option" {
	wrong_usage "-o: .*'FOO'.*shmtrace limits" "$shmtrace" limits -o resource,FOO
	wrong_usage "-x: .*'ID'" "$shmtrace" limits -x ID
	wrong_usage "-J" "$shmtrace" limits -J -o used
	wrong_usage "-J" "$shmtrace" limits -J -r
	wrong_usage "-d: '0'" "$shmtrace" limits -d 0
	wrong_usage "-c: '0'" "$shmtrace" limits -c 0
	wrong_usage "--ipcns: '0'" "$shmtrace" limits --ipcns 0
	wrong_usage "--ipcns: '4294967296'" "$shmtrace" limits --ipcns 4294967296
	wrong_usage "--above: '101'" "$shmtrace" limits --above 101
	wrong_usage "--above: '80%'" "$shmtrace" limits --above 80%
	wrong_usage "-A and --ipcns" "$shmtrace" limits -A --ipcns 1
	wrong_usage "'extra'" "$shmtrace" limits extra
}

@test "the completion, the manual and leaks have the same columns" {
	local columns
	columns=$("$shmtrace" leaks --help | awk '/^Columns:/ { on = 1; next } on { print $1 }' | sort)
	[ "$(wc -l <<<"$columns")" -ge 10 ] || differs "$columns"
	equal_sets "leaks --help" "$columns" "the completion" \
		"$(complete_words shmtrace leaks -o "" | sort)"
	equal_sets "leaks --help" "$columns" "the completion of -x" \
		"$(complete_words shmtrace leaks -x "" | sort)"
	equal_sets "leaks --help" "$columns" "its manual" \
		"$(sed -n '/^# COLUMNS/,/^# EXIT/p' man/shmtrace-leaks.1.scd | grep '^\*[A-Z]' |
			tr -d ' *' | tr , '\n' | sort)"
}

@test "values that leaks and rm cannot read are wrong usage, named with their option" {
	local command
	wrong_usage "-o: .*'HOLDERS'" "$shmtrace" leaks -o id,HOLDERS
	wrong_usage "-x: .*'HOLDERS'" "$shmtrace" leaks -x HOLDERS
	wrong_usage "-J" "$shmtrace" leaks -J -o id
	wrong_usage "-J" "$shmtrace" leaks -J -r
	wrong_usage "-w: '0'" "$shmtrace" leaks -w 0
	wrong_usage "-w: 'often'" "$shmtrace" leaks -w often
	wrong_usage "'extra'" "$shmtrace" leaks extra
	for command in leaks rm; do
		wrong_usage "--min-age: '1w'" "$shmtrace" "$command" --min-age 1w
		wrong_usage "--min-size: '-1'" "$shmtrace" "$command" --min-size=-1
	done
	wrong_usage "-u: .*'no such user'" "$shmtrace" rm -u "no such user"
	wrong_usage "--ipcns: '0'" "$shmtrace" rm --ipcns 0
	wrong_usage "exclude each other" "$shmtrace" rm -A --ipcns 5
	wrong_usage "'7' is no object" "$shmtrace" rm 7
	wrong_usage "'shm' is no object" "$shmtrace" rm shm
	wrong_usage "'sh:7' is no object" "$shmtrace" rm sh:7
	wrong_usage "'shm:': '' " "$shmtrace" rm shm:
	wrong_usage "'shm:-1': '-1' " "$shmtrace" rm shm:-1
	wrong_usage "'sem:2147483648': '2147483648' " "$shmtrace" rm sem:2147483648
	wrong_usage "'msg:0x1g': '0x1g' " "$shmtrace" rm msg:0x1g
	wrong_usage "'shm:0x0': IPC_PRIVATE" "$shmtrace" rm shm:0x0
	wrong_usage "'shm:7': options that choose among orphans" "$shmtrace" rm --min-age 1h shm:7
	wrong_usage "'shm:7': options that choose among orphans" "$shmtrace" rm shm:7 --orphans
	wrong_usage "--force" "$shmtrace" rm --force
}

@test "values that why cannot read are wrong usage, and say what is expected" {
	wrong_usage "which object?" "$shmtrace" why
	wrong_usage "'shm': which one?" "$shmtrace" why shm
	wrong_usage "'sh' is no kind of object" "$shmtrace" why sh 7
	wrong_usage "'7' is no kind of object" "$shmtrace" why 7
	wrong_usage "'sh:7' is no object" "$shmtrace" why sh:7
	wrong_usage "'-1' is not valid here" "$shmtrace" why shm -- -1
	wrong_usage "'2147483648' is out of range" "$shmtrace" why sem 2147483648
	wrong_usage "'0x1g' is not valid here" "$shmtrace" why msg 0x1g
	wrong_usage "'0x0': IPC_PRIVATE" "$shmtrace" why shm 0x0
	wrong_usage "one object at a time: '8'" "$shmtrace" why shm 7 8
	wrong_usage "one object at a time: 'shm:8'" "$shmtrace" why shm:7 shm:8
	wrong_usage "--ipcns: '0'" "$shmtrace" why --ipcns 0 shm 7
	wrong_usage "exclude each other" "$shmtrace" why -A --ipcns 5 shm 7
}

@test "the completion names a kind to why, and then what there is of it" {
	[ "$(complete_words shmtrace why s | xargs)" = "shm sem" ]
	[ "$(complete_words shmtrace why --ipcns 5 m | xargs)" = msg ]
	[ "$(complete_words shmtrace why shm 5 "")" = "" ]
	# The first row of what exists, if there is one: its id, and its key.
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -ir bash -c '
		ipcmk -S 1 >/dev/null
		read -r key id _ < <(tail -n1 /proc/sysvipc/sem)
		. man/shmtrace.bash
		COMP_WORDS=(shmtrace why sem "") COMP_CWORD=3
		_shmtrace
		printf -v key 0x%08x $((key & 0xffffffff))
		[ "${COMPREPLY[*]}" = "$id $key" ] || echo "${COMPREPLY[*]}"'
	[ "$output" = "" ] || differs "$output"
}

@test "the completion names objects to rm, with and without the colon as the end of a word" {
	# shellcheck disable=SC2016 # for the inner shell
	run bash -c '
		. "$1"
		_shmtrace_targets() { echo "shm:12 shm:13 sem:12"; }
		complete() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _shmtrace; echo "${COMPREPLY[@]}"; }
		complete shmtrace rm s
		complete shmtrace rm --yes shm:7 se
		complete shmtrace rm shm :
		complete shmtrace rm shm : 13' _ man/shmtrace.bash
	[ "$output" = "shm:12 shm:13 sem:12
sem:12
12 13
13" ] || differs "$output"
}

@test "values that ls cannot read are wrong usage, named with their option" {
	wrong_usage "-o: .*'FOO'" "$shmtrace" ls -o id,FOO
	wrong_usage "-o: .*''" "$shmtrace" ls -o ""
	wrong_usage "-x: .*'id,key'" "$shmtrace" ls -x id,key
	wrong_usage "-J" "$shmtrace" ls -J -o id
	wrong_usage "-J" "$shmtrace" ls -J -r
	wrong_usage "'extra'" "$shmtrace" ls extra
}

@test "values that top cannot read are wrong usage, named with their option" {
	wrong_usage "-d: '0'" "$shmtrace" top -d 0
	wrong_usage "-d: '0.0001'" "$shmtrace" top -d 0.0001
	wrong_usage "-n: '0'" "$shmtrace" top -n 0
	wrong_usage "-p: '1,2'" "$shmtrace" top -p 1,2
	wrong_usage "--sort: 'size'" "$shmtrace" top --sort size
	wrong_usage "--color: 'red'" "$shmtrace" top --color red
	wrong_usage "--batch" "$shmtrace" top
	wrong_usage "--hooks: 'all'" "$shmtrace" top --hooks all
	wrong_usage "--reconcile: 'soon'" "$shmtrace" top --reconcile soon
	wrong_usage "--buffer: '2G'" "$shmtrace" top --buffer 2G
	wrong_usage "'extra'" "$shmtrace" top extra
}

@test "help, manual and completion have the keys that top sorts by" {
	local keys key
	keys=$(complete_words shmtrace top --sort = "" | sort)
	[ "$(wc -l <<<"$keys")" -ge 6 ] || differs "$keys"
	for key in $keys; do
		sed -n '/^\*--sort\*/,/^$/p' man/shmtrace-top.1.scd | grep -qF "*$key*" ||
			differs "the manual of top does not name $key"
		# A key that it takes comes as far as the wrong option.
		wrong_usage "--nosuch" "$shmtrace" top --sort "$key" --nosuch
	done
	equal_sets "help" "$("$shmtrace" top --help | sed -n '/--sort/,/^ *-/p' | tr -d '\n' |
		sed 's/.*processes by \([a-z, ]*\).*/\1/; s/ or /,/; s/ //g' | tr , '\n' | sort)" \
		"the completion" "$keys"
}

@test "the completion finishes lists, values behind = and commands to trace" {
	[ "$(complete_words shmtrace trace -e shmget,shmc)" = shmget,shmctl ]
	[ "$(complete_words shmtrace --calls = shmget,shmc)" = shmget,shmctl ]
	[ "$(complete_words shmtrace trace --hooks = s)" = syscalls ]
	[ "$(complete_words shmtrace -E ENOS | xargs)" = "ENOSPC ENOSYS" ]
	[ "$(complete_words shmtrace trace -q -- ipcm)" = ipcmk ]
	[ "$(complete_words shmtrace -u roo)" = root ]
	[ "$(complete_words shmtrace ls -o ID,CREA)" = ID,CREATOR ]
	[ "$(complete_words shmtrace ls --sort = SI)" = SIZE ]
	[ "$(complete_words shmtrace limits -o TIME,USE | xargs)" = "TIME,USED TIME,USE%" ]
	complete_words shmtrace limits --ipcns "" | grep -qx "$(readlink /proc/self/ns/ipc | tr -dc 0-9)"
	[ "$(complete_words shmtrace leaks -o SIZE,AG)" = SIZE,AGE ]
	[ "$(complete_words shmtrace rm -u roo)" = root ]
	[ "$(complete_words shmtrace top --hooks = s)" = syscalls ]
	[ "$(complete_words shmtrace top --reconcile n)" = never ]
	[ "$(complete_words shmtrace trace --on-limit ipcm)" = ipcmk ]
	[ "$(complete_words shmtrace top --color = a | xargs)" = "auto always" ]
	complete_words shmtrace -p "$$" | grep -qx "$$"
	complete_words shmtrace top -p "$$" | grep -qx "$$"
	# In a traced command's arguments there are no options of shmtrace.
	run complete_words shmtrace trace -- true -
	[[ $output != *--calls* ]] || differs "$output"
}

@test "names of processes are completed and never run" {
	local completion=$PWD/man/shmtrace.bash
	cd "$BATS_TEST_TMPDIR" || return
	# shellcheck disable=SC2016 # the name of a process that wants to be run
	run bash -c '
		. "$1"
		cat() { echo "\$(touch ran)"; }
		_shmtrace_names "\$"
		printf "%s\n" "${COMPREPLY[@]}"' _ "$completion"
	[ "$output" = '\$\(touch\ ran\)' ] || differs "$output"
	[ ! -e ran ]
}

@test "every command has a manual page, and shmtrace.1 names every page" {
	local command page
	for command in $(commands); do
		[ -f "man/shmtrace-$command.1.scd" ] || differs "man/shmtrace-$command.1.scd is missing"
	done
	for page in man/*.scd; do
		page=${page#man/} page=${page%.scd}
		[ "$page" = shmtrace.1 ] && continue
		grep -qF "*${page%.*}*(${page##*.})" man/shmtrace.1.scd ||
			differs "shmtrace.1 does not name $page"
	done
}

@test "manual pages are well-formed" {
	local page
	command -v scdoc >/dev/null || skip "scdoc is not installed"
	for page in man/*.scd; do
		scdoc <"$page" >"$BATS_TEST_TMPDIR/page" 2>"$BATS_TEST_TMPDIR/err" ||
			differs "$page: $(cat "$BATS_TEST_TMPDIR/err")"
		[ ! -s "$BATS_TEST_TMPDIR/err" ] || differs "$page: $(cat "$BATS_TEST_TMPDIR/err")"
	done
}

@test "every JSON type of the schema has a section in shmtrace-json.5" {
	local types type
	types=$(jq -r '[.. | objects | .properties? | objects | .type? | objects | .const?, (.enum? // [])[]] |
		map(select(. != null)) | unique[]' user/view/schema.json)
	[ "$(wc -l <<<"$types")" -ge 4 ] || differs "the schema's types: $types"
	for type in $types; do
		grep -qF "*\"type\":\"$type\"*" man/shmtrace-json.5.scd ||
			differs "shmtrace-json.5 does not describe the type $type"
	done
}

@test "every JSON member of the schema is named in shmtrace-json.5" {
	local member
	for member in $(jq -r '[.. | objects | .properties? | objects | keys[]] | unique[]' \
		user/view/schema.json); do
		grep -qE "(^|[^a-z_0-9])${member//+/\\+}([^a-z_0-9]|$)" man/shmtrace-json.5.scd ||
			differs "shmtrace-json.5 does not name $member"
	done
}

@test "--version is that of the Makefile" {
	local version
	version=$(sed -n 's/^VERSION := //p' Makefile)
	[ -n "$version" ]
	[ "$("$shmtrace" --version)" = "shmtrace $version" ]
	[ "$("$shmtrace" -V)" = "shmtrace $version" ]
}

@test "an unknown command or option is wrong usage" {
	wrong_usage "'nosuch'" "$shmtrace" nosuch
	wrong_usage "'nosuch'" "$shmtrace" help nosuch
	wrong_usage "--nosuch" "$shmtrace" --nosuch
	local command
	for command in $(commands); do
		wrong_usage "--nosuch" "$shmtrace" "$command" --nosuch
	done
	wrong_usage "'extra'" "$shmtrace" doctor extra
}

@test "values that trace cannot read are wrong usage, named with their option" {
	wrong_usage "-e: .*'foo'" "$shmtrace" trace -e shmget,foo
	wrong_usage "-E: .*'EFOO'" "$shmtrace" trace -E EFOO
	wrong_usage "-k: '0xg'" "$shmtrace" trace -k 0xg
	wrong_usage "-i: '-1'" "$shmtrace" trace -i -1
	wrong_usage "-p: '1,12x'" "$shmtrace" trace -p 1,12x
	wrong_usage "-u: .*'no such user'" "$shmtrace" trace -u "no such user"
	wrong_usage "-n: ''" "$shmtrace" trace -n ""
	wrong_usage "-n: 'sixteen characte'" "$shmtrace" trace -n "sixteen characte"
	wrong_usage "-d: '0'" "$shmtrace" trace -d 0
	wrong_usage "-d: 'soon'" "$shmtrace" trace -d soon
	wrong_usage "--count: '0'" "$shmtrace" trace --count 0
	wrong_usage "--ipcns: '0'" "$shmtrace" trace --ipcns 0
	wrong_usage "--min-size: '1x'" "$shmtrace" trace --min-size 1x
	wrong_usage "--buffer: '2G'" "$shmtrace" trace --buffer 2G
	wrong_usage "--color: 'red'" "$shmtrace" trace --color red
	wrong_usage "--hooks: 'all'" "$shmtrace" trace --hooks all
	wrong_usage "'k'" "$shmtrace" trace -k
	wrong_usage "-p" "$shmtrace" trace -p 1 -- true
}

@test "a command for a limit that could never run is wrong usage" {
	wrong_usage "--on-limit: ''" "$shmtrace" trace --on-limit ""
	wrong_usage "--on-limit and -c" "$shmtrace" trace -c --on-limit true
	wrong_usage "--on-limit and --no-explain" "$shmtrace" trace --on-limit true --no-explain
	wrong_usage "--on-limit: no call" "$shmtrace" trace -e shmat --on-limit true
	wrong_usage "--on-limit: no call" "$shmtrace" trace -i 5 --on-limit true
	wrong_usage "--on-limit: no call" "$shmtrace" trace -E EEXIST --on-limit true
	# These come as far as the wrong option.
	wrong_usage "--nosuch" "$shmtrace" trace -x -E enospc -e semget --on-limit true --nosuch
}
