/* Jobs: taken, run beside each other, cancelled, interrupted; captures and what they keep. */
#include "pipe/jobs.h"
#include "proto/cap.h"
#include "proto/jk_frame.h"
#include "svitlo/db.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define T0 4000000000000ll /* a wall clock after any build */

struct fixture {
	char dir[64];
	sqlite3 *config, *live, *history;
	sqlite3 *page; /* another process's connection to config.db */
	struct jobs *jobs;
	struct jobs_env env;
	struct device device;
	bool there;
	int64_t now; /* ms since the start */
	struct scan {
		int seconds, polls, stops, fail;
	} scan;
};

static struct device *find_device(void *ud, int64_t id)
{
	struct fixture *f = ud;

	return f->there && f->device.conf.id == id ? &f->device : NULL;
}

static int scan_start(void *ud, int seconds, struct err *e)
{
	struct fixture *f = ud;

	f->scan.seconds = seconds;
	return f->scan.fail ? err_set(e, f->scan.fail, "no adapter") : 0;
}

static int scan_poll(void *ud, double *progress, struct jw *result, struct err *e)
{
	struct fixture *f = ud;

	f->scan.polls++;
	*progress = f->scan.polls * 0.25;
	jw_obj(result);
	jw_kint(result, "polls", f->scan.polls);
	jw_end(result);
	(void)e;
	return f->scan.polls == 4;
}

static void scan_stop(void *ud)
{
	struct fixture *f = ud;

	f->scan.stops++;
}

static void start(struct fixture *f)
{
	struct err e = { 0 };

	if (jobs_open(&f->jobs, &f->env, T0 + f->now, &e) < 0)
		fail_msg("%s", e.text);
}

static void stop(struct fixture *f)
{
	jobs_close(f->jobs, T0 + f->now);
	f->jobs = NULL;
}

static void tick(struct fixture *f, int64_t ms)
{
	f->now += ms;
	jobs_poll(f->jobs, f->now + 5000, T0 + f->now);
}

static void run_sql(sqlite3 *db, const char *text)
{
	struct err e = { 0 };

	if (db_exec(db, text, &e) < 0)
		fail_msg("%s", e.text);
}

static const char *ask(sqlite3 *db, const char *text)
{
	static char out[512];
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
	snprintf(out, sizeof(out), "%s", sqlite3_step(st) == SQLITE_ROW ? db_text(st, 0) : "");
	sqlite3_finalize(st);
	return out;
}

/* Puts a job as the page does. -> its id */
static int64_t want(struct fixture *f, const char *kind, int64_t device, const char *args)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;

	assert_int_equal(db_prepare(f->page, &st,
				    "INSERT INTO job (kind, device, args, created_ms)"
				    " VALUES (?1, nullif(?2, 0), ?3, ?4)",
				    NULL),
			 0);
	db_bind(st, "sisi", kind, device, args, T0 + f->now);
	assert_int_equal(db_run(st, NULL), 1);
	return sqlite3_last_insert_rowid(f->page);
}

static void cancel(struct fixture *f, int64_t id)
{
	char text[80];

	snprintf(text, sizeof(text), "UPDATE job SET cancelled = 1 WHERE id = %lld", (long long)id);
	run_sql(f->page, text);
}

#define assert_state(f, id, want_)                                                                 \
	do {                                                                                       \
		char q_[200];                                                                      \
		snprintf(q_, sizeof(q_),                                                           \
			 "SELECT state || coalesce(': ' || text, '') FROM job_state WHERE id = "   \
			 "%lld",                                                                   \
			 (long long)(id));                                                         \
		assert_string_equal(ask((f)->live, q_), want_);                                    \
	} while (0)

