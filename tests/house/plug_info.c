/*
 * What a plug answers when it is asked, with the members that its firmware has. Figures: a power
 * is in mW in get_energy_usage and in W in get_current_power; energies in Wh, times in minutes.
 */
#include "plug.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE	      10
#define DELTA_PAST7_S 21600.0
#define MAINS_V	      230.0
#define HOURS	      24

unsigned plug_socket_of(int child)
{
	return child == PLUG_ITSELF ? 0 : (unsigned)child;
}

unsigned plug_sockets_end(const struct plug *p, int child)
{
	return child == PLUG_ITSELF ? p->unit->product->sockets : (unsigned)child + 1;
}

static bool has(const struct plug *p, enum plug_trait t)
{
	return plug_can(p->unit->product, t);
}

static bool is_strip(const struct plug *p)
{
	return p->unit->product->sockets > 1;
}

static void set_text(json_t *o, const char *key, const char *v)
{
	json_object_set_new(o, key, json_string(v));
}

static void set_whole(json_t *o, const char *key, double v)
{
	json_object_set_new(o, key, json_integer((json_int_t)llround(v)));
}

static void set_bool(json_t *o, const char *key, bool v)
{
	json_object_set_new(o, key, json_boolean(v));
}

/* ---- time ---- */

static time_t device_time(const struct plug *p)
{
	return (time_t)floor((double)plug_wall_ms() / 1000 + p->unit->clock_s);
}

/* The zone of the process by name, "UTC" when it is nowhere said. */
static const char *region(void)
{
	const char *tz = getenv("TZ");

	tz = tz && *tz == ':' ? tz + 1 : tz;
	return tz && strchr(tz, '/') ? tz : "UTC";
}

/* Without daylight saving. */
static double time_diff_min(void)
{
	tzset();
	return -(double)timezone / 60;
}

json_t *plug_info_time(const struct plug *p)
{
	return json_pack("{s:s,s:i,s:I}", "region", region(), "time_diff", (int)time_diff_min(),
			 "timestamp", (json_int_t)device_time(p));
}

/* ---- the device ---- */

static json_t *default_states(const struct plug_socket *o)
{
	if (o->by_default)
		return json_pack("{s:s,s:{s:b}}", "type", "custom", "state", "on", o->default_on);
	return json_pack("{s:s,s:{}}", "type", "last_states", "state");
}

static void add_protection(const struct plug *p, const struct plug_socket *o, json_t *ret)
{
	if (has(p, PLUG_OVERHEAT_STATUS))
		set_text(ret, "overheat_status", p->unit->overheated ? "overheated" : "normal");
	else
		set_bool(ret, "overheated", p->unit->overheated);
	if (has(p, PLUG_OVERCURRENT))
		set_text(ret, "overcurrent_status", "normal");
	if (has(p, PLUG_POWER_LIMIT))
		set_text(ret, "power_protection_status", o->overloaded ? "overloaded" : "normal");
	if (has(p, PLUG_CHARGING))
		set_text(ret, "charging_status", "normal");
}

static void add_relay(const struct plug *p, const struct plug_socket *o, json_t *ret)
{
	int64_t now_ms = plug_now_ms(p);

	set_bool(ret, "device_on", o->on);
	set_whole(ret, "on_time", o->on ? (double)((now_ms - o->since_ms) / 1000) : 0);
	if (has(p, PLUG_STATES))
		json_object_set_new(ret, "default_states", default_states(o));
	if (has(p, PLUG_AUTO_OFF_ABLE)) {
		bool runs = o->auto_off_ms != PLUG_NEVER;

		set_text(ret, "auto_off_status", runs ? "on" : "off");
		set_whole(ret, "auto_off_remain_time",
			  runs ? fmax(0, (double)(o->auto_off_ms - now_ms) / 1000) : 0);
	}
	add_protection(p, o, ret);
}

static void add_network(const struct plug *p, json_t *ret)
{
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &p->port.at.sin_addr, ip, sizeof(ip));
	set_text(ret, "ip", ip);
	set_text(ret, "ssid", "0JTRltC8");
	set_whole(ret, "signal_level", p->unit->rssi > -50 ? 3 : p->unit->rssi > -65 ? 2 : 1);
	if (has(p, PLUG_OLDEST))
		return;
	set_whole(ret, "rssi", p->unit->rssi);
	set_text(ret, "lang", "en_US");
	set_whole(ret, "time_diff", time_diff_min());
}

static void add_usage_inside(const struct plug *p, json_t *ret)
{
	const struct plug_energy *e = &p->unit->socket[0].energy;

	set_text(ret, "location", "home");
	set_whole(ret, "time_usage_today", floor(e->today_s / 60));
	set_whole(ret, "time_usage_past7", floor(e->total_s / 60));
	set_whole(ret, "time_usage_past30", floor(e->total_s / 60));
}

