#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Test machines: kernels of several Debian releases, emulated, with shmtrace, the workloads and strace
# in an initramfs. All is kept below build/vm; remove that to get newer kernels.
#
# usage: scripts/vm.sh list                          names of the machines
#        scripts/vm.sh fetch KERNEL…                 downloads what they need
#        scripts/vm.sh build x86_64|arm64            static programs for them
#        scripts/vm.sh run KERNEL SCRIPT [OUTDIR]    boots one and runs SCRIPT (a busybox sh script)
#
# `run` prints what SCRIPT printed, leaves that (output), the console's log (console) and the files the
# guest wrote to /out in OUTDIR, and ends with SCRIPT's status: 124 if it took longer than VM_TIMEOUT
# seconds (600), 125 if the machine ended without a result. A host-NAME.sh beside guest-NAME.sh then
# looks at those files: it runs with KERNEL and OUTDIR, and may fail as well. VM_SEED repeats what a
# script does at random; VM_ARGS are more NAME=VALUE for its environment. With VM_ICOUNT=1 its one
# processor takes a nanosecond an instruction, so that clocks count instructions (tests/bench).

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

VM=$TOP/build/vm
TIMEOUT=${VM_TIMEOUT:-600}

# Machine, Debian suite that has its kernel.
KERNELS="
	x86_64-5.10	bullseye
	x86_64-6.1	bookworm
	x86_64-6.12	trixie
	x86_64-7.2	sid
	arm64-5.10	bullseye
	arm64-6.1	bookworm
	arm64-6.12	trixie
	arm64-7.2	sid
"
# Guest programs and libraries to link with are of the release that the project builds on.
SUITE=bookworm
SYSROOT_PACKAGES="libbpf-dev libbpf1 libelf-dev libelf1 zlib1g-dev zlib1g libcap-dev libcap2
	libsmartcols-dev libsmartcols1 libncurses-dev libncursesw6 libtinfo6"
# strace and bpftool of arm64 and the libraries that they load.
GUEST_PACKAGES="busybox-static strace bpftool libc6 libunwind8 liblzma5 libgcc-s1 libelf1 zlib1g libcap2"

usage() {
	sed -n "s/^# \(usage: \|       \)\(scripts\/vm.sh\)/\2/p" "$0" >&2
	exit 2
}

suite_of() {
	awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' <<<"$KERNELS" ||
		die "no machine is called '$1'; scripts/vm.sh list names them"
}

debian_arch() {
	case $1 in
	x86_64*) echo amd64 ;;
	arm64*) echo arm64 ;;
	*) die "no machine has the architecture '$1'" ;;
	esac
}

# A cached directory counts only with its checksums beside it, and when they match: a download that
# was cut short, or damaged since, is made again.
seal() {
	(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$1.sums.new"
	mv "$1.sums.new" "$1.sums"
}

sealed() {
	[ -d "$1" ] && [ -s "$1.sums" ] && (cd "$1" && sha256sum --quiet -c "$1.sums") >/dev/null 2>&1
}

fetch_kernel() {
	local dir=$VM/kernels/$1 suite arch
	sealed "$dir" && return
	suite=$(suite_of "$1")
	arch=$(debian_arch "$1")
	say "fetching the kernel of $1 (Debian $suite, $arch)"
	rm -rf "$dir" "$dir.sums"
	mkdir -p "$VM/kernels"
	apt_root "$suite" "$arch"
	unpack_kernel "$suite" "$arch" "cloud-$arch" "$dir"
	# Where the image is depends on the release. The modules are not used.
	find "$dir/root" -name 'vmlinuz*' -exec mv {} "$dir/vmlinuz" \;
	rm -rf "$dir/root"
	seal "$dir"
}

# name, package…: packages of SUITE for arm64.
fetch_arm64() {
	local dir=$VM/$1 wanted
	shift
	wanted=$(printf '%s\n' "$@" | sort)
	sealed "$dir" && [ "$(cut -d' ' -f1 "$dir/versions" | sort)" = "$wanted" ] && return
	say "fetching ${dir##*/}: $*"
	rm -rf "$dir" "$dir.sums"
	apt_root "$SUITE" arm64
	unpack "$SUITE" arm64 "$dir" "$@" || die "cannot download $*"
	find "$dir" -type l -xtype l -delete
	seal "$dir"
}

fetch() {
	local name
	[ $# -gt 0 ] || usage
	mkdir -p "$VM"
	# Two at once would remove each other's half of a download.
	exec 9>"$VM/lock"
	flock 9
	for name in "$@"; do
		fetch_kernel "$name"
		case $name in
		arm64-*)
			# shellcheck disable=SC2086 # lists of words
			fetch_arm64 sysroot-arm64 $SYSROOT_PACKAGES
			# shellcheck disable=SC2086
			fetch_arm64 guest-arm64 $GUEST_PACKAGES
			;;
		esac
	done
	flock -u 9
}

build() {
	local work
	case ${1:-} in
	x86_64)
		make -C "$TOP" --no-print-directory STATIC=1 BUILD=build/vm/x86_64 \
			build/vm/x86_64/shmtrace work bench-programs
		;;
	arm64)
		sealed "$VM/sysroot-arm64" || fetch arm64-6.1
		# Programs for i386 have no place there.
		work=$(cd "$TOP" && find tests/work -maxdepth 1 -name '*.c' ! -name '*_32.c' | sort | tr '\n' ' ')
		make -C "$TOP" --no-print-directory ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
			SYSROOT=build/vm/sysroot-arm64/root STATIC=1 BUILD=build/vm/arm64 \
			WORK_SRCS="$work" build/vm/arm64/shmtrace work bench-programs
		;;
	*) usage ;;
	esac
}

