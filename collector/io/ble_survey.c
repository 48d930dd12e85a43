/* Who is there: for those who look for a device to add. */
#include "ble_priv.h"

#include "svitlo/clock.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

int ble_survey_start(struct ble *b, int seconds, struct err *e)
{
	bool works = false;

	for (unsigned i = 0; i < b->n_adapters; i++)
		works = works || ble_adapter_works(&b->adapters[i]);
	if (!works)
		return err_set(e, -ENODEV, "%s",
			       *b->why_text ? b->why_text : "Bluetooth is not there yet");
	b->survey_ms = clock_mono_ms();
	b->survey_until_ms = b->survey_ms + seconds * 1000LL;
	for (unsigned i = 0; i < b->n_adapters; i++)
		ble_adapter_rescan(&b->adapters[i]);
	ble_wake(b);
	return 0;
}

void ble_survey_stop(struct ble *b)
{
	b->survey_until_ms = 0;
	ble_wake(b);
}

double ble_survey_progress(const struct ble *b)
{
	int64_t whole = b->survey_until_ms - b->survey_ms, past = clock_mono_ms() - b->survey_ms;

	return !b->survey_until_ms || past >= whole ? 1 : (double)past / (double)whole;
}

static bool survey_counts(const struct ble *b, const struct ble_obj *o)
{
	return o->kind == BLE_DEVICE && ble_is_address(o->address) &&
	       (o->connected || (o->heard_ms && o->heard_ms >= b->survey_ms));
}

/* An adapter hears it better, or as well and comes first in the list. */
static bool survey_better(const struct ble *b, const struct ble_obj *o)
{
	bool after = false;

	for (const struct ble_obj *x = b->tree.objs; x; x = x->next) {
		if (x == o) {
			after = true;
			continue;
		}
		if (!survey_counts(b, x) || strcasecmp(x->address, o->address) != 0)
			continue;
		if (x->connected != o->connected ? x->connected
		    : x->rssi != o->rssi	 ? x->rssi > o->rssi
						 : !after)
			return true;
	}
	return false;
}

void ble_survey_each(const struct ble *b, void (*take)(void *ud, const struct ble_advert *a),
		     void *ud)
{
	for (const struct ble_obj *o = b->tree.objs; o; o = o->next) {
		const char *name = strrchr(o->parent, '/');
		struct ble_advert a = { .address = o->address,
					.name = o->name,
					.adapter = name ? name + 1 : "",
					.rssi = o->rssi,
					.connected = o->connected,
					.services = o->services,
					.companies = o->companies,
					.n_services = o->n_services,
					.n_companies = o->n_companies };

		if (survey_counts(b, o) && !survey_better(b, o))
			take(ud, &a);
	}
}
