# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the host-NAME.sh scripts, which vm.sh runs after guest-NAME.sh with the machine's name and the
# directory that the guest's files are in: TAP as in guest.sh, whose plan is added to.

machine=$1
tap_count=0
tap_failed=0

# name, command…: passes when the command succeeds; shows its output when it does not.
check() {
	local name=$1 log status=0
	shift
	tap_count=$((tap_count + 1))
	log=$("$@" 2>&1) || status=$?
	if [ "$status" -eq 0 ]; then
		echo "ok $tap_count - $machine: $name"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $machine: $name"
		printf 'failed with status %s: %s\n%s\n' "$status" "$*" "$log" | sed 's/^/# /'
	fi
}

# name, reason
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $machine: $1 # SKIP $2"
}

finish() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}
