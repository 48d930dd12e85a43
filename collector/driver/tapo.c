/*
 * A Tapo plug or strip, whatever transport it speaks (tapo_link.h).
 *
 *	what can it do? (component_nego; of a strip also of its sockets) ──> cycles, one each poll_s:
 *		get_device_info (strip: and the list of its sockets)
 *		each energy_s: energy, power, the countdown, of each that has them
 *
 * All that one round asks of one socket goes in one request, where the firmware takes that. A
 * reading is made at the end of a cycle; energy in it is as old as it was last asked for. What is
 * asked of a plug is in line behind its orders.
 */
#include "tapo_drv.h"

#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRESH_CYCLES   3
#define FRESH_LEAST_MS 15000
#define LOST_FAILS     2 /* cycles in a row, until it is lost */
#define SEARCH_FAILS   2
#define BACKOFF_MS     3000
#define BACKOFF_MAX_MS 30000
#define ASIDE_MS       60000  /* what only its owner can mend is looked at so seldom … */
#define REFUSED_MS     300000 /* … and what each try makes worse more seldom */

const char *const tapo_methods[METHOD__MAX] = {
	[METHOD_NEGO] = "component_nego",
	[METHOD_INFO] = "get_device_info",
	[METHOD_CHILDREN] = "get_child_device_list",
	[METHOD_CHILD_NEGO] = "get_child_device_component_list",
	[METHOD_USAGE] = "get_energy_usage",
	[METHOD_EMETER] = "get_emeter_data",
	[METHOD_POWER] = "get_current_power",
	[METHOD_RUNTIME] = "get_device_usage",
	[METHOD_TIME] = "get_device_time",
	[METHOD_COUNTDOWN] = "get_countdown_rules",
};

static void tapo_next(struct tapo_drv *v);

/* ---- options, and what is remembered ---- */

static int conf_parse(struct tapo_conf *ret, const char *options, struct err *e)
{
	const char *transport = "auto", *never_off, *notes;
	json_int_t poll = TAPO_POLL_S, energy = TAPO_ENERGY_S, priority, watts;
	json_error_t je;
	json_auto_t *o = json_loads(options, JSON_REJECT_DUPLICATES, &je);

	/* the last four are for people and for commands */
	if (!o ||
	    json_unpack_ex(o, &je, JSON_STRICT, "{s?I s?I s?s s?I s?s s?I s?s}", "poll_s", &poll,
			   "energy_s", &energy, "transport", &transport, "priority", &priority,
			   "never_off", &never_off, "estimated_w", &watts, "notes", &notes) < 0)
		return err_set(e, -EINVAL, "options: %s", je.text);
	if (poll < 2 || poll > 300 || energy < 10 || energy > 3600)
		return err_set(e, -EINVAL,
			       "options: poll_s is from 2 to 300, energy_s from 10 to 3600");
	if (strcmp(transport, "auto") != 0 && !tapo_transport_find(transport))
		return err_set(e, -EINVAL, "options: transport is auto, klap, klap1, aes or tpap");
	*ret = (struct tapo_conf){ .poll_s = (unsigned)poll,
				   .energy_s = (unsigned)energy,
				   .transport = tapo_transport_find(transport) };
	return 0;
}

static void say_doc(struct tapo_drv *v, const char *kind, struct jw *w)
{
	if (jw_text(w))
		v->dev->owner.doc(v->dev->owner.ud, v->dev, kind, jw_text(w));
}

void tapo_learned(struct tapo_drv *v)
{
	struct jw w = { 0 };
	char key[8];

	jw_obj(&w);
	jw_kstr(&w, "mac", tapo_link_mac(v->link));
	jw_key(&w, "armed");
	jw_obj(&w);
	for (unsigned i = 0; i < v->n; i++) {
		snprintf(key, sizeof(key), "%u", v->outlets[i].position);
		if (v->outlets[i].armed_at_ms)
			jw_kint(&w, key, v->outlets[i].armed_at_ms);
	}
	jw_end(&w);
	jw_end(&w);
	say_doc(v, "learned", &w);
	jw_free(&w);
	tapo_known_keep(v);
}

static json_t *recall(struct tapo_drv *v)
{
	SV_AUTO_FREE char *text = v->dev->owner.recall(v->dev->owner.ud, v->dev, "learned");

	return text ? json_loads(text, 0, NULL) : NULL;
}

