/*
 * Asks the running collector for a capture, waits for it, and hands it out: a row in config.db, its
 * state in live.db, the file in STORE_DIR/captures. Ctrl-C ends it and keeps what there is.
 */
#include "capture_cmd.h"

#include "svitlo/clock.h"
#include "svitlo/db.h"
#include "svitlo/util.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MINUTES	     "2"
#define MINUTES_MAX  30
#define LOOK_MS	     200
#define DEAD_MS	     5000  /* no beat for so long: it doesn't run */
#define BEGUN_MS     10000 /* a job is begun within a second or two */
#define CANCELLED_MS 10000
#define NOT_RUNNING  (-ESRCH)

struct capture_cmd {
	const struct conf *conf;
	const char *device, *out;
	double minutes;
	sqlite3 *config, *live;
	sqlite3_stmt *state, *beat;
	sigset_t signals;
	int64_t job, device_id;
	int fd; /* of out; -1: stdout */
	bool tty, ended;
};

static int say_not_running(const struct capture_cmd *c, struct err *e)
{
	return err_set(
		e, NOT_RUNNING,
		"no collector is running on %s: start it with \"svitlo run\", or say where it "
		"runs with -c or -o store.dir=… -o live.dir=…",
		c->conf->store_dir);
}

static int check_beat(struct capture_cmd *c, struct err *e)
{
	bool alive = false;
	int r = db_step(c->beat, e);

	if (r < 0)
		return r;
	if (r > 0) {
		alive = strcmp(db_text(c->beat, 1), "running") == 0 &&
			clock_wall_ms() - sqlite3_column_int64(c->beat, 0) < DEAD_MS;
		db_reset(c->beat);
	}
	return alive ? 0 : say_not_running(c, e);
}

static int open_databases(struct capture_cmd *c, struct err *e)
{
	int r = db_open(&c->config, DB_CONFIG, DB_WORKER, c->conf->store_dir, e);

	if (r >= 0)
		r = db_open(&c->live, DB_LIVE, DB_WORKER, c->conf->live_dir, e);
	if (r == -ENOENT)
		return say_not_running(c, e);
	if (r >= 0)
		r = db_prepare(c->live, &c->beat,
			       "SELECT beat_ms, state FROM collector WHERE id = 1", e);
	if (r >= 0)
		r = db_prepare(c->live, &c->state,
			       "SELECT state, text, progress, result ->> 'pieces',"
			       " result ->> 'frames', result ->> 'file'"
			       " FROM job_state WHERE id = ?1",
			       e);
	return r < 0 ? r : check_beat(c, e);
}

/* By id or by name. */
static int find_device(struct capture_cmd *c, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	unsigned n = 0;
	int r = db_prepare(c->config, &st,
			   "SELECT id FROM device WHERE CAST(id AS TEXT) = ?1 OR name = ?1"
			   " ORDER BY CAST(id AS TEXT) = ?1 DESC",
			   e);

	if (r < 0)
		return r;
	db_bind(st, "s", c->device);
	for (; (r = db_step(st, e)) > 0; n++)
		if (n == 0)
			c->device_id = sqlite3_column_int64(st, 0);
	if (r < 0)
		return r;
	if (n == 0)
		return err_set(e, -ENOENT,
			       "there is no device \"%.64s\": \"svitlo device list\" shows them",
			       c->device);
	if (n > 1)
		return err_set(e, -EINVAL,
			       "%u devices are called \"%.64s\": say which by its number, which "
			       "\"svitlo device list\" shows",
			       n, c->device);
	return 0;
}

static int open_out(struct capture_cmd *c, struct err *e)
{
	if (!c->out || strcmp(c->out, "-") == 0)
		return 0;
	/* before anything is recorded: a wrong name is told at once */
	c->fd = open(c->out, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	return c->fd < 0 ? err_set(e, -errno, "%s: %s", c->out, strerror(errno)) : 0;
}

static int put_job(struct capture_cmd *c, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(c->config, &st,
			   "INSERT INTO job (kind, device, args, created_ms)"
			   " VALUES ('capture', ?1, json_object('minutes', ?2), ?3)",
			   e);

	if (r < 0)
		return r;
	db_bind(st, "idi", c->device_id, c->minutes, clock_wall_ms());
	r = db_run(st, e);
	c->job = sqlite3_last_insert_rowid(c->config);
	return r < 0 ? r : 0;
}

static int cancel_job(struct capture_cmd *c, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(c->config, &st, "UPDATE job SET cancelled = 1 WHERE id = ?1", e);

	if (r < 0)
		return r;
	db_bind(st, "i", c->job);
	return db_run(st, e);
}

/* ---- waiting ---- */

static void show(const struct capture_cmd *c)
{
	if (c->tty)
		fprintf(stderr, "\r\033[K%3.0f %%: %lld pieces, %lld good frames",
			sqlite3_column_double(c->state, 2) * 100,
			(long long)sqlite3_column_int64(c->state, 3),
			(long long)sqlite3_column_int64(c->state, 4));
}

/* 1: it has a file, 0: it goes on, -ENOENT: not begun, other -errno: failed. */
static int look(struct capture_cmd *c, struct err *e)
{
	const char *state;
	int r;

	db_bind(c->state, "i", c->job);
	r = db_step(c->state, e);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	state = db_text(c->state, 0);
	show(c);
	c->ended = strcmp(state, "running") != 0;
	r = 0;
	if (c->ended && *db_text(c->state, 5)) {
		fprintf(stderr, "%ssvitlo: %s: %lld pieces, %lld good frames%s%s\n",
			c->tty ? "\r\033[K" : "", state,
			(long long)sqlite3_column_int64(c->state, 3),
			(long long)sqlite3_column_int64(c->state, 4),
			*db_text(c->state, 1) ? ": " : "", db_text(c->state, 1));
		r = 1;
	} else if (c->ended) {
		r = err_set(e, -EIO, "%s%s%s", state, *db_text(c->state, 1) ? ": " : "",
			    db_text(c->state, 1));
	}
	db_reset(c->state);
	return r;
}

/* A moment, or a signal. -> its number, 0: none */
static int wait_a_moment(struct capture_cmd *c)
{
	const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000 };
	int sig = sigtimedwait(&c->signals, NULL, &moment);

	return sig > 0 ? sig : 0;
}

