# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by the scripts: messages, and packages of other Debian suites and architectures. Those are
# resolved in private apt roots below build/, one for each suite and architecture, with the mirrors
# and keys of this machine; the system's own apt and dpkg state is only read, never changed.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
APT_ROOTS=$TOP/build/vm/apt

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }

# The first mirror that /etc/apt configures for a suite ($1), in either file format.
apt_mirror() {
	local suite=$1 file
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		awk -v suite="$suite" '
			BEGIN { RS = ""; FS = "\n" }
			{
				uri = ""; found = 0; off = 0
				gsub(/\n[ \t]+/, " ") # a field may go on in the next line
				for (i = 1; i <= NF; i++) {
					n = split($i, word, /[ \t]+/)
					field = tolower(word[1])
					if (field == "uris:") uri = word[2]
					if (field == "enabled:" && tolower(word[2]) == "no") off = 1
					if (field == "suites:")
						for (j = 2; j <= n; j++) if (word[j] == suite) found = 1
				}
				if (found && !off && uri != "") { print uri; exit }
			}' "$file"
	done
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$file" ] || continue
		sed -n 's/^deb[ \t]\+\(\[[^]]*\][ \t]*\)\?//p' "$file" |
			awk -v suite="$suite" '$2 == suite { print $1; exit }'
	done
}

# One source entry: suite, URI.
apt_source() {
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$2" "$1"
	# The archive keys of Debian sign every suite; without this apt uses all that it trusts.
	if [ -f /usr/share/keyrings/debian-archive-keyring.gpg ]; then
		printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
	fi
	printf '\n'
}

# The source entries for a suite: the mirror of this machine's own release carries all of them.
apt_sources() {
	local suite=$1 own main security
	# shellcheck source=/dev/null
	own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	main=$(apt_mirror "$own" | sed -n 1p)
	security=$(apt_mirror "$own-security" | sed -n 1p)
	[ -n "$main" ] || die "no mirror for '$own' in /etc/apt; a Debian machine is needed"
	apt_source "$suite" "$main"
	# sid has no security archive.
	if [ -n "$security" ] && [ "$suite" != sid ]; then
		apt_source "$suite-security" "$security"
	fi
}

# Runs an apt command in the private root of a suite and architecture: suite, arch, command…
apt_in() {
	local root=$APT_ROOTS/$1-$2
	shift 2
	APT_CONFIG=$root/apt.conf "$@"
}

# Makes a private root and brings its package lists up to date: suite, arch.
apt_root() {
	local root=$APT_ROOTS/$1-$2
	mkdir -p "$root"/{lists/partial,cache/archives/partial,parts}
	# An empty status file: no package counts as installed there.
	: >"$root/status"
	apt_sources "$1" >"$root/parts/debian.sources"
	cat >"$root/apt.conf" <<-CONF
		APT::Architecture "$2";
		APT::Architectures { "$2"; };
		APT::Sandbox::User "root";
		APT::Default-Release "";
		Dir::State "$root";
		Dir::State::status "$root/status";
		Dir::State::lists "$root/lists";
		Dir::Cache "$root/cache";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$root/parts";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Acquire::Languages "none";
		Acquire::Retries "3";
	CONF
	apt_in "$1" "$2" apt-get -qq update ||
		die "cannot read the package lists of $1 ($2); see apt's messages above"
}

# Unpacks packages into a directory, which is there only when all of it is: suite, arch, directory,
# package…  Each package's version is left in DIRECTORY/versions. apt checks what it downloads.
unpack() {
	local suite=$1 arch=$2 dir=$3 deb
	shift 3
	rm -rf "$dir" "$dir.new"
	mkdir -p "$dir.new/debs" "$dir.new/root"
	(cd "$dir.new/debs" && apt_in "$suite" "$arch" apt-get -qq download "$@") >&2 || return 1
	for deb in "$dir.new"/debs/*.deb; do
		dpkg -x "$deb" "$dir.new/root" || return 1
		# shellcheck disable=SC2016 # dpkg's variables, not the shell's
		dpkg-deb -W --showformat='${Package} ${Version} ${Architecture}\n' "$deb" \
			>>"$dir.new/versions" || return 1
	done
	rm -rf "$dir.new/debs"
	mv "$dir.new" "$dir"
}

# The kernel images of a suite, newest first, as package=version: suite, arch, flavour (as in
# linux-image-FLAVOUR). From 7.0 on the image itself is in linux-binary-…
kernel_packages() {
	local version image binary
	apt_in "$1" "$2" apt-cache madison "linux-image-$3" | cut -d'|' -f2 | tr -d ' ' | uniq |
		while read -r version; do
			image=$(apt_in "$1" "$2" apt-cache show "linux-image-$3=$version" |
				sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*\).*/\1/p')
			binary=linux-binary-${image#linux-image-}
			if apt_in "$1" "$2" apt-cache show "$binary" >/dev/null 2>&1; then
				image=$binary
			fi
			echo "$image=$version"
		done
}

# Unpacks the newest kernel that the mirror really has (an index can be ahead of its pool): suite,
# arch, flavour, directory.
unpack_kernel() {
	local package
	for package in $(kernel_packages "$1" "$2" "$3"); do
		unpack "$1" "$2" "$4" "$package" && return
		say "the mirror has no $package; trying the one before it"
	done
	die "no kernel $3 in $1 ($2)"
}
