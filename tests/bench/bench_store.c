/*
 * What history costs: a day of a house is stored as the collector does it, on top of a folder that fill
 * made, so that old rows go as well; and how much of a core storing takes for a large house.
 *
 *	bench_store DIR		lines: name value unit
 */
#include "io/worker.h"
#include "pipe/energy.h"
#include "pipe/store.h"
#include "svitlo/clock.h"
#include "svitlo/db.h"
#include "svitlo/log.h"
#include "svitlo/zone.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define DAY_MS	   86400000ll
#define STEP_MS	   1000
#define COMMIT_MS  60000
#define CELLS	   16
#define TURN_MS	   (DAY_MS * (HISTORY_10S_DAYS + 1))
#define START_MONO 1000000000ll /* long after a start: old rows go */

struct home {
	int packs, inverters, plugs;
};

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/*
 * What SQLite writes to files of the folder: counted where it hands it to the system, since what
 * /proc/self/io says is rounded up to what the kernel caches at once, and that is up to 2 MiB.
 */
static int (*real_open)(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out);
static struct counted {
	sqlite3_io_methods methods; /* first: what a file points to */
	const sqlite3_io_methods *real;
} counted[8]; /* one a kind of file, made before the thread begins */
static unsigned n_counted;
static int64_t written;

static int count_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	__atomic_add_fetch(&written, n, __ATOMIC_RELAXED);
	return ((const struct counted *)f->pMethods)->real->xWrite(f, p, n, at);
}

static int count_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	int r = real_open(v, name, f, flags, out);
	unsigned i = 0;

	if (r != SQLITE_OK || !name || strncmp(name, "/dev/shm/", 9) == 0)
		return r;
	while (i < n_counted && counted[i].real != f->pMethods)
		i++;
	if (i == SV_LEN(counted))
		abort();
	if (i == n_counted) {
		counted[i] = (struct counted){ *f->pMethods, f->pMethods };
		counted[i].methods.xWrite = count_write;
		n_counted++;
	}
	f->pMethods = &counted[i].methods;
	return r;
}

static void count_writes(void)
{
	sqlite3_vfs *v = sqlite3_vfs_find(NULL);

	real_open = v->xOpen;
	v->xOpen = count_open;
}

/* The thread that copies the WAL, as the collector has it. It has a minute until the next commit; here
 * that comes at once, and is waited for. */
static sd_event *event;
static struct worker *worker;
static const char *folder;
static bool copying;

static void copy_run(struct worker_order *o)
{
	struct err e = { 0 };

	(void)o;
	if (db_checkpoint(DB_HISTORY, folder, &e) < 0)
		fprintf(stderr, "bench_store: %s\n", err_text(&e));
}

static void copy_done(struct worker_order *o)
{
	(void)o;
	copying = false;
}

static void copy_wal(struct store *s)
{
	static struct worker_order order = { .run = copy_run,
					     .done = copy_done,
					     .drop = copy_done };

	if (!store_wal_due(s))
		return;
	copying = true;
	worker_do(worker, &order);
	while (copying)
		sd_event_run(event, UINT64_MAX);
}

static double flicker(int64_t t_ms, int i)
{
	uint64_t x = (uint64_t)(t_ms / STEP_MS) * 2654435761u + (uint64_t)i * 40503u;

	return (double)(x >> 7 & 1023) / 1023 - 0.5;
}

static void some(struct reading *r, enum metric m, unsigned n, double base, double range)
{
	double *v = reading_many(r, m, n);

	for (unsigned i = 0; i < n; i++)
		v[i] = base + range * flicker(r->t_ms, (int)i) + range / 3 * i;
}

static struct reading pack(int64_t t_ms, int n)
{
	double sun = sin((double)(t_ms % DAY_MS) / DAY_MS * 2 * M_PI);
	struct reading r;

