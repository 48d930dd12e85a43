/* The account of cures, and which advertisements are taken for a JK-BMS. */
#include "driver/driver.h"
#include "io/ble.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void strongest_cure_is_credited(void **state)
{
	struct link l = { .trying = -1 };
	struct jw w = { 0 };

	(void)state;
	assert_null(link_cure_worked(&l)); /* nothing was tried */
	link_cure_tried(&l, LINK_ASK, 1000);
	assert_string_equal(link_cure_worked(&l), "ask");
	link_cure_tried(&l, LINK_ASK, 2000);
	link_cure_tried(&l, LINK_FORGET, 3000);
	link_cure_tried(&l, LINK_RECONNECT, 4000); /* only lets the one before work */
	assert_string_equal(link_cure_worked(&l), "forget");
	assert_null(link_cure_worked(&l)); /* once */
	jw_obj(&w);
	link_cures_json(&l, &w);
	jw_end(&w);
	assert_string_equal(jw_text(&w),
			    "{\"cures\":{\"ask\":{\"count\":2,\"worked\":1,\"last_ms\":2000},"
			    "\"reconnect\":{\"count\":1,\"worked\":0,\"last_ms\":4000},"
			    "\"forget\":{\"count\":1,\"worked\":1,\"last_ms\":3000}}}");
	jw_free(&w);
}

static void adverts(void **state)
{
	static const uint16_t jk[] = { 0xFFE0, 0xFEE7 }, serial[] = { 0xFFE0 },
			      other[] = { 0x180F };
	static const uint16_t jk_company[] = { 0x0B65 }, newer[] = { 0x4B4A }, apple[] = { 0x004C };
	const struct {
		struct ble_advert a;
		bool known;
		const char *why;
	} rows[] = {
		{ { .name = "JK-B2A24S",
		    .services = jk,
		    .n_services = 2,
		    .companies = jk_company,
		    .n_companies = 1 },
		  true,
		  "[\"service\",\"manufacturer\",\"name\"]" },
		/* its owner may call it anything */
		{ { .name = "Battery up",
		    .services = serial,
		    .n_services = 1,
		    .companies = newer,
		    .n_companies = 1 },
		  true,
		  "[\"service\",\"manufacturer\"]" },
		/* the scan response with the services was not heard */
		{ { .name = "JK_PB2A16S20P" }, true, "[\"name\"]" },
		{ { .name = "HM-10", .services = serial, .n_services = 1 },
		  false,
		  "[\"service\"]" },
		{ { .name = "",
		    .services = other,
		    .n_services = 1,
		    .companies = apple,
		    .n_companies = 1 },
		  false,
		  "[]" },
		{ { .name = "JKL phone" }, false, "[]" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct jw w = { 0 };

		jw_arr(&w);
		assert_int_equal(driver_find("jk-bms")->recognise(&rows[i].a, &w), rows[i].known);
		jw_end(&w);
		assert_string_equal(jw_text(&w), rows[i].why);
		jw_free(&w);
	}
}

static void addresses(void **state)
{
	(void)state;
	assert_true(ble_is_address("C8:47:80:12:34:56"));
	assert_true(ble_is_address("c8:47:80:ab:cd:ef"));
	assert_false(ble_is_address(""));
	assert_false(ble_is_address("C8:47:80:12:34"));
	assert_false(ble_is_address("C8:47:80:12:34:56:78"));
	assert_false(ble_is_address("C8-47-80-12-34-56"));
	assert_false(ble_is_address("C8:47:80:12:34:5G"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strongest_cure_is_credited),
		cmocka_unit_test(adverts),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