static int setup(void **state)
{
	static struct fixture f;
	struct err e = { 0 };

	f = (struct fixture){ .dir = "/tmp/svitlo-jobs-XXXXXX", .there = true };
	log_max = 0;
	if (!mkdtemp(f.dir) || db_open(&f.config, DB_CONFIG, DB_COLLECTOR, f.dir, &e) < 0 ||
	    db_open(&f.live, DB_LIVE, DB_COLLECTOR, f.dir, &e) < 0 ||
	    db_open(&f.history, DB_HISTORY, DB_COLLECTOR, f.dir, &e) < 0 ||
	    db_open(&f.page, DB_CONFIG, DB_WORKER, f.dir, &e) < 0)
		return -1;
	f.env = (struct jobs_env){ .config = f.config,
				   .live = f.live,
				   .history = f.history,
				   .store_dir = f.dir,
				   .device = find_device,
				   .scan_start = scan_start,
				   .scan_poll = scan_poll,
				   .scan_stop = scan_stop,
				   .ud = &f };
	run_sql(f.config, "INSERT INTO device (kind, name, address, created_ms)"
			  " VALUES ('jk-bms', 'Olena', 'C8:47:80:12:34:56', 1)");
	f.device.conf = (struct device_config){
		.id = 1, .name = "Olena", .kind = "jk-bms", .address = "C8:47:80:12:34:56"
	};
	f.device.state = DEVICE_LIVE;
	start(&f);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[100];

	jobs_close(f->jobs, T0 + f->now);
	db_close(f->page);
	db_close(f->config);
	db_close(f->live);
	db_close(f->history);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
	return system(cmd);
}

/* ---- taking ---- */

static void runs_a_scan(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "scan", 0, "{\"seconds\":7}"), second;

	tick(f, 0);
	assert_state(f, id, "running");
	assert_int_equal(f->scan.seconds, 7);
	second = want(f, "scan", 0, "{}");
	tick(f, 1000);
	assert_state(f, second, "failed: a scan is running already");
	assert_string_equal(ask(f->live, "SELECT progress || result FROM job_state WHERE id = 1"),
			    "0.25{\"polls\":1}");
	for (int i = 0; i < 3; i++)
		tick(f, 1000);
	assert_state(f, id, "done");
	assert_int_equal(f->scan.stops, 1);
	assert_string_equal(ask(f->live, "SELECT progress || result || (ended_ms - started_ms)"
					 " FROM job_state WHERE id = 1"),
			    "1.0{\"polls\":4}4000");
	tick(f, 1000);
	assert_int_equal(f->scan.polls, 4);
}

static void cancels_a_scan(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "scan", 0, "{}"), before;

	tick(f, 0);
	assert_int_equal(f->scan.seconds, 12);
	tick(f, 1000);
	cancel(f, id);
	tick(f, 1000);
	assert_state(f, id, "cancelled");
	assert_string_equal(ask(f->live, "SELECT result FROM job_state"), "{\"polls\":1}");
	assert_int_equal(f->scan.stops, 1);
	before = want(f, "scan", 0, "{}"); /* before it was ever begun */
	cancel(f, before);
	tick(f, 1000);
	assert_state(f, before, "cancelled");
	assert_int_equal(f->scan.stops, 1);
}

static void says_why_not(void **state)
{
	static const struct {
		const char *kind, *args;
		int64_t device;
		const char *text;
	} wrong[] = {
		{ "dance", "{}", 0, "failed: this svitlo knows no job \"dance\"" },
		{ "scan", "[]", 0, "failed: args is no JSON object" },
		{ "scan", "{\"seconds\":0}", 0, "failed: seconds is a whole number from 1 to 300" },
		{ "capture", "{}", 9, "failed: there is no device 9" },
		{ "capture", "{\"minutes\":31}", 1, "failed: minutes is a number above 0, to 30" },
		{ "capture", "{\"minutes\":\"two\"}", 1,
		  "failed: minutes is a number above 0, to 30" },
		{ "forget", "{}", 0, "failed: no device was named" },
		{ "forget", "{}", 1,
		  "failed: the device is still there: only a removed one's history goes" },
	};
	struct fixture *f = *state;
	int64_t id;

	for (size_t i = 0; i < SV_LEN(wrong); i++) {
		id = want(f, wrong[i].kind, wrong[i].device, wrong[i].args);
		tick(f, 1000);
		assert_state(f, id, wrong[i].text);
	}
	f->scan.fail = -ENODEV;
	id = want(f, "scan", 0, "{}");
	tick(f, 1000);
	assert_state(f, id, "failed: no adapter");
	assert_int_equal(f->scan.stops, 0);
	stop(f);
	f->env.scan_start = NULL;
	start(f);
	id = want(f, "scan", 0, "{}");
	tick(f, 1000);
	assert_state(f, id, "failed: this collector has no Bluetooth to scan with");
	f->device.state = DEVICE_DISABLED;
	id = want(f, "capture", 1, "{}");
	tick(f, 1000);
	assert_state(f, id, "failed: the device is disabled: enable it first");
}

