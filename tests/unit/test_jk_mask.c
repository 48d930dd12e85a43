/* What must not leave in a capture: serials and passcodes, however the bytes come. */
#include "proto/cap.h"
#include "proto/jk_json.h"
#include "proto/jk_mask.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define STREAM_MAX 4096
#define LEAK	   4 /* so many characters of a secret in a row */

static const char *const secrets[] = { "Olena's boat",	"hunter2!pass", "404092C2262", "98765",
				       "Input Usrdata", "setup-7391",	"zweite Daten" };
static const struct {
	uint16_t at;
	uint8_t len, secret;
} places[] = { { 46, 16, 0 },  { 62, 16, 1 },  { 86, 11, 2 }, { 97, 5, 3 },
	       { 102, 16, 4 }, { 118, 16, 5 }, { 134, 16, 6 } };

static void put_text(uint8_t *p, const char *s, size_t room)
{
	memcpy(p, s, strlen(s) < room ? strlen(s) : room);
}

static void seal(uint8_t *f)
{
	f[JK_FRAME_LEN - 1] = jk_sum(f, JK_FRAME_LEN - 1);
}

static void head(uint8_t *f, uint8_t type)
{
	static const uint8_t start[] = { 0x55, 0xAA, 0xEB, 0x90 };

	memset(f, 0, JK_FRAME_LEN);
	memcpy(f, start, sizeof(start));
	f[4] = type;
	f[5] = 0x3D;
}

static size_t put_info(uint8_t *f)
{
	static const uint8_t counts[] = { 0x64, 0x61, 0x3F, 0x00, 0x41, 0x42, 0x00, 0x00 };

	head(f, JK_DEVICE_INFO);
	put_text(f + 6, "JK_PB2A16S15P", 16);
	put_text(f + 22, "11.XA", 8);
	put_text(f + 30, "11.288H", 8);
	memcpy(f + 38, counts, sizeof(counts));
	for (size_t i = 0; i < SV_LEN(places); i++)
		put_text(f + places[i].at, secrets[places[i].secret], places[i].len);
	f[184] = 1;
	f[186] = 0xCF;
	f[187] = 0x41;
	f[287] = 0xFE;
	seal(f);
	return JK_FRAME_LEN;
}

/* A cell frame of a JK04: floats, many of whose bytes are characters. */
static size_t put_cells(uint8_t *f)
{
	head(f, JK_CELL_INFO);
	for (size_t i = 0; i < 24; i++) {
		const float volts = 3.3f;

		memcpy(f + 6 + 4 * i, &volts, sizeof(volts));
	}
	seal(f);
	return JK_FRAME_LEN;
}

static size_t put(uint8_t *p, const void *data, size_t n)
{
	memcpy(p, data, n);
	return n;
}

static void mask_by(uint8_t *out, const uint8_t *in, size_t n, size_t chunk)
{
	struct jk_mask m = { 0 };

	memcpy(out, in, n);
	for (size_t at = 0; at < n; at += chunk)
		jk_mask(&m, out + at, n - at < chunk ? n - at : chunk);
}

static void assert_no_leak(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < SV_LEN(secrets); i++)
		for (size_t k = 0; k + LEAK <= strlen(secrets[i]); k++)
			if (memmem(p, n, secrets[i] + k, LEAK))
				fail_msg("\"%s\" leaks from its character %zu on", secrets[i], k);
}

struct tally {
	unsigned good, acks, bad[JK_BAD__MAX];
};

static void on_event(void *ud, const struct jk_event *ev)
{
	struct tally *t = ud;

	t->good += ev->kind == JK_EVENT_FRAME;
	t->acks += ev->kind == JK_EVENT_ACK;
	if (ev->kind == JK_EVENT_DAMAGED)
		t->bad[ev->reason]++;
}

static struct tally tally(const uint8_t *p, size_t n)
{
	struct jk_frames f = { 0 };
	struct tally t = { 0 };

	jk_frames_feed(&f, p, n, 0, on_event, &t);
	jk_frames_end(&f, on_event, &t);
	return t;
}

/* Masks by every size of pieces: nothing leaks, and as many frames are good as before. */
static void assert_masks(const uint8_t *in, size_t n)
{
	const struct tally want = tally(in, n);

	for (size_t chunk = 1; chunk <= n; chunk++) {
		uint8_t out[STREAM_MAX];
		struct tally got;

		mask_by(out, in, n, chunk);
		assert_no_leak(out, n);
		got = tally(out, n);
		assert_memory_equal(&got, &want, sizeof(got));
	}
}

