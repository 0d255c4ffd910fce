#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes vmlinux/ARCH/vmlinux.h, the kernel's types that the BPF programs are compiled against, from
# the newest kernels of a Debian suite: downloads the image, cuts the BTF out of it, and has bpftool
# print it as C. Only developers run this; the headers are in the repository.
#
# usage: scripts/gen-vmlinux.sh [SUITE]      (trixie)

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

SUITE=${1:-trixie}
BPFTOOL=$(PATH=$PATH:/usr/sbin command -v bpftool) || die "bpftool is missing; run scripts/deps.sh build"

# Cuts the .BTF section out of a kernel image: image, output. The section headers are gone from a
# bootable image, so the BTF is found by its own header.
extract_btf() {
	/usr/bin/python3 - "$1" "$2" <<-'PYTHON'
		import gzip, lzma, struct, subprocess, sys

		def payload(image):
		    """The kernel inside an x86 bzImage (its boot protocol, 2.08, says where), or the image."""
		    if image[0x202:0x206] != b"HdrS":
		        return gzip.decompress(image) if image[:3] == b"\x1f\x8b\x08" else image
		    setup = (image[0x1f1] or 4) + 1
		    offset, length = struct.unpack_from("<II", image, 0x248)
		    data = image[setup * 512 + offset:][:length]
		    if data[:6] == b"\xfd7zXZ\0":
		        return lzma.LZMADecompressor().decompress(data)
		    if data[:3] == b"\x1f\x8b\x08":
		        return gzip.decompress(data[:-4])
		    for magic, tool in ((b"\x28\xb5\x2f\xfd", "zstd"), (b"\x02\x21\x4c\x18", "lz4")):
		        if data[:4] == magic:
		            # The four bytes after the stream are its unpacked size.
		            return subprocess.run([tool, "-dc"], input=data[:-4], check=True,
		                                  stdout=subprocess.PIPE).stdout
		    sys.exit("cannot tell how the kernel is compressed: " + data[:8].hex())

		kernel = payload(open(sys.argv[1], "rb").read())
		best, at = b"", -1
		# struct btf_header: magic 0xeb9f, version 1, flags 0, hdr_len 24, then offsets and lengths.
		while (at := kernel.find(b"\x9f\xeb\x01\x00\x18\0\0\0", at + 1)) >= 0:
		    type_off, type_len, str_off, str_len = struct.unpack_from("<IIII", kernel, at + 8)
		    size = 24 + str_off + str_len
		    if type_off == 0 and type_len == str_off and len(best) < size <= len(kernel) - at:
		        best = kernel[at:at + size]
		if len(best) < 1 << 20:
		    sys.exit("no BTF found in " + sys.argv[1])
		open(sys.argv[2], "wb").write(best)
	PYTHON
}

# One header: our name of the architecture, Debian's.
generate() {
	local arch=$1 deb_arch=$2 dir=$TOP/build/vm/btf-$1 package version image out
	unpack_kernel "$SUITE" "$deb_arch" "cloud-$deb_arch" "$dir"
	read -r package version _ <"$dir/versions"
	image=$(find "$dir/root" -name 'vmlinuz*' | sed -n 1p)
	extract_btf "$image" "$dir/btf"

	out=$TOP/vmlinux/$arch/vmlinux.h
	{
		printf '/* Made by scripts/gen-vmlinux.sh from %s %s (%s). */\n' \
			"$package" "$version" "$deb_arch"
		"$BPFTOOL" btf dump file "$dir/btf" format c
	} >"$out.new"
	mv "$out.new" "$out"
	rm -rf "$dir"
	say "vmlinux/$arch/vmlinux.h: $package $version, $(wc -l <"$out") lines"
}

for pair in x86_64:amd64 arm64:arm64; do
	apt_root "$SUITE" "${pair#*:}"
	generate "${pair%:*}" "${pair#*:}"
done