static void old_jobs_are_left_alone(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "scan", 0, "{}");

	f->now += 600001;
	tick(f, 0);
	assert_state(f, id, "");
	assert_int_equal(f->scan.seconds, 0);
}

static void interrupted_jobs_failed(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "scan", 0, "{}");
	struct jobs *killed = f->jobs;

	tick(f, 0);
	start(f); /* the other was killed */
	assert_state(f, id, "failed: interrupted: the collector was restarted");
	tick(f, 1000);
	assert_state(f, id, "failed: interrupted: the collector was restarted");
	stop(f);
	f->jobs = killed;
}

static void a_stop_interrupts(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "scan", 0, "{}");

	tick(f, 0);
	stop(f);
	assert_state(f, id, "failed: interrupted: the collector was stopped");
	assert_int_equal(f->scan.stops, 1);
	start(f);
}

static void many_wait_their_turn(void **state)
{
	struct fixture *f = *state;
	int64_t last = 0;

	for (int i = 0; i < 40; i++) { /* of devices that are gone */
		last = want(f, "forget", 100 + i, "{}");
	}
	for (int i = 0; i < 4; i++)
		tick(f, 1000);
	assert_state(f, last, "done");
	assert_string_equal(ask(f->live, "SELECT count(*) FROM job_state WHERE state = 'done'"),
			    "40");
}

static void keeps_the_newest_rows(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 130; i++) {
		want(f, "dance", 0, "{}");
		if (i == 20)
			run_sql(f->page, "INSERT INTO job (kind, device, created_ms, cancelled)"
					 " VALUES ('forget', 77, 1, 0)");
	}
	tick(f, 0);
	tick(f, 1000);
	assert_string_equal(ask(f->config, "SELECT count(*) || ' ' || min(id) FROM job"), "101 22");
	tick(f, 1000); /* what was to be forgotten is */
	want(f, "dance", 0, "{}");
	tick(f, 1000);
	assert_string_equal(ask(f->config, "SELECT count(*) || ' ' || min(id) FROM job"), "100 33");
	assert_string_equal(ask(f->live, "SELECT count(*) FROM job_state"), "100");
}

/* ---- capture ---- */

static const char serial[] = "40110480520";

static void make_info(uint8_t frame[JK_FRAME_LEN])
{
	static const uint8_t head[] = { 0x55, 0xAA, 0xEB, 0x90, JK_DEVICE_INFO, 1 };

	memset(frame, 0, JK_FRAME_LEN);
	memcpy(frame, head, sizeof(head));
	memcpy(frame + 6, "JK_PB2A16S15P", 13);
	memcpy(frame + 22, "15A", 3);
	memcpy(frame + 30, "15.38", 5);
	memcpy(frame + 86, serial, 11);
	frame[JK_FRAME_LEN - 1] = jk_sum(frame, JK_FRAME_LEN - 1);
}

/* The info in pieces of 20 bytes, 10 ms apart. */
static void talk(struct fixture *f)
{
	uint8_t frame[JK_FRAME_LEN], ask_[JK_COMMAND_LEN];

	make_info(frame);
	jk_command(ask_, JK_ASK_DEVICE_INFO);
	jobs_piece(f->jobs, &f->device, '>', ask_, sizeof(ask_), f->now + 5000);
	for (size_t at = 0; at < sizeof(frame); at += 20) {
		f->now += 10;
		jobs_piece(f->jobs, &f->device, '<', frame + at, 20, f->now + 5000);
	}
}

static const char *file_of(struct fixture *f, int64_t id)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/captures/%lld.cap", f->dir, (long long)id);
	return path;
}

static size_t read_file(const char *path, char *to, size_t room)
{
	SV_AUTO_FILE FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return 0;
	n = fread(to, 1, room - 1, f);
	to[n] = 0;
	return n;
}

static void count_good(void *ud, const struct jk_event *ev)
{
	*(unsigned *)ud += ev->kind == JK_EVENT_FRAME;
}

/* Good frames in a capture, read as svitlo decode does. */
static unsigned frames_in(const char *text, struct cap *c)
{
	struct jk_frames frames = { 0 };
	unsigned good = 0;

	*c = (struct cap){ 0 };
	for (const char *at = text, *nl; (nl = strchr(at, '\n')); at = nl + 1) {
		int kind = cap_line(c, at, (size_t)(nl - at), NULL);

		assert_true(kind >= 0);
		if (kind == CAP_IN)
			jk_frames_feed(&frames, c->data, c->len, c->at_ms, count_good, &good);
	}
	jk_frames_end(&frames, count_good, &good);
	return good;
}

