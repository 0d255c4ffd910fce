#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What trace says when something is left behind that nothing uses.

setup() {
	T=$BATS_TEST_TMPDIR
	SHMTRACE=${SHMTRACE_BUILD:-build}/shmtrace
}

# In a namespace of its own, which ends with it: arguments of trace, then the shell script.
traced() {
	local script=${!#}
	unshare -i "$SHMTRACE" trace -J -o "$T/out" "${@:1:$#-1}" -- sh -c "$script" 2>"$T/err"
}

leaks() { # jq filter
	jq -c "select(.type == \"leak\") | $1" "$T/out"
}

@test "leaks: each object that its maker leaves is named, with how it ended" {
	traced 'ipcmk -M 8192; ipcmk -S 3; ipcmk -Q'
	[ "$(leaks .kind | tr '\n' ' ')" = '"shm" "sem" "msg" ' ]
	[ "$(leaks '[.owner.comm, .owner.status, .owner.leaked, .known]' | sort -u)" = '["ipcmk",0,1,"observed"]' ]
	[ "$(leaks 'select(.kind == "shm") | .size')" = 8192 ]
	[ "$(leaks 'select(.kind == "sem") | .size')" = 3 ]
}

@test "leaks: what is removed, or still used, is no leak" {
	# shellcheck disable=SC2016 # expanded by the traced shell
	traced 'id=$(ipcmk -M 4096 | grep -o "[0-9]*$"); ipcrm -m "$id"'
	# ipcmk's own end leaves it, but for a moment.
	[ "$(leaks .id | wc -l)" -eq 0 ]
	traced 'build/tests/work/fork'
	[ "$(leaks .id | wc -l)" -eq 0 ]
}

@test "leaks: what the kernel removes itself at the end of its maker is none" {
	# shellcheck disable=SC2016 # expanded by the traced shell
	traced 'echo 1 >/proc/sys/kernel/shm_rmid_forced; ipcmk -M 4096; ipcmk -S 1'
	[ "$(leaks .kind)" = '"sem"' ]
	traced 'unshare -i sh -c "ipcmk -M 4096; ipcmk -S 1; ipcmk -Q"; sleep 1'
	[ "$(leaks .kind | wc -l)" -eq 0 ]
	# Nor while it goes on.
	traced 'for i in 1 2 3 4 5 6 7 8 9 10; do unshare -i ipcmk -M 4096; sleep 0.3; done'
	[ "$(leaks .kind | wc -l)" -eq 0 ]
}


@test "leaks: what another process takes up in the next moment is its own when that leaves it" {
	# shellcheck disable=SC2016 # expanded by the traced shell
	traced 'id=$(ipcmk -M 4096 | grep -o "[0-9]*$")
		perl -e "shmread(\$ARGV[0], \$x, 0, 4) or die" "$id"; ipcmk -S 1'
	[ "$(leaks '[.kind, .owner.comm, .ended.comm]' | xargs)" = "[shm,ipcmk,perl] [sem,ipcmk,ipcmk]" ]
}

@test "leaks: a killed process is named with its signal" {
	traced 'perl -e "require q(sys/ipc.ph) if 0; shmget(0, 4096, 01600) // die; kill 9, \$\$"; true'
	[ "$(leaks '[.owner.comm, .owner.signal, .ended.signal]')" = '["perl",9,9]' ]
}

@test "leaks: text names object, owner and number" {
	unshare -i "$SHMTRACE" trace -q -o "$T/text" -- sh -c 'ipcmk -M 8192' 2>"$T/err"
	grep -E ' ipcmk +exit 0, leaving segment [0-9]+ \(8192 bytes\) that nothing uses; left by ipcmk \([0-9]+\) so far: 1$' "$T/text"
}

@test "leaks: not said with --no-leaks, with -c, or where a filter asks for calls" {
	local option
	for option in --no-leaks "-e shmget" -x "--count 100"; do
		# shellcheck disable=SC2086 # options
		traced $option 'ipcmk -M 8192'
		[ "$(leaks .id | wc -l)" -eq 0 ]
	done
}

@test "leaks: filters for processes hold for leaks" {
	traced -n ipcmk 'ipcmk -M 8192'
	[ "$(leaks .id | wc -l)" -eq 1 ]
	traced -n nobody 'ipcmk -M 8192'
	[ "$(leaks .id | wc -l)" -eq 0 ]
}
