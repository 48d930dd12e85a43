/* The job capture: everything a device and we say to each other, masked, into a .cap file. */
#include "jobs_priv.h"

#include "proto/cap.h"
#include "proto/jk_mask.h"
#include "svitlo/log.h"
#include "svitlo/util.h"
#include "svitlo/version.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CAPTURES_KEPT	  10
#define CAPTURE_BYTES_MAX (8u << 20)
#define CAPTURE_PATH_MAX  1024
#define MINUTES		  2
#define MINUTES_MAX	  30
#define MINUTE_MS	  60000

struct capture {
	FILE *file;
	char path[CAPTURE_PATH_MAX], begun[CAPTURE_PATH_MAX]; /* at its end, while it is written */
	double for_ms;
	int64_t last_ms; /* monotonic, of the last piece */
	uint64_t pieces, heard, bytes;
	struct jk_mask in, out;
	struct jk_frames frames; /* to count the good ones */
	int failed;		 /* errno of the first write that did */
};

/* ---- the folder ---- */

#define TAIL	   ".cap"
#define TAIL_BEGUN ".begun"

static DIR *captures_open(const char *store_dir)
{
	char path[CAPTURE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/captures", store_dir);
	return opendir(path);
}

/* The id in a name with this tail, 0: none. */
static long long captures_id(const char *name, const char *tail)
{
	char *end;
	long long id = strtoll(name, &end, 10);

	return end != name && strcmp(end, tail) == 0 ? id : 0;
}

static bool captures_unlink(DIR *dir, const char *name)
{
	if (unlinkat(dirfd(dir), name, 0) == 0)
		return true;
	log_err("captures/%s: %s", name, strerror(errno));
	return false;
}

/* Number of captures in the folder, and the oldest one's id. */
static unsigned captures_count(DIR *dir, long long *oldest)
{
	unsigned n = 0;
	struct dirent *f;

	rewinddir(dir);
	while ((f = readdir(dir))) {
		long long id = captures_id(f->d_name, TAIL);

		if (!id)
			continue;
		if (n == 0 || id < *oldest)
			*oldest = id;
		n++;
	}
	return n;
}

static void captures_trim(const char *store_dir)
{
	DIR *dir = captures_open(store_dir);
	long long oldest = 0;
	char name[40];

	while (dir && captures_count(dir, &oldest) > CAPTURES_KEPT) {
		snprintf(name, sizeof(name), "%lld" TAIL, oldest);
		if (!captures_unlink(dir, name))
			break;
	}
	if (dir)
		closedir(dir);
}

void job_capture_sweep(const char *store_dir)
{
	DIR *dir = captures_open(store_dir);
	struct dirent *f;

	while (dir && (f = readdir(dir)))
		if (captures_id(f->d_name, TAIL_BEGUN))
			captures_unlink(dir, f->d_name);
	if (dir)
		closedir(dir);
}

/* ---- writing ---- */

static void on_frame(void *ud, const struct jk_event *ev)
{
	(void)ud;
	(void)ev;
}

static bool is_full(const struct capture *c)
{
	return c->bytes + CAP_LINES_MAX > CAPTURE_BYTES_MAX;
}

static void put(struct capture *c, const char *text, size_t n)
{
	if (c->failed)
		return;
	if (fwrite(text, 1, n, c->file) != n)
		c->failed = errno ? errno : EIO;
	c->bytes += n;
}

static void put_note(struct capture *c, const char *key, const char *text)
{
	char line[200];

	put(c, line, cap_put_note(line, sizeof(line), key, text));
}

static void put_piece(struct capture *c, char dir, const uint8_t *p, size_t n, int64_t mono_ms)
{
	char line[CAP_LINES_MAX];
	uint8_t masked[CAP_DATA_MAX];

	memcpy(masked, p, n);
	jk_mask(dir == '<' ? &c->in : &c->out, masked, n);
	if (dir == '<') {
		jk_frames_feed(&c->frames, masked, n, mono_ms, on_frame, NULL);
		c->heard++;
	}
	put(c, line, cap_put(line, mono_ms - c->last_ms, dir, masked, n));
	c->last_ms = mono_ms;
	c->pieces++;
}

void job_capture_piece(struct job *job, char dir, const uint8_t *p, size_t n, int64_t mono_ms)
{
	struct capture *c = job->own;

	while (n && !c->failed && !is_full(c)) {
		size_t some = n < CAP_DATA_MAX ? n : CAP_DATA_MAX;

		put_piece(c, dir, p, some, mono_ms);
		p += some;
		n -= some;
	}
}

/* ---- the job ---- */

/* What is known of the device: it says it only when it is connected to, perhaps long ago. */
static void put_info(struct capture *c, sqlite3 *live, int64_t device)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;

	if (db_prepare(live, &st,
		       "SELECT key, value FROM doc, json_each(body) WHERE device = ?1 AND kind = "
		       "'info'"
		       " AND key IN ('protocol', 'model', 'hw_version', 'sw_version')",
		       NULL) < 0)
		return;
	db_bind(st, "i", device);
	while (db_step(st, NULL) > 0)
		put_note(c, db_text(st, 0), db_text(st, 1));
}

