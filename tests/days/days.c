/*
 * A month of a house with an inverter, in minutes: its stick, its grid and ourselves fail several
 * times a day, and what was counted by the day is compared with what really flowed; so are the
 * outages that were noticed with those that were.
 *
 *	days [DAYS [SEED [house options]]]
 *
 * The product's driver asks the house's stick over TCP, in a time that jumps (jump.h). What it
 * keeps is kept here as the store does: at once, and for a power cut as it was a minute before.
 */
#include "jump.h"
#include "sticks.h"

#include "driver/driver.h"
#include "io/regs.h"
#include "pipe/house.h"
#include "svitlo/clock.h"
#include "svitlo/log.h"
#include "svitlo/util.h"
#include "svitlo/zone.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ZONE	     "Europe/Kyiv"
#define POLL_S	     10
#define TICK_S	     5
#define DAY_MS	     86400000ll
#define COMMIT_MS    60000 /* as store.commit_s */
#define SLACK_MS     1000  /* a reading is as old as its question */
#define BAD_MS	     60000
#define RECONNECT_MS 65000 /* from the grid's return until the relay closes */
#define DIP_MS	     90000 /* the longest */
#define DAYS_MAX     62
#define DOCS_MAX     8
#define OUTAGES_MAX  1024
#define AGENDA_MAX   64
#define LARGE_WH     5000 /* a day's energy from which 1 % is more than half a step of the counters */
#define SMALL_WH     100 /* for less than that: a step of the inverter's counters */
#define DEVICE	     1
#define READINGS_MIN 3 /* during an outage: then it has to be noticed */

struct kept { /* what is on the disk, or was a minute ago */
	char *doc[DOCS_MAX];
	struct energy_day day[DAYS_MAX];
	unsigned n_days;
};

struct outage_truth {
	int64_t from_ms, to_ms;		      /* wall clock; to 0: it lasts */
	unsigned readings;		      /* of ours in it */
	int64_t lost_after_ms, back_after_ms; /* until it was noticed; 0: it was not */
	bool merged;			      /* with the one before */
	bool watched;			      /* we ran all the time, and the stick answered */
};

struct todo {
	int64_t ms; /* wall clock */
	char words[48];
};

struct world {
	sd_event *ev;
	struct sticks *sticks;
	struct regs_hub *hub;
	struct device_env env;
	struct device *device; /* NULL: we do not run */
	struct house *house;   /* the product's view of it */
	struct kept now, disk;
	int64_t disk_ms;
	int64_t bad_until_ms,
		dip_until_ms; /* wall clock: what befell the stick may still be felt */
	struct todo todo[AGENDA_MAX];
	unsigned n_todo;
	struct outage_truth outage[OUTAGES_MAX];
	unsigned n_outages;
	double truth[DAYS_MAX][ENERGY__MAX];
	char day[DAYS_MAX][ZONE_DAY_MAX];
	unsigned n_days;
	uint64_t random, readings;
	unsigned false_lost, false_back, events, done[32];
};

static unsigned failed;

