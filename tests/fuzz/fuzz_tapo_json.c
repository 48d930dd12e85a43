/* Any text as what a Tapo plug answers: to a batch, and to each question alone. */
#include "proto/tapo.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void check_info(const struct tapo_info *i)
{
	assert(i->on >= -1 && i->on <= 1 && i->on_s >= -1 && i->signal >= -1);
	assert(!isinf(i->rssi_dbm) && !isinf(i->time_diff_min));
	assert(strlen(i->nickname) < sizeof(i->nickname));
	assert(strlen(i->mac) == 0 || strlen(i->mac) == 12);
	assert(i->heat <= TAPO_HEAT_OVER && i->after_outage <= TAPO_DEFAULT_LAST);
}

static void as_children(const struct json_t *result)
{
	struct tapo_children c = { .n = 0 };
	int r = tapo_children_add(&c, result);

	assert(c.n <= TAPO_CHILDREN_MAX && r <= (int)c.received);
	for (unsigned i = 0; i < c.n; i++) {
		check_info(&c.child[i]);
		assert(!i || c.child[i].position >= c.child[i - 1].position);
	}
	(void)tapo_children_add_components(&c, result);
}

static void as_energy(const struct json_t *result)
{
	struct tapo_energy en;
	struct tapo_usage u;

	tapo_energy_init(&en);
	tapo_energy_read_power(&en, result);
	tapo_energy_read_usage(&en, result);
	tapo_energy_read_emeter(&en, result);
	for (int i = 0; i < TAPO_VALUE__MAX; i++) {
		assert(!isinf(en.v[i]));
		assert(!isnan(en.v[i]) || !(en.suspect >> i & 1));
	}
	assert(isnan(en.v[TAPO_POWER_W]) == (en.power_from == TAPO_FROM_NONE));
	tapo_usage_read(&u, result);
}

static void as_rest(const struct json_t *result)
{
	struct tapo_info info;
	struct tapo_components components;
	struct tapo_countdown countdown;
	struct tapo_time t;
	char request[TAPO_REQUEST_MAX];

	tapo_info_read(&info, result);
	check_info(&info);
	(void)tapo_put_child(request, sizeof(request), info.id, "{}");
	tapo_components_read(&components, result);
	assert(components.has >> TAPO_HAS__MAX == 0);
	if (tapo_countdown_read(&countdown, result) == 0)
		assert(!tapo_countdown_runs(&countdown) || countdown.remain_s > 0);
	tapo_time_read(&t, result);
	assert(t.t_s >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "get_device_info", "get_energy_usage",
					       "get_child_device_list" };
	static const char *const asked[] = { "multipleRequest", "get_device_info" };

	for (unsigned i = 0; i < 2; i++) {
		struct tapo_answer a;
		int32_t code;

		if (tapo_answer_parse(&a, (const char *)data, size, asked[i], NULL) < 0)
			continue;
		assert(tapo_error_find(a.code)->text);
		for (unsigned m = 0; m < 3; m++) {
			const struct json_t *result = tapo_answer_get(&a, methods[m], &code);

			assert(!result || code == 0);
			as_children(result);
			as_energy(result);
			as_rest(result);
		}
		tapo_answer_free(&a);
	}
	return 0;
}
