/*
 * Modbus RTU, Modbus TCP and Solarman V5: whole, cut, glued, damaged and foreign; and each real
 * segment of $SVITLO_SHARED/protocols/captures/solarman, where that folder is.
 */
#include "proto/mbap.h"
#include "proto/v5.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EVENTS_MAX 64
#define BYTES_MAX  4096

struct seen {
	unsigned n;
	struct {
		enum v5_kind kind;
		struct v5_frame frame;
		size_t len;
	} ev[EVENTS_MAX];
	size_t len;
	uint8_t bytes[BYTES_MAX]; /* all events' bytes, in their order */
};

static void on_event(void *ud, const struct v5_event *ev)
{
	struct seen *s = ud;

	assert_true(s->n < EVENTS_MAX && s->len + ev->len <= BYTES_MAX);
	s->ev[s->n].kind = ev->kind;
	s->ev[s->n].frame = ev->frame;
	s->ev[s->n].len = ev->len;
	if (ev->frame.modbus) /* it borrows */
		s->ev[s->n].frame.modbus = s->bytes + s->len + (ev->frame.modbus - ev->data);
	s->n++;
	memcpy(s->bytes + s->len, ev->data, ev->len);
	s->len += ev->len;
}

static size_t hex(const char *s, uint8_t *to)
{
	size_t n = 0;

	for (unsigned v; sscanf(s, " %2x", &v) == 1; n++) {
		assert_true(n < BYTES_MAX);
		to[n] = (uint8_t)v;
		s += strspn(s, " ") + 2;
	}
	return n;
}

/* Feeds in pieces of so many bytes, and compares: kinds by letters, f frame, o foreign,
 * t truncated, l length, e end, c checksum. */
static void expect(const char *text, size_t piece, const char *kinds)
{
	static const char letters[] = "fotlec";
	uint8_t bytes[BYTES_MAX];
	size_t n = hex(text, bytes);
	struct v5_stream s = { 0 };
	struct seen *seen = calloc(1, sizeof(*seen));
	char got[EVENTS_MAX + 1] = "";

	assert_non_null(seen);
	for (size_t at = 0; at < n; at += piece)
		v5_feed(&s, bytes + at, at + piece < n ? piece : n - at, on_event, seen);
	v5_flush(&s, on_event, seen);
	for (unsigned i = 0, k = 0; i < seen->n; i++)
		/* bytes behind what is bad come in as many pieces as they were fed in */
		if (!(k && got[k - 1] != 'f' && seen->ev[i].kind == V5_FOREIGN))
			got[k++] = letters[seen->ev[i].kind];
	if (strcmp(got, kinds) != 0)
		fail_msg("%s by %zu: %s, not %s", text, piece, got, kinds);
	assert_int_equal(seen->len, n);
	assert_memory_equal(seen->bytes, bytes, n);
	free(seen);
}

#define REFUSED	  "a51000101500ef5f047c8c0201ce1e0000b81c0000265ff26205003015"
#define HEARTBEAT "a501001047976daa4c2c8e000c15"
#define TEXT	  "41542b595a434d505645523d4d57330d0a0d0a"

static void test_stream(void **state)
{
	static const char answer[] =
		"a515001015976caa4c2c8e0201b6a60f001b27000053760763010302010a39d3ed15";
	static const struct {
		const char *text, *kinds;
	} rows[] = {
		{ "%s", "f" },
		{ HEARTBEAT "%s" HEARTBEAT, "fff" },
		{ REFUSED HEARTBEAT REFUSED, "fff" },
		{ TEXT "%s", "of" },
		{ "%s" TEXT "%s", "fof" },
		{ "a5a5a5%s", "of" },			  /* starts that are none */
		{ "a5000010%s", "of" },			  /* what begins like one */
		{ "a515001015976caa4c2c8e0201%s", "tf" }, /* half a frame, then a whole one */
		{ "a515001015976caa4c2c8e0201", "t" },	  /* half a frame, and nothing more */
		{ "a5ffff1015976caa4c2c8e0201%s", "lf" }, /* a length that no frame has */
		{ "a515001015976caa4c2c8e0201b6a60f001b27000053760763010302010a39d3ee15%s", "cf" },
		{ "a514001015976caa4c2c8e0201b6a60f001b27000053760763010302010a39d3ed15%s", "ef" },
		{ "a515001015976caa4c2c8e0201b6a60f001b27000053760763010302010a39d3ed16%s", "ef" },
		{ "a5170010990000000000000000%s", "of" }, /* no control code */
		{ "48545450%s", "of" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		char text[1024];
		const char *at = rows[i].text, *mark;
		size_t n = 0;

		for (; (mark = strstr(at, "%s")); at = mark + 2)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s%s",
					      (int)(mark - at), at, answer);
		snprintf(text + n, sizeof(text) - n, "%s", at);
		expect(text, 1000, rows[i].kinds);
		expect(text, 1, rows[i].kinds);
		expect(text, 7, rows[i].kinds);
	}
}

