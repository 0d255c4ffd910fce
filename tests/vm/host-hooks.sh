#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# After guest-hooks.sh, on the host: host-hooks.sh MACHINE DIR checks the JSON that it left.

set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/vm/host.sh
. tests/vm/host.sh

check "there is JSON to check" test -n "$(ls "$2/json")"
for file in "$2"/json/*; do
	check "the JSON of ${file##*/} is valid" tests/live/schema_check "$file"
done
finish
