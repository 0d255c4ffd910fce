#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Processes name themselves as they like. What shmtrace prints of it must not lead a terminal, nor
# break a line or a JSON reader.

load live.bash

# Any control character but the newline: C0, DEL, C1 as UTF-8; in C, anything that is not ASCII.
# Bytes that are no UTF-8 at all are refused as well.
clean() {
	python3 - "$1" "$2" <<-'EOF'
		import sys
		path, charset = sys.argv[1:]
		data = open(path, "rb").read()
		text = data.decode(charset)
		bad = [c for c in text if c != "\n" and (ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0)]
		# What changes the direction of text, or has no width, deceives as well.
		bad += [c for c in text if c in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"]
		if bad:
		    print("in the output:", ascii("".join(bad)))
		    sys.exit(1)
	EOF
}

# As text, with options…; how many calls there were is in $made.
text_of_rename() {
	"$SHMTRACE" trace -q -e shmget "$@" -o "$T/text" -- "$WORK/rename" >"$T/made"
	made=$(awk '{ print $2 }' "$T/made")
	[ "$made" -gt 20 ]
	[ "$(wc -l <"$T/text")" -eq "$made" ]
	[ "$(grep -c 'shmget.*(0x5a.*ENOENT' "$T/text")" -eq "$made" ]
}

@test "hostile names: text in C.UTF-8" {
	LC_ALL=C.UTF-8 text_of_rename
	clean "$T/text" utf-8
	grep -q 'naïve' "$T/text"
	grep -qF '\x1b[2J' "$T/text"
}

@test "hostile names: text in C" {
	LC_ALL=C text_of_rename
	clean "$T/text" ascii
	grep -qF 'na\xc3\xafve' "$T/text"
}

@test "hostile names: text with colours has no sequence but our own" {
	text_of_rename --color=always
	grep -q $'\033' "$T/text"
	sed -E 's/\x1b\[(0|2|31|1;36)m//g' "$T/text" >"$T/stripped"
	clean "$T/stripped" utf-8
}

@test "hostile names: columns stay where they are" {
	LC_ALL=C.UTF-8 text_of_rename
	# A name of up to 15 columns ends where CALL begins; what is escaped may be longer.
	python3 - "$T/text" <<-'EOF'
		import re, sys
		for line in open(sys.argv[1], encoding="utf-8"):
		    assert re.match(r"\d\d:\d\d:\d\d\.\d{6} \d+ *", line), line
		    at = line.index(" shmget(") + 1
		    assert at >= 39, (at, line)
	EOF
}

# jq and python read it, and the names are those of the workload but for what is no UTF-8.
@test "hostile names: JSON" {
	"$SHMTRACE" trace -q -e shmget -J -o "$T/json" -- "$WORK/rename" >"$T/made"
	made=$(awk '{ print $2 }' "$T/made")
	valid "$T/json"
	clean "$T/json" utf-8
	[ "$(jq -s 'map(select(.type == "call")) | length' "$T/json")" -eq "$made" ]
	python3 - "$T/json" <<-'EOF'
		import json, sys
		names = [json.loads(line).get("comm") for line in open(sys.argv[1], encoding="utf-8")]
		for name in ("\x1b[2J\x1b[H", "two\nlines", "back\rhome", '"quoted"', "back\\slash\\n",
		             "\\x1b[2J", "bad\ufffd\ufffdutf8", "c1\x9b2J", "del\x7f", "\U0001f418 elephant",
		             "na\xefve", '{"a":[1]}', "%s%n%x", "", " ", "0123456789abcde"):
		    assert name in names, (name, names)
	EOF
}

@test "hostile names: JSON is the same in every locale" {
	local locale
	for locale in C C.UTF-8; do
		LC_ALL=$locale "$SHMTRACE" trace -q -e shmget -J -o "$T/$locale" -- "$WORK/rename"
	done
	diff <(jq -c .comm "$T/C") <(jq -c .comm "$T/C.UTF-8")
}

@test "hostile names: the summary and messages have none of them" {
	"$SHMTRACE" trace -c -e shmget -- "$WORK/rename" >"$T/out" 2>&1
	clean "$T/out" ascii
}