static void captures(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "capture", 1, "{\"minutes\":1}"), second;
	char text[8192];
	struct stat st;
	struct cap c;

	run_sql(f->live, "INSERT INTO doc VALUES (1, 'info', 1, '{\"protocol\":\"JK02_32S\","
			 "\"model\":\"JK_PB2A16S15P\",\"sw_version\":\"15.38\","
			 "\"serial_number\":\"40110480520\",\"device_name\":\"Olena\"}')");
	tick(f, 0);
	assert_state(f, id, "running");
	assert_true(f->device.tapped);
	assert_int_equal(access(file_of(f, id), F_OK), -1);
	talk(f);
	second = want(f, "capture", 1, "{}");
	tick(f, 1000);
	assert_state(f, second, "failed: a capture of this device is running already: job 1");
	assert_true(f->device.tapped);
	tick(f, 29000 - 150);
	assert_string_equal(ask(f->live, "SELECT progress || (result ->> 'pieces') || ' ' ||"
					 " (result ->> 'frames') FROM job_state WHERE id = 1"),
			    "0.516 1");
	f->device.tapped = false; /* made anew by a changed setting */
	tick(f, 1000);
	assert_true(f->device.tapped);
	tick(f, 29000);
	assert_state(f, id, "done");
	assert_false(f->device.tapped);
	assert_string_equal(ask(f->live, "SELECT result ->> 'file' FROM job_state WHERE id = 1"),
			    "captures/1.cap");
	assert_int_equal(stat(file_of(f, id), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(
		read_file(file_of(f, id), text, sizeof(text)),
		atoll(ask(f->live, "SELECT result ->> 'bytes' FROM job_state WHERE id = 1")));
	assert_int_equal(frames_in(text, &c), 1);
	assert_string_equal(c.device, "C8:47:80:XX:XX:XX");
	assert_true(c.start_ms == T0 && c.at_ms == 150);
	assert_non_null(strstr(text, "# sw_version: 15.38\n"));
	assert_non_null(strstr(text, "\n> aa5590eb97"));
	assert_null(strstr(text, "34303131")); /* 4011 of the serial */
	assert_null(strstr(text, serial));
	assert_null(strstr(text, "Olena"));
}

static void cancelled_captures_are_kept(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "capture", 1, "{\"minutes\":30}");
	char text[8192];
	struct cap c;

	tick(f, 0);
	talk(f);
	cancel(f, id);
	tick(f, 1000);
	assert_state(f, id, "cancelled");
	assert_true(read_file(file_of(f, id), text, sizeof(text)) > 0);
	assert_int_equal(frames_in(text, &c), 1);
	assert_non_null(strstr(text, "# end: cancelled\n"));
	assert_false(f->device.tapped);
}

