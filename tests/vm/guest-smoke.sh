# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The machine itself: what the tracer builds on is there, and the tracer starts; rm wins its races.

# shellcheck source=tests/vm/guest.sh
. /tests/guest.sh

# In the order of shmtrace limits: of shm, of sem (SEMMNI SEMMNS SEMMSL SEMOPM), of msg.
proc_limits() (
	cd /proc/sys/kernel || return
	# The file has SEMMSL SEMMNS SEMOPM SEMMNI. Such files are empty to who reads them bytewise.
	# shellcheck disable=SC2046 # four words
	set -- $(cat sem)
	echo "$(cat shmmni) $(cat shmall) $(cat shmmax) $4 $2 $1 $3" \
		"$(cat msgmni) $(cat msgmax) $(cat msgmnb)"
)

check "the kernel has BTF" test -s /sys/kernel/btf/vmlinux
check "tracefs has the system call events" \
	test -d /sys/kernel/tracing/events/syscalls/sys_enter_shmget

if [ -x /bin/shmtrace ]; then
	check "shmtrace starts" shmtrace --version
	check_equal "limits are those of /proc/sys" "$(proc_limits)" \
		"$(shmtrace limits -b -n -r -o limit | xargs)"
else
	skip "shmtrace starts" "no shmtrace was built for this machine"
fi
for kind in shm sem msg; do
	check "rm loses no race: $kind" "$WORK/race" /bin/shmtrace "$kind" 100
done
check "strace follows System V IPC here" strace -e trace=shmget true

finish
