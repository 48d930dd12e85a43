#include "loop.h"

#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"

#define US_PER_MS     1000
#define US_PER_MINUTE 60000000

static void loop_note(struct loop_watch *w, int64_t now_us, int64_t took_us)
{
	int64_t minute = now_us / US_PER_MINUTE;

	if (minute != w->minute) {
		w->last_max_us = minute == w->minute + 1 ? w->max_us : 0;
		w->max_us = 0;
		w->minute = minute;
	}
	if (took_us > w->max_us)
		w->max_us = took_us;
	if (took_us > w->worst_us)
		w->worst_us = took_us;
	if (took_us < LOOP_LIMIT_MS * US_PER_MS)
		return;
	if (!w->over++)
		log_notice("the event loop was held up for %lld ms: a slow disk, or a busy machine",
			   (long long)took_us / US_PER_MS);
}

int loop_run(sd_event *ev, struct loop_watch *w)
{
	int r = 0, code = 0;

	while (r >= 0 && sd_event_get_state(ev) != SD_EVENT_FINISHED) {
		int64_t from_us, now_us;

		r = sd_event_prepare(ev);
		if (r == 0)
			r = sd_event_wait(ev, UINT64_MAX);
		if (r <= 0)
			continue;
		from_us = clock_mono_us();
		r = sd_event_dispatch(ev);
		now_us = clock_mono_us();
		loop_note(w, now_us, now_us - from_us);
	}
	return r < 0 ? r : sd_event_get_exit_code(ev, &code) < 0 ? 0 : code;
}

void loop_json(const struct loop_watch *w, struct jw *to)
{
	int64_t max_us = w->max_us > w->last_max_us ? w->max_us : w->last_max_us;

	jw_knum(to, "max_ms", (double)max_us / US_PER_MS, 2);
	jw_knum(to, "worst_ms", (double)w->worst_us / US_PER_MS, 2);
	jw_kint(to, "over_20", (int64_t)w->over);
}
