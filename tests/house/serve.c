/*
 * See serve.h. Prints "ready" when the name is owned and everything listens.
 */
#include "serve.h"

#include "bluez.h"
#include "control.h"
#include "plugs.h"
#include "sticks.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *ud)
{
	(void)si, (void)ud;
	return sd_event_exit(sd_event_source_get_event(s), 0);
}

static int open_bus(const char *address, sd_event *event, sd_bus **ret)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, 1);
	if (r >= 0)
		r = sd_bus_negotiate_fds(bus, 1);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		bus = sd_bus_close_unref(bus);
	*ret = bus;
	return r;
}

static int open_event(sd_event **ret)
{
	sd_event *event = NULL;
	sigset_t set;
	int r = sd_event_new(&event);

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGTERM, on_signal, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, on_signal, NULL);
	*ret = event;
	return r;
}

static int run(sd_event *event, sd_bus *bus, struct house *house, const char *control_path)
{
	struct bluez *bz = bus ? bluez_new(event, bus, house) : NULL;
	struct sticks *sticks = bz || !bus ? sticks_new(event, house) : NULL;
	struct plugs *plugs = sticks ? plugs_new(event, house) : NULL;
	struct control *control = NULL;
	int status = 1;

	if (plugs && control_path)
		control = control_new(event, control_path, house, bz, sticks, plugs);
	if (plugs && (control || !control_path)) {
		puts("ready");
		fflush(stdout);
		status = sd_event_loop(event);
	}
	control_free(control);
	plugs_free(plugs);
	sticks_free(sticks);
	bluez_free(bz);
	return status < 0 ? 1 : status;
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int house_serve(const struct house_options *o, const char *bus_address, const char *control)
{
	struct house *house = malloc(sizeof(*house));
	sd_event *event = NULL;
	sd_bus *bus = NULL;
	int status = 1, r = house ? open_event(&event) : -ENOMEM;

	if (r >= 0 && bus_address)
		r = open_bus(bus_address, event, &bus);
	if (r < 0) {
		fprintf(stderr, "house: no bus at %s: %s\n", bus_address ? bus_address : "all",
			strerror(-r));
	} else {
		house_init_at(house, o, clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_REALTIME));
		status = run(event, bus, house, control);
	}
	sd_bus_flush_close_unref(bus);
	sd_event_unref(event);
	free(house);
	return status;
}
