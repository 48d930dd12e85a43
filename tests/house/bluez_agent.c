/*
 * Pairing: AgentManager1 at /org/bluez, Pair and CancelPairing of devices. See bluez.h.
 *
 * A pack that wants pairing keeps its characteristics shut until Pair was called and the client's
 * agent gave the right PIN. The bond lasts until RemoveDevice.
 */
#include "bluez_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGENT_IFACE   "org.bluez.Agent1"
#define AGENT_WAIT_US 60000000

static struct bluez_agent *agent_of(struct bluez *bz, const char *owner)
{
	for (size_t i = 0; i < AGENTS_MAX; i++)
		if (strcmp(bz->agent[i].owner, owner) == 0)
			return &bz->agent[i];
	return NULL;
}

static void agent_free(struct bluez_agent *g)
{
	struct bluez *bz = g->bz;

	if (bz->default_agent == g)
		bz->default_agent = NULL;
	sd_bus_track_unref(g->track);
	*g = (struct bluez_agent){ .bz = bz };
}

static int on_client_left(sd_bus_track *t, void *ud)
{
	(void)t;
	agent_free(ud);
	return 1; /* 0 would call again at once */
}

/* -> false: no such capability */
static bool capable(const char *capability, bool *ret_keyboard)
{
	static const struct {
		const char *name;
		bool keyboard;
	} known[] = {
		{ "", true },
		{ "KeyboardDisplay", true },
		{ "KeyboardOnly", true },
		{ "DisplayYesNo", false },
		{ "DisplayOnly", false },
		{ "NoInputNoOutput", false },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, capability) == 0) {
			*ret_keyboard = known[i].keyboard;
			return true;
		}
	}
	return false;
}

static int on_register(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez *bz = ud;
	const char *path, *capability;
	struct bluez_agent *g;
	bool keyboard;
	int r = sd_bus_message_read(m, "os", &path, &capability);

	if (r < 0)
		return r;
	if (!capable(capability, &keyboard))
		return bluez_fail(err, "InvalidArguments", "Invalid arguments in method call");
	if (agent_of(bz, sd_bus_message_get_sender(m)))
		return bluez_fail(err, "AlreadyExists", "Already Exists");
	g = agent_of(bz, "");
	if (!g)
		return bluez_fail(err, "Failed", "the house has room for four agents");
	snprintf(g->owner, sizeof(g->owner), "%s", sd_bus_message_get_sender(m));
	snprintf(g->path, sizeof(g->path), "%s", path);
	g->keyboard = keyboard;
	r = bluez_track(bz, &g->track, m, on_client_left, g);
	if (r < 0) {
		agent_free(g);
		return r;
	}
	return sd_bus_reply_method_return(m, NULL);
}

/* The sender's agent, if it has that path. */
static struct bluez_agent *agent_named(struct bluez *bz, sd_bus_message *m)
{
	struct bluez_agent *g = agent_of(bz, sd_bus_message_get_sender(m));
	const char *path;

	if (sd_bus_message_read(m, "o", &path) < 0 || !g || strcmp(g->path, path) != 0)
		return NULL;
	return g;
}

static int on_unregister(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_agent *g = agent_named(ud, m);

	if (!g)
		return bluez_fail(err, "DoesNotExist", "Does Not Exist");
	agent_free(g);
	return sd_bus_reply_method_return(m, NULL);
}