# A program and the libraries that it loads, into an initramfs of this machine's architecture.
install_dynamic() {
	local lib
	install -D "$1" "$2/bin/${1##*/}"
	for lib in $(ldd "$1" | grep -o '/[^ ]*'); do
		install -D "$lib" "$2$lib"
	done
}

# Everything in the guest but the kernel: architecture, script, directory.
stage() {
	local arch=$1 script=$2 dir=$3 libs from
	mkdir -p "$dir"/{bin,etc,proc,sys,dev,lib,tests/work}
	install "$TOP/tests/vm/init" "$dir/init"
	find "$TOP/tests/vm" -name '*.sh' ! -name 'host*' -exec install -t "$dir/tests" {} +
	install "$script" "$dir/tests/main.sh"
	printf 'root:x:0:0::/root:/bin/sh\ntester:x:1000:1000::/tmp:/bin/sh\n' >"$dir/etc/passwd"
	printf 'root:x:0:\ntester:x:1000:\n' >"$dir/etc/group"

	if [ -x "$VM/$arch/shmtrace" ]; then
		install -s --strip-program="$(strip_of "$arch")" "$VM/$arch/shmtrace" "$dir/bin/"
	fi
	if [ -d "$VM/$arch/tests/work" ]; then
		find "$VM/$arch/tests/work" -type f -perm -100 -exec install -t "$dir/tests/work" {} +
	fi

	# Floor and workload of tests/bench, for those alone who measure.
	if [[ $script == *tests/bench/* ]]; then
		mkdir -p "$dir/tests/bench"
		find "$VM/$arch/bench" -type f ! -name '*.d' -exec install -t "$dir/tests/bench" {} +
	fi

	if [ "$arch" = x86_64 ]; then
		install "$(command -v busybox)" "$dir/bin/busybox"
		install_dynamic "$(command -v strace)" "$dir"
		install_dynamic "$(PATH=$PATH:/usr/sbin command -v bpftool)" "$dir"
	else
		from=$VM/guest-arm64/root
		install "$from/bin/busybox" "$from/usr/bin/strace" "$from/usr/sbin/bpftool" "$dir/bin/"
		libs=$dir/lib/aarch64-linux-gnu
		mkdir -p "$libs"
		find "$from" \( -name 'libc.so.6' -o -name 'libunwind*.so.*' -o -name 'liblzma.so.*' \
			-o -name 'libgcc_s.so.*' -o -name 'libelf.so.*' -o -name 'libz.so.*' \
			-o -name 'libcap.so.*' \) -exec cp -L -t "$libs" {} +
		cp -L "$from"/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1 "$dir/lib/"
	fi
}

strip_of() {
	case $1 in
	arm64) echo aarch64-linux-gnu-strip ;;
	*) echo strip ;;
	esac
}

# Runs the machine to its end: name, directory with the initramfs, where its logs go too. In the
# foreground, so that Ctrl-C ends it with us. Its processors take turns in one thread: with a thread
# each, QEMU 7.2 may run code for ever that the kernel has patched, here at a hook on a busy call.
boot() {
	local name=$1 dir=$2 append
	# What the kernel does not know becomes the environment of the first process.
	append="quiet panic=-1 vm=$1${VM_SEED:+ seed=$VM_SEED}${VM_ARGS:+ $VM_ARGS}"
	local count=(-smp 2)
	[ -z "${VM_ICOUNT:-}" ] || count=(-smp 1 -icount "shift=0,sleep=off")
	local common=("${count[@]}" -m 1G -display none -monitor none -no-reboot -accel "tcg,thread=single"
		-kernel "$VM/kernels/$name/vmlinuz" -initrd "$dir/initramfs"
		-serial "file:$dir/console")
	case $name in
	x86_64-*)
		# On a busy host the kernel finds that the timer does not work, and panics.
		timeout --foreground -k 5 "$TIMEOUT" qemu-system-x86_64 -cpu max "${common[@]}" \
			-serial "file:$dir/result" \
			-append "console=ttyS0 port=ttyS1 no_timer_check $append"
		;;
	arm64-*)
		# The virt board has one port for the console; the second one is a PCI card.
		timeout --foreground -k 5 "$TIMEOUT" qemu-system-aarch64 -M virt -cpu cortex-a72 "${common[@]}" \
			-chardev "file,id=result,path=$dir/result" -device pci-serial,chardev=result \
			-append "console=ttyAMA0 port=ttyS0 $append"
		;;
	esac </dev/null >"$dir/qemu" 2>&1
}

# The end of the console, as a machine that failed left it.
show_console() {
	say "$1; the end of its console:"
	tail -n 30 "$2/console" | tr -d '\r' | sed 's/^/  | /' >&2
	sed 's/^/  qemu: /' "$2/qemu" >&2
}

# Starts the machine, and brings what is in its /out: name, directory with the initramfs, directory of
# results.
boot_and_fetch() {
	local name=$1 dir=$2 out=$3 status=0
	rm -rf "$out" "$dir/result"
	mkdir -p "$out"
	boot "$name" "$dir" || status=$?
	cp "$dir/console" "$out/" 2>/dev/null || true
	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		show_console "$name did not end within $TIMEOUT seconds" "$dir"
		return 124
	fi
	if ! tar -C "$out" -xzf "$dir/result" 2>/dev/null || ! [ -s "$out/status" ]; then
		show_console "$name ended without a result" "$dir"
		return 125
	fi
}

# A kernel measures at its start how fast the processor's clock counts, and on a busy host it may be
# far off: then hours pass in minutes, and it reports stalls. Directory of results, seconds that it
# ran.
clock_runs_away() {
	[ -z "${VM_ICOUNT:-}" ] && [ -s "$1/uptime" ] &&
		[ "$(cut -d. -f1 "$1/uptime")" -gt $((2 * $2 + 30)) ]
}

run() {
	local name=$1 script=$2 out=${3:-$VM/run/$1} dir host status=0 attempt begin
	[ -r "$script" ] || die "cannot read $script"
	fetch "$name"
	dir=$(mktemp -d "$VM/tmp.XXXXXX")
	# shellcheck disable=SC2064 # the directory of now
	trap "rm -rf '$dir'" EXIT

	stage "${name%-*}" "$script" "$dir/root"
	(cd "$dir/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$dir/initramfs"
	for attempt in 1 2 3; do
		begin=$SECONDS
		boot_and_fetch "$name" "$dir" "$out" || return
		clock_runs_away "$out" $((SECONDS - begin)) || break
		say "$name: its clock ran away (attempt $attempt)"
	done
	cat "$out/output"
	status=$(cat "$out/status")
	host=$(dirname "$script")/host-${script##*/guest-}
	if [ -x "$host" ]; then
		"$host" "$name" "$out" || status=1
	fi
	return "$status"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
list) awk 'NF { print $1 }' <<<"$KERNELS" ;;
fetch) fetch "$@" ;;
build) build "$@" ;;
run)
	[ $# -ge 2 ] || usage
	run "$@"
	;;
*) usage ;;
esac