static void test_flood(void **state)
{
	static uint8_t noise[1 << 16];
	struct v5_stream s = { 0 };
	struct seen *seen = calloc(1, sizeof(*seen));
	unsigned random = 1;

	(void)state;
	assert_non_null(seen);
	for (size_t i = 0; i < sizeof(noise); i++) {
		random = random * 1103515245u + 12345u;
		noise[i] = (uint8_t)(random >> 16) == 0xA5 ? 0xA5 : (uint8_t)(random >> 20);
	}
	for (size_t at = 0; at < sizeof(noise); at += 997) {
		size_t n = sizeof(noise) - at;

		v5_feed(&s, noise + at, n < 997 ? n : 997, on_event, seen);
		assert_true(s.len <= sizeof(s.buf));
		seen->n = 0;
		seen->len = 0;
	}
	free(seen);
}

static void test_fields(void **state)
{
	uint8_t bytes[BYTES_MAX];
	size_t n =
		hex("a515001015976caa4c2c8e0201b6a60f001b27000053760763010302010a39d3ed15", bytes);
	struct v5_stream s = { 0 };
	struct seen seen = { 0 };
	const struct v5_frame *f = &seen.ev[0].frame;
	struct rtu_answer a;

	(void)state;
	v5_feed(&s, bytes, n, on_event, &seen);
	assert_int_equal(f->control, V5_ANSWER);
	assert_int_equal(f->sequence, 0x97);
	assert_int_equal(f->stick_sequence, 0x6c);
	assert_true(f->serial == 2385267882u);
	assert_int_equal(f->type, 2);
	assert_int_equal(f->worked_s + f->offset_s, 1662459145);
	assert_int_equal(rtu_parse_answer(f->modbus, f->modbus_n, &a), RTU_OK);
	assert_int_equal(a.n, 1);
	assert_int_equal(rtu_word(a.words, 0), 0x010A);
	n = hex(REFUSED, bytes);
	seen.n = 0;
	v5_feed(&s, bytes, n, on_event, &seen);
	assert_int_equal(f->error, V5_ERROR_MODBUS);
	assert_null(f->modbus);
}

static void test_request(void **state)
{
	uint8_t rtu[RTU_REQUEST_LEN], out[V5_REQUEST_MAX], want[BYTES_MAX];
	size_t n = hex("a5170010459700aa4c2c8e02000000000000000000000000000001"
		       "0300aa0001a42a3215",
		       want);

	(void)state;
	rtu_put_read(rtu, 1, 170, 1);
	assert_int_equal(v5_put_request(out, 0x97, 2385267882u, rtu), n);
	assert_memory_equal(out, want, n);
}

