/* Changed settings: frames of real layout, changed byte by byte, odd ones among them. */
#include "pipe/changes.h"
#include "proto/cap.h"
#include "proto/jk.h"
#include "proto/jk_json.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CELL_UVP  10 /* offsets in the frame */
#define CELL_OVP  18
#define SWITCHES  126
#define CAPACITY  130
#define CONTROLS  282
#define HEAT_STOP 285

struct
try {
	struct changes c;
	struct changes_owner owner;
	uint8_t frame[JK_FRAME_LEN];
	bool has_frame;
	const char *before; /* of an earlier life, or NULL */
	char said[2000], doc[4000];
	bool ask;
};

static void on_event(void *ud, const struct jk_event *ev)
{
	struct try *t = ud;

	if (ev->kind == JK_EVENT_FRAME && ev->data[4] == JK_SETTINGS) {
		memcpy(t->frame, ev->data, JK_FRAME_LEN);
		t->has_frame = true;
	}
}

static void read_frame(struct try *t, const char *path)
{
	static struct jk_frames frames;
	static struct cap c;
	char line[2 * CAP_DATA_MAX + 16];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	frames = (struct jk_frames){ 0 };
	c = (struct cap){ 0 };
	while (fgets(line, sizeof(line), f))
		if (cap_line(&c, line, strlen(line), NULL) == CAP_IN)
			jk_frames_feed(&frames, c.data, c.len, c.at_ms, on_event, t);
	fclose(f);
	assert_true(t->has_frame);
}

static char *on_before(void *ud, int64_t device)
{
	struct try *t = ud;

	assert_int_equal(device, 1);
	return t->before ? strdup(t->before) : NULL;
}

static void on_changed(void *ud, int64_t device, const char *data)
{
	struct try *t = ud;

	assert_int_equal(device, 1);
	strncat(t->said, data, sizeof(t->said) - strlen(t->said) - 1);
}

static void begin(struct try *t, const char *capture)
{
	*t = (struct try){ .owner = { on_before, on_changed, t } };
	read_frame(t, capture);
}

static void set32(struct try *t, size_t off, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		t->frame[off + i] = (uint8_t)(v >> 8 * i);
}

static char *document(const struct try *t, enum jk_protocol p)
{
	struct jw w = { 0 };
	char *text;

	jw_obj(&w);
	jw_kstr(&w, "protocol", jk_protocol_name(p));
	jk_json_settings(&w, p, t->frame);
	jw_end(&w);
	text = strdup(jw_text(&w));
	jw_free(&w);
	return text;
}

static void take(struct try *t, const char *json)
{
	struct changes_say say;

	t->said[0] = t->doc[0] = '\0';
	say = changes_take(&t->c, 1, json, &t->owner);
	t->ask = say.ask;
	if (say.doc)
		snprintf(t->doc, sizeof(t->doc), "%s", say.doc);
}

static void frame_comes(struct try *t, enum jk_protocol p)
{
	SV_AUTO_FREE char *json = document(t, p);

	take(t, json);
}

static void told_when_said_twice(void **state)
{
	SV_AUTO_FREE char *first = NULL, *now = NULL;
	struct try t;

	(void)state;
	begin(&t, "tests/captures/jk/jk02_32s.cap");
	first = document(&t, JK02_32S);
	frame_comes(&t, JK02_32S);
	assert_string_equal(t.doc, first);
	frame_comes(&t, JK02_32S);
	assert_string_equal(t.said, "");
	assert_false(t.ask);

	set32(&t, CELL_OVP, 3700);
	t.frame[HEAT_STOP] = 0xFB; /* -5 °C */
	now = document(&t, JK02_32S);
	frame_comes(&t, JK02_32S);
	assert_true(t.ask);
	assert_string_equal(t.said, "");
	assert_string_equal(t.doc, first); /* until it is confirmed, digit by digit */
	frame_comes(&t, JK02_32S);
	assert_false(t.ask);
	assert_string_equal(t.said, "{\"key\":\"cell_ovp_v\",\"old\":3.65,\"new\":3.7}"
				    "{\"key\":\"heating_stop_c\",\"old\":10,\"new\":-5}");
	assert_string_equal(t.doc, now);
	frame_comes(&t, JK02_32S);
	assert_string_equal(t.said, "");
	changes_free(&t.c);
}

static void one_odd_frame_is_none(void **state)
{
	SV_AUTO_FREE char *first = NULL;
	struct try t;

	(void)state;
	begin(&t, "tests/captures/jk/jk02_24s.cap");
	first = document(&t, JK02_24S);
	frame_comes(&t, JK02_24S);
	set32(&t, CELL_UVP, 60000000);
	frame_comes(&t, JK02_24S);
	assert_true(t.ask);
	set32(&t, CELL_UVP, 1234); /* odd again, otherwise */
	frame_comes(&t, JK02_24S);
	assert_string_equal(t.said, "");
	assert_string_equal(t.doc, first);
	take(&t, first);
	assert_string_equal(t.said, "");
	assert_false(t.ask);
	/* the odd value of before is not remembered as a first time */
	frame_comes(&t, JK02_24S);
	assert_string_equal(t.said, "");
	changes_free(&t.c);
}

