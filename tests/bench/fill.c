/*
 * Fills a state folder with years of history of a house with 4 packs of 16 cells, a three-phase inverter
 * and 4 plugs: raw rows by a rough model of sun, loads and battery, and from them all tiers by the
 * collector's own roll-up; what would be too old by now goes by its own retention.
 *
 *	fill DIR YEARS [END]	END: s since 1970, now if not said; the zone is TZ's
 *
 * Of the days whose 10 s rows are still there a row each 10 s is made, of those that have minutes one
 * each 20 s, of the others one each 5 minutes: tiers have as many rows as in earnest, and are as large.
 * Prints how many seconds it took.
 */
#include "pipe/keep.h"
#include "pipe/roll.h"
#include "svitlo/clock.h"
#include "svitlo/db.h"
#include "svitlo/zone.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY	  86400
#define PACKS	  4
#define CELLS	  16
#define PLUGS	  4
#define INVERTER  (PACKS + 1)
#define FULL_WH	  14336.0 /* of a pack */
#define FINE_S	  ((HISTORY_10S_DAYS + 1LL) * DAY)
#define MINUTES_S ((HISTORY_1MIN_DAYS + 1LL) * DAY)

static sqlite3 *db;
static uint64_t seed = 88172645463325252ull;

static double noise(void) /* -1 to 1 */
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / (double)(1ull << 52) - 1;
}

static void die(const struct err *e)
{
	fprintf(stderr, "fill: %s\n", err_text(e));
	exit(1);
}

static void run(sqlite3 *on, const char *sql)
{
	struct err e = { 0 };

	if (db_exec(on, sql, &e) < 0)
		die(&e);
}

enum { PUT_BATTERY, PUT_INVERTER, PUT_PLUG, PUT_BANK, PUT_HOUSE, PUT__MAX };
static sqlite3_stmt *put[PUT__MAX];
/* ?1 is the time, ?2 where its day begins among the ids, in seconds. */
#define ID(device) "(?1 + ?2) * 4096 + " device
static const char *const put_sql[PUT__MAX] = {
	"INSERT OR REPLACE INTO battery_10s (id, t, n, quality, voltage_mv, current_ma, power_mw,"
	" soc, soh, remaining_mah, nominal_mah, cycles, balance_ma, mos_dc, flags, errors,"
	" temperatures_dc, cells_mv, cell_min_mv, cell_max_mv, cell_delta_mv)"
	" VALUES (" ID("?3") ", ?1, 20, 0, ?4, ?5, ?6, ?7, 99, ?8, 280000, ?9, ?10, ?11, 3, 0, ?12,"
			     " ?13, ?14, ?15, ?16)",
	"INSERT OR REPLACE INTO inverter_10s (id, t, n, quality, pv_w, grid_w, load_w, battery_w,"
	" gen_w, inverter_w, backup_w, battery_mv, battery_ma, battery_soc, battery_dc, grid_chz,"
	" dc_dc, ac_dc, run_state, flags, faults, warnings, pv_strings_w, pv_strings_dv,"
	" grid_phases_w, grid_phases_dv, load_phases_w)"
	" VALUES (" ID("5") ", ?1, 2, 0, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11, 251, ?12, ?13,"
			    " ?14, 2, ?15, 0, 0, ?16, ?17, ?18, ?19, ?20)",
	"INSERT OR REPLACE INTO plug_10s (id, t, n, quality, power_mw, voltage_mv, current_ma,"
	" energy_today_wh, rssi, flags)"
	" VALUES (" ID("?3") ", ?1, 2, 0, ?4, ?5, ?6, ?7, ?8, ?9)",
	"INSERT OR REPLACE INTO bank_10s"
	" VALUES (" ID("0") ", ?1, 10, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1120000)",
	"INSERT OR REPLACE INTO house_10s"
	" VALUES (" ID("0") ", ?1, 10, 0, ?3, ?4, ?5, ?6, 0, ?7, ?8)",
};
static int64_t day_at; /* ?2 */

/* The house at a moment. */
struct house {
	double cloud, kettle, soc, grid_away_s;
	double plug_wh[PLUGS];
	int64_t day;
};

static char *digits(char *to, int v)
{
	char text[12], *c = text;

	if (v < 0) {
		*to++ = '-';
		v = -v;
	}
	do
		*c++ = (char)('0' + v % 10);
	while (v /= 10);
	while (c > text)
		*to++ = *--c;
	return to;
}

/* A JSON array; n values. Gives its length. */
static int array(char *to, const int *v, int n)
{
	char *c = to;

	*c++ = '[';
	for (int i = 0; i < n; i++) {
		if (i)
			*c++ = ',';
		c = digits(c, v[i]);
	}
	*c++ = ']';
	return (int)(c - to);
}

