#include "probe_cmd.h"

#include "driver/plugs.h"
#include "driver/probe.h"
#include "io/regs.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/plug_address.h"
#include "svitlo/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

static int run(sd_event *ev, struct regs_hub *hub, struct plugs *plugs, const char *address,
	       const char *transport)
{
	const struct device_env env = { .ev = ev, .regs = hub, .plugs = plugs };
	struct probe *p = NULL;
	struct err e = { 0 };
	int status = 2;

	if (probe_new(&p, &env, address, transport, &e) < 0) {
		fprintf(stderr, "svitlo: %s\n", err_text(&e));
		return 2;
	}
	if (sd_event_add_time_relative(ev, NULL, CLOCK_MONOTONIC, LOOK_US, 1000, on_look, p) >= 0 &&
	    sd_event_loop(ev) >= 0)
		status = say(p);
	probe_free(p);
	return status;
}

/* The TP-Link account, from where others cannot read it: SVITLO_TAPO_USER and SVITLO_TAPO_PASSWORD,
 * or the two lines of the file that SVITLO_TAPO_FILE names. 0 without one too. */
static int take_account(struct plugs *plugs)
{
	char lines[2][PLUGS_SECRET_MAX + 1] = { "", "" };
	const char *user = getenv("SVITLO_TAPO_USER"), *password = getenv("SVITLO_TAPO_PASSWORD");
	const char *path = getenv("SVITLO_TAPO_FILE");
	FILE *f = path ? fopen(path, "re") : NULL;

	if (path && !f) {
		fprintf(stderr, "svitlo: %s: %s\n", path, strerror(errno));
		return -1;
	}
	for (int i = 0; f && i < 2; i++)
		if (fgets(lines[i], sizeof(lines[i]), f))
			lines[i][strcspn(lines[i], "\r\n")] = 0;
	if (f)
		fclose(f);
	plugs_account(plugs, f ? lines[0] : user, f ? lines[1] : password);
	explicit_bzero(lines, sizeof(lines));
	return 0;
}

int probe_main(const struct conf *c, int argc, char **argv)
{
	struct plugs *plugs = NULL;
	struct regs_hub *hub = NULL;
	struct err e = { 0 };
	sd_event *ev = NULL;
	int status = 2;

	if (argc < 1 || argc > 2 || argv[0][0] == '-') {
		fputs("usage: svitlo probe ADDRESS [TRANSPORT]   "
		      "(solarman://HOST[:8899][?serial=N],"
		      " modbus://HOST[:502][?unit=1],\n"
		      "       rtu:///dev/ttyUSB0[?baud=9600&unit=1], tapo://HOST, or HOST alone)\n"
		      "a plug's account: SVITLO_TAPO_USER and SVITLO_TAPO_PASSWORD, or\n"
		      "SVITLO_TAPO_FILE, a file with a line for each; TRANSPORT aes: also by the "
		      "old\n"
		      "protocol, which hands the password to whoever answers at this address\n",
		      stderr);
		return 2;
	}
	log_max = LOG_ERR; /* what goes wrong is said in the answer */
	zone_set(c->zone, NULL);
	if (sd_event_default(&ev) >= 0 && regs_hub_new(&hub, ev) >= 0 &&
	    plugs_new(&plugs, ev, NULL, &e) >= 0 && take_account(plugs) >= 0)
		status = run(ev, hub, plugs, argv[0], argc > 1 ? argv[1] : NULL);
	if (e.code)
		fprintf(stderr, "svitlo: %s\n", err_text(&e));
	plugs_free(plugs);
	regs_hub_free(hub);
	sd_event_unref(ev);
	return status;
}
