#include "probe_cmd.h"

#include "driver/probe.h"
#include "io/regs.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/zone.h"

#include <stdio.h>
#include <string.h>

#define LOOK_US 100000ull

static int on_look(sd_event_source *s, uint64_t usec, void *ud)
{
	if (probe_progress(ud) >= 1)
		return sd_event_exit(sd_event_source_get_event(s), 0);
	sd_event_source_set_time(s, usec + LOOK_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int say(const struct probe *p)
{
	struct jw w = { 0 };

	jw_obj(&w);
	probe_json(p, &w);
	jw_end(&w);
	puts(jw_text(&w) ? jw_text(&w) : "{}");
	jw_free(&w);
	return probe_found(p) ? 0 : 1;
}

static int run(sd_event *ev, struct regs_hub *hub, const char *address)
{
	const struct device_env env = { .ev = ev, .regs = hub };
	struct probe *p = NULL;
	struct err e = { 0 };
	int status = 2;

	if (probe_new(&p, &env, address, &e) < 0) {
		fprintf(stderr, "svitlo: %s\n", err_text(&e));
		return 2;
	}
	if (sd_event_add_time_relative(ev, NULL, CLOCK_MONOTONIC, LOOK_US, 1000, on_look, p) >= 0 &&
	    sd_event_loop(ev) >= 0)
		status = say(p);
	probe_free(p);
	return status;
}

int probe_main(const struct conf *c, int argc, char **argv)
{
	struct regs_hub *hub = NULL;
	sd_event *ev = NULL;
	int status = 2;

	if (argc != 1 || argv[0][0] == '-') {
		fputs("usage: svitlo probe ADDRESS   (solarman://HOST[:8899][?serial=N],"
		      " modbus://HOST[:502][?unit=1],\n"
		      "       rtu:///dev/ttyUSB0[?baud=9600&unit=1], or HOST alone)\n",
		      stderr);
		return 2;
	}
	log_max = LOG_ERR; /* what goes wrong is said in the answer */
	zone_set(c->zone, NULL);
	if (sd_event_default(&ev) >= 0 && regs_hub_new(&hub, ev) >= 0)
		status = run(ev, hub, argv[0]);
	regs_hub_free(hub);
	sd_event_unref(ev);
	return status;
}
