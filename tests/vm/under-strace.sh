# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Runs in a test machine: under-strace.sh DIR. Each workload that DIR/list names, under strace; what
# strace wrote is then in DIR/NAME.strace, the exit status in DIR/NAME.status.

while read -r name command; do
	# shellcheck disable=SC2086 # a command and its arguments
	timeout 60 strace -f -a1 -e trace=%ipc -e verbose=none -o "$1/$name.strace" \
		"/tests/work/"$command </dev/null
	echo $? >"$1/$name.status"
done <"$1/list"