static void hides_the_fields(void **state)
{
	uint8_t f[JK_FRAME_LEN], m[JK_FRAME_LEN];
	struct jw w = { 0 };

	(void)state;
	put_info(f);
	mask_by(m, f, sizeof(f), sizeof(f));
	assert_true(jk_frame_ok(m));
	jw_obj(&w);
	jk_json_device_info(&w, JK02_32S, m, true);
	jw_end(&w);
	assert_non_null(strstr(jw_text(&w), "\"model\":\"JK_PB2A16S15P\",\"hw_version\":\"11.XA\","
					    "\"sw_version\":\"11.288H\""));
	assert_non_null(strstr(jw_text(&w), "\"device_name\":\"************\""));
	assert_non_null(strstr(jw_text(&w), "\"serial_number\":\"***********\""));
	assert_non_null(strstr(jw_text(&w), "\"user_data2\":\"************\""));
	jw_free(&w);
	assert_memory_equal(m, f, 46);
	assert_memory_equal(m + 150, f + 150, 149);
	for (size_t i = 46; i < 150; i++)
		assert_int_equal(m[i], f[i] ? '*' : 0);
}

static void wrong_stays_wrong(void **state)
{
	uint8_t f[JK_FRAME_LEN], m[JK_FRAME_LEN];

	(void)state;
	put_info(f);
	for (unsigned wrong = 1; wrong < 256; wrong++) {
		seal(f);
		f[JK_FRAME_LEN - 1] = (uint8_t)(f[JK_FRAME_LEN - 1] + wrong);
		if (f[JK_FRAME_LEN - 1] == 0x55 || f[JK_FRAME_LEN - 1] == 0xAA)
			continue; /* the next frame may begin here */
		mask_by(m, f, sizeof(f), 20);
		assert_false(jk_frame_ok(m));
		assert_no_leak(m, sizeof(m));
	}
}

static void all_that_was_seen_on_the_air(void **state)
{
	static const uint8_t ack[] = { 0xAA, 0x55, 0x90, 0xEB, 0xC8, 1, 1, 0, 0, 0,
				       0,    0,	   0,	 0,    0,    0, 0, 0, 0, 0x44 };
	uint8_t s[STREAM_MAX];
	size_t n = put(s, "\x01\x02 tail AT\r\n", 12);

	(void)state;
	n += put_info(s + n);
	n += put(s + n, ack, sizeof(ack)); /* glued */
	n += put(s + n, "AT\r\nAT\r\n", 8);
	n += put_cells(s + n);
	n += put_info(s + n) - 120; /* cut, the next begins inside */
	n += put_cells(s + n);
	n += put_info(s + n) - 199;
	n += put(s + n, ack, sizeof(ack)); /* in the midst of what is cut */
	n += put_info(s + n);
	n += put(s + n, "\x55\xAA\x55", 3); /* nearly headers */
	n += put_info(s + n) - 3; /* lacks three bytes: a header stands on its sum's place */
	n += put_cells(s + n);
	n += put_info(s + n) - 150; /* and the end */
	assert_masks(s, n);
}

/* Wherever a frame is cut, and wherever what follows begins. */
static void cut_anywhere(void **state)
{
	static const size_t chunks[] = { 1, 7, 20, 128, STREAM_MAX };
	uint8_t s[STREAM_MAX], out[STREAM_MAX];

	(void)state;
	for (size_t cut = 1; cut < JK_FRAME_LEN; cut++) {
		uint8_t info[JK_FRAME_LEN];
		size_t n = put_info(s) - cut, rest = n;

		n += put_cells(s + n);
		put_info(info);
		n += put(s + n, info + cut, sizeof(info) - cut); /* without its begin */
		for (size_t i = 0; i < SV_LEN(chunks); i++) {
			mask_by(out, s, n, chunks[i]);
			assert_no_leak(out, n);
			assert_memory_equal(out + rest, s + rest, JK_FRAME_LEN);
		}
	}
}

/* Bytes lost from a frame, and bytes put into it, move the secrets to other places. */
static void shifted_anyhow(void **state)
{
	static const size_t sizes[] = { 1, 2, 4, 8, 20, 24, 60, 80, 128 };
	uint8_t info[JK_FRAME_LEN], s[STREAM_MAX], out[STREAM_MAX];

	(void)state;
	put_info(info);
	for (size_t at = 6; at < JK_FRAME_LEN; at++)
		for (size_t i = 0; i < SV_LEN(sizes); i++) {
			size_t lost = sizes[i] < JK_FRAME_LEN - at ? sizes[i] : JK_FRAME_LEN - at;
			size_t n = put(s, info, at);

			n += put(s + n, info + at + lost, JK_FRAME_LEN - at - lost);
			n += put_cells(s + n);
			mask_by(out, s, n, 20);
			/* the model's own letters and digits look like those of a serial; but a
			 * piece has 20 bytes */
			if (at >= 20)
				assert_no_leak(out, n);

			n = put(s, info, at);
			for (size_t k = 0; k < sizes[i]; k += 4)
				n += put(s + n, "AT\r\n", 4);
			n += put(s + n, info + at, JK_FRAME_LEN - at);
			n += put_cells(s + n);
			mask_by(out, s, n, 20);
			assert_no_leak(out, n);
		}
}