static void bind_array(sqlite3_stmt *st, int at, char *room, const int *v, int n)
{
	sqlite3_bind_text(st, at, room, array(room, v, n), SQLITE_STATIC);
}

static void bind_ints(sqlite3_stmt *st, int at, const int64_t *v, int n)
{
	for (int i = 0; i < n; i++)
		sqlite3_bind_int64(st, at + i, v[i]);
}

static void step(sqlite3_stmt *st)
{
	struct err e = { 0 };
	int r = sqlite3_step(st);

	if (r != SQLITE_DONE) {
		db_error(db, &e, "fill");
		die(&e);
	}
	sqlite3_reset(st);
}

static void put_pack(int64_t t, int device, double watts, double soc, int *low, int *high)
{
	double volts = 49.6 + soc * 0.045 + watts / 9000, amps = watts / volts;
	int cells[CELLS], temps[4], min = 9999, max = 0;
	char text[2][160];
	const int64_t heads[] = { t, day_at, device };

	for (int i = 0; i < CELLS; i++) {
		cells[i] = (int)(volts / CELLS * 1000 +
				 ((i * 7 + device * 3) % 9 - 4) * (1 + soc / 40) + noise());
		min = cells[i] < min ? cells[i] : min;
		max = cells[i] > max ? cells[i] : max;
	}
	for (int i = 0; i < 4; i++)
		temps[i] = (int)(214 + fabs(amps) * 1.5 + i * 3 + noise());
	const int64_t rest[] = {
		(int64_t)(volts * 1000), (int64_t)(amps * 1000),
		(int64_t)(watts * 1000), (int64_t)soc,
		(int64_t)(2800 * soc),	 t / (2 * DAY) % 4000,
		max - min > 8 ? 600 : 0, (int64_t)(246 + fabs(amps) * 2 + noise())
	};

	bind_ints(put[PUT_BATTERY], 1, heads, 3);
	bind_ints(put[PUT_BATTERY], 4, rest, 8);
	bind_array(put[PUT_BATTERY], 12, text[0], temps, 4);
	bind_array(put[PUT_BATTERY], 13, text[1], cells, CELLS);
	bind_ints(put[PUT_BATTERY], 14, (const int64_t[]){ min, max, max - min }, 3);
	step(put[PUT_BATTERY]);
	*low = min < *low ? min : *low;
	*high = max > *high ? max : *high;
}

static void put_inverter(int64_t t, int pv, int grid, int load, int battery, double soc, bool away)
{
	char text[5][64];
	const int64_t v[] = { t,
			      day_at,
			      pv,
			      grid,
			      load,
			      battery,
			      load - grid,
			      load * 7 / 10,
			      (int64_t)(51600 + soc * 40 + 20 * noise()),
			      battery * 19,
			      (int64_t)soc,
			      (int64_t)(5000 + 3 * noise()),
			      (int64_t)(350 + pv / 40.0),
			      (int64_t)(380 + pv / 60.0 + noise()),
			      away ? 0 : 1 };
	const int strings[] = { pv * 6 / 10, pv * 4 / 10 };
	const int volts[] = { pv ? (int)(3800 + 40 * noise()) : 0,
			      pv ? (int)(3600 + 40 * noise()) : 0 };
	const int phases[] = { grid / 2, grid / 4, grid - grid / 2 - grid / 4 };
	const int grid_v[] = { away ? 0 : (int)(2310 + 12 * noise()),
			       away ? 0 : (int)(2290 + 12 * noise()),
			       away ? 0 : (int)(2330 + 12 * noise()) };
	const int loads[] = { load / 2, load / 3, load - load / 2 - load / 3 };

	bind_ints(put[PUT_INVERTER], 1, v, 15);
	bind_array(put[PUT_INVERTER], 16, text[0], strings, 2);
	bind_array(put[PUT_INVERTER], 17, text[1], volts, 2);
	bind_array(put[PUT_INVERTER], 18, text[2], phases, 3);
	bind_array(put[PUT_INVERTER], 19, text[3], grid_v, 3);
	bind_array(put[PUT_INVERTER], 20, text[4], loads, 3);
	step(put[PUT_INVERTER]);
}

