# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Running commands that print TAP, and adding up what they printed. For scripts/test.sh, which sets
# OUT: NAME.tap is what the command NAME printed, NAME.results one line for each test with
# pass, fail or skip, the test's name and the reason, separated by tabs.

SKIPS=$TOP/tests/expected-skips

# A command that prints no TAP as one test: name, command…
tap_check() {
	local name=$1 log
	shift
	log=$(mktemp)
	if "$@" >"$log" 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		sed 's/^/# /' "$log"
	fi
	rm -f "$log"
}

# TAP on standard input to results: name, exit status of what printed it.
tap_results() {
	awk -v name="$1" -v status="$2" '
		function result(kind, test, reason) {
			printf "%s\t%s\t%s\n", kind, test, reason
			if (kind == "fail") failed++
			count++
		}
		/^1\.\.[0-9]/ { plan += substr($0, 4) + 0; planned = 1 }
		/^ok / || /^not ok / {
			kind = /^ok / ? "pass" : "fail"
			test = $0
			reason = ""
			sub(/^(not )?ok *[0-9]* *-? */, "", test)
			if (at = index(toupper(test), "# SKIP")) {
				kind = "skip"
				reason = substr(test, at + 6)
				sub(/^[ :]*/, "", reason)
				test = substr(test, 1, at - 1)
				# cmocka writes the name where the reason belongs.
				if (test == "") { test = reason; reason = "" }
				sub(/ *$/, "", test)
			}
			result(kind, test == "" ? name : test, reason)
		}
		END {
			seen = count + 0
			if (planned && plan != seen)
				result("fail", name, "planned " plan " tests and printed " seen)
			else if (!seen)
				result("fail", name, "printed no test result")
			if (status != 0 && !failed)
				result("fail", name, "ended with status " status " though no test failed")
		}'
}

# Whether tests/expected-skips allows this one here: test, reason.
skip_expected() {
	local name reason condition
	while IFS='|' read -r name reason condition; do
		[[ $name != \#* && -n $name ]] || continue
		name=${name%"${name##*[! ]}"}
		reason=${reason# }
		reason=${reason%"${reason##*[! ]}"}
		if [[ $1 =~ $name && $2 =~ $reason ]]; then
			(eval "$condition") >/dev/null 2>&1 </dev/null
			return
		fi
	done <"$SKIPS"
	return 1
}

# Skips that should not be become failures: results to results.
judge_skips() {
	local kind test reason
	while IFS=$'\t' read -r kind test reason; do
		if [ "$kind" = skip ] && ! skip_expected "$test" "$reason"; then
			kind=fail
			reason="skipped where it should run: $reason"
		fi
		printf '%s\t%s\t%s\n' "$kind" "$test" "$reason"
	done
}

# Runs a command that prints TAP, and never fails: name, command…
run_tap() {
	local base=$OUT/$1 name=$1 status=0 start=$SECONDS TIMEFORMAT='%U %S'
	shift
	{ time "$@" >"$base.tap" 2>&1 </dev/null; } 2>"$base.cpu" || status=$?
	tap_results "$name" "$status" <"$base.tap" | judge_skips >"$base.results"
	echo $((SECONDS - start)) >"$base.seconds"
}

count() {
	cat "${@:2}" | grep -c "^$1"$'\t' || true
}

# One line about what ran, then its skips with their reasons and its failures with what they printed.
report() {
	local base=$OUT/$1 kind test reason
	# What ran it was killed, or the disk is full.
	[ -s "$base.results" ] || printf 'fail\t%s\t%s\n' "$1" "left no result" >"$base.results"
	[ -s "$base.seconds" ] || echo 0 >"$base.seconds"
	printf '%-34s %4d passed, %d failed, %d skipped  (%d s, %d s of processor time)\n' "$1" \
		"$(count pass "$base.results")" "$(count fail "$base.results")" \
		"$(count skip "$base.results")" "$(cat "$base.seconds")" \
		"$(awk '{ print int($1 + $2 + 0.5) }' "$base.cpu" 2>/dev/null)"
	while IFS=$'\t' read -r kind test reason; do
		case $kind in
		skip) printf '    skipped: %s: %s\n' "$test" "$reason" ;;
		fail)
			printf '    FAILED: %s%s\n' "$test" "${reason:+: $reason}"
			[[ $reason == skipped* ]] || show_output "$base.tap" "$test"
			;;
		esac
	done <"$base.results"
}

# What a failed test printed: up to 60 lines from its result on, or the end of it all if it has none.
show_output() {
	local shown
	# ENVIRON, since -v would read backslashes in the test's name.
	shown=$(TEST=$2 awk '
		/^ok / || /^not ok / { on = /^not ok / && index($0, ENVIRON["TEST"]) }
		on && lines++ < 60' "$1")
	[ -n "$shown" ] || shown=$(tail -n 30 "$1")
	printf '%s\n' "$shown" | sed 's/^/        /'
}

record() {
	run_tap "$@"
	report "$1"
}

# Ends the run when a command that others build on has failed: name, what that means.
stop_if_failed() {
	if [ "$(count fail "$OUT/$1.results")" -gt 0 ]; then
		say "$2"
		total
	fi
}

# The last line, and the exit status of the whole run.
total() {
	local passed failed skipped
	passed=$(count pass "$OUT"/*.results)
	failed=$(count fail "$OUT"/*.results)
	skipped=$(count skip "$OUT"/*.results)
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}
