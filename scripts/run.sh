#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what is missing, builds what has changed, and runs shmtrace with the given arguments, in
# the caller's directory. With no arguments that is the live tracer. Quiet when all is up to date.
#
# usage: scripts/run.sh [COMMAND] [OPTION…]

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" != 0 ]; then
	say "tracing other processes needs root; run: sudo $0 $*"
	exit 3
fi

# Standard output belongs to shmtrace alone.
"$TOP/scripts/deps.sh" build >&2
make -C "$TOP" --no-print-directory -s all >&2 || die "the build failed; see the messages above"
exec "$TOP/build/shmtrace" "$@"