static int capture_create(struct capture *c, const struct job *job, struct err *e)
{
	char folder[CAPTURE_PATH_MAX - 64];
	int fd;

	if (snprintf(folder, sizeof(folder), "%s/captures", job->env->store_dir) >=
	    (int)sizeof(folder))
		return err_set(e, -ENAMETOOLONG, "%.60s…: the path is too long", folder);
	if (mkdir(folder, 0750) < 0 && errno != EEXIST)
		return err_set(e, -errno, "%s: %s", folder, strerror(errno));
	snprintf(c->path, sizeof(c->path), "%s/%lld" TAIL, folder, (long long)job->id);
	snprintf(c->begun, sizeof(c->begun), "%s/%lld" TAIL_BEGUN, folder, (long long)job->id);
	if (access(c->path, F_OK) == 0) /* its state went with a reboot */
		return err_set(e, -EEXIST, "recorded already, before the last boot: %s", c->path);
	fd = open(c->begun, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_set(e, -errno, "%s: %s", c->begun, strerror(errno));
	c->file = fdopen(fd, "w");
	if (!c->file) {
		close(fd);
		return err_set(e, -ENOMEM, "out of memory");
	}
	return 0;
}

static int capture_minutes(json_t *args, double *ret, struct err *e)
{
	*ret = MINUTES;
	if (json_unpack(args, "{s?F}", "minutes", ret) < 0 || !(*ret > 0 && *ret <= MINUTES_MAX))
		return err_set(e, -EINVAL, "minutes is a number above 0, to %d", MINUTES_MAX);
	return 0;
}

static int capture_start(struct job *job, json_t *args, struct err *e)
{
	struct device *d = job->env->device(job->env->ud, job->device);
	struct capture *c = job->own;
	struct cap_head head;
	char text[200];
	double minutes;
	int r = capture_minutes(args, &minutes, e);

	if (r < 0)
		return r;
	if (!d)
		return err_set(e, -ENOENT, "there is no device %lld", (long long)job->device);
	if (d->state == DEVICE_DISABLED)
		return err_set(e, -ENODEV, "the device is disabled: enable it first");
	if (d->driver && !d->driver->captures)
		return err_set(e, -ENOTSUP, "only what batteries say can be recorded");
	if (job_like(job))
		return err_set(e, -EBUSY, "a capture of this device is running already: job %lld",
			       (long long)job_like(job)->id);
	r = capture_create(c, job, e);
	if (r < 0)
		return r;
	c->for_ms = minutes * MINUTE_MS;
	c->last_ms = job->begun_ms;
	head = (struct cap_head){ d->conf.address, job->wall_ms };
	put(c, text, cap_put_head(text, sizeof(text), &head));
	put_note(c, "svitlo", sv_version);
	put_note(c, "driver", d->conf.kind);
	put_info(c, job->env->live, job->device);
	d->tapped = true;
	return 0;
}

static void capture_result(struct job *job, const char *file)
{
	const struct capture *c = job->own;
	struct jw *w = &job->result;

	jw_reset(w);
	jw_obj(w);
	jw_kint(w, "pieces", (int64_t)c->pieces);
	jw_kint(w, "frames", (int64_t)c->frames.good);
	jw_kint(w, "bytes", (int64_t)c->bytes);
	if (file)
		jw_kstr(w, "file", file);
	jw_end(w);
}

static int capture_tick(struct job *job, struct err *e)
{
	struct device *d = job->env->device(job->env->ud, job->device);
	struct capture *c = job->own;
	double spent = (double)(job->mono_ms - job->begun_ms);

	if (!d)
		return err_set(e, -ENOENT, "the device was removed");
	if (d->state == DEVICE_DISABLED)
		return err_set(e, -ENODEV, "the device was disabled");
	d->tapped = true; /* it may be another struct than before: its settings were changed */
	if (!c->failed && fflush(c->file) != 0)
		c->failed = errno;
	if (c->failed)
		return err_set(e, -c->failed, "%s: %s", c->path, strerror(c->failed));
	job->progress = spent < c->for_ms ? spent / c->for_ms : 1;
	capture_result(job, NULL);
	if (is_full(c)) {
		snprintf(job->text, sizeof(job->text), "ended at %u MiB", CAPTURE_BYTES_MAX >> 20);
		return 1;
	}
	if (spent < c->for_ms)
		return 0;
	if (!c->heard)
		return err_set(e, -ENODATA, "nothing came from the device, which is %s%s%s",
			       device_state_name(d->state), d->detail[0] ? ": " : "", d->detail);
	return 1;
}

/* What was heard is kept, however it ended. */
static int capture_end(struct job *job, enum job_end how, struct err *e)
{
	static const char *const words[] = { [JOB_DONE] = "its time was over",
					     [JOB_FAILED] = "it failed",
					     [JOB_CANCELLED] = "cancelled" };
	struct device *d = job->env->device(job->env->ud, job->device);
	struct capture *c = job->own;
	char file[40];
	bool keep;

	if (d)
		d->tapped = false;
	put_note(c, "end", how == JOB_DONE && is_full(c) ? "8 MiB are enough" : words[how]);
	if (fclose(c->file) != 0 && !c->failed)
		c->failed = errno;
	keep = !c->failed && (c->heard || how == JOB_CANCELLED);
	if (keep && rename(c->begun, c->path) < 0) {
		c->failed = errno;
		keep = false;
	}
	if (!keep)
		unlink(c->begun);
	snprintf(file, sizeof(file), "captures/%lld" TAIL, (long long)job->id);
	capture_result(job, keep ? file : NULL);
	captures_trim(job->env->store_dir);
	if (c->failed && how != JOB_FAILED)
		return err_set(e, -c->failed, "%s: %s", c->path, strerror(c->failed));
	return 0;
}

const struct job_kind job_capture = { .name = "capture",
				      .size = sizeof(struct capture),
				      .start = capture_start,
				      .tick = capture_tick,
				      .end = capture_end };
