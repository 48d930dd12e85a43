/* Which adapter serves a peer, and whether it wants to be sought or connected now. */
#include "ble_link_priv.h"

#include "svitlo/clock.h"

#include <string.h>

#define LINK_EAGER_MS  60000 /* scans without a break for so long, then now and then */
#define LINK_SCAN_MS   12000
#define LINK_CHOOSE_MS 1500 /* for several adapters to hear it */

static bool link_may_use(const struct ble_link *l, const struct ble_adapter *a)
{
	return ble_adapter_works(a) && (!*l->fixed || strcmp(l->fixed, a->name) == 0);
}

bool ble_link_has_adapter(const struct ble_link *l)
{
	for (unsigned i = 0; i < l->ble->n_adapters; i++)
		if (link_may_use(l, &l->ble->adapters[i]))
			return true;
	return false;
}

/* This peer's device object on an adapter, or NULL. */
struct ble_obj *ble_link_device(const struct ble_link *l, const struct ble_adapter *a)
{
	return a ? ble_tree_device(&l->ble->tree, a->path, l->address) : NULL;
}

/* How good an adapter is for it; -1: doesn't know it. One that hears it, strongly, has few others
 * and did not fail it last. */
static int link_score(const struct ble_link *l, const struct ble_adapter *a)
{
	const struct ble_obj *o = link_may_use(l, a) ? ble_link_device(l, a) : NULL;
	int score;

	if (!o)
		return -1;
	score = (o->connected ? 4000 : o->fresh ? 2000 : 1000) + (o->rssi ? o->rssi : -100);
	for (const struct ble_link *k = l->ble->links; k; k = k->next)
		score -= k != l && ble_link_on(k, a) ? 6 : 0;
	return score - (l->adapter == a && l->barren ? 20 : 0);
}

struct ble_adapter *link_best(const struct ble_link *l)
{
	struct ble_adapter *best = NULL;
	int top = -1;

	for (unsigned i = 0; i < l->ble->n_adapters; i++) {
		int score = link_score(l, &l->ble->adapters[i]);

		if (score > top) {
			top = score;
			best = &l->ble->adapters[i];
		}
	}
	return best;
}

/* Heard a moment ago, and another adapter may hear it better. */
static bool link_choosing(const struct ble_link *l, int64_t now)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->ble->n_adapters; i++)
		n += link_may_use(l, &l->ble->adapters[i]);
	return n > 1 && l->step == QUEUED && now - l->queued_ms < LINK_CHOOSE_MS;
}

bool ble_link_wants_scan(const struct ble_link *l, const struct ble_adapter *a, int64_t now)
{
	int64_t sought = now - l->seek_ms;

	if (!link_may_use(l, a))
		return false;
	if (l->step == SEEK || l->step == REST)
		return (l->step == SEEK && sought < LINK_EAGER_MS) ||
		       now % LINK_EAGER_MS < LINK_SCAN_MS; /* all who are missing at once */
	return link_choosing(l, now);
}

int ble_link_ready(struct ble_link *l, struct ble_adapter *a)
{
	const struct ble_obj *o;

	if (l->step != QUEUED || link_choosing(l, clock_mono_ms()) || link_best(l) != a)
		return 0;
	o = ble_link_device(l, a);
	if (ble_is_parting(l->ble, o->path))
		return 0;
	return o->fresh || o->connected ? 2 : 1;
}