	reading_init(&r, t_ms, t_ms);
	r.one[METRIC_VOLTAGE] = 52 + sun + 0.02 * flicker(t_ms, n);
	r.one[METRIC_CURRENT] = 30 * sun + flicker(t_ms, n + 1);
	r.one[METRIC_POWER] = r.one[METRIC_VOLTAGE] * r.one[METRIC_CURRENT];
	r.one[METRIC_SOC] = round(55 + 40 * sun);
	r.one[METRIC_SOH] = 99;
	r.one[METRIC_REMAINING_AH] = 2.8 * r.one[METRIC_SOC];
	r.one[METRIC_NOMINAL_AH] = 280;
	r.one[METRIC_CYCLE_COUNT] = 312;
	r.one[METRIC_BALANCE_CURRENT] = 0;
	r.one[METRIC_MOS_TEMPERATURE] = 25 + flicker(t_ms, 2);
	r.one[METRIC_CELL_MIN] = 3.24;
	r.one[METRIC_CELL_MAX] = 3.26;
	r.one[METRIC_CELL_DELTA] = 0.02;
	r.one[METRIC_CHARGE_FET] = r.one[METRIC_DISCHARGE_FET] = 1;
	some(&r, METRIC_TEMPERATURES, 4, 22, 0.3);
	some(&r, METRIC_CELL_VOLTAGES, CELLS, 3.25, 0.002);
	return r;
}

static struct reading inverter(int64_t t_ms, enum reading_kind kind)
{
	double sun = fmax(sin((double)(t_ms % DAY_MS) / DAY_MS * 2 * M_PI), 0);
	struct reading r;

	reading_init(&r, t_ms, t_ms);
	r.kind = kind;
	r.one[METRIC_PV_POWER] = round(5000 * sun);
	r.one[METRIC_LOAD_POWER] = round(700 + 300 * flicker(t_ms, 3));
	r.one[METRIC_GRID_POWER] = round(40 * flicker(t_ms, 4));
	r.one[METRIC_BATTERY_POWER] = round(5000 * sun - 700);
	r.one[METRIC_GEN_POWER] = 0;
	r.one[METRIC_INVERTER_POWER] = 700;
	r.one[METRIC_BACKUP_POWER] = 400;
	r.one[METRIC_BATTERY_VOLTAGE] = 52.1 + flicker(t_ms, 5);
	r.one[METRIC_BATTERY_CURRENT] = 80 * sun;
	r.one[METRIC_BATTERY_SOC] = 60;
	r.one[METRIC_BATTERY_TEMPERATURE] = 25;
	r.one[METRIC_GRID_FREQUENCY] = 50 + 0.05 * flicker(t_ms, 6);
	r.one[METRIC_DC_TEMPERATURE] = 40 + flicker(t_ms, 7);
	r.one[METRIC_AC_TEMPERATURE] = 42 + flicker(t_ms, 8);
	r.one[METRIC_RUN_STATE] = 2;
	r.one[METRIC_GRID_RELAY] = r.one[METRIC_GRID_PRESENT] = 1;
	some(&r, METRIC_PV_POWERS, 2, 2000 * sun, 10);
	some(&r, METRIC_PV_VOLTAGES, 2, 380, 4);
	some(&r, METRIC_GRID_POWERS, 3, 10, 20);
	some(&r, METRIC_GRID_VOLTAGES, 3, 231, 2);
	some(&r, METRIC_LOAD_POWERS, 3, 230, 50);
	return r;
}

static struct reading plug(int64_t t_ms, int n)
{
	struct reading r;

	reading_init(&r, t_ms, t_ms);
	r.kind = READING_PLUG;
	r.one[METRIC_POWER] = 60 + flicker(t_ms, n);
	r.one[METRIC_VOLTAGE] = 230 + 2 * flicker(t_ms, 9);
	r.one[METRIC_CURRENT] = 0.26;
	r.one[METRIC_ENERGY_TODAY_WH] = (double)(t_ms % DAY_MS / 60000);
	r.one[METRIC_RSSI] = -55;
	r.one[METRIC_ON] = 1;
	return r;
}

/* What an inverter's day has come to. */
static void count_day(struct store *s, int64_t device, int64_t t)
{
	struct energy_day d = { .measured_s = (double)(t % DAY_MS) / 1000 };

	snprintf(d.day, sizeof(d.day), "%s", zone_day(t).text);
	for (int i = 0; i < ENERGY__MAX; i++)
		d.wh[i] = (double)(t % DAY_MS) / 10000;
	store_energy_save(s, device, &d);
}

