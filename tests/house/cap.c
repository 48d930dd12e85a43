/*
 * See cap.h.
 *
 *     # svitlo capture 1
 *     # device C8:47:80:12:34:56
 *     # start 1763900000000      ms since 1970 of the first line
 *     > aa5590eb97...            written to the BMS
 *     @ 180                      pause, ms
 *     < 55aaeb90...              one notification
 */
#include "cap.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_START_MS	1763900000000
#define ASK_SETTINGS_MS 700
#define SETTLE_MS	20 /* the last pieces of the last frame */

struct cap {
	struct house house;
	FILE *out, *expected;
	int64_t now_ms, line_ms;
	size_t good, wanted;
	bool damaged;
};

/* ---- the values behind a frame, rounded as the wire rounds them ---- */

static void json_scaled(FILE *f, const char *key, double v, double scale, int digits)
{
	fprintf(f, ",\"%s\":%.*f", key, digits, (double)lround(v * scale) / scale);
}

static void json_float(FILE *f, const char *key, double v)
{
	fprintf(f, ",\"%s\":%.7g", key, (double)(float)v);
}

static void json_whole(FILE *f, const char *key, uint64_t v)
{
	fprintf(f, ",\"%s\":%llu", key, (unsigned long long)v);
}

static void json_null(FILE *f, const char *key)
{
	fprintf(f, ",\"%s\":null", key);
}

static void json_jk04(FILE *f, const struct model_pack *p)
{
	static const char *const absent[] = {
		"current",
		"soc",
		"soh",
		"remaining_ah",
		"nominal_ah",
		"cycle_count",
		"total_cycle_ah",
		"mos_temperature",
		"charge_fet",
		"discharge_fet",
		"precharge_fet",
		"error_bits",
		"emergency_countdown_s",
	};
	double sum = 0;

	for (size_t i = 0; i < p->n_cells; i++)
		sum += (double)(float)p->bms.cell_v[i];
	fprintf(f, ",\"voltage\":%.4f", sum);
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		json_null(f, absent[i]);
	json_whole(f, "uptime_s", (uint64_t)p->on_for_s);
	json_float(f, "balance_current", p->bms.balance_a);
	fputs(",\"cell_voltages\":[", f);
	for (size_t i = 0; i < p->n_cells; i++)
		fprintf(f, "%s%.7g", i ? "," : "", (double)(float)p->bms.cell_v[i]);
	fputs("],\"wire_resistances\":[", f);
	for (size_t i = 0; i < p->n_cells; i++)
		fprintf(f, "%s%.7g", i ? "," : "", (double)(float)p->cell[i].wire_ohm);
	fputs("]", f);
}

static void json_jk02(FILE *f, const struct jk_identity *id, const struct model_pack *p)
{
	const struct model_bms *b = &p->bms;
	bool wide = id->product->generation == JK02_32S;

	json_scaled(f, "voltage", b->pack_v, 1000, 3);
	json_scaled(f, "current", b->current_a, 1000, 3);
	json_whole(f, "soc", (uint64_t)lround(100 * b->counted_ah / b->full_ah));
	json_whole(f, "soh", wide ? (uint64_t)lround(b->soh_pct) : 100);
	json_scaled(f, "remaining_ah", b->counted_ah, 1000, 3);
	json_scaled(f, "nominal_ah", b->full_ah, 1000, 3);
	json_whole(f, "cycle_count", (uint64_t)(b->cycle_ah / p->nominal_ah));
	json_scaled(f, "total_cycle_ah", b->cycle_ah, 1000, 3);
	json_scaled(f, "mos_temperature", b->mos_c, 10, 1);
	json_whole(f, "charge_fet", b->charge_on);
	json_whole(f, "discharge_fet", b->discharge_on);
	json_whole(f, "precharge_fet", 0);
	json_whole(f, "error_bits", jk_error_bits(id, p));
	json_whole(f, "emergency_countdown_s", 0);
	json_whole(f, "uptime_s", (uint64_t)p->uptime_s);
	json_scaled(f, "balance_current", b->balance_a, 1000, 3);
	fputs(",\"cell_voltages\":[", f);
	for (size_t i = 0; i < p->n_cells; i++)
		fprintf(f, "%s%.3f", i ? "," : "", (double)lround(b->cell_v[i] * 1000) / 1000);
	fputs("],\"wire_resistances\":[", f);
	for (size_t i = 0; i < p->n_cells; i++)
		fprintf(f, "%s%.3f", i ? "," : "",
			(double)lround(p->cell[i].wire_ohm * 1000) / 1000);
	fputs("]", f);
}

/* One row of the expected file. Sensors that the frame does not carry are null. */
static void json_frame(FILE *f, size_t number, const struct house_pack *hp)
{
	const struct model_pack *p = hp->gatt.pack;

	fprintf(f, "%s{\"counter\":%u", number ? ",\n" : "", (uint8_t)(hp->gatt.counter - 1));
	if (hp->id.product->generation == JK04)
		json_jk04(f, p);
	else
		json_jk02(f, &hp->id, p);
	json_whole(f, "balancing", p->bms.balancing);
	fputs(",\"temperatures\":[", f);
	for (size_t i = 0; i < MODEL_SENSORS; i++) {
		fputs(i ? "," : "", f);
		if (jk_has_sensor(hp->id.product, i))
			fprintf(f, "%.1f", (double)lround(p->bms.temp_c[i] * 10) / 10);
		else
			fputs("null", f);
	}
	fputs("]}", f);
}