/* What an earlier life told the plug about going off. */
static void recall_armed(struct tapo_drv *v)
{
	json_auto_t *o = recall(v);
	char key[8];

	for (unsigned i = 0; i < v->n; i++) {
		snprintf(key, sizeof(key), "%u", v->outlets[i].position);
		v->outlets[i].armed_at_ms =
			json_integer_value(json_object_get(json_object_get(o, "armed"), key));
	}
}

/* ---- what is shown ---- */

static int64_t fresh_ms(const struct tapo_drv *v)
{
	int64_t ms = FRESH_CYCLES * 1000ll * v->conf.poll_s;

	return ms > FRESH_LEAST_MS ? ms : FRESH_LEAST_MS;
}

static void show(struct tapo_drv *v, enum device_state s, const char *reason, const char *detail)
{
	v->dev->until_ms = s == DEVICE_LOST ? clock_wall_ms() + v->due_ms - clock_mono_ms() : 0;
	device_set(v->dev, s, reason, detail);
	sockets_show(v, s, reason, detail);
}

static void put_components(const struct tapo_components *c, struct jw *w)
{
	char all[256] = "";
	size_t n = 0;

	for (int i = 0; i < TAPO_HAS__MAX; i++)
		if (tapo_has(c, (enum tapo_component)i))
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", n ? ", " : "",
					      tapo_component_name((enum tapo_component)i));
	jw_kstr(w, "components", all);
}

static void put_text(struct jw *w, const char *key, const char *text)
{
	if (*text)
		jw_kstr(w, key, text);
}

static void say_info(struct tapo_drv *v)
{
	const struct tapo_info *i = &v->info;
	struct jw w = { 0 };

	jw_obj(&w);
	put_text(&w, "model", i->model);
	put_text(&w, "nickname", i->nickname);
	put_text(&w, "firmware", i->fw);
	put_text(&w, "hardware", i->hw);
	put_text(&w, "mac", i->mac);
	put_text(&w, "device_id", i->id);
	put_text(&w, "region", i->region);
	if (!v->strip)
		outlet_json(&v->outlets[0], &w);
	else
		jw_kint(&w, "sockets", v->n);
	put_components(&v->comp, &w);
	jw_end(&w);
	if (jw_text(&w) && (!v->said_info || strcmp(v->said_info, jw_text(&w)) != 0)) {
		say_doc(v, "info", &w);
		free(v->said_info);
		v->said_info = strdup(jw_text(&w));
	}
	jw_free(&w);
}

static void put_rssi(struct reading *r, const struct tapo_info *i)
{
	if (metric_sane(METRIC_RSSI, i->rssi_dbm))
		r->one[METRIC_RSSI] = i->rssi_dbm;
	if (i->signal >= 0)
		r->one[METRIC_SIGNAL_LEVEL] = i->signal;
}

static void make_readings(struct tapo_drv *v)
{
	struct reading r;

	v->readings++;
	v->reading_wall_ms = v->cycle_wall_ms;
	reading_init(&r, v->cycle_wall_ms, v->cycle_ms);
	r.kind = READING_PLUG;
	r.fresh_ms = fresh_ms(v);
	if (!v->strip)
		outlet_read(&v->outlets[0], &r);
	else
		put_rssi(&r, &v->info);
	v->dev->owner.reading(v->dev->owner.ud, v->dev, &r);
	for (unsigned i = 0; v->strip && i < v->n; i++) {
		struct tapo_outlet *o = &v->outlets[i];

		if (!o->dev)
			continue;
		reading_init(&r, v->cycle_wall_ms, v->cycle_ms);
		r.kind = READING_PLUG;
		r.fresh_ms = fresh_ms(v);
		outlet_read(o, &r);
		o->dev->owner.reading(o->dev->owner.ud, o->dev, &r);
	}
}

/* ---- trouble ---- */

static const struct trouble {
	const char *reason;
	int64_t again_ms; /* 0: doubling */
	bool nobody;	  /* when it is heard it is worth a try at once */
	bool elsewhere;	  /* who answers so may be another device: where is the plug? */
} troubles[] = {
	{ "host_unreachable", 0, true, true },
	{ "connection_refused", 0, true, true },
	{ "other_device", 0, true, true },
	{ "no_answer", 0, true, true },
	{ "bad_answers", 0, false, true },
	{ "busy", 0, false, false },
	{ "third_party_off", ASIDE_MS, false, true },
	{ "old_protocol", ASIDE_MS, false, true },
	{ "not_supported", ASIDE_MS, false, true },
	{ "no_account", REFUSED_MS, false, false },
	{ "wrong_account", REFUSED_MS, false, false },
	{ "wrong_password", REFUSED_MS, false, false },
	{ "locked", REFUSED_MS, false, false },
};