/* What a second brings at default rates: packs and summaries each second, the others each five. */
static void second(struct store *s, const struct home *h, int64_t t)
{
	struct reading r;

	for (int i = 1; i <= h->packs; i++) {
		r = pack(t, i);
		store_reading(s, i, &r);
	}
	for (int i = 1; i <= h->inverters && t % 5000 == 0; i++) {
		r = inverter(t, READING_INVERTER);
		store_reading(s, h->packs + i, &r);
	}
	for (int i = 1; i <= h->plugs && t % 5000 == 0; i++) {
		r = plug(t, i);
		store_reading(s, h->packs + h->inverters + i, &r);
	}
	if (t % COMMIT_MS == 0 && h->inverters == 1)
		count_day(s, h->packs + 1, t);
	r = pack(t, 0);
	r.kind = READING_BANK;
	store_whole(s, &r);
	r = inverter(t, READING_HOUSE);
	store_whole(s, &r);
}

/* Gives for how long at most the loop was held up by what history needs, in ms. */
static double go(struct store *s, const struct home *h, int64_t from, int64_t to, int64_t step_ms)
{
	int64_t worst = 0;

	for (int64_t t = from; t < to; t += step_ms) {
		int64_t begun;

		second(s, h, t);
		store_flush(s, t);
		begun = clock_mono_us();
		if (t % COMMIT_MS == 0)
			store_commit(s, t);
		store_upkeep(s, START_MONO + t, t);
		begun = clock_mono_us() - begun;
		worst = begun > worst ? begun : worst;
		copy_wal(s);
	}
	return (double)worst / 1000;
}

static int64_t newest(const char *dir)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	SV_AUTO_DB sqlite3 *db = NULL;

	return db_open(&db, DB_HISTORY, DB_WORKER, dir, NULL) == 0 &&
			       db_prepare(db, &st, "SELECT max(t) FROM battery_10s", NULL) == 0 &&
			       db_step(st, NULL) > 0
		       ? sqlite3_column_int64(st, 0)
		       : 0;
}

int main(int argc, char **argv)
{
	const struct home small = { 4, 1, 4 }, large = { 64, 16, 128 };
	char live[] = "/dev/shm/svitlo-bench-XXXXXX", command[64];
	struct err e = { 0 };
	int64_t bytes, from;
	struct store *s;
	double cpu, worst;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_store DIR\n");
		return 2;
	}
	log_max = 0;
	count_writes();
	setvbuf(stdout, NULL, _IOLBF, 0);
	zone_set("Europe/Kyiv", NULL);
	from = (newest(argv[1]) + HISTORY_ROW_S) * 1000;
	folder = argv[1];
	if (sd_event_new(&event) < 0 || worker_new(&worker, event) < 0)
		return 1;
	if (from < DAY_MS || !mkdtemp(live) || store_open(&s, argv[1], live, from, &e) < 0) {
		fprintf(stderr, "bench_store: %s\n", from < DAY_MS ? "no history" : err_text(&e));
		return 1;
	}
	store_wal_aside(s);
	/* what had waited; and all places of days are this house's: what fill wrote is not of its size */
	go(s, &small, from, from + TURN_MS, HISTORY_ROW_S * STEP_MS);
	from += TURN_MS;
	bytes = written;
	cpu = cpu_s();
	worst = go(s, &small, from, from + DAY_MS, STEP_MS);
	printf("history_written_mb_day %.1f MB of 50\n", (double)(written - bytes) / 1e6);
	printf("history_written_mb_day_reference 2460 MB\n");
	printf("store_held_up_ms %.1f ms at most, with the disk's time but not the thread's\n",
	       worst);
	printf("store_cpu_percent %.2f %% of a core\n", (cpu_s() - cpu) / (DAY_MS / 1000) * 100);
	from += DAY_MS;
	cpu = cpu_s();
	worst = go(s, &large, from, from + DAY_MS / 24, STEP_MS);
	printf("store_cpu_percent_64_16_128 %.2f %% of a core\n",
	       (cpu_s() - cpu) / (DAY_MS / 24 / 1000) * 100);
	printf("store_held_up_ms_64_16_128 %.1f ms\n", worst);
	worker_free(worker);
	sd_event_unref(event);
	store_close(s, from + DAY_MS / 24);
	snprintf(command, sizeof(command), "rm -rf %s", live);
	return system(command); /* NOLINT(cert-env33-c): our own folder */
}