/* A bit that flipped on the way, in the header and the type too. */
static void flipped_bits(void **state)
{
	uint8_t s[JK_FRAME_LEN], out[JK_FRAME_LEN];

	(void)state;
	for (size_t bit = 0; bit < 8 * 46; bit++) {
		put_info(s);
		s[bit / 8] ^= (uint8_t)(1u << bit % 8);
		mask_by(out, s, sizeof(s), 20);
		assert_false(jk_frame_ok(out));
		/* punctuation in what looks like a frame of numbers is not told from a float */
		for (size_t i = 0; i < SV_LEN(secrets); i++)
			for (size_t k = 0; secrets[i][k]; k++)
				if (strspn(secrets[i] + k,
					   "0123456789abcdefghijklmnopqrstuvwxyzC") >= LEAK)
					assert_null(memmem(out, sizeof(out), secrets[i] + k, LEAK));
	}
}

static void leaves_the_rest_alone(void **state)
{
	uint8_t s[STREAM_MAX], out[STREAM_MAX];
	size_t n = put(s, "AT\r\nAT\r\n", 8);

	(void)state;
	n += put_cells(s + n);
	n += put(s + n, "AT\r\n", 4);
	n += put_cells(s + n);
	for (size_t chunk = 1; chunk <= n; chunk++) {
		mask_by(out, s, n, chunk);
		assert_memory_equal(out, s, n);
	}
}

/* ---- captures of real devices: every frame stays what it is, but for what identifies it ---- */

struct real {
	struct jk_frames frames;
	struct jk_mask mask;
	unsigned infos, others;
};

static void on_real(void *ud, const struct jk_event *ev)
{
	struct real *r = ud;
	uint8_t out[JK_FRAME_LEN];

	if (ev->kind != JK_EVENT_FRAME)
		return;
	memcpy(out, ev->data, sizeof(out));
	for (size_t at = 0; at < sizeof(out); at += 20)
		jk_mask(&r->mask, out + at, 20);
	assert_true(jk_frame_ok(out));
	if (ev->data[4] != JK_DEVICE_INFO) {
		r->others++;
		assert_memory_equal(out, ev->data, sizeof(out));
		return;
	}
	r->infos++;
	assert_memory_equal(out, ev->data, 46); /* model and versions are kept */
	for (size_t i = 46; i < 150; i++)
		assert_true(out[i] == 0 || out[i] == '*');
}

static void real_file(struct real *r, const char *path)
{
	SV_AUTO_FILE FILE *f = fopen(path, "re");
	SV_AUTO_FREE char *line = NULL;
	struct cap c = { 0 };
	size_t room = 0;
	ssize_t n;

	assert_non_null(f);
	r->frames = (struct jk_frames){ 0 };
	while ((n = getline(&line, &room, f)) >= 0)
		if (cap_line(&c, line, (size_t)n, NULL) > CAP_NOTE)
			jk_frames_feed(&r->frames, c.data, c.len, 0, on_real, r);
	jk_frames_end(&r->frames, on_real, r);
}

static void real_folder(struct real *r, const char *folder, const char *tail)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	char path[1024];

	while (dir && (d = readdir(dir))) {
		const char *dot = strrchr(d->d_name, '.');

		if (!dot || strcmp(dot, tail) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		real_file(r, path);
	}
	if (dir)
		closedir(dir);
}

static void captures_keep_their_values(void **state)
{
	const char *shared = getenv("SVITLO_SHARED");
	static struct real r;
	char path[512];

	(void)state;
	r = (struct real){ 0 };
	real_folder(&r, "tests/captures/jk", ".cap");
	snprintf(path, sizeof(path), "%s/protocols/captures/jk", shared ? shared : "../shared");
	real_folder(&r, path, ".frames");
	print_message("%u device infos, %u other frames\n", r.infos, r.others);
	assert_true(r.infos >= 3 && r.others >= 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hides_the_fields),
		cmocka_unit_test(wrong_stays_wrong),
		cmocka_unit_test(all_that_was_seen_on_the_air),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(shifted_anyhow),
		cmocka_unit_test(flipped_bits),
		cmocka_unit_test(leaves_the_rest_alone),
		cmocka_unit_test(captures_keep_their_values),
	};

	return cmocka_run_group_tests_name("jk_mask", tests, NULL, NULL);
}