/* Two values change, a frame apart: neither waits for the other. */
static void each_key_for_itself(void **state)
{
	struct try t;

	(void)state;
	begin(&t, "tests/captures/jk/jk02_32s.cap");
	frame_comes(&t, JK02_32S);
	set32(&t, CELL_OVP, 3600);
	frame_comes(&t, JK02_32S);
	set32(&t, SWITCHES, 0);
	frame_comes(&t, JK02_32S);
	assert_string_equal(t.said, "{\"key\":\"cell_ovp_v\",\"old\":3.65,\"new\":3.6}");
	assert_non_null(strstr(t.doc, "\"cell_ovp_v\":3.6,"));
	assert_non_null(strstr(t.doc, "\"balance_switch\":true"));
	assert_true(t.ask);
	frame_comes(&t, JK02_32S);
	assert_string_equal(t.said, "{\"key\":\"balance_switch\",\"old\":true,\"new\":false}");
	changes_free(&t.c);
}

static void bits_are_told_once(void **state)
{
	struct try t;

	(void)state;
	begin(&t, "tests/captures/jk/jk02_32s.cap");
	frame_comes(&t, JK02_32S);
	t.frame[CONTROLS] |= 9;
	frame_comes(&t, JK02_32S);
	frame_comes(&t, JK02_32S);
	assert_string_equal(t.said, "{\"key\":\"heating_enabled\",\"old\":false,\"new\":true}"
				    "{\"key\":\"port_switch\",\"old\":\"CAN\",\"new\":\"RS485\"}");
	changes_free(&t.c);
}

static void earlier_life_is_compared(void **state)
{
	SV_AUTO_FREE char *before = NULL;
	struct try t;

	(void)state;
	begin(&t, "tests/captures/jk/jk02_32s.cap");
	before = document(&t, JK02_32S);
	t.before = before;
	set32(&t, CAPACITY, 280500);
	frame_comes(&t, JK02_32S);
	assert_true(t.ask);
	assert_string_equal(t.doc, before);
	frame_comes(&t, JK02_32S);
	assert_string_equal(t.said, "{\"key\":\"nominal_capacity_ah\",\"old\":230,\"new\":280.5}");
	changes_free(&t.c);
}

static void firmware_update_is_no_change(void **state)
{
	static const char one[] = "{\"protocol\":\"JK02_32S\",\"a\":1,\"b\":2,\"n\":null}",
			  two[] = "{\"protocol\":\"JK02_32S\",\"a\":1,\"c\":3,\"n\":5}",
			  other[] = "{\"protocol\":\"JK02_24S\",\"a\":9,\"c\":3}";
	struct try t = { .owner = { on_before, on_changed, &t } };

	(void)state;
	take(&t, one);
	take(&t, two); /* c came, b went */
	take(&t, two);
	assert_string_equal(t.said, "");
	assert_string_equal(t.doc, two);
	take(&t, other); /* once may be an error */
	assert_true(t.ask);
	assert_string_equal(t.doc, "");
	take(&t, other);
	assert_string_equal(t.said, "");
	assert_string_equal(t.doc, other);
	take(&t, other);
	assert_false(t.ask);
	changes_free(&t.c);
}

static void is_not_asked_for_ever(void **state)
{
	struct try t = { .owner = { on_before, on_changed, &t } };
	char json[40];
	int asked = 0;

	(void)state;
	for (int i = 0; i < 20; i++) { /* a value that never stands still */
		snprintf(json, sizeof(json), "{\"a\":1,\"b\":%d}", i);
		take(&t, json);
		asked += t.ask;
		assert_string_equal(t.said, "");
		assert_string_equal(t.doc, i ? "{\"a\":1,\"b\":0}" : json);
	}
	assert_int_equal(asked, 3);
	take(&t, "{\"a\":1,\"b\":0}"); /* it does: then the next is asked for again */
	take(&t, "{\"a\":2,\"b\":0}");
	assert_true(t.ask);
	changes_free(&t.c);
}

static void as_written(void **state)
{
	struct try t = { .owner = { on_before, on_changed, &t },
			 .before = "{\"a\":0.30000000000000004,\"b\":5.0,\"c\":0,\"d\":[1,2]}" };

	(void)state;
	take(&t, "{\"a\":0.3,\"b\":5,\"c\":0,\"d\":[1,2]}");
	assert_false(t.ask);
	take(&t, "{\"a\":0.30001,\"b\":5,\"c\":0.001,\"d\":[1,3]}");
	take(&t, "{\"a\":0.30001,\"b\":5,\"c\":0.001,\"d\":[1,3]}");
	assert_string_equal(t.said, "{\"key\":\"a\",\"old\":0.3,\"new\":0.30001}"
				    "{\"key\":\"c\",\"old\":0,\"new\":0.001}"
				    "{\"key\":\"d\",\"old\":[1,2],\"new\":[1,3]}");
	changes_free(&t.c);
}

static void no_document(void **state)
{
	static const char *const odd[] = { "", "[1]", "7", "{\"a\":", "{\"a\":1,\"a\":2}" };
	struct try t = { .owner = { on_before, on_changed, &t }, .before = "{cut" };

	(void)state;
	for (size_t i = 0; i < SV_LEN(odd); i++) {
		take(&t, odd[i]);
		assert_string_equal(t.doc, "");
		assert_false(t.ask);
	}
	take(&t, "{\"a\":1}");
	assert_string_equal(t.doc, "{\"a\":1}");
	changes_forget(&t.c, 1);
	t.before = NULL;
	take(&t, "{\"a\":2}"); /* forgotten: nothing to compare with */
	assert_false(t.ask);
	changes_forget(&t.c, 9);
	changes_free(&t.c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_when_said_twice),
		cmocka_unit_test(one_odd_frame_is_none),
		cmocka_unit_test(each_key_for_itself),
		cmocka_unit_test(bits_are_told_once),
		cmocka_unit_test(earlier_life_is_compared),
		cmocka_unit_test(firmware_update_is_no_change),
		cmocka_unit_test(is_not_asked_for_ever),
		cmocka_unit_test(as_written),
		cmocka_unit_test(no_document),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
