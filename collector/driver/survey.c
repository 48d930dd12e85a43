#include "survey.h"

#include "driver.h"
#include "io/ble.h"
#include "svitlo/jw.h"

#include <stdlib.h>

#define SURVEY_MAX 200 /* of a busy neighbourhood the strongest */

struct survey {
	struct ble_advert found[SURVEY_MAX];
	unsigned n;
};

static void survey_take(void *ud, const struct ble_advert *a)
{
	struct survey *s = ud;
	unsigned weakest = 0;

	if (s->n < SURVEY_MAX) {
		s->found[s->n++] = *a;
		return;
	}
	for (unsigned i = 1; i < s->n; i++)
		if (s->found[i].rssi < s->found[weakest].rssi)
			weakest = i;
	if (a->rssi > s->found[weakest].rssi)
		s->found[weakest] = *a;
}

static int survey_order(const void *x, const void *y)
{
	const struct ble_advert *a = x, *b = y;
	/* 0 is unknown, not strong */
	int ra = a->rssi ? a->rssi : -128, rb = b->rssi ? b->rssi : -128;

	return rb - ra;
}

static void survey_write(const struct ble_advert *a, int64_t device, struct jw *w)
{
	bool known = false;

	jw_obj(w);
	jw_kstr(w, "address", a->address);
	jw_kstr(w, "name", a->name);
	jw_key(w, "rssi");
	if (a->rssi)
		jw_int(w, a->rssi);
	else
		jw_null(w);
	jw_kstr(w, "adapter", a->adapter);
	jw_key(w, "why");
	jw_arr(w);
	for (size_t i = 0; drivers[i] && !known; i++)
		known = drivers[i]->recognise && drivers[i]->recognise(a, w);
	jw_end(w);
	jw_kbool(w, "jk", known);
	jw_kbool(w, "connected", a->connected);
	jw_key(w, "device");
	if (device)
		jw_int(w, device);
	else
		jw_null(w);
	jw_end(w);
}

void survey_json(const struct ble *b, int64_t (*configured)(void *ud, const char *address),
		 void *ud, struct jw *w)
{
	struct survey *s = calloc(1, sizeof(*s));

	jw_obj(w);
	jw_key(w, "devices");
	jw_arr(w);
	if (s) {
		ble_survey_each(b, survey_take, s);
		qsort(s->found, s->n, sizeof(s->found[0]), survey_order);
	}
	for (unsigned i = 0; s && i < s->n; i++)
		survey_write(&s->found[i], configured(ud, s->found[i].address), w);
	jw_end(w);
	jw_end(w);
	free(s);
}
