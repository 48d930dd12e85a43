/*
 * JK-BMS over a byte link: asks for device info, then settings, which starts the stream of cell
 * info; asks again when frames stop; holds the link for dead when that doesn't help.
 *
 *	link up ──> 0x97 ──0.5 s──> 0x96 ──> frames … ──10 s of silence──> 0x96 ──30 s──> restart
 *
 * Liveness is the age of the last valid cell frame, never the state of the link.
 */
#include "driver.h"

#include "io/ble.h"
#include "io/capture.h"
#include "proto/jk.h"
#include "proto/jk_json.h"
#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define JK_SERVICE	"0000ffe0-0000-1000-8000-00805f9b34fb"
#define JK_TICK_US	1000000ull
#define JK_BETWEEN_MS	500 /* a BMS swallows a command that comes sooner */
#define JK_ASK_AGAIN_MS 10000
#define JK_DEAD_MS	30000
#define JK_REFRESH_MS	600000 /* settings anew: somebody may have changed them with the app */

struct jk_drv {
	struct device *dev;
	struct link *link;
	sd_event_source *tick;
	struct jk_frames frames;
	struct jk_detect detect;
	struct jk_cell_info last;
	int64_t last_ms; /* monotonic, of the last cell frame on this link; 0: none */
	int64_t up_ms, asked_ms, settings_ms;
	int64_t last_wall_ms; /* of the last cell frame ever */
	unsigned asks;	      /* since the link came up, or since the device info was asked anew */
	bool has_info;	      /* on this link */
	bool up;	      /* as far as we were told */
};

static void jk_ask(struct jk_drv *j, uint8_t what)
{
	uint8_t cmd[JK_COMMAND_LEN];

	jk_command(cmd, what);
	j->asked_ms = clock_mono_ms();
	j->asks++;
	if (j->dev->tapped)
		j->dev->owner.piece(j->dev->owner.ud, j->dev, '>', cmd, sizeof(cmd));
	if (j->link->ops->write(j->link, cmd, sizeof(cmd)) < 0)
		j->link->ops->restart(j->link, "link_dropped", "a command could not be sent");
}

/* ---- frames ---- */

static void jk_put_many(struct reading_many *many, const float *v, unsigned n)
{
	many->n = n < READING_MANY_MAX ? n : READING_MANY_MAX;
	for (unsigned i = 0; i < many->n; i++)
		many->v[i] = (double)v[i];
}

static double jk_or_nan(int64_t v)
{
	return v < 0 ? NAN : (double)v;
}

static const char *jk_bit_name(unsigned bit)
{
	return jk_error_name(bit);
}

static void jk_fill(struct reading *r, const struct jk_cell_info *c)
{
	const struct {
		enum metric metric;
		double v;
	} values[] = {
		{ METRIC_VOLTAGE, c->voltage },
		{ METRIC_CURRENT, c->current },
		{ METRIC_POWER, c->power },
		{ METRIC_SOC, c->soc },
		{ METRIC_SOH, c->soh },
		{ METRIC_REMAINING_AH, c->remaining_ah },
		{ METRIC_NOMINAL_AH, c->nominal_ah },
		{ METRIC_CYCLE_COUNT, jk_or_nan(c->cycle_count) },
		{ METRIC_TOTAL_CYCLE_AH, c->total_cycle_ah },
		{ METRIC_MOS_TEMPERATURE, c->mos_temperature },
		{ METRIC_BALANCE_CURRENT, c->balance_current },
		{ METRIC_BALANCING, jk_or_nan(c->balancing) },
		{ METRIC_CHARGE_FET, jk_or_nan(c->charge_fet) },
		{ METRIC_DISCHARGE_FET, jk_or_nan(c->discharge_fet) },
		{ METRIC_PRECHARGE_FET, jk_or_nan(c->precharge_fet) },
		{ METRIC_ERROR_BITS, jk_or_nan(c->error_bits) },
		{ METRIC_UPTIME_S, jk_or_nan(c->uptime_s) },
		{ METRIC_EMERGENCY_COUNTDOWN_S, jk_or_nan(c->emergency_countdown_s) },
		{ METRIC_CELL_AVERAGE, c->cell_average },
		{ METRIC_CELL_DELTA, c->cell_delta },
		{ METRIC_CELL_MAX, c->cell_max },
		{ METRIC_CELL_MIN, c->cell_min },
		{ METRIC_CELL_MAX_NUMBER, jk_or_nan(c->cell_max_number) },
		{ METRIC_CELL_MIN_NUMBER, jk_or_nan(c->cell_min_number) },
		{ METRIC_HEATING, jk_or_nan(c->heating) },
		{ METRIC_HEATING_CURRENT, c->heating_current },
		{ METRIC_WIRE_WARNINGS, jk_or_nan(c->wire_warnings) },
	};

	for (size_t i = 0; i < SV_LEN(values); i++)
		r->one[values[i].metric] = values[i].v;
	jk_put_many(&r->cell_voltages, c->cell_voltages, c->cell_slots);
	jk_put_many(&r->wire_resistances, c->wire_resistances, c->cell_slots);
	jk_put_many(&r->temperatures, c->temperatures, c->temperature_slots);
	r->bit_name = jk_bit_name;
	r->suspect = c->suspect;
	r->quality = c->suspect ? QUALITY_SUSPECT : QUALITY_OK;
}

