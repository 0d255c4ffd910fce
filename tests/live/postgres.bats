#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# A real server whose shared memory is all System V: from initdb to its shutdown, under strace and
# shmtrace at once.

load live.bash

PG=/usr/lib/postgresql/15/bin

setup_file() {
	PGHOME=$(mktemp -d /tmp/shmtrace-pg.XXXXXX)
	export PGHOME
}

teardown_file() {
	rm -rf "$PGHOME"
}

# Parallel queries take segments of their own (dynamic shared memory), pgbench many backends.
write_scenario() {
	cat >"$PGHOME/scenario" <<-EOF
		set -eu
		cd $PGHOME
		export PATH=$PG:\$PATH
		trap 'pg_ctl -D data -m immediate stop >/dev/null 2>&1 || true' EXIT
		initdb -D data -N -A trust -E UTF8 --locale=C
		cat >>data/postgresql.conf <<-CONF
			shared_memory_type = sysv
			dynamic_shared_memory_type = sysv
			shared_buffers = 16MB
			max_connections = 20
			listen_addresses = ''
			unix_socket_directories = '$PGHOME'
			fsync = off
		CONF
		pg_ctl -D data -w -t 120 -l log start
		export PGHOST=$PGHOME PGDATABASE=postgres
		pgbench -i -q -s 1
		pgbench -n -c 4 -t 25
		for i in 1 2 3 4 5 6 7 8; do
			psql -qAtX <<-SQL
				SET max_parallel_workers_per_gather = 2;
				SET parallel_setup_cost = 0;
				SET parallel_tuple_cost = 0;
				SET min_parallel_table_scan_size = 0;
				SELECT 'accounts', count(*) FROM pgbench_accounts;
			SQL
		done
		pg_ctl -D data -w -t 120 -m fast stop
	EOF
	chown -R postgres: "$PGHOME"
}

@test "PostgreSQL: every call as strace says it" {
	[ -x "$PG/initdb" ] || skip "PostgreSQL 15 is not installed"
	write_scenario
	own_namespace
	# Only calls of IPC stop for strace (--seccomp-bpf): the server runs ten times as fast.
	run --separate-stderr inside "$SHMTRACE" trace -J -e %ipc -o "$T/ours" -- \
		strace --seccomp-bpf -f -a1 -e trace=%ipc -e verbose=none -o "$T/theirs" \
		setpriv --reuid=postgres --regid=postgres --clear-groups \
		env -i LC_ALL=C bash "$PGHOME/scenario" </dev/null
	# shellcheck disable=SC2154 # run sets it
	printf '%s\n' "$output" "$stderr"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^accounts|100000$' <<<"$output")" -eq 8 ]
	"$LIVE/words_compare" "$T/theirs" "$T/ours"
	valid "$T/ours"
	echo "# $(texts "$T/ours" | cut -d'(' -f1 | sort | uniq -c | tr -s ' \n' ' ')" >&3
	[ "$(texts "$T/ours" | wc -l)" -ge 100 ]
	jq -es '.[-1].type == "end" and .[-1].lost.total == 0' "$T/ours"
	# And it left nothing: all that was created was removed.
	run ! grep 0x <(inside ipcs -m)
}