static const struct trouble *trouble_of(const char *reason)
{
	static const struct trouble other = { "", 0, false, false };

	for (size_t i = 0; i < SV_LEN(troubles); i++)
		if (strcmp(troubles[i].reason, reason) == 0)
			return &troubles[i];
	return &other;
}

static void trouble(struct tapo_drv *v, const char *reason, const char *text)
{
	const struct trouble *t = trouble_of(reason);
	int64_t ms = BACKOFF_MS << (v->fails < 4 ? v->fails : 4);
	char more[DEVICE_DETAIL_MAX];
	struct in_addr in;

	if (t->elsewhere && v->move.doubtful[0]) {
		snprintf(more, sizeof(more), "%.110s. Here: %.80s", v->move.doubtful, text);
		text = more;
	}

	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	if (t->again_ms)
		ms = t->again_ms;
	v->nobody = t->nobody;
	ms += (int64_t)(plugs_random(v->plugs) % (uint32_t)(ms / 4));
	if (!v->fails++)
		v->failed_ms = clock_mono_ms();
	v->n_todo = v->at_todo = 0;
	v->due_ms = clock_mono_ms() + ms;
	for (unsigned i = 0; i < v->n; i++)
		v->outlets[i].countdown_known = false;
	if (t->again_ms || v->fails >= LOST_FAILS || v->dev->state != DEVICE_LIVE)
		show(v, DEVICE_LOST, reason, text);
	if (t->elsewhere && v->fails >= SEARCH_FAILS && tapo_link_mac(v->link)[0] &&
	    !tapo_link_there(v->link, v->failed_ms) && inet_pton(AF_INET, v->at.host, &in) == 1)
		plugs_search(v->plugs, ntohl(in.s_addr));
}

/* ---- a cycle ---- */

static void add_todo(struct tapo_drv *v, int outlet, unsigned methods, unsigned from)
{
	if (methods && v->n_todo < TAPO_TODO_MAX)
		v->todo[v->n_todo++] = (struct tapo_todo){ outlet, methods, from };
}

static void begin_cycle(struct tapo_drv *v, int64_t now)
{
	bool energy = now >= v->energy_due_ms;
	int64_t period = 1000ll * v->conf.poll_s;

	v->cycle_ms = now;
	v->cycle_wall_ms = clock_wall_ms();
	/* jitter, so that many plugs are not asked at once */
	v->due_ms = now + period - period / 20 +
		    (int64_t)(plugs_random(v->plugs) % (uint32_t)(period / 10));
	if (energy)
		v->energy_due_ms = now + 1000ll * v->conf.energy_s;
	v->n_todo = v->at_todo = 0;
	if (!v->negotiated) {
		add_todo(v, -1, 1u << METHOD_NEGO | 1u << METHOD_INFO, 0);
		v->energy_due_ms = 0; /* what it has is known then */
		return;
	}
	if (!v->strip) {
		add_todo(v, 0, 1u << METHOD_INFO | outlet_due(&v->outlets[0], energy), 0);
		return;
	}
	v->kids.n = v->kids.received = v->kids.components_received = 0;
	add_todo(v, -1, 1u << METHOD_INFO | 1u << METHOD_CHILDREN, 0);
	if (v->n && !v->socket_nego)
		add_todo(v, -1, 1u << METHOD_CHILD_NEGO, 0);
	for (unsigned i = 0; i < v->n; i++)
		add_todo(v, (int)i, outlet_due(&v->outlets[i], energy), 0);
}

bool tapo_is_it(struct tapo_drv *v, const struct tapo_info *info)
{
	const char *mac = tapo_link_mac(v->link);

	if (info->mac[0] && mac[0] && strcmp(mac, info->mac) != 0)
		return false;
	if (info->mac[0] && tapo_link_is(v->link, info->mac))
		tapo_learned(v);
	v->known_session = tapo_link_session(v->link);
	return true;
}

