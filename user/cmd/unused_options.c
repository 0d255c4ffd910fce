// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/unused_options.h"

#include "base/parse.h"

#define NS_PER_S 1000000000ULL

error_t cmd_unused__parse(int key, char *arg, struct argp_state *state,
			  struct unused_filter *filter)
{
	uint64_t ns = 0;

	switch (key) {
	case 'A':
		filter->ipcns = 0;
		return 0;
	case UNUSED_OPTION_MIN_AGE:
		cmd__check(state, "--min-age", arg, parse__seconds(arg, &ns));
		/* The kernel keeps whole seconds. */
		filter->min_age_s = (ns + NS_PER_S - 1) / NS_PER_S;
		return 0;
	case UNUSED_OPTION_MIN_SIZE:
		cmd__check(state, "--min-size", arg, parse__size(arg, &filter->min_size));
		return 0;
	case CMD_OPTION_CONTAINER:
		filter->container->pattern = cmd__container(state, arg);
		return 0;
	default:
		return cmd__parse_kind(key, &filter->kinds);
	}
}
