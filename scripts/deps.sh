#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs the Debian packages that a job needs, those that are missing and no others, without
# starting any of their services. When nothing is missing it does nothing and needs no root.
#
# usage: scripts/deps.sh build|test|vm|bench…
# exit:  0 all there; 1 apt failed; 2 wrong usage; 3 something is missing and we are not root

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# The compiler of BPF programs, the libraries, the manual pages.
BUILD="clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libcap-dev libsmartcols-dev libncurses-dev uthash-dev
	pkg-config make gcc libc6-dev scdoc"
# Test runners and checkers; programs to trace and to compare with. No gcc-multilib, which conflicts
# with cross compilers: these two are what -m32 needs.
TEST="libcmocka-dev bats shellcheck clang-format libclang-rt-14-dev strace linux-perf stress-ng tmux
	python3 python3-jsonschema postgresql libc6-dev-i386 lib32gcc-12-dev jq util-linux procps git
	apache2-bin"
# Virtual machines, and what makes programs for them.
VM="qemu-system-x86 qemu-system-arm busybox-static strace gcc-aarch64-linux-gnu
	libc6-dev-arm64-cross cpio xz-utils zstd lz4 python3"
# Tracers to measure beside this one.
BENCH="bpftrace linux-perf strace python3"

POLICY=/usr/sbin/policy-rc.d
made_policy=
log=

packages_of() {
	case $1 in
	build) echo "$BUILD" ;;
	test) echo "$TEST" ;;
	vm) echo "$VM" ;;
	bench) echo "$BENCH" ;;
	*) return 2 ;;
	esac
}

# Those of the packages in the arguments that are not installed.
missing() {
	local known
	known=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
	printf '%s\n' "$@" | sort -u | while read -r package; do
		grep -qx "installed $package" <<<"$known" || echo "$package"
	done
}

# Packages such as postgresql start a server when they are installed; this is Debian's way to say no.
deny_services() {
	[ -e "$POLICY" ] && return
	made_policy=1
	printf '#!/bin/sh\nexit 101\n' >"$POLICY"
	chmod 755 "$POLICY"
}

clean_up() {
	rm -f "$log"
	if [ -n "$made_policy" ]; then
		rm -f "$POLICY"
	fi
}

install() {
	trap clean_up EXIT
	log=$(mktemp)
	deny_services
	export DEBIAN_FRONTEND=noninteractive
	if ! { apt-get -q update && apt-get -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 install "$@"; } >"$log" 2>&1; then
		cat "$log" >&2
		die "apt-get could not install $*; its messages are above"
	fi
}

main() {
	local set list all=() need=()
	[ $# -gt 0 ] || set -- help
	for set in "$@"; do
		list=$(packages_of "$set") ||
			{ echo "usage: scripts/deps.sh build|test|vm|bench..." >&2; exit 2; }
		# shellcheck disable=SC2206 # split into words on purpose
		all+=($list)
	done
	mapfile -t need < <(missing "${all[@]}")
	[ ${#need[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		say "these packages are missing for '$*', and installing them needs root:" \
			"${need[*]}; run as root: scripts/deps.sh $*"
		exit 3
	fi
	say "installing what '$*' needs: ${need[*]}"
	install "${need[@]}"
}

main "$@"