static void take_nego(struct tapo_drv *v, const struct json_t *result)
{
	tapo_components_read(&v->comp, result);
	v->strip = tapo_has(&v->comp, TAPO_HAS_CHILDREN);
	v->negotiated = true;
	if (v->strip)
		return; /* its sockets come with their list */
	if (!v->n) {
		v->n = 1;
		outlet_init(&v->outlets[0], v, "", 0);
		v->outlets[0].dev = v->dev;
		v->outlets[0].off_at_ms = v->off_at_ms;
		v->outlets[0].off_known = v->off_known;
		recall_armed(v);
	}
	v->outlets[0].comp = v->comp;
	v->outlets[0].absent = 0; /* other firmware may have it */
}

static struct tapo_outlet *outlet_at(struct tapo_drv *v, unsigned position)
{
	for (unsigned i = 0; i < v->n; i++)
		if (v->outlets[i].position == position)
			return &v->outlets[i];
	return NULL;
}

/* All pages are here. */
static void take_children(struct tapo_drv *v)
{
	struct device_socket sockets[TAPO_CHILDREN_MAX];
	bool more = false;

	v->listed = true;
	for (unsigned i = 0; i < v->kids.n; i++) {
		const struct tapo_info *k = &v->kids.child[i];
		unsigned position = k->position > 0 ? (unsigned)k->position : i + 1;
		struct tapo_outlet *o = outlet_at(v, position);

		if (k->on < 0 && !k->category[0])
			continue; /* neither says that it is an outlet nor that it is on or off */
		if (!o && v->n < TAPO_CHILDREN_MAX) {
			o = &v->outlets[v->n++];
			outlet_init(o, v, k->id, position);
			more = true;
		}
		if (!o)
			continue;
		snprintf(o->id, sizeof(o->id), "%s", k->id);
		outlet_info(o, k, v->cycle_ms);
	}
	if (!more)
		return;
	recall_armed(v);
	v->socket_nego = false;
	add_todo(v, -1, 1u << METHOD_CHILD_NEGO, 0);
	for (unsigned i = 0; i < v->n; i++)
		sockets[i] =
			(struct device_socket){ v->outlets[i].position, v->outlets[i].info.nickname,
						v->outlets[i].info.on };
	v->dev->owner.sockets(v->dev->owner.ud, v->dev, sockets, v->n);
	sockets_attach(v);
}

static void take_child_nego(struct tapo_drv *v)
{
	for (unsigned i = 0; i < v->kids.n; i++) {
		const struct tapo_info *k = &v->kids.child[i];
		struct tapo_outlet *o =
			outlet_at(v, k->position > 0 ? (unsigned)k->position : i + 1);

		if (o)
			o->comp = v->kids.components[i];
	}
	v->socket_nego = true;
	v->energy_due_ms = 0;
}

/* A page of a list: the rest of it is asked for next. */
static int take_page(struct tapo_drv *v, enum tapo_method m, const struct json_t *result)
{
	int next = m == METHOD_CHILDREN ? tapo_children_add(&v->kids, result)
					: tapo_children_add_components(&v->kids, result);

	if (next > 0)
		add_todo(v, -1, 1u << m, (unsigned)next);
	else if (next == 0 && m == METHOD_CHILDREN)
		take_children(v);
	else if (next == 0)
		take_child_nego(v);
	return next;
}

/* One result; false: the cycle has ended. */
static bool take(struct tapo_drv *v, int outlet, enum tapo_method m, const struct json_t *result)
{
	struct tapo_info info;

	if (m == METHOD_CHILDREN || m == METHOD_CHILD_NEGO) {
		if (take_page(v, m, result) >= 0)
			return true;
		trouble(v, "bad_answers", "its list of sockets makes no sense");
		return false;
	}
	if (m == METHOD_NEGO) {
		take_nego(v, result);
		return true;
	}
	if (m == METHOD_INFO && (outlet < 0 || !v->strip)) {
		tapo_info_read(&info, result);
		if (!tapo_is_it(v, &info)) {
			trouble(v, "other_device", TAPO_OTHER_TEXT);
			return false;
		}
		if (v->info.fw[0] && strcmp(v->info.fw, info.fw) != 0)
			v->negotiated = false; /* with the next cycle: it may have other methods */
		v->info = info;
		if (v->n && !v->strip)
			outlet_take(&v->outlets[0], m, result, v->cycle_ms);
		return true;
	}
	if (outlet >= 0)
		outlet_take(&v->outlets[outlet], m, result, v->cycle_ms);
	return true;
}

/* A method was refused; false: the cycle has ended. What can be done without is asked again with a
 * later one, unless the firmware does not know it at all. */