static void a_reboot_records_nothing_anew(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "capture", 1, "{}");
	struct stat before, after;

	tick(f, 0);
	talk(f);
	cancel(f, id);
	tick(f, 1000);
	assert_int_equal(stat(file_of(f, id), &before), 0);
	stop(f);
	run_sql(f->live, "DELETE FROM job_state");
	run_sql(f->page, "UPDATE job SET cancelled = 0");
	start(f);
	tick(f, 1000);
	assert_non_null(strstr(ask(f->live, "SELECT state || text FROM job_state"),
			       "failedrecorded already, before the last boot"));
	assert_false(f->device.tapped);
	assert_int_equal(stat(file_of(f, id), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static unsigned files_in(struct fixture *f)
{
	char path[100];
	struct dirent *d;
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/captures", f->dir);
	dir = opendir(path);
	assert_non_null(dir);
	while ((d = readdir(dir)))
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void a_capture_of_nothing_failed(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "capture", 1, "{\"minutes\":0.1}"), removed;

	tick(f, 0);
	f->device.state = DEVICE_LOST;
	snprintf(f->device.detail, sizeof(f->device.detail), "out of reach");
	tick(f, 6001);
	assert_state(f, id, "failed: nothing came from the device, which is lost: out of reach");
	assert_int_equal(files_in(f), 0);
	removed = want(f, "capture", 1, "{}");
	tick(f, 1000);
	f->there = false;
	tick(f, 1000);
	assert_state(f, removed, "failed: the device was removed");
	assert_int_equal(files_in(f), 0);
}

static void captures_end_at_8_mib(void **state)
{
	static const uint8_t noise[512];
	struct fixture *f = *state;
	int64_t id = want(f, "capture", 1, "{}");
	struct stat st;

	tick(f, 0);
	for (int i = 0; i < 10000; i++)
		jobs_piece(f->jobs, &f->device, '<', noise, sizeof(noise), f->now + 5000);
	tick(f, 1000);
	assert_state(f, id, "done: ended at 8 MiB");
	assert_int_equal(stat(file_of(f, id), &st), 0);
	assert_true(st.st_size <= 8 << 20 && st.st_size > (8 << 20) - 10000);
}

static void long_pieces_are_read_back(void **state)
{
	static uint8_t noise[3 * CAP_DATA_MAX - 1];
	static char text[8 * CAP_DATA_MAX];
	struct fixture *f = *state;
	int64_t id = want(f, "capture", 1, "{}");
	struct cap c;

	tick(f, 0);
	jobs_piece(f->jobs, &f->device, '<', noise, sizeof(noise), f->now + 5000);
	cancel(f, id);
	tick(f, 1000);
	assert_true(read_file(file_of(f, id), text, sizeof(text)) > 2 * sizeof(noise));
	assert_int_equal(frames_in(text, &c), 0);
	assert_string_equal(ask(f->live, "SELECT result ->> 'pieces' FROM job_state"), "3");
}

static void keeps_ten_captures(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 13; i++) {
		int64_t id = want(f, "capture", 1, "{}");

		tick(f, 1000);
		talk(f);
		cancel(f, id);
		tick(f, 1000);
		assert_int_equal(access(file_of(f, id), F_OK), 0);
	}
	assert_int_equal(files_in(f), 10);
	assert_int_equal(access(file_of(f, 3), F_OK), -1);
	assert_int_equal(access(file_of(f, 4), F_OK), 0);
}

static void a_stop_keeps_the_capture(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "capture", 1, "{}");
	char text[8192];
	struct cap c;

	tick(f, 0);
	talk(f);
	stop(f);
	assert_state(f, id, "failed: interrupted: the collector was stopped");
	assert_true(read_file(file_of(f, id), text, sizeof(text)) > 0);
	assert_int_equal(frames_in(text, &c), 1);
	start(f);
}

static void kill_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct jobs *killed = f->jobs;

	want(f, "capture", 1, "{}");
	tick(f, 0);
	talk(f);
	tick(f, 1000);
	assert_int_equal(files_in(f), 1);
	start(f);
	assert_int_equal(files_in(f), 0);
	stop(f);
	f->jobs = killed;
}

static void says_that_the_folder_cannot_be_made(void **state)
{
	struct fixture *f = *state;
	char path[100], want_[200];
	int64_t id = want(f, "capture", 1, "{}");
	FILE *file;

	snprintf(path, sizeof(path), "%s/captures", f->dir);
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	tick(f, 0);
	snprintf(want_, sizeof(want_), "failed: %s/1.begun: Not a directory", path);
	assert_state(f, id, want_);
	assert_false(f->device.tapped);
}

/* ---- forget ---- */

#define DAYS 40

static void fill_history(struct fixture *f)
{
	run_sql(f->history,
		"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
		"i < 40 * 8640 - 1)"
		" INSERT INTO battery_10s (id, t, n, quality, flags)"
		" SELECT (4000000000 + 10 * i) * 4096 + 2 + (i & 1), 4000000000 + 10 * i,"
		" 20, 0, 3 FROM n");
	run_sql(f->history,
		"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
		" INSERT INTO event (t_ms, device, kind) SELECT i, 2 + (i & 1), 'device_lost' FROM "
		"n");
	run_sql(f->history,
		"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
		"i < 8639)"
		" INSERT INTO inverter_10s (id, t, n, quality, flags)"
		" SELECT (3000000000 + 10 * i) * 4096 + 2 + (i & 1), 3000000000 + 10 * i,"
		" 2, 0, 1 FROM n");
	run_sql(f->history, "INSERT INTO doc VALUES (2, 'info', 1, '{}'), (3, 'info', 1, '{}')");
	run_sql(f->history, "INSERT INTO energy_day (day, device, measured_s, filled_wh)"
			    " VALUES ('2026-11-24', 2, 1, 0), ('2026-11-25', 2, 1, 0), "
			    "('2026-11-25', 3, 1, 0)");
	run_sql(f->history, "INSERT INTO event (t_ms, kind) VALUES (1, 'start')");
}