static void test_rtu(void **state)
{
	static const struct {
		const char *text;
		enum rtu_state state;
		unsigned n, exception;
	} rows[] = {
		{ "01 03 02 01 0a 39 d3", RTU_OK, 1, 0 },
		{ "01 03 02 01 0a 39 d3 00 00", RTU_OK, 1, 0 }, /* double CRC */
		{ "01 03 02 01 0a 39 d3 00", RTU_LONG, 1, 0 },
		{ "01 03 02 01 0a 39 d3 00 01", RTU_LONG, 1, 0 },
		{ "01 03 02 01 0a 39 d2", RTU_CRC, 1, 0 },
		{ "01 03 04 01 0a 39 d3", RTU_SHORT, 0, 0 },
		{ "01 03 02 01 0a 39", RTU_SHORT, 0, 0 },
		{ "01 83 02 c0 f1", RTU_EXCEPTION, 0, 2 },
		{ "01 83 02 c0 f2", RTU_CRC, 0, 2 },
		{ "01 83 0b 00 f7", RTU_EXCEPTION, 0, 11 },
		{ "01 10 00 12 00 01 a1 cc", RTU_OTHER, 0, 0 },
		{ "01 03", RTU_SHORT, 0, 0 },
		{ "", RTU_SHORT, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		uint8_t bytes[BYTES_MAX];
		struct rtu_answer a;
		enum rtu_state s = rtu_parse_answer(bytes, hex(rows[i].text, bytes), &a);

		if (s != rows[i].state)
			fail_msg("%s: %s", rows[i].text, rtu_state_name(s));
		assert_int_equal(a.n, rows[i].n);
		assert_int_equal(a.exception, rows[i].exception);
	}
	for (unsigned code = 0; code < 256; code++)
		assert_true(strlen(rtu_exception_text(code)) > 3);
}

static void test_mbap(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		unsigned n, exception;
	} rows[] = {
		{ "268f 0000 0007 01 03 04 0001 0002", true, 2, 0 },
		{ "268f 0000 0003 01 83 02", true, 0, 2 },
		{ "268f 0000 0006 01 03 0010 0002", true, 0, 0 }, /* a request */
		{ "268f 0001 0007 01 03 04 0001 0002", false, 0, 0 },
		{ "268f 0000 0008 01 03 04 0001 0002", false, 0, 0 },
		{ "268f 0000 0005 01 03 04 0001", false, 0, 0 },
		{ "268f 0000", false, 0, 0 },
	};
	uint8_t bytes[BYTES_MAX], head[5] = { 0xa5, 0x17, 0, 0x10, 0x45 };
	struct mbap m;

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		char text[200] = "";
		size_t k = 0;

		for (const char *c = rows[i].text; *c; c++)
			if (*c != ' ')
				text[k++] = *c;
		m = (struct mbap){ 0 };
		assert_int_equal(mbap_parse(bytes, hex(text, bytes), &m), rows[i].ok);
		assert_int_equal(m.n, rows[i].n);
		assert_int_equal(m.exception, rows[i].exception);
	}
	assert_true(mbap_is_echo(head, bytes, hex("a5170010450300d602", bytes)));
	assert_false(mbap_is_echo(head, bytes, hex("a5170010440300d602", bytes)));
	assert_false(mbap_is_echo(head, bytes, hex("a5170010450300d60200", bytes)));
}

/* ---- real segments ---- */

static int64_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

static void compare_words(const json_t *part, const struct v5_frame *f)
{
	const json_t *values = json_object_get(part, "values"),
		     *m = json_object_get(part, "modbus");
	struct rtu_answer a;
	enum rtu_state s = rtu_parse_answer(f->modbus, f->modbus_n, &a);

	assert_int_equal(s, RTU_OK);
	assert_int_equal(a.unit, number(m, "slave"));
	assert_int_equal(a.function, number(m, "fc"));
	assert_int_equal(a.double_crc, json_is_true(json_object_get(part, "double_crc")));
	assert_int_equal(a.n, json_array_size(values));
	for (unsigned i = 0; i < a.n; i++)
		assert_int_equal(rtu_word(a.words, i),
				 json_integer_value(json_array_get(values, i)));
}