static int follow(struct capture_cmd *c, struct err *e)
{
	int64_t begun_ms = clock_mono_ms(), until_ms = 0;
	int r;

	for (;;) {
		r = look(c, e);
		if (c->ended || (r < 0 && r != -ENOENT))
			return r;
		if (r == -ENOENT && clock_mono_ms() - begun_ms > BEGUN_MS)
			return err_set(e, -ETIMEDOUT,
				       "the collector runs, but has not begun it after 10 s");
		if (until_ms && clock_mono_ms() > until_ms)
			return err_set(e, -ETIMEDOUT, "it does not end");
		r = check_beat(c, e);
		if (r < 0)
			return r;
		if (!wait_a_moment(c))
			continue;
		if (until_ms)
			return err_set(e, -EINTR, "interrupted");
		until_ms = clock_mono_ms() + CANCELLED_MS;
		r = cancel_job(c, e);
		if (r < 0)
			return r;
	}
}

/* ---- the file ---- */

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno != EINTR)
			return -errno;
		p += w > 0 ? w : 0;
		n -= w > 0 ? (size_t)w : 0;
	}
	return 0;
}

static int hand_out(struct capture_cmd *c, struct err *e)
{
	SV_AUTO_CLOSE int in = -1;
	int to = c->fd < 0 ? STDOUT_FILENO : c->fd, r = 0;
	char path[CONF_STR_MAX + 64], buf[65536];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/captures/%lld.cap", c->conf->store_dir, (long long)c->job);
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	if (c->fd >= 0 && ftruncate(c->fd, 0) < 0 && errno != EINVAL) /* EINVAL: no plain file */
		return err_set(e, -errno, "%s: %s", c->out, strerror(errno));
	while (r >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
		r = write_all(to, buf, (size_t)n);
	if (r < 0)
		return err_set(e, r, "%s: %s; the capture is in %s", c->out ? c->out : "stdout",
			       strerror(-r), path);
	return n < 0 ? err_set(e, -errno, "%s: %s", path, strerror(errno)) : 0;
}

/* Leaves no empty file behind. */
static void close_out(struct capture_cmd *c)
{
	struct stat st;

	if (c->fd < 0)
		return;
	if (fstat(c->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		unlink(c->out);
	close(c->fd);
}

static int capture_run(struct capture_cmd *c, struct err *e)
{
	int r;

	sigemptyset(&c->signals);
	sigaddset(&c->signals, SIGINT);
	sigaddset(&c->signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &c->signals, NULL);
	r = open_databases(c, e);
	if (r >= 0)
		r = find_device(c, e);
	if (r >= 0)
		r = open_out(c, e);
	if (r >= 0)
		r = put_job(c, e);
	if (r < 0)
		return r;
	fprintf(stderr,
		"svitlo: recording for %g minutes; Ctrl-C ends it and keeps what there is\n",
		c->minutes);
	r = follow(c, e);
	if (r < 0 && !c->ended) {
		if (c->tty)
			fputc('\n', stderr);
		cancel_job(c, NULL);
	}
	return r < 0 ? r : hand_out(c, e);
}

static int usage(FILE *to)
{
	fputs("usage: svitlo capture DEVICE [--minutes N] [-o FILE]\n"
	      "  DEVICE is the number or the name that \"svitlo device list\" shows; N is above 0, "
	      "to\n"
	      "  30, and " MINUTES " if not said; without FILE the capture goes to stdout.\n"
	      "  Serial numbers and passcodes are masked in it.\n",
	      to);
	return to == stdout ? 0 : 2;
}

static bool parse_minutes(const char *text, double *ret)
{
	char *end;

	*ret = strtod(text, &end);
	return end != text && !*end && *ret > 0 && *ret <= MINUTES_MAX;
}

int capture_main(const struct conf *conf, int argc, char **argv)
{
	static const struct option options[] = { { "minutes", required_argument, NULL, 'm' },
						 { "output", required_argument, NULL, 'o' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	struct capture_cmd c = { .conf = conf, .fd = -1, .tty = isatty(STDERR_FILENO) };
	const char *minutes = MINUTES;
	struct err e = { 0 };
	int o, r;

	optind = 0; /* begin anew: main() has used it */
	while ((o = getopt_long(argc + 1, argv - 1, "m:o:h", options, NULL)) >= 0) {
		if (o == 'm')
			minutes = optarg;
		else if (o == 'o')
			c.out = optarg;
		else
			return usage(o == 'h' ? stdout : stderr);
	}
	if (optind != argc)
		return usage(stderr);
	c.device = argv[optind - 1];
	if (!parse_minutes(minutes, &c.minutes)) {
		fprintf(stderr, "svitlo: --minutes \"%.20s\": a number above 0, to %d\n", minutes,
			MINUTES_MAX);
		return 2;
	}
	r = capture_run(&c, &e);
	sqlite3_finalize(c.state);
	sqlite3_finalize(c.beat);
	db_close(c.live);
	db_close(c.config);
	close_out(&c);
	if (r >= 0)
		return 0;
	fprintf(stderr, "%ssvitlo: %s\n", c.tty && c.ended ? "\r\033[K" : "", err_text(&e));
	return e.code == NOT_RUNNING ? 3 : 1;
}
