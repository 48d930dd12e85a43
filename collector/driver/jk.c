/*
 * JK-BMS over a byte link: asks for device info, then settings, which starts the stream of cell
 * info. When frames stop it asks again, then has the notifications subscribed anew by the other
 * method, then holds the link for dead; what happens then is the link's affair (io/ble_link.c).
 *
 *	link up ──> 0x97 ──0.5 s──> 0x96 ──> frames, two a second
 *	silent for 4 s ──> 0x96 again ──8 s──> subscribed anew ──13 s──> connected anew
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
#define JK_BETWEEN_MS	500    /* a BMS swallows a command that comes sooner */
#define JK_ASK_MS	4000   /* of silence: ask again; normal is 0.5 s between frames */
#define JK_SUBSCRIBE_MS 8000   /* subscribe anew */
#define JK_DEAD_MS	13000  /* connect anew */
#define JK_ANSWER_MS	3000   /* for an answer before that */
#define JK_PACE_MS	10000  /* between two questions that nobody waits for */
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
	uint64_t bad_before;  /* damaged frames, up to the last good one */
	unsigned stage;	      /* of what is done against silence */
	bool has_info;	      /* on this link */
	bool refresh;	      /* settings are wanted soon */
	bool tapped;	      /* as last seen */
	bool up;	      /* as far as we were told */
	char firmware[64];    /* model and version, when it has said so */
};

static void jk_ask(struct jk_drv *j, uint8_t what)
{
	uint8_t cmd[JK_COMMAND_LEN];
	int r;

	jk_command(cmd, what);
	j->asked_ms = clock_mono_ms();
	j->asks++;
	r = j->link->ops->write(j->link, cmd, sizeof(cmd));
	if (r >= 0 && j->dev->tapped)
		j->dev->owner.piece(j->dev->owner.ud, j->dev, '>', cmd, sizeof(cmd));
	if (r < 0 && r != -ENOTCONN) /* not connected: it says so itself */
		j->link->ops->restart(j->link, "link_dropped", "a command could not be sent");
}

/* ---- frames ---- */

static void jk_put_many(struct reading *r, enum metric m, const float *v, unsigned n)
{
	double *many = reading_many(r, m, n);

	for (unsigned i = 0; i < r->n[m]; i++)
		many[i] = (double)v[i];
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
	jk_put_many(r, METRIC_CELL_VOLTAGES, c->cell_voltages, c->cell_slots);
	jk_put_many(r, METRIC_WIRE_RESISTANCES, c->wire_resistances, c->cell_slots);
	jk_put_many(r, METRIC_TEMPERATURES, c->temperatures, c->temperature_slots);
	if (c->error_bits >= 0)
		r->errors = (struct reading_names){ true, (uint64_t)c->error_bits, jk_bit_name };
	r->suspect.w[0] = c->suspect; /* a BMS has none of the metrics behind */
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
	j->stage = 0;
	j->bad_before = jk_frames_bad(&j->frames);
	if (j->link->ops->alive)
		j->link->ops->alive(j->link);
	if (j->dev->state != DEVICE_LIVE || j->link->trying >= 0)
		j->dev->cure = link_cure_worked(j->link);
	device_set(j->dev, DEVICE_LIVE, NULL, NULL);
	j->dev->owner.reading(j->dev->owner.ud, j->dev, &r);
}

