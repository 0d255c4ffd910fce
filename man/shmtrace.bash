# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion for bash, with or without the bash-completion package. Names of processes are other
# people's bytes: they never go through compgen -W, which expands its words.

_shmtrace_commands="trace top ls limits leaks why rm doctor"
_shmtrace_none="-h --help -V --version"
_shmtrace_trace="-e --calls -x --failed -E --errno -k --key -i --id --min-size -p --pid -u --user
	-n --name --ipcns --container -d --duration --count -J --json -c --summary -o --output -q --quiet --no-leaks --no-explain --on-limit --color
	--hooks --buffer --debug -h --help"
_shmtrace_top="-b --batch -d --delay -n --iterations -J --json --sort --color -p --pid --container --read-only --reconcile
	--hooks --buffer --debug -h --help"
_shmtrace_sort="bytes attached calls failed leaked pid"
_shmtrace_ls="-m --shmems -s --semaphores -q --queues -A --all-namespaces --container -o --output -x --sort
	-b --bytes -J --json -r --raw -n --noheadings -h --help"
_shmtrace_leaks="-m --shmems -s --semaphores -q --queues -A --all-namespaces --min-age --min-size --container --unknown
	-w --watch -o --output -x --sort -b --bytes -J --json -r --raw -n --noheadings --exit-code -h --help"
_shmtrace_rm="--orphans -m --shmems -s --semaphores -q --queues --min-age --min-size --container -u --user
	-A --all-namespaces --ipcns -y --yes -f --force -b --bytes -J --json -h --help"
_shmtrace_why="-A --all-namespaces --ipcns -b --bytes -J --json -h --help"
_shmtrace_columns="KIND ID KEY OWNER UID GID PERMS SIZE NATTCH STATE CREATOR CONTAINER IPCNS HOLDERS"
_shmtrace_limits="-m --shmems -s --semaphores -q --queues -A --all-namespaces --ipcns -d --delay
	-c --iterations -o --output -x --sort -b --bytes -J --json -r --raw -n --noheadings --above
	--exit-code -h --help"
_shmtrace_limit_columns="TIME IPCNS RESOURCE UNIT LIMIT USED USE% FREE PER-MIN FULL-IN ORPHANED UNKNOWN
	CREATORS CONTAINER"
_shmtrace_leaks_columns="KIND ID KEY OWNER UID GID PERMS SIZE AGE SINCE CREATOR CONTAINER ENDED STATE KNOWN IPCNS
	EVIDENCE"
_shmtrace_doctor="-J --json --debug -h --help"
_shmtrace_calls="shmget shmat shmdt shmctl semget semctl semop semtimedop msgget msgctl msgsnd
	msgrcv ipc %shm %sem %msg %ipc"
# Those that System V IPC calls return.
_shmtrace_errors="E2BIG EACCES EAGAIN EEXIST EFAULT EFBIG EIDRM EINTR EINVAL ENFILE ENOENT ENOMEM
	ENOMSG ENOSPC ENOSYS EPERM ERANGE"

# Command, option.
_shmtrace_takes_value() {
	case $1/$2 in
	trace/-e | trace/--calls | trace/-E | trace/--errno | trace/-k | trace/--key) ;;
	trace/-i | trace/--id | trace/--min-size) ;;
	trace/-p | trace/--pid | trace/-u | trace/--user | trace/-n | trace/--name | trace/--ipcns) ;;
	trace/-d | trace/--duration | trace/--count | trace/-o | trace/--output | trace/--color) ;;
	*/--container) ;;
	trace/--on-limit | trace/--hooks | trace/--buffer) ;;
	top/-d | top/--delay | top/-n | top/--iterations | top/--sort | top/-p | top/--pid) ;;
	top/--color | top/--reconcile | top/--hooks | top/--buffer) ;;
	ls/-o | ls/--output | ls/-x | ls/--sort) ;;
	limits/-o | limits/--output | limits/-x | limits/--sort | limits/--ipcns | limits/--above) ;;
	limits/-d | limits/--delay | limits/-c | limits/--iterations) ;;
	leaks/--min-age | leaks/--min-size | leaks/-w | leaks/--watch | leaks/-o | leaks/--output) ;;
	leaks/-x | leaks/--sort) ;;
	why/--ipcns) ;;
	rm/--min-age | rm/--min-size | rm/-u | rm/--user | rm/--ipcns) ;;
	*) return 1 ;;
	esac
}