static bool lacks(struct tapo_drv *v, int outlet, enum tapo_method m, const struct tapo_error *e)
{
	bool never = e->class == TAPO_UNSUPPORTED || e->class == TAPO_PARAMS;

	/* firmware that cannot say what it has: what it is asked for tells */
	if (m == METHOD_NEGO && never) {
		take_nego(v, NULL);
		v->outlets[0].comp =
			(struct tapo_components){ .known = true, .has = 1u << TAPO_HAS_ENERGY };
	} else if (m == METHOD_CHILD_NEGO && never) {
		v->socket_nego = true;
	} else if (m == METHOD_NEGO || m == METHOD_INFO || m == METHOD_CHILDREN) {
		trouble(v, "bad_answers", e->text);
		return false;
	} else if (outlet >= 0 && never) {
		v->outlets[outlet].absent |= 1u << m;
	}
	return true;
}

static void end_cycle(struct tapo_drv *v)
{
	if (v->listed && !v->n) {
		trouble(v, "not_supported", "it has no sockets that can be switched: is it a hub?");
		return;
	}
	/* a first reading waits until all that it has was asked for */
	if (!v->negotiated || !v->n || !v->met) {
		v->met = v->negotiated && v->n;
		v->due_ms = v->energy_due_ms = 0;
		sockets_attach(v);
		if (v->met && v->dev->state == DEVICE_CONNECTING)
			show(v, DEVICE_WAITING, NULL, NULL); /* it takes orders */
		return;
	}
	v->fails = 0;
	v->move.doubtful[0] = 0;
	say_info(v);
	sockets_attach(v);
	show(v, DEVICE_LIVE, NULL, NULL);
	make_readings(v);
	for (unsigned i = 0; i < v->n; i++)
		outlet_arm(&v->outlets[i]);
}

static void on_reply(void *ud, const struct tapo_reply *r)
{
	struct tapo_drv *v = ud;
	struct tapo_todo *t = &v->todo[v->at_todo];
	unsigned left = 0;

	v->asking = false;
	if (!r->answer) {
		trouble(v, r->reason, r->text);
		tapo_next(v);
		return;
	}
	if (tapo_error_find(r->answer->code)->class == TAPO_BATCH && (v->asked & (v->asked - 1))) {
		v->single = true;
		tapo_next(v);
		return;
	}
	for (int m = 0; m < METHOD__MAX; m++) {
		const struct json_t *result;
		const struct tapo_error *e;
		bool goes_on = true;
		int32_t code;

		if (!(v->asked >> m & 1))
			continue;
		result = tapo_answer_get(r->answer, tapo_methods[m], &code);
		e = tapo_error_find(code);
		/* firmware that stops at what it does not know: once more, alone */
		if (result)
			goes_on = take(v, t->outlet, (enum tapo_method)m, result);
		else if ((code == INT32_MIN || e->class == TAPO_BATCH) &&
			 (v->asked & (v->asked - 1)))
			left |= 1u << m;
		else
			goes_on = lacks(v, t->outlet, (enum tapo_method)m, e);
		if (!goes_on) {
			tapo_next(v);
			return;
		}
	}
	t = &v->todo[v->at_todo];
	t->methods &= ~v->asked;
	for (int m = 0; m < METHOD__MAX; m++)
		if (left >> m & 1)
			add_todo(v, t->outlet, 1u << m, t->from);
	if (!t->methods)
		v->at_todo++;
	if (v->at_todo >= v->n_todo)
		end_cycle(v);
	tapo_next(v);
}

/* The next question: as many methods as may go together. */
static int ask_todo(struct tapo_drv *v, const struct tapo_todo *t)
{
	char one[TAPO_BATCH_MAX][96], batch[TAPO_REQUEST_MAX], child[TAPO_REQUEST_MAX];
	const char *parts[TAPO_BATCH_MAX], *method = "multipleRequest", *json = batch;
	unsigned n = 0;
	int r = 0;

	v->asked = 0;
	for (int m = 0; m < METHOD__MAX && n < (v->single ? 1 : TAPO_BATCH_MAX); m++) {
		if (!(t->methods >> m & 1))
			continue;
		if (m == METHOD_CHILDREN || m == METHOD_CHILD_NEGO)
			tapo_put_get_from(one[n], sizeof(one[n]), tapo_methods[m], t->from);
		else
			tapo_put_get(one[n], sizeof(one[n]), tapo_methods[m]);
		parts[n] = one[n];
		method = n++ ? "multipleRequest" : tapo_methods[m];
		v->asked |= 1u << m;
	}
	if (n > 1)
		r = tapo_put_batch(batch, sizeof(batch), parts, n);
	else
		json = one[0];
	if (r >= 0 && t->outlet >= 0 && v->outlets[t->outlet].id[0]) {
		r = tapo_put_child(child, sizeof(child), v->outlets[t->outlet].id, json);
		json = child;
	}
	return r < 0 ? r : tapo_link_ask(v->link, json, method, TAPO_ASK_READ, on_reply, v);
}