static void jk_on_cell_info(struct jk_drv *j, const uint8_t *frame)
{
	int64_t mono = clock_mono_ms();
	struct jk_cell_info c;
	struct reading r;

	jk_decode_cell_info_of(j->detect.protocol, j->detect.sw_major, frame, &c);
	if (j->last_ms)
		jk_check_jump(&j->last, &c, mono - j->last_ms);
	j->last = c;
	j->last_ms = mono;
	reading_init(&r, clock_wall_ms(), mono);
	jk_fill(&r, &c);
	j->last_wall_ms = r.t_ms;
	device_set(j->dev, DEVICE_LIVE, NULL, NULL);
	j->dev->owner.reading(j->dev->owner.ud, j->dev, &r);
}

static void jk_on_document(struct jk_drv *j, const uint8_t *frame)
{
	bool info = frame[4] == JK_DEVICE_INFO;
	struct jw w = { 0 };

	jw_obj(&w);
	jw_kstr(&w, "protocol", jk_protocol_name(j->detect.protocol));
	if (info) {
		j->has_info = true;
		jk_json_device_info(&w, j->detect.protocol, frame, false);
	} else {
		jk_json_settings(&w, j->detect.protocol, frame);
		j->settings_ms = clock_mono_ms();
	}
	jw_end(&w);
	if (jw_text(&w))
		j->dev->owner.doc(j->dev->owner.ud, j->dev, info ? "info" : "settings",
				  jw_text(&w));
	jw_free(&w);
}

static void jk_on_event(void *ud, const struct jk_event *ev)
{
	struct jk_drv *j = ud;

	/* damaged ones are counted by the assembler and shown with the link */
	if (ev->kind != JK_EVENT_FRAME)
		return;
	if (jk_detect(&j->detect, ev->data) == JK_UNKNOWN)
		return; /* the next frames will tell */
	switch (ev->data[4]) {
	case JK_CELL_INFO:
		jk_on_cell_info(j, ev->data);
		break;
	case JK_SETTINGS:
	case JK_DEVICE_INFO:
		jk_on_document(j, ev->data);
		break;
	default: /* the logbook is not asked for */
		break;
	}
}

/* ---- the link ---- */

static void jk_on_link(void *ud, enum link_state s, const char *reason, const char *detail)
{
	static const enum device_state states[LINK__MAX] = {
		[LINK_UNAVAILABLE] = DEVICE_UNAVAILABLE,
		[LINK_SEARCHING] = DEVICE_SEARCHING,
		[LINK_CONNECTING] = DEVICE_CONNECTING,
		[LINK_UP] = DEVICE_WAITING,
		[LINK_LOST] = DEVICE_LOST,
	};
	struct jk_drv *j = ud;

	jk_frames_end(&j->frames, jk_on_event, j);
	j->last_ms = 0;
	j->up = s == LINK_UP;
	device_set(j->dev, states[s], reason, detail);
	if (s != LINK_UP)
		return;
	j->detect = (struct jk_detect){ 0 };
	j->up_ms = clock_mono_ms();
	j->settings_ms = 0;
	j->has_info = false;
	j->asks = 0;
	jk_ask(j, JK_ASK_DEVICE_INFO);
	sd_event_source_set_time_relative(j->tick, JK_BETWEEN_MS * 1000);
}

static void jk_on_data(void *ud, const uint8_t *p, size_t n)
{
	struct jk_drv *j = ud;

	if (j->dev->tapped)
		j->dev->owner.piece(j->dev->owner.ud, j->dev, '<', p, n);
	jk_frames_feed(&j->frames, p, n, clock_mono_ms(), jk_on_event, j);
}

