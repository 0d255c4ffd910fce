#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One line of what came of a storm: its seed and operations, and what storm-hook.sh has compared.
# DIRECTORY holds storm.out and, there or one below, diff.*. After losses (lost) the creators of sets
# and queues count for nothing: the kernel keeps none.
#
# usage: storm-summary.sh NAME DIRECTORY [lost]

cat "$2"/diff.* "$2"/*/diff.* 2>/dev/null | awk -v name="$1" -v storm="$2/storm.out" -v lost="$3" '
	lost != "" && /^(sem|msg) [0-9]+ of [0-9]+: creator is / { differences-- }
	/ lines compared, / { moments++; lines += $1; differences += $4 }
	END {
		while ((getline line <storm) > 0) {
			split(line, word)
			if (word[1] == "seed") seed = word[2]
			if (word[1] == "moment") operations = word[3]
		}
		printf "storm: %s: seed %s, %d operations, %d moments, %d lines compared, %d differences\n",
			name, seed, operations, moments, lines, differences
	}'