/* ---- the capture ---- */

static void cap_line(struct cap *c, char direction, const uint8_t *data, size_t len)
{
	if (c->now_ms > c->line_ms)
		fprintf(c->out, "@ %lld\n", (long long)(c->now_ms - c->line_ms));
	c->line_ms = c->now_ms;
	fprintf(c->out, "%c ", direction);
	for (size_t i = 0; i < len; i++)
		fprintf(c->out, "%02x", data[i]);
	fputc('\n', c->out);
}

static void on_notify(void *ud, const uint8_t *data, size_t len)
{
	cap_line(ud, '<', data, len);
}

static void on_cells(void *ud)
{
	static const enum gatt_fault turns[] = { GATT_TRUNCATE, GATT_DAMAGE, GATT_ZERO, GATT_TYPE,
						 GATT_NOISE };
	struct cap *c = ud;

	if (c->expected)
		json_frame(c->expected, c->good, &c->house.pack[0]);
	if (c->damaged)
		c->house.pack[0].gatt.faults[turns[c->good % 5]] = 1;
	c->good++;
}

static void cap_ask(struct cap *c, uint8_t command)
{
	uint8_t cmd[JK_ACK_SIZE];

	jk_encode_command(cmd, command);
	cap_line(c, '>', cmd, sizeof(cmd));
	gatt_write(&c->house.pack[0].gatt, c->now_ms, cmd, sizeof(cmd));
}

static void cap_run(struct cap *c)
{
	struct gatt_bms *g = &c->house.pack[0].gatt;
	bool asked = false;
	int64_t end = INT64_MAX;

	gatt_connect(g, 0);
	cap_ask(c, 0x97);
	while (c->now_ms < end) {
		int64_t next;

		house_advance(&c->house, c->now_ms);
		next = gatt_tick(g, c->now_ms);
		if (c->good >= c->wanted && end == INT64_MAX)
			end = c->now_ms + SETTLE_MS + (int64_t)(JK_FRAME_SIZE / g->chunk) * 12;
		if (!asked && next > ASK_SETTINGS_MS) {
			c->now_ms = ASK_SETTINGS_MS;
			cap_ask(c, 0x96);
			asked = true;
			continue;
		}
		c->now_ms = next;
	}
}

static void cap_head(struct cap *c)
{
	const struct jk_identity *id = &c->house.pack[0].id;
	const uint8_t *b = id->address;

	fprintf(c->out,
		"# svitlo capture 1\n# device %02X:%02X:%02X:%02X:%02X:%02X\n# start %lld\n"
		"# simulated %s, %s %s\n",
		b[0], b[1], b[2], b[3], b[4], b[5], (long long)CAP_START_MS,
		jk_generation_names[id->product->generation], id->product->model, id->product->sw);
	if (c->expected)
		fprintf(c->expected,
			"{\"generation\":\"%s\",\"model\":\"%s\",\"hw\":\"%s\",\"sw\":\"%s\","
			"\"cells\":%zu,\"frames\":[\n",
			jk_generation_names[id->product->generation], id->product->model,
			id->product->hw, id->product->sw, c->house.options.cells);
}

/* -> false after a line on stderr */
static bool close_file(FILE *f, const char *path)
{
	bool bad = f && ferror(f);

	if (f && fclose(f) != 0)
		bad = true;
	if (bad)
		fprintf(stderr, "house: cannot write %s: %s\n", path, strerror(errno));
	return !bad;
}

static bool open_file(FILE **f, const char *path)
{
	*f = path ? fopen(path, "w") : NULL;
	if (path && !*f)
		fprintf(stderr, "house: cannot write %s: %s\n", path, strerror(errno));
	return !path || *f;
}

int cap_write(const struct house_options *o, const struct cap_options *options)
{
	struct cap *c = calloc(1, sizeof(*c));
	bool good;

	if (!c)
		return 1;
	good = open_file(&c->out, options->out) && open_file(&c->expected, options->expected);
	if (good) {
		c->wanted = options->frames;
		c->damaged = options->damaged;
		house_init_now(&c->house, o, 0);
		c->house.pack[0].gatt.on_notify = on_notify;
		c->house.pack[0].gatt.on_cells = on_cells;
		c->house.pack[0].gatt.ud = c;
		cap_head(c);
		cap_run(c);
		if (c->expected)
			fputs("\n]}\n", c->expected);
	}
	good = close_file(c->out, options->out) && good;
	good = close_file(c->expected, options->expected) && good;
	free(c);
	return good ? 0 : 1;
}

int cap_frames(const struct house_options *o, size_t frames)
{
	struct house *h = calloc(1, sizeof(*h));
	uint8_t frame[JK_FRAME_SIZE];

	if (!h)
		return 1;
	house_init_now(h, o, 0);
	for (size_t i = 0; i < frames; i++) {
		model_step(&h->model, o->speed / o->rate_hz);
		jk_encode_cells(frame, &h->pack[0].id, &h->model, &h->model.pack[0], (uint8_t)i);
		fwrite(frame, 1, sizeof(frame), stdout);
	}
	free(h);
	if (fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "house: cannot write: %s\n", strerror(errno));
	return 1;
}
