// SPDX-License-Identifier: GPL-2.0-only
#include "view/trend.h"

#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define SAMPLES 16
/* So many of them, so far apart, always reach over the minute, however often it is read. */
#define SPACING_NS (TREND_NS / (SAMPLES - 2))
#define NS_PER_S   1000000000ULL

struct sample {
	uint64_t time_ns;
	uint64_t used;
};

struct series_key {
	uint32_t ipcns;
	uint32_t limit; /* enum ipc_limit */
};

struct series {
	struct series_key key;
	unsigned int count;
	struct sample samples[SAMPLES]; /* the oldest first */
	UT_hash_handle hh;
};

struct trend {
	struct series *series;
};

struct trend *trend__new(void)
{
	return calloc(1, sizeof(struct trend));
}

static void drop(struct trend *trend, struct series *series)
{
	HASH_DEL(trend->series, series);
	free(series);
}

void trend__free(struct trend *trend)
{
	struct series *series, *next;

	if (!trend)
		return;
	HASH_ITER (hh, trend->series, series, next)
		drop(trend, series);
	free(trend);
}

static struct series *get_series(struct trend *trend, uint32_t ipcns, enum ipc_limit limit)
{
	const struct series_key key = {.ipcns = ipcns, .limit = limit};
	struct series *series;

	HASH_FIND(hh, trend->series, &key, sizeof(key), series);
	if (series)
		return series;
	series = calloc(1, sizeof(*series));
	if (!series)
		return NULL;
	series->key = key;
	HASH_ADD(hh, trend->series, key, sizeof(series->key), series);
	if (!series->hh.tbl) {
		free(series);
		return NULL;
	}
	return series;
}

/* The youngest reading that is a minute old, else the oldest. */
static const struct sample *find_base(const struct series *series, uint64_t time_ns)
{
	const struct sample *base = &series->samples[0];

	for (unsigned int i = 1; i < series->count; i++)
		if (time_ns - series->samples[i].time_ns >= TREND_NS)
			base = &series->samples[i];
	return base;
}

static void keep(struct series *series, uint64_t time_ns, uint64_t used)
{
	struct sample *samples = series->samples;
	unsigned int n = series->count;

	if (n >= 2 && samples[n - 1].time_ns - samples[n - 2].time_ns < SPACING_NS) {
		n--; /* too close to the one before to be kept besides the new one */
	} else if (n == SAMPLES) {
		memmove(samples, samples + 1, (SAMPLES - 1) * sizeof(*samples));
		n--;
	}
	samples[n] = (struct sample){.time_ns = time_ns, .used = used};
	series->count = n + 1;
}

int trend__add(struct trend *trend, uint32_t ipcns, enum ipc_limit limit, uint64_t time_ns,
	       uint64_t used, struct trend_change *change)
{
	struct series *series = get_series(trend, ipcns, limit);

	*change = (struct trend_change){};
	if (!series)
		return -ENOMEM;
	if (series->count) {
		const struct sample *base = find_base(series, time_ns);

		change->amount = (int64_t)(used - base->used);
		change->ns = time_ns - base->time_ns;
	}
	keep(series, time_ns, used);
	return 0;
}

void trend__forget(struct trend *trend, uint64_t time_ns)
{
	struct series *series, *next;

	HASH_ITER (hh, trend->series, series, next)
		if (series->samples[series->count - 1].time_ns != time_ns)
			drop(trend, series);
}

bool trend__full_in(const struct trend_change *change, uint64_t room, uint64_t *seconds)
{
	unsigned __int128 ns;

	if (!change->ns || change->amount <= 0)
		return false;
	ns = (unsigned __int128)room * change->ns / change->amount;
	*seconds = ns / NS_PER_S > UINT64_MAX ? UINT64_MAX : ns / NS_PER_S;
	return true;
}