static void add_mac(const struct plug *p, bool child, json_t *ret)
{
	const uint8_t *m = p->unit->mac;
	char text[18];

	snprintf(text, sizeof(text),
		 child ? "%02X%02X%02X%02X%02X%02X" : "%02X-%02X-%02X-%02X-%02X-%02X", m[0], m[1],
		 m[2], m[3], m[4], m[5]);
	set_text(ret, "mac", text);
}

static json_t *common(const struct plug *p, bool child)
{
	const struct plug_unit *u = p->unit;
	json_t *ret = json_object();

	set_text(ret, "type", "SMART.TAPOPLUG");
	set_text(ret, "model", u->product->model);
	set_text(ret, "hw_ver", u->product->hardware);
	set_text(ret, "fw_ver", u->product->firmware);
	set_text(ret, "hw_id", u->hw_id);
	set_text(ret, "fw_id", u->fw_id);
	set_text(ret, "oem_id", u->oem_id);
	set_text(ret, "avatar", is_strip(p) ? "" : "plug");
	set_bool(ret, "has_set_location_info", true);
	set_whole(ret, "latitude", 504501);
	set_whole(ret, "longitude", 305234);
	if (!has(p, PLUG_OLDEST))
		set_text(ret, "region", region());
	add_mac(p, child, ret);
	return ret;
}

static json_t *child_info(const struct plug *p, unsigned k)
{
	const struct plug_socket *o = &p->unit->socket[k];
	json_t *ret = common(p, true);

	set_text(ret, "device_id", o->id);
	set_text(ret, "original_device_id", p->unit->id);
	set_text(ret, "nickname", o->nickname);
	set_text(ret, "category", "plug.powerstrip.sub-plug");
	set_whole(ret, "position", k + 1);
	set_whole(ret, "slot_number", p->unit->product->sockets);
	set_whole(ret, "bind_count", 1);
	set_bool(ret, "status_follow_edge", true);
	if (has(p, PLUG_POWER_LIMIT)) {
		set_bool(ret, "is_usb", false);
		set_bool(ret, "protection_enabled", o->limited);
		set_whole(ret, "protection_power", o->limit_w);
	}
	add_relay(p, o, ret);
	return ret;
}

/* No socket has this number. */
static const char *lamp_id(const struct plug *p)
{
	static char id[sizeof(p->unit->socket[0].id)];

	snprintf(id, sizeof(id), "%s99", p->unit->id);
	return id;
}

json_t *plug_info_device(const struct plug *p, int child)
{
	json_t *ret;

	if (child != PLUG_ITSELF)
		return child_info(p, (unsigned)child);
	ret = common(p, false);
	set_text(ret, "device_id", p->unit->id);
	set_text(ret, "specs", p->unit->product->specs);
	set_text(ret, "nickname", is_strip(p) ? p->unit->nickname : p->unit->socket[0].nickname);
	add_network(p, ret);
	if (!is_strip(p))
		add_relay(p, &p->unit->socket[0], ret);
	if (has(p, PLUG_OLDEST))
		add_usage_inside(p, ret);
	return ret;
}

/* A light that is on or off as a socket is. */
static json_t *lamp_info(const struct plug *p)
{
	json_t *ret = common(p, true);

	set_text(ret, "device_id", lamp_id(p));
	set_text(ret, "original_device_id", p->unit->id);
	set_text(ret, "category", "plug.powerstrip.sub-bulb");
	set_bool(ret, "device_on", true);
	set_whole(ret, "brightness", 50);
	return ret;
}

/* Not sorted by position, as strips do not. */
json_t *plug_info_children(const struct plug *p, size_t from)
{
	unsigned lamp = has(p, PLUG_LAMP), n = p->unit->product->sockets + lamp;
	json_t *list = json_array();

	for (size_t k = from; k < n && k < from + PAGE; k++)
		json_array_append_new(list,
				      k < lamp ? lamp_info(p) : child_info(p, n - 1 - (unsigned)k));
	return json_pack("{s:o,s:i,s:i}", "child_device_list", list, "start_index", (int)from,
			 "sum", (int)n);
}

/* ---- components ---- */

struct component {
	const char *id;
	int version;
	unsigned traits; /* one of these is needed; 0: always there */
};