void tapo_wake(struct tapo_drv *v)
{
	int64_t at = v->asking ? INT64_MAX : v->due_ms, in;

	for (unsigned i = 0; i < v->n; i++)
		if (v->outlets[i].look_ms && v->outlets[i].look_ms < at)
			at = v->outlets[i].look_ms;
	if (v->move.over)
		at = 0;
	if (at == INT64_MAX)
		return;
	in = at - clock_mono_ms();
	sd_event_source_set_time_relative(v->tick, in > 0 ? (uint64_t)in * 1000 : 0);
	sd_event_source_set_enabled(v->tick, SD_EVENT_ONESHOT);
}

static void tapo_next(struct tapo_drv *v)
{
	int64_t now = clock_mono_ms();

	if (v->asking)
		return;
	if (v->at_todo >= v->n_todo && now >= v->due_ms)
		begin_cycle(v, now);
	if (v->at_todo < v->n_todo) {
		v->asking = ask_todo(v, &v->todo[v->at_todo]) >= 0;
		if (!v->asking) /* its line is full of orders */
			v->due_ms = now + BACKOFF_MS;
	}
	tapo_wake(v);
}

void tapo_hurry(struct tapo_drv *v, int64_t in_ms)
{
	int64_t at = clock_mono_ms() + in_ms;

	if (v->at_todo >= v->n_todo && !v->asking && v->due_ms > at) {
		v->due_ms = at;
		tapo_wake(v);
	}
}

static int on_tick(sd_event_source *s, uint64_t usec, void *ud)
{
	struct tapo_drv *v = ud;

	(void)s;
	(void)usec;
	tapo_move_step(v);
	for (unsigned i = 0; i < v->n; i++)
		outlet_look(&v->outlets[i]);
	tapo_next(v);
	return 0;
}

/* ---- it, or another, answers a probe ---- */

static void on_hello(void *ud, uint32_t ip, const struct tapo_hello *h)
{
	struct tapo_drv *v = ud;
	const char *mac = tapo_link_mac(v->link);
	struct plug_address at = { .port = h->https == 1 ? v->at.port : (uint16_t)h->http_port };
	struct in_addr in = { .s_addr = htonl(ip) };
	char text[PLUG_ADDRESS_MAX];

	if (!v->fails || !mac[0] || strcmp(mac, h->mac) != 0)
		return;
	inet_ntop(AF_INET, &in, at.host, sizeof(at.host));
	if (strcmp(at.host, v->at.host) == 0) {
		if (v->nobody)
			tapo_hurry(v, 0); /* it is there again */
		return;
	}
	plug_address_text(text, &at);
	/* anybody can send a datagram: only into the home's network, and not twice */
	if (plug_address_parse(&at, text, NULL) < 0 || strcmp(text, v->moved_to) == 0)
		return;
	tapo_move_seen(v, &at);
}

static void on_account(void *ud)
{
	struct tapo_drv *v = ud;

	if (v->fails)
		tapo_hurry(v, 0);
}

/* ---- the device ---- */

static int tapo_open(struct device *d, struct err *e)
{
	struct tapo_drv *v = d->drv;
	json_auto_t *learned = NULL;
	struct tapo_known known;
	const char *mac;
	int r = plug_address_parse(&v->at, d->conf.address, e);

	v->dev = d;
	v->plugs = d->env->plugs;
	if (r >= 0 && v->at.socket)
		r = err_set(e, -EINVAL, "a plug's address is tapo://HOST");
	if (r >= 0)
		r = conf_parse(&v->conf, d->conf.options, e);
	if (r < 0)
		return r;
	tapo_info_read(&v->info, NULL);
	learned = recall(v);
	mac = json_string_value(json_object_get(learned, "mac"));
	known = tapo_known_recall(v, mac ? mac : "");
	r = sd_event_add_time_relative(d->env->ev, &v->tick, CLOCK_MONOTONIC, 0, 1000, on_tick, v);
	if (r >= 0)
		r = tapo_link_new(&v->link, v->plugs, d->env->ev, &v->at,
				  tapo_known_fixed(&v->conf), &known);
	if (r < 0)
		return err_set(e, r, "plug: %s", strerror(-r));
	v->ear = (struct plugs_ear){ .hello = on_hello, .account = on_account, .ud = v };
	plugs_listen(v->plugs, &v->ear);
	d->state = DEVICE_CONNECTING;
	return 0;
}