static void fill(struct fixture *f)
{
	fill_history(f);
	run_sql(f->live, "INSERT INTO battery_10s (id, t, n, quality, flags) VALUES"
			 " (4000000000 * 4096 + 2, 4000000000, 1, 0, 0),"
			 " (4000000000 * 4096 + 3, 4000000000, 1, 0, 0)");
	run_sql(f->live, "INSERT INTO inverter_10s (id, t, n, quality, flags) VALUES"
			 " (4000000000 * 4096 + 2, 4000000000, 1, 0, 0),"
			 " (4000000000 * 4096 + 3, 4000000000, 1, 0, 0)");
	run_sql(f->live, "INSERT INTO event (t_ms, device, kind) VALUES (1, 2, 'device_lost')");
	run_sql(f->live, "INSERT INTO energy_day (day, device, measured_s, filled_wh)"
			 " VALUES ('2026-11-25', 2, 1, 0), ('2026-11-25', 3, 1, 0)");
}

static const char counts[] =
	"SELECT (SELECT count(*) FROM battery_10s WHERE device = 2) || ' ' ||"
	" (SELECT count(*) FROM battery_10s WHERE device = 3) || ' ' ||"
	" (SELECT count(*) FROM event WHERE device = 2) || ' ' ||"
	" (SELECT count(*) FROM event) || ' ' || (SELECT count(*) FROM doc) || ' ' ||"
	" (SELECT count(*) FROM inverter_10s WHERE device = 2) || ' ' ||"
	" (SELECT count(*) FROM inverter_10s) || ' ' ||"
	" (SELECT count(*) FROM energy_day WHERE device = 2) || ' ' ||"
	" (SELECT count(*) FROM energy_day)";

static void forgets(void **state)
{
	struct fixture *f = *state;
	int64_t id;
	unsigned ticks = 0, seen = 0;
	double last = -1;

	fill(f);
	id = want(f, "forget", 2, "{}");
	tick(f, 0);
	assert_state(f, id, "running");
	for (;;) {
		double progress;

		tick(f, 1000);
		if (strcmp(ask(f->live, "SELECT state FROM job_state"), "running") != 0)
			break;
		progress = strtod(ask(f->live, "SELECT progress FROM job_state"), NULL);
		assert_true(progress >= last && progress <= 1);
		seen += progress > 0;
		last = progress;
		assert_true(++ticks < 1000);
	}
	assert_state(f, id, "done");
	assert_string_equal(ask(f->history, counts), "0 172800 0 501 1 0 4320 0 1");
	assert_string_equal(ask(f->live, counts), "0 1 0 0 0 0 1 0 1");
	assert_string_equal(ask(f->live, "SELECT result ->> 'rows' FROM job_state"), "177624");
	assert_string_equal(ask(f->config, "SELECT args FROM job"), "{\"done\":true}");
	/* many steps, and it is told how far it is */
	assert_true(ticks > 1 && seen > 0);
}

static void forgetting_goes_on_after_a_restart(void **state)
{
	struct fixture *f = *state;
	int64_t id;

	fill(f);
	id = want(f, "forget", 2, "{}");
	tick(f, 0);
	tick(f, 1000);
	assert_state(f, id, "running");
	stop(f);
	run_sql(f->live, "DELETE FROM job_state"); /* a reboot */
	f->now += 86400000;
	start(f);
	for (int i = 0; i < 1000 && strcmp(ask(f->live, "SELECT state FROM job_state"), "done");
	     i++)
		tick(f, 1000);
	assert_state(f, id, "done");
	assert_string_equal(ask(f->history, counts), "0 172800 0 501 1 0 4320 0 1");
	/* and once done, another reboot begins nothing anew */
	stop(f);
	run_sql(f->live, "DELETE FROM job_state");
	run_sql(f->history, "INSERT INTO doc VALUES (2, 'info', 1, '{}')");
	start(f);
	tick(f, 1000);
	tick(f, 1000);
	assert_state(f, id, "done");
	assert_string_equal(ask(f->history, counts), "0 172800 0 501 2 0 4320 0 1");
}

/* Removed later, with its history kept: a reboot must not make that of the refused job come true.
 */