static double put_plugs(struct house *h, int64_t t, int64_t seconds)
{
	double sum = 0;

	for (int i = 0; i < PLUGS; i++) {
		/* a fridge that comes and goes, a lamp in the evening, a heater at noon, one that idles */
		bool on = i == 0   ? t / 1500 % 3 == 0
			  : i == 1 ? t / 3600 % 24 >= 16
			  : i == 2 ? t / 3600 % 24 == 10
				   : false;
		double w = on ? (const double[]){ 140, 30, 1500, 0 }[i] + 4 * noise() : 0.4;

		h->plug_wh[i] = h->day == t / DAY ? h->plug_wh[i] + w * (double)seconds / 3600 : 0;
		bind_ints(put[PUT_PLUG], 1,
			  (const int64_t[]){ t, day_at, INVERTER + 1 + i, (int64_t)(w * 1000),
					     (int64_t)(230000 + 1200 * noise()), (int64_t)(w * 4.3),
					     (int64_t)h->plug_wh[i], (int64_t)(-58 + 2 * noise()),
					     on },
			  9);
		step(put[PUT_PLUG]);
		sum += w;
	}
	h->day = t / DAY;
	return sum;
}

static void put_moment(struct house *h, int64_t t, int64_t seconds)
{
	double year = cos(2 * M_PI * ((double)(t % (365 * DAY)) / DAY - 172) / 365);
	double hour = (double)(t % DAY) / 3600 - 10, half = 4.2 + 1.6 * year;
	double sun = fabs(hour) < half ? cos(hour / half * M_PI / 2) : 0;
	int low = 9999, high = 0;

	h->cloud += (0.35 - h->cloud) * 0.002 + 0.03 * noise();
	h->cloud = fmin(fmax(h->cloud, 0), 0.95);
	h->kettle = h->kettle > 0 ? h->kettle - (double)seconds : noise() > 0.999 ? 180 : 0;
	if (h->grid_away_s > 0)
		h->grid_away_s -= (double)seconds;
	else if (noise() > 1 - (double)seconds / 200000)
		h->grid_away_s = 7200 + 3600 * noise();
	int pv = (int)(6500 * sun * (1 - h->cloud) * (0.75 + 0.25 * year));
	int load =
		(int)(380 + 150 * noise() + (h->kettle > 0 ? 1900 : 0) + put_plugs(h, t, seconds));
	double spare = pv - load;
	double battery = h->soc >= 100 && spare > 0 ? 0 : h->soc <= 15 && spare < 0 ? 0 : spare;
	int grid = h->grid_away_s > 0 ? 0 : (int)(battery - spare);

	if (h->grid_away_s > 0)
		battery = h->soc > 2 ? fmin(spare, h->soc < 100 ? spare : 0) : 0;
	h->soc += battery * (double)seconds / 3600 / (FULL_WH * PACKS) * 100;
	h->soc = fmin(fmax(h->soc, 0), 100);
	for (int i = 1; i <= PACKS; i++)
		put_pack(t, i, battery / PACKS * (1 + 0.02 * i), h->soc, &low, &high);
	put_inverter(t, pv, grid, load, (int)battery, h->soc, h->grid_away_s > 0);
	bind_ints(put[PUT_BANK], 1,
		  (const int64_t[]){ t, day_at, (int64_t)(49600 + h->soc * 45),
				     (int64_t)(battery * 19.2), (int64_t)(battery * 1000),
				     (int64_t)(h->soc * 10), low, high, high - low,
				     (int64_t)(11200 * h->soc) },
		  10);
	step(put[PUT_BANK]);
	bind_ints(put[PUT_HOUSE], 1,
		  (const int64_t[]){ t, day_at, pv, load, grid, (int64_t)battery, (int64_t)h->soc,
				     h->grid_away_s > 0 ? 2 : 1 },
		  8);
	step(put[PUT_HOUSE]);
}

static void roll_all(struct roll *r, struct keep *k, int64_t t)
{
	struct err e = { 0 };
	int rc;

	do
		rc = roll_step(r, t, &e);
	while (rc > 0);
	if (rc == 0)
		do
			rc = keep_step(k, t, &e);
		while (rc > 0);
	if (rc < 0)
		die(&e);
}

static void day_begin(struct keep *k, int64_t t)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	if (keep_slot(k, t, true, &e) < 0 ||
	    db_prepare(db, &st, "SELECT place * 86400 - day FROM slot WHERE day = ?1", &e) < 0)
		die(&e);
	db_bind(st, "i", t);
	if (db_step(st, &e) <= 0)
		die(&e);
	day_at = sqlite3_column_int64(st, 0);
}

/* Rows that come more often than before would have to squeeze in between. */
static void raw_clear(void)
{
	run(db, "DELETE FROM battery_10s; DELETE FROM inverter_10s; DELETE FROM plug_10s;"
		"DELETE FROM bank_10s; DELETE FROM house_10s; DELETE FROM slot");
}