static void tapo_link_json(struct device *d, struct jw *w)
{
	const struct tapo_drv *v = d->drv;
	struct tapo_link_stats s;

	if (!v->link)
		return;
	tapo_link_stats(v->link, &s);
	put_text(w, "transport", tapo_link_transport_name(v->link));
	jw_kbool(w, "connected", tapo_link_connected(v->link));
	jw_kint(w, "requests", (int64_t)s.requests);
	jw_kint(w, "timeouts", (int64_t)s.timeouts);
	jw_kint(w, "errors", (int64_t)s.errors);
	jw_kint(w, "handshakes", (int64_t)s.handshakes);
	jw_kint(w, "stolen", (int64_t)s.stolen);
	if (s.recent)
		jw_knum(w, "success_pct", 100.0 * s.recent_ok / s.recent, 0);
	if (s.latency_ms >= 0)
		jw_kint(w, "latency_ms", s.latency_ms);
	jw_kint(w, "readings", v->readings);
	if (v->reading_wall_ms)
		jw_kint(w, "last_reading_ms", v->reading_wall_ms);
	jw_kint(w, "poll_s", v->conf.poll_s);
	put_text(w, "mac", tapo_link_mac(v->link));
	if (tapo_link_built_in(v->link))
		jw_kbool(w, "built_in", true);
	if (v->strip)
		jw_kint(w, "sockets", v->n);
	else if (v->n)
		outlet_json(&v->outlets[0], w);
}

static const char *tapo_known_mac(const struct device *d)
{
	const struct tapo_drv *v = d->drv;

	return v->link ? tapo_link_mac(v->link) : "";
}

static void tapo_retry(struct device *d)
{
	struct tapo_drv *v = d->drv;

	tapo_link_anew(v->link);
	tapo_hurry(v, 0);
}

static bool tapo_adapt(struct device *d, const struct device_config *c)
{
	struct tapo_drv *v = d->drv;
	struct tapo_conf conf;

	if (!v->link || conf_parse(&conf, c->options, NULL) < 0 ||
	    conf.transport != v->conf.transport)
		return false;
	v->conf = conf;
	v->energy_due_ms = 0;
	tapo_hurry(v, 1000ll * conf.poll_s);
	return true;
}

static int tapo_order(struct device *d, const struct device_order *o, struct err *e)
{
	struct tapo_drv *v = d->drv;

	if (v->strip)
		return err_set(e, -ENOTSUP, "a strip is switched socket by socket");
	if (!v->n) { /* what it can do is not known, nor whether it is a strip */
		tapo_hurry(v, 0);
		return err_set(e, -ENOTCONN, "%s",
			       d->detail[0] ? d->detail : "it has not been met yet");
	}
	return outlet_order(&v->outlets[0], o, e);
}

static void tapo_arm(struct device *d, int64_t off_at_ms)
{
	struct tapo_drv *v = d->drv;

	v->off_at_ms = off_at_ms;
	v->off_known = true;
	if (!v->strip && v->n)
		outlet_off_at(&v->outlets[0], off_at_ms);
}

static void tapo_close(struct device *d)
{
	struct tapo_drv *v = d->drv;

	if (v->ear.ud)
		plugs_deaf(v->plugs, &v->ear);
	sockets_leave(v);
	sd_event_source_disable_unref(v->tick);
	tapo_move_end(v);
	tapo_link_free(v->link);
	free(v->said_info);
}

const struct driver driver_tapo = {
	.kind = "tapo",
	.size = sizeof(struct tapo_drv),
	.open = tapo_open,
	.link_json = tapo_link_json,
	.mac = tapo_known_mac,
	.retry = tapo_retry,
	.adapt = tapo_adapt,
	.order = tapo_order,
	.arm = tapo_arm,
	.socket_kind = "tapo-socket",
	.close = tapo_close,
};