static const struct component of_plugs[] = {
	{ "device", 2, 0 },
	{ "firmware", 2, 0 },
	{ "quick_setup", 3, 0 },
	{ "time", 1, 0 },
	{ "wireless", 1, 0 },
	{ "schedule", 2, 0 },
	{ "countdown", 2, 0 },
	{ "antitheft", 1, 0 },
	{ "account", 1, 0 },
	{ "synchronize", 1, 0 },
	{ "sunrise_sunset", 1, 0 },
	{ "led", 1, 0 },
	{ "cloud_connect", 1, 0 },
	{ "iot_cloud", 1, PLUG_STATES },
	{ "device_local_time", 1, PLUG_OBD },
	{ "default_states", 1, PLUG_STATES },
	{ "auto_off", 2, PLUG_AUTO_OFF_ABLE },
	{ "localSmart", 1, PLUG_AUTO_OFF_ABLE },
};

static const struct component of_parents[] = { { "control_child", 2, 0 },
					       { "child_device", 2, 0 } };

static const struct component of_children[] = {
	{ "device", 2, 0 },
	{ "quick_setup", 3, 0 },
	{ "time", 1, 0 },
	{ "device_local_time", 1, 0 },
	{ "schedule", 2, 0 },
	{ "countdown", 2, 0 },
	{ "antitheft", 1, 0 },
	{ "account", 1, 0 },
	{ "synchronize", 1, 0 },
	{ "sunrise_sunset", 1, 0 },
	{ "cloud_connect", 1, 0 },
	{ "iot_cloud", 1, 0 },
	{ "firmware", 2, 0 },
	{ "default_states", 1, 0 },
	{ "overheat_protection", 1, 0 },
	{ "auto_off", 2, PLUG_AUTO_OFF_ABLE },
};

static const struct component of_meters[] = {
	{ "energy_monitoring", 1, PLUG_ENERGY_OLD },
	{ "power_protection", 1, PLUG_POWER_LIMIT },
	{ "charging_protection", 2, PLUG_CHARGING },
	{ "current_protection", 1, PLUG_OVERCURRENT },
	{ "matter", 2, PLUG_MATTER },
};

static void add_components(const struct plug *p, json_t *list, const struct component *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (c[i].traits && !(p->unit->product->traits & c[i].traits))
			continue;
		json_array_append_new(list, json_pack("{s:s,s:i}", "id", c[i].id, "ver_code",
						      has(p, PLUG_OLDEST) ? 1 : c[i].version));
	}
}

json_t *plug_info_components(const struct plug *p, bool child)
{
	json_t *list = json_array();

	if (child)
		add_components(p, list, of_children, sizeof(of_children) / sizeof(*of_children));
	else
		add_components(p, list, of_plugs, sizeof(of_plugs) / sizeof(*of_plugs));
	if (!child && is_strip(p))
		add_components(p, list, of_parents, sizeof(of_parents) / sizeof(*of_parents));
	if (has(p, PLUG_ENERGY) && !has(p, PLUG_ENERGY_OLD))
		json_array_append_new(
			list, json_pack("{s:s,s:i}", "id", "energy_monitoring", "ver_code", 2));
	add_components(p, list, of_meters, sizeof(of_meters) / sizeof(*of_meters));
	return json_pack("{s:o}", "component_list", list);
}

json_t *plug_info_child_components(const struct plug *p, size_t from)
{
	unsigned lamp = has(p, PLUG_LAMP), n = p->unit->product->sockets + lamp;
	json_t *list = json_array();

	for (size_t k = from; k < n && k < from + PAGE; k++) {
		json_t *one = plug_info_components(p, true);

		set_text(one, "device_id", k < lamp ? lamp_id(p) : p->unit->socket[n - 1 - k].id);
		json_array_append_new(list, one);
	}
	return json_pack("{s:o,s:i,s:i}", "child_component_list", list, "start_index", (int)from,
			 "sum", (int)n);
}

json_t *plug_info_led(const struct plug *p)
{
	json_t *ret =
		json_pack("{s:s,s:b}", "led_rule", "always", "led_status", p->unit->socket[0].on);

	if (!has(p, PLUG_OLDEST))
		json_object_set_new(ret, "night_mode",
				    json_pack("{s:s,s:i,s:i,s:i,s:i}", "night_mode_type",
					      "sunrise_sunset", "start_time", 1140, "end_time", 420,
					      "sunrise_offset", 0, "sunset_offset", 0));
	return ret;
}

/* ---- energy ---- */

struct sums {
	struct plug_energy e;
	double older_wh, older_s, watts;
};

static struct sums sum(const struct plug *p, int child)
{
	struct sums s = { .watts = 0 };