static void refused_forgetting_stays_refused(void **state)
{
	struct fixture *f = *state;
	int64_t id = want(f, "forget", 1, "{}");

	tick(f, 0);
	assert_state(f, id, "failed: the device is still there: only a removed one's history goes");
	f->there = false;
	run_sql(f->page, "DELETE FROM device");
	run_sql(f->history, "INSERT INTO doc VALUES (1, 'info', 1, '{}')");
	stop(f);
	run_sql(f->live, "DELETE FROM job_state");
	start(f);
	tick(f, 0);
	tick(f, 1000);
	assert_state(f, id, "cancelled");
	assert_string_equal(ask(f->history, "SELECT count(*) FROM doc"), "1");
}

static void forgetting_waits_for_the_disk(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other;
	int64_t id;

	assert_int_equal(db_open(&other, DB_HISTORY, DB_COLLECTOR, f->dir, NULL), 0);
	sqlite3_busy_timeout(f->history, 0);
	run_sql(f->history, "INSERT INTO doc VALUES (2, 'info', 1, '{}')");
	run_sql(other, "BEGIN IMMEDIATE");
	id = want(f, "forget", 2, "{}");
	tick(f, 0);
	tick(f, 1000);
	assert_non_null(strstr(ask(f->live, "SELECT state || text FROM job_state"), "running") &&
			strstr(ask(f->live, "SELECT text FROM job_state"), "locked; tried again"));
	run_sql(other, "COMMIT");
	sqlite3_close(other);
	tick(f, 1000);
	assert_string_equal(ask(f->live, "SELECT state FROM job_state"), "running");
	tick(f, 10000);
	assert_state(f, id, "done");
	assert_string_equal(ask(f->history, counts), "0 0 0 0 0 0 0 0 0");
}

/* The damaged file was set aside: what was salvaged is in a new one. */
static void forgetting_follows_a_new_history(void **state)
{
	struct fixture *f = *state;
	char old[100], aside[100];
	sqlite3 *was = f->history;
	int64_t id;

	fill(f);
	id = want(f, "forget", 2, "{}");
	tick(f, 0);
	tick(f, 1000);
	assert_state(f, id, "running");
	for (size_t i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };

		snprintf(old, sizeof(old), "%s/history.db%s", f->dir, ends[i]);
		snprintf(aside, sizeof(aside), "%s/aside.db%s", f->dir, ends[i]);
		assert_int_equal(rename(old, aside), 0);
	}
	assert_int_equal(db_open(&f->history, DB_HISTORY, DB_COLLECTOR, f->dir, NULL), 0);
	db_close(was);
	fill_history(f);
	jobs_history(f->jobs, f->history);
	for (int i = 0; i < 1000 && strcmp(ask(f->live, "SELECT state FROM job_state"), "done");
	     i++)
		tick(f, 1000);
	assert_state(f, id, "done");
	assert_string_equal(ask(f->history, counts), "0 172800 0 501 1 0 4320 0 1");
}

static void a_cancelled_forgetting_stops(void **state)
{
	struct fixture *f = *state;
	int64_t id;

	fill(f);
	id = want(f, "forget", 2, "{}");
	tick(f, 0);
	tick(f, 1000);
	cancel(f, id);
	tick(f, 1000);
	assert_state(f, id, "cancelled");
	assert_string_not_equal(ask(f->history, counts), "0 172800 0 501 1 0 4320 0 1");
	stop(f);
	run_sql(f->live, "DELETE FROM job_state");
	start(f);
	tick(f, 1000);
	assert_state(f, id, "cancelled");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(runs_a_scan),
		TEST(cancels_a_scan),
		TEST(says_why_not),
		TEST(old_jobs_are_left_alone),
		TEST(interrupted_jobs_failed),
		TEST(a_stop_interrupts),
		TEST(many_wait_their_turn),
		TEST(keeps_the_newest_rows),
		TEST(captures),
		TEST(cancelled_captures_are_kept),
		TEST(a_reboot_records_nothing_anew),
		TEST(a_capture_of_nothing_failed),
		TEST(captures_end_at_8_mib),
		TEST(long_pieces_are_read_back),
		TEST(keeps_ten_captures),
		TEST(a_stop_keeps_the_capture),
		TEST(kill_leaves_nothing_behind),
		TEST(says_that_the_folder_cannot_be_made),
		TEST(forgets),
		TEST(forgetting_goes_on_after_a_restart),
		TEST(refused_forgetting_stays_refused),
		TEST(forgetting_waits_for_the_disk),
		TEST(forgetting_follows_a_new_history),
		TEST(a_cancelled_forgetting_stops),
	};

	return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
