// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/repeat.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define NS_PER_MS 1000000ULL
#define HOUR_MS	  3600000

int repeat__begin(struct repeat *repeat, uint64_t interval_ns)
{
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*repeat = (struct repeat){.signal_fd = signalfd(-1, &set, SFD_CLOEXEC),
				  .interval_ns = interval_ns,
				  .next_ns = clock__ns(CLOCK_MONOTONIC)};
	if (repeat->signal_fd >= 0)
		return 0;
	err = -errno;
	pr_err("cannot wait for signals: %s", strerror(-err));
	return err;
}

bool repeat__wait(struct repeat *repeat)
{
	struct pollfd fd = {.fd = repeat->signal_fd, .events = POLLIN};
	uint64_t now = clock__ns(CLOCK_MONOTONIC);

	do
		repeat->next_ns += repeat->interval_ns;
	while (repeat->next_ns <= now);
	while (now < repeat->next_ns) {
		uint64_t rest_ms = (repeat->next_ns - now + NS_PER_MS - 1) / NS_PER_MS;

		/* An hour at a time, as poll(2) counts in an int. */
		if (poll(&fd, 1, rest_ms < HOUR_MS ? rest_ms : HOUR_MS) > 0)
			return false;
		now = clock__ns(CLOCK_MONOTONIC);
	}
	return true;
}

void repeat__end(struct repeat *repeat)
{
	if (repeat->signal_fd >= 0)
		close(repeat->signal_fd);
	repeat->signal_fd = -1;
}