static int on_default(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez *bz = ud;
	struct bluez_agent *g = agent_named(bz, m);

	if (!g)
		return bluez_fail(err, "DoesNotExist", "Does Not Exist");
	bz->default_agent = g;
	return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RegisterAgent", "os", "", on_register, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("UnregisterAgent", "o", "", on_unregister, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestDefaultAgent", "o", "", on_default, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int agents_start(struct bluez *bz)
{
	for (size_t i = 0; i < AGENTS_MAX; i++)
		bz->agent[i].bz = bz;
	return sd_bus_add_object_vtable(bz->bus, &bz->agents, "/org/bluez",
					"org.bluez.AgentManager1", manager_vtable, bz);
}

void agents_end(struct bluez *bz)
{
	for (size_t i = 0; i < AGENTS_MAX; i++)
		agent_free(&bz->agent[i]);
	bz->agents = sd_bus_slot_unref(bz->agents);
}

/* ---- pairing ---- */

bool agent_shut(const struct bluez_device *d)
{
	return d->pack->pairing != HOUSE_PAIR_NONE && !d->paired;
}

static void set_bond(struct bluez_device *d, bool bond)
{
	if (d->paired == bond)
		return;
	d->paired = d->bonded = bond;
	if (d->slot)
		sd_bus_emit_properties_changed(d->adapter->bz->bus, d->path, DEVICE_IFACE, "Paired",
					       "Bonded", NULL);
}

void agent_forget(struct bluez_device *d)
{
	set_bond(d, false);
}

static void pair_reply(struct bluez_device *d, const char *name, const char *text)
{
	sd_bus_message *m = d->pair_call;
	char full[80];

	d->pair_call = NULL;
	d->agent_call = sd_bus_slot_unref(d->agent_call);
	snprintf(full, sizeof(full), "org.bluez.Error.%s", name ? name : "");
	if (m && name)
		sd_bus_reply_method_errorf(m, full, "%s", text);
	else if (m)
		sd_bus_reply_method_return(m, NULL);
	sd_bus_message_unref(m);
}

static void pair_failed(struct bluez_device *d)
{
	pair_reply(d, "AuthenticationFailed", "Authentication Failed");
}

void agent_link_down(struct bluez_device *d)
{
	struct bluez_agent *g = d->asked;

	if (!d->pair_call)
		return;
	if (g && *g->owner) {
		sd_bus_call_method_async(g->bz->bus, NULL, g->owner, g->path, AGENT_IFACE, "Cancel",
					 NULL, NULL, "");
	}
	pair_reply(d, "AuthenticationCanceled", "Authentication Canceled");
}

static bool right_pin(const struct bluez_device *d, sd_bus_message *m)
{
	const char *text;
	uint32_t digits;

	if (d->pack->pairing == HOUSE_PAIR_PINCODE)
		return sd_bus_message_read(m, "s", &text) >= 0 && !strcmp(text, d->pack->pin);
	return sd_bus_message_read(m, "u", &digits) >= 0 &&
	       digits == strtoul(d->pack->pin, NULL, 10);
}

static int on_pin(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_device *d = ud;

	(void)err;
	if (sd_bus_message_is_method_error(m, AGENT_IFACE) ||
	    sd_bus_message_is_method_error(m, NULL) || !right_pin(d, m)) {
		pair_failed(d);
		return 1;
	}
	set_bond(d, true);
	pair_reply(d, NULL, NULL);
	return 1;
}

static int ask_agent(struct bluez_device *d, struct bluez_agent *g)
{
	bool passkey = d->pack->pairing == HOUSE_PAIR_PASSKEY;
	sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(g->bz->bus, &call, g->owner, g->path, AGENT_IFACE,
					       passkey ? "RequestPasskey" : "RequestPinCode");

	if (r >= 0)
		r = sd_bus_message_append(call, "o", d->path);
	if (r >= 0)
		r = sd_bus_call_async(g->bz->bus, &d->agent_call, call, on_pin, d, AGENT_WAIT_US);
	sd_bus_message_unref(call);
	d->asked = g;
	return r;
}

int agent_on_pair(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_device *d = ud;
	struct bluez *bz = d->adapter->bz;
	struct bluez_agent *g = agent_of(bz, sd_bus_message_get_sender(m));

	g = g ? g : bz->default_agent;
	if (!d->adapter->powered)
		return bluez_fail(err, "NotReady", "Resource Not Ready");
	if (d->paired)
		return bluez_fail(err, "AlreadyExists", "Already Exists");
	if (d->pair_call)
		return bluez_fail(err, "InProgress", "Operation already in progress");
	if (!d->connected)
		return bluez_fail(err, "ConnectionAttemptFailed", "Page Timeout");
	if (d->pack->pairing == HOUSE_PAIR_NONE)
		return bluez_fail(err, "AuthenticationFailed", "Authentication Failed");
	if (d->pack->pairing == HOUSE_PAIR_REFUSED)
		return bluez_fail(err, "AuthenticationRejected", "Authentication Rejected");
	if (!g || !g->keyboard)
		return bluez_fail(err, "AuthenticationFailed", "No agent available");
	d->pair_call = sd_bus_message_ref(m);
	if (ask_agent(d, g) < 0)
		pair_failed(d);
	return 1;
}

int agent_on_cancel(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_device *d = ud;

	if (!d->pair_call)
		return bluez_fail(err, "DoesNotExist", "Does Not Exist");
	agent_link_down(d);
	return sd_bus_reply_method_return(m, NULL);
}