static void jk_watch(struct jk_drv *j, int64_t now)
{
	int64_t alive = j->last_ms ? j->last_ms : j->up_ms;
	bool due;

	if (now - alive > JK_DEAD_MS) {
		j->link->ops->restart(j->link, "silent", "connected, but no frames for 30 s");
		return;
	}
	if (now - alive > JK_ASK_AGAIN_MS)
		device_set(j->dev, DEVICE_SILENT, "silent",
			   "connected, but frames have stopped; asking again");
	due = now - j->asked_ms > JK_ASK_AGAIN_MS;
	if (now - alive > JK_ASK_AGAIN_MS && due && !j->has_info) {
		j->asks = 0; /* the first command was lost: the stream wants both */
		jk_ask(j, JK_ASK_DEVICE_INFO);
	} else if ((j->asks == 1 && now - j->asked_ms >= JK_BETWEEN_MS) ||
		   (now - alive > JK_ASK_AGAIN_MS && due) ||
		   (j->settings_ms && now - j->settings_ms > JK_REFRESH_MS && due)) {
		jk_ask(j, JK_ASK_CELL_INFO);
	}
}

static int jk_on_tick(sd_event_source *s, uint64_t usec, void *ud)
{
	struct jk_drv *j = ud;

	if (j->up && j->link->state == LINK_UP)
		jk_watch(j, clock_mono_ms());
	sd_event_source_set_time(s, usec + JK_TICK_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* {"notify":"auto|fd|signal","speed":1}: speed for captures only */
static int jk_options(const char *text, enum ble_notify *notify, double *speed, struct err *e)
{
	static const char *const names[] = { "auto", "fd", "signal" };
	const char *n = names[0];
	json_error_t je;
	json_auto_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &je);

	*speed = 1;
	if (!o ||
	    json_unpack_ex(o, &je, JSON_STRICT, "{s?s s?F}", "notify", &n, "speed", speed) < 0)
		return err_set(e, -EINVAL, "options: %s", je.text);
	for (size_t i = 0; i < SV_LEN(names); i++)
		if (strcmp(n, names[i]) == 0) {
			*notify = (enum ble_notify)i;
			return *speed > 0 && *speed <= 1000
				       ? 0
				       : err_set(e, -EINVAL, "options: speed is above 0, to 1000");
		}
	return err_set(e, -EINVAL, "options: notify is auto, fd or signal, not \"%.20s\"", n);
}

static int jk_open(struct device *d, struct err *e)
{
	struct jk_drv *j = d->drv;
	const struct link_owner owner = { jk_on_link, jk_on_data, j };
	struct ble_peer peer = { .address = d->conf.address, .service = JK_SERVICE };
	double speed;
	int r;

	j->dev = d;
	r = jk_options(d->conf.options, &peer.notify, &speed, e);
	if (r < 0)
		return r;
	if (capture_is(d->conf.address))
		r = capture_open(d->env->ev, d->conf.address, speed, &owner, &j->link, e);
	else
		r = ble_open(d->env->ble, &peer, &owner, &j->link, e);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(d->env->ev, &j->tick, CLOCK_MONOTONIC, JK_TICK_US, 100000,
				       jk_on_tick, j);
	return r < 0 ? err_set(e, r, "timer: %s", strerror(-r)) : 0;
}

static void jk_link_json(struct device *d, struct jw *w)
{
	struct jk_drv *j = d->drv;

	if (!j->link)
		return;
	jw_kbool(w, "connected", j->link->state == LINK_UP);
	if (j->link->rssi)
		jw_kint(w, "rssi", j->link->rssi);
	if (j->link->mtu)
		jw_kint(w, "mtu", j->link->mtu);
	jw_kstr(w, "notify", j->link->notify);
	jw_kint(w, "frames", (int64_t)j->frames.good);
	jw_kint(w, "bad_frames", (int64_t)jk_frames_bad(&j->frames));
	jw_kint(w, "reconnects", j->link->ups ? j->link->ups - 1 : 0);
	if (j->last_wall_ms)
		jw_kint(w, "last_frame_ms", j->last_wall_ms);
	if (j->detect.protocol != JK_UNKNOWN)
		jw_kstr(w, "protocol", jk_protocol_name(j->detect.protocol));
}

static void jk_close(struct device *d)
{
	struct jk_drv *j = d->drv;

	sd_event_source_disable_unref(j->tick);
	if (j->link)
		j->link->ops->close(j->link);
}

const struct driver driver_jk = {
	.kind = "jk-bms",
	.size = sizeof(struct jk_drv),
	.battery = true,
	.open = jk_open,
	.link_json = jk_link_json,
	.close = jk_close,
};
