# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Real servers as the tests need them: small, without root's own configuration, below $T.

APACHE=/usr/sbin/apache2
PG=/usr/lib/postgresql/15/bin

# Two ports that nobody listens on: with two, Apache takes an accept mutex.
free_ports() {
	python3 -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])'
}

# An Apache prefork server whose mutexes are System V semaphores.
write_apache() {
	local ports
	[ -x "$APACHE" ] || skip "no $APACHE"
	read -ra ports < <(free_ports)
	mkdir -p "$T/htdocs" "$T/run"
	cat >"$T/httpd.conf" <<-EOF
		ServerRoot $T
		ServerName localhost
		Listen 127.0.0.1:${ports[0]}
		Listen 127.0.0.1:${ports[1]}
		PidFile $T/run/httpd.pid
		DefaultRuntimeDir $T/run
		ErrorLog $T/error.log
		LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so
		LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
		Mutex sysvsem default
		AcceptFilter http none
		StartServers 3
		MaxRequestWorkers 5
		DocumentRoot $T/htdocs
		User www-data
		Group www-data
	EOF
	# Starts it and kills all of its processes, $1 times or until it does not start.
	cat >"$T/round" <<-EOF
		for round in \$(seq "\$1"); do
			rm -f $T/run/httpd.pid
			$APACHE -d $T -f $T/httpd.conf || exit 0
			tenths=0
			until [ -s $T/run/httpd.pid ] && main=\$(cat $T/run/httpd.pid) &&
				[ "\$(pgrep -c -P "\$main")" -ge 3 ]; do
				tenths=\$((tenths + 1))
				# It may have ended by itself: a limit.
				[ \$tenths -lt 50 ] || exit 0
				sleep 0.1
			done
			# Its process group: also the child that it may just be making.
			/bin/kill -9 -- "-\$main"
			while pgrep -r R,S,D,I -g "\$main" >/dev/null; do sleep 0.05; done
		done
	EOF
	chmod -R a+rX "$T"
}

# A database in $T/data, and $T/postgres, which starts its server in the foreground.
write_postgres() {
	[ -x "$PG/initdb" ] || skip "PostgreSQL 15 is not installed"
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* "$T"
	install -d -o postgres "$T/pg"
	as_postgres "$PG/initdb" -D "$T/pg/data" -N -A trust -E UTF8 --locale=C >"$T/initdb" 2>&1
	cat >>"$T/pg/data/postgresql.conf" <<-EOF
		shared_buffers = 16MB
		max_connections = 20
		listen_addresses = ''
		unix_socket_directories = '$T/pg'
		fsync = off
	EOF
	echo "exec setpriv --reuid=postgres --regid=postgres --clear-groups env -i LC_ALL=C" \
		"$PG/postgres -D $T/pg/data" >"$T/postgres"
}

as_postgres() {
	setpriv --reuid=postgres --regid=postgres --clear-groups env -i LC_ALL=C "$@"
}