# Word so far, wordlist of our own.
_shmtrace_words() {
	mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

# The last word of a list with commas, without those that stand before it already.
_shmtrace_list() {
	local done="" word words=""
	[[ $1 == *,* ]] && done=${1%,*},
	for word in $2; do
		[[ ,$done == *,$word,* ]] || words+=" $done$word"
	done
	_shmtrace_words "$1" "$words"
}

_shmtrace_pids() {
	local dir pids=""
	for dir in /proc/[0-9]*; do
		pids+=" ${dir#/proc/}"
	done
	echo "$pids"
}

_shmtrace_names() {
	local name quoted
	COMPREPLY=()
	while IFS= read -r name; do
		printf -v quoted %q "$name"
		[[ $name == "$1"* || $quoted == "$1"* ]] && COMPREPLY+=("$quoted")
	done < <(cat /proc/[0-9]*/comm 2>/dev/null | sort -u)
}

# Keys or ids of what exists now.
_shmtrace_objects() {
	local key id _ out=""
	while read -r key id _; do
		[[ $key == key ]] && continue
		if [[ $1 == id ]]; then
			out+=" $id"
		elif ((key)); then
			printf -v key '0x%x' $((key & 0xffffffff))
			out+=" $key"
		fi
	done < <(cat /proc/sysvipc/{shm,sem,msg} 2>/dev/null)
	echo "$out"
}

_shmtrace_namespaces() {
	readlink /proc/[0-9]*/ns/ipc 2>/dev/null | sort -u | tr -cd '0-9\n'
}

# Ids of containers, names of machines and units: of the running processes.
_shmtrace_containers() {
	cat /proc/[0-9]*/cgroup 2>/dev/null | sort -u |
		grep -oE '([0-9a-f]{64}|lxc\.payload\.[A-Za-z0-9_.-]+|[A-Za-z0-9_.@\\-]+\.(service|scope))' |
		sed -E -e 's/^lxc\.payload\.//' -e 's/^machine-(.*)\.scope$/\1/' \
			-e 's/^systemd-nspawn@(.*)\.service$/\1/' \
			-e 's/^(docker|cri-containerd|crio|libpod|nerdctl)-([0-9a-f]{64})\.scope$/\2/'
}

# Command, option, its value so far.
_shmtrace_value() {
	case $1/$2 in
	ls/-o | ls/--output) _shmtrace_list "$3" "$_shmtrace_columns" ;;
	ls/-x | ls/--sort) _shmtrace_words "$3" "$_shmtrace_columns" ;;
	limits/-o | limits/--output) _shmtrace_list "$3" "$_shmtrace_limit_columns" ;;
	limits/-x | limits/--sort) _shmtrace_words "$3" "$_shmtrace_limit_columns" ;;
	leaks/-o | leaks/--output) _shmtrace_list "$3" "$_shmtrace_leaks_columns" ;;
	leaks/-x | leaks/--sort) _shmtrace_words "$3" "$_shmtrace_leaks_columns" ;;
	*/--container) _shmtrace_words "$3" "$(_shmtrace_containers)" ;;
	top/--sort) _shmtrace_words "$3" "$_shmtrace_sort" ;;
	top/-p | top/--pid) _shmtrace_words "$3" "$(_shmtrace_pids)" ;;
	top/--reconcile) _shmtrace_words "$3" never ;;
	top/-n) ;;
	*/-e | */--calls) _shmtrace_list "$3" "$_shmtrace_calls" ;;
	*/-E | */--errno) _shmtrace_words "$3" "$_shmtrace_errors" ;;
	*/-p | */--pid) _shmtrace_list "$3" "$(_shmtrace_pids)" ;;
	*/-k | */--key) _shmtrace_words "$3" "IPC_PRIVATE $(_shmtrace_objects key)" ;;
	*/-i | */--id) _shmtrace_words "$3" "$(_shmtrace_objects id)" ;;
	*/-n | */--name) _shmtrace_names "$3" ;;
	*/-u | */--user) mapfile -t COMPREPLY < <(compgen -u -- "$3") ;;
	*/--on-limit) mapfile -t COMPREPLY < <(compgen -c -- "$3" | sort -u) ;;
	*/-o | */--output) _shmtrace_files "$3" ;;
	*/--ipcns) _shmtrace_words "$3" "$(_shmtrace_namespaces)" ;;
	*/--color) _shmtrace_words "$3" "auto always never" ;;
	*/--hooks) _shmtrace_words "$3" "auto functions syscalls" ;;
	esac
}