static void say(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(bool ok, const char *fmt, ...)
{
	va_list ap;

	failed += !ok;
	printf(ok ? "ok - " : "not ok - ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static double random_in(struct world *w, double least, double most)
{
	w->random = w->random * 6364136223846793005ull + 1442695040888963407ull;
	return least + (most - least) * (double)(w->random >> 11) / (double)(1ull << 53);
}

/* ---- what is kept ---- */

static const char *const doc_kinds[DOCS_MAX] = { "energy", "learned", "info", "settings", "grid" };

static char **doc_of(struct kept *k, const char *kind)
{
	for (int i = 0; i < DOCS_MAX && doc_kinds[i]; i++)
		if (strcmp(doc_kinds[i], kind) == 0)
			return &k->doc[i];
	abort();
}

static void put_text(char **to, const char *text)
{
	free(*to);
	*to = text ? strdup(text) : NULL;
}

static void copy_kept(struct kept *to, const struct kept *from)
{
	for (int i = 0; i < DOCS_MAX; i++)
		put_text(&to->doc[i], from->doc[i]);
	memcpy(to->day, from->day, sizeof(to->day));
	to->n_days = from->n_days;
}

static char *on_grid_recall(void *ud)
{
	struct world *w = ud;
	const char *text = *doc_of(&w->now, "grid");

	return text ? strdup(text) : NULL;
}

static void on_grid_keep(void *ud, const char *json)
{
	struct world *w = ud;

	put_text(doc_of(&w->now, "grid"), json);
}

static char *on_energy_recall(void *ud, int64_t device)
{
	struct world *w = ud;
	const char *text = *doc_of(&w->now, "energy");

	(void)device;
	return text ? strdup(text) : NULL;
}

static void on_energy_keep(void *ud, int64_t device, const char *json)
{
	struct world *w = ud;

	(void)device;
	put_text(doc_of(&w->now, "energy"), json);
}

static struct energy_day *day_of(struct kept *k, const char *day)
{
	for (unsigned i = k->n_days; i-- > 0;)
		if (strcmp(k->day[i].day, day) == 0)
			return &k->day[i];
	return NULL;
}

static bool on_energy_load(void *ud, int64_t device, const char *day, struct energy_day *ret)
{
	struct world *w = ud;
	const struct energy_day *d = day_of(&w->now, day);

	(void)device;
	if (d)
		*ret = *d;
	return d != NULL;
}

static void on_energy_save(void *ud, int64_t device, const struct energy_day *d)
{
	struct world *w = ud;
	struct energy_day *to = day_of(&w->now, d->day);

	(void)device;
	if (!to && w->now.n_days < DAYS_MAX)
		to = &w->now.day[w->now.n_days++];
	if (to)
		*to = *d;
}

/* ---- the grid ---- */

static struct outage_truth *last_outage(struct world *w)
{
	return w->n_outages ? &w->outage[w->n_outages - 1] : NULL;
}

/* Begun before it was noticed, and not noticed yet. */
static void on_grid(void *ud, int64_t t_ms, const char *kind, const char *json)
{
	struct world *w = ud;
	struct outage_truth *o = last_outage(w);
	bool lost = strcmp(kind, "grid_lost") == 0;

	w->events++;
	(void)json;
	if (lost && o && !o->lost_after_ms && t_ms + SLACK_MS >= o->from_ms &&
	    (!o->to_ms || t_ms <= o->to_ms)) {
		o->lost_after_ms = clock_wall_ms() - o->from_ms;
		return;
	}
	if (!lost && o && o->to_ms && !o->back_after_ms && t_ms + SLACK_MS >= o->to_ms) {
		o->back_after_ms = clock_wall_ms() - o->to_ms;
		return;
	}
	printf("# %s at %lld %s", kind, (long long)t_ms, json);
	if (o)
		printf(", the last outage %lld to %lld", (long long)o->from_ms,
		       (long long)o->to_ms);
	putchar('\n');
	*(lost ? &w->false_lost : &w->false_back) += 1;
}

static void on_hurry(void *ud, int64_t device)
{
	struct world *w = ud;

	(void)device;
	w->device->driver->hurry(w->device);
}

/* ---- the device ---- */

static void on_reading(void *ud, struct device *d, const struct reading *r)
{
	struct world *w = ud;
	struct outage_truth *o = last_outage(w);

	w->readings++;
	if (o && !o->back_after_ms && r->quality != QUALITY_OK)
		o->watched = false;
	if (o && !o->to_ms && r->quality == QUALITY_OK)
		o->readings++;
	house_reading(w->house, d->conf.id, r);
	/* its beginning and the end of the one before came while we did not run: one to us */
	if (o && o->readings == READINGS_MIN && w->house->grid.known == GRID_ABSENT)
		o->merged = !o->lost_after_ms;
}

static void on_doc(void *ud, struct device *d, const char *kind, const char *json)
{
	struct world *w = ud;

	(void)d;
	put_text(doc_of(&w->now, kind), json);
}

static char *on_recall(void *ud, struct device *d, const char *kind)
{
	struct world *w = ud;
	const char *text = *doc_of(&w->now, kind);

	(void)d;
	return text ? strdup(text) : NULL;
}

static void on_changed(void *ud, struct device *d)
{
	struct world *w = ud;
	struct outage_truth *o = last_outage(w);

	if (o && !o->back_after_ms && d->state != DEVICE_LIVE)
		o->watched = false;
}

static void on_piece(void *ud, struct device *d, char dir, const uint8_t *p, size_t n)
{
	(void)ud, (void)d, (void)dir, (void)p, (void)n;
}

static void start(struct world *w)
{
	const struct house_owner house = { .hurry = on_hurry,
					   .event = on_grid,
					   .recall = on_grid_recall,
					   .keep = on_grid_keep,
					   .energy = { on_energy_recall, on_energy_keep,
						       on_energy_load, on_energy_save, w },
					   .ud = w };
	const struct device_owner owner = { .reading = on_reading,
					    .doc = on_doc,
					    .recall = on_recall,
					    .changed = on_changed,
					    .piece = on_piece,
					    .ud = w };
	struct device_config c = { .id = DEVICE, .kind = "deye", .enabled = true };
	char url[STICKS_TEXT_MAX];

	if (w->device)
		return;
	sticks_url(w->sticks, 0, url);
	snprintf(c.address, sizeof(c.address), "%s", url);
	snprintf(c.options, sizeof(c.options), "{\"poll_s\":%d}", POLL_S);
	w->house = calloc(1, sizeof(*w->house));
	if (!w->house || regs_hub_new(&w->hub, w->ev) < 0)
		abort();
	house_init(w->house, &house);
	house_add(w->house, DEVICE);
	w->env = (struct device_env){ .ev = w->ev, .regs = w->hub };
	w->device = device_new(&c, &w->env, &owner);
	if (!w->device)
		abort();
}

static void stop(struct world *w)
{
	if (!w->device)
		return;
	device_free(w->device);
	regs_hub_free(w->hub);
	free(w->house);
	w->device = NULL;
	w->house = NULL;
	if (last_outage(w) && !last_outage(w)->back_after_ms)
		last_outage(w)->watched = false;
}

/* ---- what happens ---- */

static void later(struct world *w, double seconds, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void later(struct world *w, double seconds, const char *fmt, ...)
{
	struct todo *t = &w->todo[w->n_todo];
	va_list ap;

	if (w->n_todo == AGENDA_MAX)
		return;
	w->n_todo++;
	t->ms = clock_wall_ms() + (int64_t)(1000 * seconds);
	va_start(ap, fmt);
	vsnprintf(t->words, sizeof(t->words), fmt, ap);
	va_end(ap);
}

static void grid_goes(struct world *w, bool off)
{
	struct outage_truth *o = last_outage(w);
	bool is_off = o && !o->to_ms;

	if (off == is_off)
		return;
	if (off && w->n_outages < OUTAGES_MAX)
		w->outage[w->n_outages++] =
			(struct outage_truth){ .from_ms = clock_wall_ms(),
					       .watched = w->device &&
							  clock_wall_ms() > w->bad_until_ms };
	else if (!off)
		o->to_ms = clock_wall_ms();
}

static void run_words(struct world *w, const char *words)
{
	char err[STICKS_TEXT_MAX];

	if (strcmp(words, "start") == 0) {
		start(w);
		return;
	}
	if (strncmp(words, "grid o", 6) == 0)
		grid_goes(w, strcmp(words, "grid off") == 0);
	if (!sticks_command(w->sticks, words, err)) {
		fprintf(stderr, "days: %s: %s\n", words, err);
		exit(1);
	}
}

/* What befalls it: words to the house, a number drawn from a range in each %g. `for_s`: when it
 * ends, and the words that end it. */
static const struct incident {
	const char *name;
	double a_day;
	const char *words;
	double least, most;
	const char *end;
	double end_least, end_most;
} incidents[] = {
	{ "outages", 3, "grid off", 0, 0, "grid on", 30, 4 * 3600 },
	{ "short outages", 3, "grid off", 0, 0, "grid on", 3, 30 },
	{ "dips", 8, "grid dip %.0f 4", 20, 180, NULL, 0, 0 },
	{ "long dips", 1, "grid dip %.0f 90", 60, 200, NULL, 0, 0 },
	{ "silences", 8, "stick 1 silent %.0f", 3, 900, NULL, 0, 0 },
	{ "drops", 6, "stick 1 drop", 0, 0, NULL, 0, 0 },
	{ "refusals", 1, "stick 1 refuse %.0f", 5, 300, NULL, 0, 0 },
	{ "absences", 1, "stick 1 gone %.0f", 5, 600, NULL, 0, 0 },
	{ "late answers", 4, "stick 1 late %.0f 3", 1000, 20000, NULL, 0, 0 },
	{ "half answers", 4, "stick 1 cut 1", 0, 0, NULL, 0, 0 },
	{ "damaged answers", 4, "stick 1 badcrc 3", 0, 0, NULL, 0, 0 },
	{ "nonsense", 4, "stick 1 nonsense %.0f", 1, 6, NULL, 0, 0 },
	{ "zeros", 4, "stick 1 zeros %.0f", 1, 6, NULL, 0, 0 },
	{ "exceptions", 3, "stick 1 exception 6 %.0f", 1, 12, NULL, 0, 0 },
	{ "no flow", 1, "load 0", 0, 0, "load auto", 600, 5400 },
	{ "no sun", 1, "sun 0", 0, 0, "sun auto", 600, 5400 },
	{ "large loads", 2, "load %.0f", 4000, 9000, "load auto", 60, 1800 },
	{ "counters at 0", 3, "inverter 1 counters zero %.0f", 5, 200, NULL, 0, 0 },
	{ "times that counters keep the day", .05, "inverter 1 counters keepday on", 0, 0,
	  "inverter 1 counters keepday off", 5 * 86400, 8 * 86400 },
	{ "wrong midnights", .1, "inverter 1 counters midnight %.0f", 0, 3000, NULL, 0, 0 },
	{ "wrong clocks", .1, "inverter 1 drift %.0f", -2000, 2000, NULL, 0, 0 },
	{ "restarts", 2, "stop", 0, 0, "start", 1, 60 },
	{ "power cuts", .5, "cut", 0, 0, "start", 60, 900 },
	{ "hours away", .25, "stop", 0, 0, "start", 3600, 6 * 3600 },
};

/* A relay that has not closed yet and a voltage too low for it: to an inverter that is an outage
 * too. */
static bool makes_an_outage(struct world *w, const char *words)
{
	const struct outage_truth *o = last_outage(w);
	int64_t now = clock_wall_ms();
	bool dips = strncmp(words, "grid dip", 8) == 0;

	if (dips && o && (!o->to_ms || now < o->to_ms + RECONNECT_MS))
		return true;
	if (dips)
		w->dip_until_ms = now + DIP_MS;
	return strcmp(words, "grid off") == 0 && now < w->dip_until_ms;
}

static void befall(struct world *w, size_t k)
{
	const struct incident *i = &incidents[k];
	char words[48];

	if (makes_an_outage(w, i->words))
		return;
	w->done[k]++;
	if (strncmp(i->words, "stick", 5) == 0) {
		w->bad_until_ms = clock_wall_ms() + BAD_MS;
		if (last_outage(w) && !last_outage(w)->back_after_ms)
			last_outage(w)->watched = false;
	}
	if (strcmp(i->words, "stop") == 0 || strcmp(i->words, "cut") == 0) {
		stop(w);
		if (strcmp(i->words, "cut") == 0)
			copy_kept(&w->now, &w->disk);
	} else {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		snprintf(words, sizeof(words), i->words, random_in(w, i->least, i->most));
#pragma GCC diagnostic pop
		run_words(w, words);
	}
	if (i->end)
		later(w, random_in(w, i->end_least, i->end_most), "%s", i->end);
}

/* ---- time ---- */

static const char *const truths[ENERGY__MAX] = {
	"pv_wh",	  "load_wh",	       "grid_import_wh",
	"grid_export_wh", "battery_charge_wh", "battery_discharge_wh",
	"generator_wh",
};

static void note_truth(struct world *w, int64_t wall)
{
	struct zone_day before = zone_day(zone_day(wall).start_ms - 1);

	if (w->n_days == DAYS_MAX)
		return;
	for (int c = 0; c < ENERGY__MAX; c++)
		w->truth[w->n_days][c] = sticks_truth_wh(w->sticks, truths[c], 1);
	snprintf(w->day[w->n_days++], ZONE_DAY_MAX, "%s", before.text);
}

static int on_tick(sd_event_source *s, uint64_t usec, void *ud)
{
	struct world *w = ud;
	int64_t wall = clock_wall_ms(), mono = clock_mono_ms();

	for (unsigned i = 0; i < w->n_todo; i++)
		if (wall >= w->todo[i].ms) {
			struct todo t = w->todo[i];

			w->todo[i--] = w->todo[--w->n_todo];
			run_words(w, t.words);
		}
	for (size_t k = 0; k < SV_LEN(incidents); k++)
		if (random_in(w, 0, 86400.0 / TICK_S) < incidents[k].a_day)
			befall(w, k);
	if (w->house)
		house_step(w->house, mono, wall);
	if (wall - w->disk_ms >= COMMIT_MS) {
		copy_kept(&w->disk, &w->now);
		w->disk_ms = wall;
	}
	if (zone_day(wall).start_ms != zone_day(wall - TICK_S * 1000).start_ms)
		note_truth(w, wall);
	sd_event_source_set_time(s, usec + TICK_S * 1000000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void run_until(struct world *w, int64_t wall_ms)
{
	while (clock_wall_ms() < wall_ms) {
		int r = sd_event_prepare(w->ev);

		if (r == 0)
			r = sd_event_wait(w->ev, UINT64_MAX);
		if (r < 0)
			abort();
		sticks_advance(w->sticks, clock_wall_ms());
		sd_event_dispatch(w->ev);
	}
}

/* ---- judgement ---- */

static void judge_energy(struct world *w)
{
	double worst[ENERGY__MAX] = { 0 }, worst_small = 0, filled = 0;
	unsigned large = 0, small = 0, bad = 0;

	for (unsigned d = 1; d < w->n_days; d++) { /* the first one was not whole */
		const struct energy_day *ours = day_of(&w->now, w->day[d]);

		for (int c = 0; c < ENERGY__MAX; c++) {
			double truth = w->truth[d][c], have = ours ? ours->wh[c] : NAN;
			double off = fabs(have - truth);
			bool ok = truth >= LARGE_WH ? off <= truth / 100 : off <= SMALL_WH;

			if (c == ENERGY_GEN && truth == 0 && isnan(have))
				continue;
			if (!ok)
				printf("# %s %s: %.0f Wh, really %.0f\n", w->day[d],
				       energy_channel_name((enum energy_channel)c), have, truth);
			bad += !ok;
			if (truth >= LARGE_WH && ++large)
				worst[c] = fmax(worst[c], 100 * off / truth);
			else if (++small)
				worst_small = fmax(worst_small, off);
		}
		filled += ours ? ours->filled_wh : 0;
	}
	say(!bad && large,
	    "energy of %u days: %u sums of a day of %d kWh and more are at most so far from the "
	    "truth: "
	    "pv %.2f %%, load %.2f %%, import %.2f %%, export %.2f %%, charge %.2f %%, discharge "
	    "%.2f %% (at most 1); %u smaller ones at most %.0f Wh (at most %d); %.0f kWh were "
	    "taken from counters",
	    w->n_days - 1, large, LARGE_WH / 1000, worst[ENERGY_PV], worst[ENERGY_LOAD],
	    worst[ENERGY_IMPORT], worst[ENERGY_EXPORT], worst[ENERGY_CHARGE],
	    worst[ENERGY_DISCHARGE], small, worst_small, SMALL_WH, filled / 1000);
}

static void judge_outages(const struct world *w)
{
	unsigned noticed = 0, due = 0, missed = 0, watched = 0;
	int64_t most_ms = 0;

	for (unsigned i = 0; i < w->n_outages; i++) {
		const struct outage_truth *o = &w->outage[i];

		noticed += o->lost_after_ms > 0;
		if (o->readings >= READINGS_MIN) {
			due++;
			missed += !o->lost_after_ms && !o->merged;
		}
		if (!o->watched || !o->lost_after_ms)
			continue;
		watched++;
		most_ms = o->lost_after_ms > most_ms ? o->lost_after_ms : most_ms;
		most_ms = o->back_after_ms > most_ms ? o->back_after_ms : most_ms;
	}
	say(!missed && due,
	    "%u outages, %u long enough to be noticed, %u of them missed; %u noticed", w->n_outages,
	    due, missed, noticed);
	say(watched && most_ms <= 2000 * POLL_S,
	    "%u of them while the stick answered as it should: beginning and end noticed after "
	    "%.1f s at most (two polls are %d s)",
	    watched, (double)most_ms / 1000, 2 * POLL_S);
	say(!w->false_lost, "%u outages were noticed that were none", w->false_lost);
	say(!w->false_back, "%u ends of outages were noticed that were none", w->false_back);
}

/* The start of a season with a change of the clocks in it: the next 5th of October. */
static int64_t start_ms(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	if (tm.tm_mon >= 9)
		tm.tm_year++;
	tm = (struct tm){
		.tm_year = tm.tm_year, .tm_mon = 9, .tm_mday = 5, .tm_hour = 10, .tm_isdst = -1
	};
	return (int64_t)mktime(&tm) * 1000;
}

int main(int argc, char **argv)
{
	unsigned long days = argc > 1 ? strtoul(argv[1], NULL, 10) : 30;
	const char *more = argc > 3 ? argv[3] : "family=hybrid3p_lv";
	struct world *w = calloc(1, sizeof(*w));
	char spec[256], err[STICKS_TEXT_MAX];
	sd_event_source *tick = NULL;
	struct err e = { 0 };
	int64_t from;

	if (!w || days < 2 || days > DAYS_MAX - 2)
		return 2;
	setenv("TZ", ZONE, 1);
	log_max = getenv("LOG") ? LOG_DEBUG : 0;
	signal(SIGPIPE, SIG_IGN);
	if (zone_set(ZONE, &e) < 0)
		return 2;
	from = start_ms();
	jump_start(from);
	w->random = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	if (sd_event_default(&w->ev) < 0)
		return 2;
	snprintf(spec, sizeof(spec), "seed=5 packs=1 inverters=1 net=127.9.1.1 outages=none %s",
		 more);
	w->sticks = sticks_simulate(w->ev, spec, from, err);
	if (!w->sticks) {
		fprintf(stderr, "days: %s\n", err);
		return 2;
	}
	sd_event_add_time_relative(w->ev, &tick, CLOCK_MONOTONIC, 1000000, 1, on_tick, w);
	start(w);
	run_until(w, from + (int64_t)(days + 1) * DAY_MS);
	/* so that what is missing of the last day comes in */
	run_words(w, "grid on");
	run_words(w, "load auto");
	start(w);
	printf("# %lu days, %s: %llu readings", days, more, (unsigned long long)w->readings);
	for (size_t k = 0; k < SV_LEN(incidents); k++)
		printf(", %u %s", w->done[k], incidents[k].name);
	putchar('\n');
	judge_energy(w);
	judge_outages(w);
	stop(w);
	sd_event_source_disable_unref(tick);
	sticks_free(w->sticks);
	sd_event_unref(w->ev);
	for (int i = 0; i < DOCS_MAX; i++) {
		free(w->now.doc[i]);
		free(w->disk.doc[i]);
	}
	free(w);
	return failed != 0;
}