/* Model, hardware and software version stand at 6, 22 and 30 in all generations. */
static void jk_note_firmware(struct jk_drv *j, const uint8_t *frame)
{
	snprintf(j->firmware, sizeof(j->firmware), "%.16s, firmware %.8s", (const char *)frame + 6,
		 (const char *)frame + 30);
	for (char *c = j->firmware; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static void jk_on_document(struct jk_drv *j, const uint8_t *frame)
{
	bool info = frame[4] == JK_DEVICE_INFO;
	struct jw w = { 0 };

	jw_obj(&w);
	jw_kstr(&w, "protocol", jk_protocol_name(j->detect.protocol));
	if (info) {
		j->has_info = true;
		jk_note_firmware(j, frame);
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

/* A new connection, or none. */
static void jk_begin(struct jk_drv *j)
{
	jk_frames_end(&j->frames, jk_on_event, j);
	j->detect = (struct jk_detect){ 0 };
	j->bad_before = jk_frames_bad(&j->frames);
	j->up_ms = clock_mono_ms();
	j->last_ms = j->settings_ms = 0;
	j->has_info = false;
	j->stage = 0;
}

static void jk_show(struct jk_drv *j, enum device_state s, bool anew, const char *reason,
		    const char *detail)
{
	bool pairing =
		reason && (strncmp(reason, "pair", 4) == 0 || strncmp(reason, "pin", 3) == 0);
	char text[DEVICE_DETAIL_MAX];

	j->dev->until_ms =
		j->link->until_ms ? clock_wall_ms() + j->link->until_ms - clock_mono_ms() : 0;
	if (pairing) {
		snprintf(text, sizeof(text), "%.40s: %.150s",
			 *j->firmware ? j->firmware : "firmware unknown", detail);
		detail = text;
	}
	if (anew) /* else subscribed anew: as silent as before */
		device_set(j->dev, s, reason, detail);
}

static void jk_on_link(void *ud, enum link_state s, const char *reason, const char *detail)
{
	static const enum device_state states[LINK__MAX] = {
		[LINK_UNAVAILABLE] = DEVICE_UNAVAILABLE,
		[LINK_SEARCHING] = DEVICE_SEARCHING,
		[LINK_CONNECTING] = DEVICE_CONNECTING,
		[LINK_UP] = DEVICE_WAITING,
		[LINK_LOST] = DEVICE_LOST,
		[LINK_RESTING] = DEVICE_RESTING,
	};
	struct jk_drv *j = ud;
	bool anew = s != LINK_UP || !j->up;

	if (anew)
		jk_begin(j);
	j->up = s == LINK_UP;
	jk_show(j, states[s], anew, reason, detail);
	if (s != LINK_UP)
		return;
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

/* The link is up and nothing comes: one thing after the other. */
static void jk_cure(struct jk_drv *j, int64_t quiet_ms, int64_t asked_ms)
{
	char text[96];

	/* asked in any case: it may be we who slept, and what came meanwhile is still to be read */
	if (quiet_ms > JK_DEAD_MS && j->stage && asked_ms >= JK_ANSWER_MS) {
		bool bad = jk_frames_bad(&j->frames) > j->bad_before;

		snprintf(text, sizeof(text), "connected, but %s for %lld s",
			 bad ? "only damaged frames" : "silent", (long long)quiet_ms / 1000);
		j->link->ops->restart(j->link, bad ? "bad_frames" : "silent", text);
		return;
	}
	if (j->stage == 0) {
		j->stage = 1;
		link_cure_tried(j->link, LINK_ASK, clock_wall_ms());
		if (j->last_ms)
			device_set(j->dev, DEVICE_SILENT, "silent",
				   "connected, but frames have stopped; asking again");
		if (!j->has_info) /* the first command was lost: the stream wants both */
			j->asks = 0;
		jk_ask(j, j->has_info ? JK_ASK_CELL_INFO : JK_ASK_DEVICE_INFO);
	} else if (j->stage == 1 && quiet_ms > JK_SUBSCRIBE_MS && j->link->ops->resubscribe) {
		j->stage = 2;
		j->link->ops->resubscribe(j->link);
	}
}

static void jk_watch(struct jk_drv *j, int64_t now)
{
	int64_t quiet_ms = now - (j->last_ms ? j->last_ms : j->up_ms);
	bool second = j->asks == 1 && now - j->asked_ms >= JK_BETWEEN_MS;
	bool refresh = j->settings_ms && now - j->asked_ms > JK_PACE_MS &&
		       (j->refresh || now - j->settings_ms > JK_REFRESH_MS);

	if (j->dev->tapped && !j->tapped) { /* a capture shall hold all that it can say */
		j->asks = 0;
		jk_ask(j, JK_ASK_DEVICE_INFO);
	}
	j->tapped = j->dev->tapped;
	if (quiet_ms > JK_ASK_MS)
		jk_cure(j, quiet_ms, now - j->asked_ms);
	if (refresh)
		j->refresh = false;
	if (second || refresh)
		jk_ask(j, JK_ASK_CELL_INFO);
}

static int jk_on_tick(sd_event_source *s, uint64_t usec, void *ud)
{
	struct jk_drv *j = ud;

	if (j->up && j->link->state == LINK_UP)
		jk_watch(j, clock_mono_ms());
	sd_event_source_set_time(s, usec + JK_TICK_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* {"notify":"auto|fd|signal","adapter":"hci1","speed":1}: speed for captures only */
struct jk_options {
	enum ble_notify notify;
	char adapter[16];
	double speed;
};

static int jk_options(const char *text, struct jk_options *ret, struct err *e)
{
	static const char *const names[] = { "auto", "fd", "signal" };
	const char *n = names[0], *adapter = "";
	json_error_t je;
	json_auto_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &je);

	*ret = (struct jk_options){ .speed = 1 };
	if (!o || json_unpack_ex(o, &je, JSON_STRICT, "{s?s s?s s?F}", "notify", &n, "adapter",
				 &adapter, "speed", &ret->speed) < 0)
		return err_set(e, -EINVAL, "options: %s", je.text);
	if (strlen(adapter) >= sizeof(ret->adapter))
		return err_set(e, -EINVAL, "options: \"%.20s…\" is no adapter's name", adapter);
	memcpy(ret->adapter, adapter, strlen(adapter) + 1);
	if (!(ret->speed > 0 && ret->speed <= 1000))
		return err_set(e, -EINVAL, "options: speed is above 0, to 1000");
	for (size_t i = 0; i < SV_LEN(names); i++)
		if (strcmp(n, names[i]) == 0) {
			ret->notify = (enum ble_notify)i;
			return 0;
		}
	return err_set(e, -EINVAL, "options: notify is auto, fd or signal, not \"%.20s\"", n);
}

/* What refuses to be paired says nothing more: its firmware is known from before, if at all. */
static void jk_recall_firmware(struct jk_drv *j)
{
	SV_AUTO_FREE char *text = j->dev->owner.recall(j->dev->owner.ud, j->dev, "info");
	json_auto_t *o = text ? json_loads(text, 0, NULL) : NULL;
	const char *model, *version;

	if (o && json_unpack(o, "{s:s s:s}", "model", &model, "sw_version", &version) == 0)
		snprintf(j->firmware, sizeof(j->firmware), "%.16s, firmware %.8s", model, version);
}

static int jk_open(struct device *d, struct err *e)
{
	struct jk_drv *j = d->drv;
	const struct link_owner owner = { jk_on_link, jk_on_data, j };
	struct ble_peer peer = { .address = d->conf.address,
				 .service = JK_SERVICE,
				 .pin = d->conf.pin };
	struct jk_options o;
	int r;

	j->dev = d;
	jk_recall_firmware(j);
	r = jk_options(d->conf.options, &o, e);
	if (r < 0)
		return r;
	peer.notify = o.notify;
	peer.adapter = o.adapter;
	if (capture_is(d->conf.address))
		r = capture_open(d->env->ev, d->conf.address, o.speed, &owner, &j->link, e);
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
	if (*j->link->adapter)
		jw_kstr(w, "adapter", j->link->adapter);
	jw_kbool(w, "connected", j->link->state == LINK_UP);
	if (j->link->rssi)
		jw_kint(w, "rssi", j->link->rssi);
	if (j->link->mtu)
		jw_kint(w, "mtu", j->link->mtu);
	jw_kstr(w, "notify", j->link->notify);
	jw_kint(w, "frames", (int64_t)j->frames.good);
	jw_kint(w, "bad_frames", (int64_t)jk_frames_bad(&j->frames));
	jw_key(w, "bad");
	jw_obj(w);
	for (int i = 0; i < JK_BAD__MAX; i++)
		jw_kint(w, jk_bad_name((enum jk_bad)i), (int64_t)j->frames.bad[i]);
	jw_end(w);
	jw_kint(w, "reconnects", j->link->ups ? j->link->ups - 1 : 0);
	if (j->last_wall_ms)
		jw_kint(w, "last_frame_ms", j->last_wall_ms);
	if (j->detect.protocol != JK_UNKNOWN)
		jw_kstr(w, "protocol", jk_protocol_name(j->detect.protocol));
	link_cures_json(j->link, w);
}

static void jk_retry(struct device *d)
{
	struct jk_drv *j = d->drv;

	if (j->link && j->link->ops->retry)
		j->link->ops->retry(j->link);
}

static void jk_refresh(struct device *d)
{
	struct jk_drv *j = d->drv;

	j->refresh = true;
}

static void jk_let_go(const struct device_config *c, const struct device_env *env)
{
	ble_let_go(env->ble, c->address);
}

/* By what it advertises, never by its address: JK's modules come with many. FFE0 alone is worn by
 * half of all serial modules. */
static bool jk_recognise(const struct ble_advert *a, struct jw *w)
{
	static const uint16_t companies[] = { 0x0B65, 0x4B4A };
	static const char *const names[] = { "JK-", "JK_", "JK " };
	bool service = false, company = false, name = false;

	for (unsigned i = 0; i < a->n_services; i++)
		service = service || a->services[i] == 0xFFE0;
	for (unsigned i = 0; i < a->n_companies; i++)
		for (size_t k = 0; k < SV_LEN(companies); k++)
			company = company || a->companies[i] == companies[k];
	for (size_t k = 0; k < SV_LEN(names); k++)
		name = name || strncmp(a->name, names[k], strlen(names[k])) == 0;
	if (service)
		jw_str(w, "service");
	if (company)
		jw_str(w, "manufacturer");
	if (name)
		jw_str(w, "name");
	return name || (service && company);
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
	.captures = true,
	.open = jk_open,
	.link_json = jk_link_json,
	.retry = jk_retry,
	.refresh = jk_refresh,
	.let_go = jk_let_go,
	.recognise = jk_recognise,
	.close = jk_close,
};