# What may be named to rm: each object by its id.
_shmtrace_targets() {
	local kind id _
	for kind in shm sem msg; do
		while read -r _ id _; do
			[[ $id == *id ]] || echo "$kind:$id"
		done 2>/dev/null </proc/sysvipc/$kind
	done
}

# Where COMP_WORDBREAKS has the colon, shm:7 is three words, and only the last one is replaced.
_shmtrace_target() {
	local cur=$1 so_far=$1
	if [[ $cur == : ]]; then
		so_far=${COMP_WORDS[COMP_CWORD - 1]}:
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == : ]]; then
		so_far=${COMP_WORDS[COMP_CWORD - 2]}:$cur
	fi
	_shmtrace_words "$so_far" "$(_shmtrace_targets)"
	[[ $so_far == "$cur" ]] || COMPREPLY=("${COMPREPLY[@]#*:}")
}

# What why tells of: a kind, then an id or key of what exists.
_shmtrace_one() {
	local kind=${COMP_WORDS[COMP_CWORD - 1]} key id _ words=""
	case $kind in
	shm | sem | msg) ;;
	*)
		[[ " ${COMP_WORDS[*]:2:COMP_CWORD-2} " == *" "@(shm|sem|msg)" "* ]] ||
			_shmtrace_words "$1" "shm sem msg"
		return
		;;
	esac
	while read -r key id _; do
		[[ $id == *id ]] && continue
		words+=" $id"
		((key)) && printf -v words '%s 0x%08x' "$words" $((key & 0xffffffff))
	done 2>/dev/null </proc/sysvipc/"$kind"
	_shmtrace_words "$1" "$words"
}

# The options of a command.
_shmtrace_options() {
	case $1 in
	trace) echo "$_shmtrace_trace" ;;
	top) echo "$_shmtrace_top" ;;
	ls) echo "$_shmtrace_ls" ;;
	limits) echo "$_shmtrace_limits" ;;
	leaks) echo "$_shmtrace_leaks" ;;
	why) echo "$_shmtrace_why" ;;
	rm) echo "$_shmtrace_rm" ;;
	doctor) echo "$_shmtrace_doctor" ;;
	esac
}

_shmtrace_files() {
	# Fails where no completion is going on, as in the tests.
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# The command to trace: index of its first word, word so far.
_shmtrace_traced() {
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif [[ $COMP_CWORD -eq $1 && $2 != */* ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$2" | sort -u)
	else
		_shmtrace_files "$2"
	fi
}

# Bash makes a word of its own of the = in --calls=shmget.
_shmtrace() {
	local cur=${COMP_WORDS[COMP_CWORD]} command=trace first=1 i word
	COMPREPLY=()
	if ((COMP_CWORD > 1)); then
		case ${COMP_WORDS[1]} in
		trace | top | ls | limits | leaks | why | rm | doctor) command=${COMP_WORDS[1]} first=2 ;;
		help)
			((COMP_CWORD == 2)) && _shmtrace_words "$cur" "$_shmtrace_commands"
			return 0
			;;
		-*) ;;
		*) return 0 ;;
		esac
	fi
	for ((i = first; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -- ]]; then
			[[ $command == trace ]] && _shmtrace_traced $((i + 1)) "$cur"
			return 0
		elif [[ $word != -* ]]; then
			[[ $command == rm || $command == why ]] && continue
			[[ $command == trace ]] && _shmtrace_traced "$i" "$cur"
			return 0
		elif _shmtrace_takes_value "$command" "$word"; then
			((++i))
			[[ ${COMP_WORDS[i]} == "=" ]] && ((i < COMP_CWORD)) && ((++i))
			if ((i >= COMP_CWORD)); then
				[[ $cur == "=" ]] && cur=
				_shmtrace_value "$command" "$word" "$cur"
				return 0
			fi
		fi
	done
	if ((COMP_CWORD == 1)); then
		if [[ $cur == -* ]]; then
			_shmtrace_words "$cur" "$_shmtrace_none $_shmtrace_trace"
		else
			_shmtrace_words "$cur" "$_shmtrace_commands help"
		fi
	elif [[ $cur != -* && $command == rm ]]; then
		_shmtrace_target "$cur"
	elif [[ $cur != -* && $command == why ]]; then
		_shmtrace_one "$cur"
	elif [[ $cur == -* || $command != trace ]]; then
		_shmtrace_words "$cur" "$(_shmtrace_options "$command")"
	elif ((first == 2)); then
		_shmtrace_traced "$COMP_CWORD" "$cur"
	else
		_shmtrace_words "$cur" "$_shmtrace_trace"
	fi
	return 0
}

complete -F _shmtrace shmtrace