static void compare_frame(const char *name, const json_t *part, const struct v5_frame *f)
{
	const char *control = json_string_value(json_object_get(part, "control"));

	if (f->control != strtol(control, NULL, 16))
		fail_msg("%s: control %04x", name, f->control);
	assert_int_equal(f->n, number(part, "payload_len"));
	assert_int_equal(f->sequence, number(part, "seq_echo"));
	assert_int_equal(f->stick_sequence, number(part, "seq_logger"));
	assert_int_equal(f->serial, number(part, "serial"));
	if (number(part, "frame_type") >= 0)
		assert_int_equal(f->type, number(part, "frame_type"));
	if (number(part, "total_working") >= 0) {
		assert_int_equal(f->worked_s, number(part, "total_working"));
		assert_int_equal(f->on_s, number(part, "power_on"));
		assert_int_equal(f->offset_s, number(part, "offset"));
	}
	assert_int_equal(f->error, number(part, "error_code") > 0 ? number(part, "error_code") : 0);
	if (json_object_get(part, "values"))
		compare_words(part, f);
}

static unsigned compare_segment(const char *name, const json_t *parts, const uint8_t *p, size_t n)
{
	struct v5_stream s = { 0 };
	struct seen *seen = calloc(1, sizeof(*seen));
	unsigned frames = 0;

	assert_non_null(seen);
	v5_feed(&s, p, n, on_event, seen);
	if (s.len)
		fail_msg("%s: %zu bytes are left", name, s.len);
	assert_int_equal(seen->n, json_array_size(parts));
	for (unsigned i = 0; i < seen->n; i++) {
		const json_t *part = json_array_get(parts, i);
		bool frame = json_object_get(part, "control") != NULL;

		assert_int_equal(seen->ev[i].kind, frame ? V5_FRAME : V5_FOREIGN);
		if (frame)
			compare_frame(name, part, &seen->ev[i].frame);
		frames += frame;
	}
	free(seen);
	return frames;
}

static void compare_mbap(const char *name, const json_t *o, const uint8_t *p, size_t n)
{
	const json_t *values = json_object_get(o, "values");
	const uint8_t head[5] = { 0xa5, 0x17, 0, 0x10, 0x45 };
	struct mbap m = { 0 };

	if (!values) {
		assert_true(mbap_is_echo(head, p, n));
		return;
	}
	if (!mbap_parse(p, n, &m))
		fail_msg("%s is no Modbus TCP", name);
	assert_int_equal(m.transaction, number(o, "transaction"));
	assert_int_equal(m.unit, number(o, "unit"));
	assert_int_equal(m.n, json_array_size(values));
	for (unsigned i = 0; i < m.n; i++)
		assert_int_equal(rtu_word(m.words, i),
				 json_integer_value(json_array_get(values, i)));
}

static void test_real(void **state)
{
	const char *shared = getenv("SVITLO_SHARED");
	char path[1024], line[4096];
	json_auto_t *expected = NULL;
	unsigned segments = 0, frames = 0;
	SV_AUTO_FILE FILE *f = NULL;

	(void)state;
	snprintf(path, sizeof(path), "%s/protocols/captures/solarman/v5.expected.json",
		 shared ? shared : "../shared");
	expected = json_load_file(path, 0, NULL);
	if (!expected) {
		print_message("no %s: real segments are not tried\n", path);
		skip();
	}
	memcpy(strstr(path, "expected.json"), "frames", sizeof("frames"));
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		uint8_t bytes[BYTES_MAX];
		char *name = strtok_r(line, " \n", &(char *){ NULL }), *text = name + strlen(name);
		const json_t *o;

		if (*name == '#')
			continue;
		o = json_object_get(expected, name);
		assert_non_null(o);
		text += 1 + strspn(text + 1, "<> ");
		segments++;
		if (json_object_get(o, "parts"))
			frames += compare_segment(name, json_object_get(o, "parts"), bytes,
						  hex(text, bytes));
		else
			compare_mbap(name, o, bytes, hex(text, bytes));
	}
	print_message("%u segments, %u frames\n", segments, frames);
	assert_int_equal(segments, json_object_size(expected));
	assert_true(frames >= 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream), cmocka_unit_test(test_flood),
		cmocka_unit_test(test_fields), cmocka_unit_test(test_request),
		cmocka_unit_test(test_rtu),    cmocka_unit_test(test_mbap),
		cmocka_unit_test(test_real),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