static void configure(const char *dir, int64_t end)
{
	struct err e = { 0 };
	sqlite3 *config;
	char sql[400];

	if (db_open(&config, DB_CONFIG, DB_COLLECTOR, dir, &e) < 0)
		die(&e);
	for (int i = 1; i <= PACKS + 1 + PLUGS; i++) {
		const char *kind = i <= PACKS ? "jk-bms" : i == INVERTER ? "deye" : "tapo";

		snprintf(sql, sizeof(sql),
			 "INSERT OR IGNORE INTO device (id, kind, name, address, enabled, "
			 "created_ms,"
			 " position) VALUES (%d, '%s', '%s %d', '%s%d', 0, %" PRId64 "000, %d)",
			 i, kind,
			 i <= PACKS	 ? "Pack"
			 : i == INVERTER ? "Inverter"
					 : "Plug",
			 i,
			 i <= PACKS	 ? "C8:47:80:00:00:0"
			 : i == INVERTER ? "solarman://192.0.2."
					 : "tapo://192.0.2.",
			 i, end, i);
		run(config, sql);
	}
	db_close(config);
}

/* What is counted and noted beside the tiers. */
static void finish(void)
{
	run(db, "INSERT OR REPLACE INTO energy_day SELECT day, device, pv_mwh / 1000.0, load_mwh / "
		"1000.0,"
		" import_mwh / 1000.0, export_mwh / 1000.0, charge_mwh / 1000.0, discharge_mwh / "
		"1000.0,"
		" gen_mwh / 1000.0, covered_s, 0 FROM inverter_day");
	run(db, "INSERT INTO event (t_ms, device, kind, data) SELECT t * 1000, NULL, 'grid_lost',"
		" json_object('soc', battery_soc) FROM house_15min AS h WHERE grid_away_s > 0 AND "
		"NOT EXISTS"
		" (SELECT 1 FROM house_15min AS b WHERE b.device = 0 AND b.t = h.t - 900 AND "
		"b.grid_away_s > 0)");
	run(db, "INSERT INTO event (t_ms, device, kind, data) SELECT t * 1000 + 900000, NULL, "
		"'grid_back',"
		" json_object('lost_ms', 7200000, 'battery_wh', discharge_mwh / 125) FROM "
		"house_15min AS h WHERE grid_away_s > 0 AND "
		"NOT EXISTS"
		" (SELECT 1 FROM house_15min AS b WHERE b.device = 0 AND b.t = h.t + 900 AND "
		"b.grid_away_s > 0)");
}

int main(int argc, char **argv)
{
	const double years = argc > 2 ? strtod(argv[2], NULL) : 0;
	int64_t end = argc > 3 ? strtoll(argv[3], NULL, 10) : clock_wall_ms() / 1000;
	int64_t begun = clock_mono_ms();
	struct house h = { .cloud = 0.3, .soc = 60 };
	struct err e = { 0 };
	struct roll *r;
	struct keep *k;

	if (!(years > 0)) {
		fprintf(stderr, "usage: fill DIR YEARS [END]\n");
		return 2;
	}
	end -= end % HISTORY_ROW_S;
	if (db_open(&db, DB_HISTORY, DB_COLLECTOR, argv[1], &e) < 0 || roll_new(&r, db, &e) < 0 ||
	    keep_new(&k, db, &e) < 0)
		die(&e);
	run(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
		"PRAGMA cache_size=-32768");
	for (int i = 0; i < PUT__MAX; i++)
		if (db_prepare(db, &put[i], put_sql[i], &e) < 0)
			die(&e);
	run(db, "BEGIN");
	for (int64_t t = (end - (int64_t)(years * 365.25 * DAY)) / DAY * DAY, was = 0; t < end;) {
		int64_t day = t - t % DAY;
		int64_t seconds = day < end - MINUTES_S ? 300
				  : day < end - FINE_S	? 20
							: HISTORY_ROW_S;

		if (seconds != was)
			raw_clear();
		was = seconds;
		if (t == day)
			day_begin(k, day);
		put_moment(&h, t, seconds);
		t += seconds;
		if (t % DAY == 0 || t >= end) {
			roll_all(r, k, t);
			run(db, "COMMIT; BEGIN");
		}
	}
	run(db, "COMMIT");
	finish();
	configure(argv[1], end);
	for (int i = 0; i < PUT__MAX; i++)
		sqlite3_finalize(put[i]);
	roll_free(r);
	keep_free(k);
	run(db, "PRAGMA journal_mode=WAL");
	db_close(db);
	printf("%.1f\n", (double)(clock_mono_ms() - begun) / 1000);
	return 0;
}