	for (unsigned k = plug_socket_of(child); k < plug_sockets_end(p, child); k++) {
		const struct plug_socket *o = &p->unit->socket[k];

		s.e.today_wh += o->energy.today_wh;
		s.e.month_wh += o->energy.month_wh;
		s.e.total_wh += o->energy.total_wh;
		s.e.hour_wh += o->energy.hour_wh;
		s.e.today_s += o->energy.today_s;
		s.e.month_s += o->energy.month_s;
		s.e.total_s += o->energy.total_s;
		s.older_wh += o->older_wh;
		s.older_s += o->older_s;
		s.watts += o->load.now_w;
	}
	return s;
}

static json_t *periods(double today, double past7, double past30)
{
	return json_pack("{s:I,s:I,s:I}", "today", (json_int_t)floor(today), "past7",
			 (json_int_t)floor(past7), "past30", (json_int_t)floor(past30));
}

json_t *plug_info_usage(const struct plug *p, int child)
{
	struct sums s = sum(p, child);
	double week_s = fmin(s.older_s, DELTA_PAST7_S),
	       share = s.older_s > 0 ? week_s / s.older_s : 0;
	json_t *ret = json_pack("{s:o}", "time_usage",
				periods(s.e.today_s / 60, (s.e.total_s + week_s) / 60,
					(s.e.total_s + s.older_s) / 60));

	if (has(p, PLUG_ENERGY)) {
		json_object_set_new(ret, "power_usage",
				    periods(s.e.today_wh, s.e.total_wh + s.older_wh * share,
					    s.e.total_wh + s.older_wh));
		json_object_set_new(ret, "saved_power", periods(0, 0, 0));
	}
	return ret;
}

static json_t *numbers(size_t n, double last)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_integer(i + 1 < n ? 0 : (json_int_t)floor(last)));
	return list;
}

/* As energy_monitoring 1 has it: what was before the house began is not in these. */
static void add_history(const struct sums *s, json_t *ret)
{
	json_t *week = json_array();

	for (int i = 0; i < 7; i++)
		json_array_append_new(week, numbers(HOURS, i < 6 ? 0 : s->e.hour_wh));
	json_object_set_new(ret, "past24h", numbers(HOURS, s->e.hour_wh));
	json_object_set_new(ret, "past7d", week);
	json_object_set_new(ret, "past30d", numbers(30, s->e.today_wh));
	json_object_set_new(ret, "past1y", numbers(12, s->e.month_wh + s->older_wh));
}

json_t *plug_info_energy(const struct plug *p, int child)
{
	struct sums s = sum(p, child);
	time_t t = device_time(p);
	json_t *ret = json_object();
	struct tm tm;
	char text[32];

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	set_text(ret, "local_time", text);
	json_object_set_new(ret, "today_energy", json_integer((json_int_t)floor(s.e.today_wh)));
	json_object_set_new(ret, "month_energy",
			    json_integer((json_int_t)floor(s.e.month_wh + s.older_wh)));
	json_object_set_new(ret, "today_runtime",
			    json_integer((json_int_t)floor(s.e.today_s / 60)));
	json_object_set_new(ret, "month_runtime",
			    json_integer((json_int_t)floor((s.e.month_s + s.older_s) / 60)));
	if (!is_strip(p))
		set_whole(ret, "current_power", s.watts * 1000);
	if (has(p, PLUG_ENERGY_OLD))
		add_history(&s, ret);
	else
		json_object_set_new(ret, "electricity_charge", json_pack("[i,i,i]", 0, 0, 0));
	return ret;
}

json_t *plug_info_power(const struct plug *p, int child)
{
	return json_pack("{s:I}", "current_power", (json_int_t)llround(sum(p, child).watts));
}

json_t *plug_info_emeter(const struct plug *p, int child)
{
	const struct model_grid *g = &p->house->model.grid;
	double volts = g->joined ? g->volts[p->number % MODEL_PHASES] : MAINS_V;
	struct sums s = sum(p, child);
	json_t *ret = json_object();

	set_whole(ret, "current_ma", s.watts / volts * 1000);
	set_whole(ret, "voltage_mv", volts * 1000);
	set_whole(ret, "power_mw", s.watts * 1000);
	set_whole(ret, "energy_wh", floor(s.e.total_wh));
	return ret;
}

/* ---- countdown ---- */

json_t *plug_info_countdown(const struct plug *p, int child)
{
	const struct plug_countdown *c = &p->unit->socket[plug_socket_of(child)].countdown;
	json_t *list = json_array();

	if (c->exists)
		json_array_append_new(list,
				      json_pack("{s:s,s:b,s:i,s:i,s:{s:b}}", "id", "C1", "enable",
						c->enabled, "delay", (int)c->delay_s, "remain",
						(int)plug_unit_remain_s(c, plug_now_ms(p)),
						"desired_states", "on", c->on));
	return json_pack("{s:i,s:b,s:o}", "countdown_rule_max_count", 1, "enable", c->enabled,
			 "rule_list", list);
}
