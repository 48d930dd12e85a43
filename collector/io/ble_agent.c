/*
 * org.bluez.Agent1: answers for our peers, and for nobody else, when they want to be paired.
 * BlueZ takes the first agent that registers as its default; a desktop's own is left in its place.
 */
#include "ble_link_priv.h"

#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AGENT_PATH "/org/svitlo/agent"

/* The peer's PIN; NULL with the error set: it isn't BlueZ that asks, not ours, none is known. */
static const char *agent_pin(struct ble *b, sd_bus_message *m, bool needed, sd_bus_error *err)
{
	const char *sender = sd_bus_message_get_sender(m), *path, *pin = NULL;

	if (sender && strcmp(sender, b->bluez_owner) == 0 &&
	    sd_bus_message_read(m, "o", &path) >= 0)
		pin = ble_link_pin(b, path, needed);
	if (pin && (*pin || !needed))
		return pin;
	sd_bus_error_set(err, "org.bluez.Error.Rejected", "not known here");
	return NULL;
}

/* Its memory is wiped when it has been sent. */
static int agent_reply(sd_bus_message *m, const char *types, ...)
{
	SV_CLEANUP(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	va_list ap;
	int r = sd_bus_message_new_method_return(m, &reply);

	if (r < 0)
		return r;
	sd_bus_message_sensitive(reply);
	va_start(ap, types);
	r = sd_bus_message_appendv(reply, types, ap);
	va_end(ap);
	return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int agent_on_pin_code(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	const char *pin = agent_pin(ud, m, true, err);

	return pin ? agent_reply(m, "s", pin) : -EACCES;
}

static int agent_on_passkey(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	const char *pin = agent_pin(ud, m, true, err);

	return pin ? agent_reply(m, "u", (uint32_t)strtoul(pin, NULL, 10)) : -EACCES;
}

/* RequestConfirmation, RequestAuthorization, AuthorizeService: the owner added it */
static int agent_on_consent(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	return agent_pin(ud, m, false, err) ? sd_bus_reply_method_return(m, NULL) : -EACCES;
}

static int agent_on_notice(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	(void)ud;
	(void)err;
	return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable agent_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RequestPinCode", "o", "s", agent_on_pin_code, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestPasskey", "o", "u", agent_on_passkey, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestConfirmation", "ou", "", agent_on_consent,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestAuthorization", "o", "", agent_on_consent,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AuthorizeService", "os", "", agent_on_consent, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DisplayPinCode", "os", "", agent_on_notice, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DisplayPasskey", "ouq", "", agent_on_notice, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Cancel", "", "", agent_on_notice, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Release", "", "", agent_on_notice, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int ble_agent_export(struct ble *b)
{
	return sd_bus_add_object_vtable(b->bus, NULL, AGENT_PATH, "org.bluez.Agent1", agent_vtable,
					b);
}

static int agent_on_registered(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	(void)ud;
	(void)err;
	if (sd_bus_message_is_method_error(m, NULL) &&
	    !sd_bus_message_is_method_error(m, "org.bluez.Error.AlreadyExists"))
		log_warn("bluetooth: batteries that want a PIN cannot be paired: %s",
			 link_error(m));
	return BLE_ANSWERED;
}

void ble_agent_register(struct ble *b)
{
	ble_call(b, NULL, "/org/bluez", "org.bluez.AgentManager1", "RegisterAgent", 25,
		 agent_on_registered, b, "os", AGENT_PATH, "KeyboardDisplay");
}
