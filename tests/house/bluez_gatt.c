/*
 * GattService1, GattCharacteristic1 and GattDescriptor1 of a connected device. See bluez.h.
 *
 * They are put on the bus when services are resolved and taken away when the link falls.
 */
#include "bluez_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UUID_CCC    0x2902
#define UUID_JK	    0xFFE0
#define TWIN_HANDLE 0x40 /* further behind: of a service's second copy */

static void stop_notify(struct bluez_chr *c)
{
	c->notifiers = sd_bus_track_unref(c->notifiers);
	c->notify_io = sd_event_source_disable_unref(c->notify_io);
	if (c->notify_fd >= 0)
		close(c->notify_fd);
	c->notify_fd = -1;
	c->notifying = c->notify_acquired = false;
}

static void changed(struct bluez_chr *c, const char *property)
{
	bluez_changed(c->device->adapter->bz, c->path, CHR_IFACE, property);
}

static int on_no_notifier(sd_bus_track *t, void *ud)
{
	struct bluez_chr *c = ud;

	(void)t;
	stop_notify(c);
	changed(c, "Notifying");
	return 1; /* 0 would call again at once */
}

/* By a method that is not the deaf one: that mends it. */
static void subscribed(struct bluez_chr *c, enum house_deaf other)
{
	if (c->device->pack->deaf == other)
		c->device->pack->deaf = HOUSE_HEARS;
}

static int on_start_notify(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_chr *c = ud;
	int r;

	if (c->notify_acquired)
		return bluez_fail(err, "NotPermitted", "Notify acquired");
	if (!(c->db->props & GATTDB_NOTIFY))
		return bluez_fail(err, "NotSupported", "Operation is not supported");
	if (agent_shut(c->device))
		return bluez_fail(err, "NotPermitted", "Not paired");
	if (c->notifiers && sd_bus_track_count_sender(c->notifiers, m) > 0)
		return bluez_fail(err, "InProgress", "Operation already in progress");
	r = bluez_track(c->device->adapter->bz, &c->notifiers, m, on_no_notifier, c);
	if (r < 0)
		return r;
	if (!c->notifying) {
		c->notifying = true;
		changed(c, "Notifying");
	}
	subscribed(c, HOUSE_DEAF_FD);
	return sd_bus_reply_method_return(m, NULL);
}

static int on_stop_notify(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_chr *c = ud;

	if (c->notify_acquired) {
		stop_notify(c);
	} else {
		if (!c->notifiers || sd_bus_track_count_sender(c->notifiers, m) <= 0)
			return bluez_fail(err, "Failed", "No notify session started");
		sd_bus_track_remove_sender(c->notifiers, m);
		if (sd_bus_track_count(c->notifiers) > 0)
			return sd_bus_reply_method_return(m, NULL);
		stop_notify(c);
	}
	changed(c, "Notifying");
	return sd_bus_reply_method_return(m, NULL);
}

/* The client has closed its end. */
static int on_notify_hup(sd_event_source *s, int fd, uint32_t revents, void *ud)
{
	struct bluez_chr *c = ud;

	(void)s, (void)fd, (void)revents;
	stop_notify(c);
	changed(c, "Notifying");
	return 0;
}

static int reply_fd(sd_bus_message *m, int fd, uint16_t mtu)
{
	int r = sd_bus_reply_method_return(m, "hq", fd, mtu); /* sends a copy of fd */

	close(fd);
	return r;
}

static int on_acquire_notify(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_chr *c = ud;
	int fd[2], r;

	if (c->notify_acquired)
		return bluez_fail(err, "NotPermitted", "Notify acquired");
	if (c->notifying)
		return bluez_fail(err, "InProgress", "Operation already in progress");
	if (!(c->db->props & GATTDB_NOTIFY) || c->device->pack->no_acquire)
		return bluez_fail(err, "NotSupported", "Operation is not supported");
	if (agent_shut(c->device))
		return bluez_fail(err, "Failed", "Operation failed with ATT error: 0x05");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) < 0)
		return -errno;
	c->notify_fd = fd[0];
	r = sd_event_add_io(c->device->adapter->bz->event, &c->notify_io, fd[0], 0, on_notify_hup,
			    c);
	if (r < 0) {
		close(fd[1]);
		stop_notify(c);
		return r;
	}
	c->notifying = c->notify_acquired = true;
	changed(c, "Notifying");
	subscribed(c, HOUSE_DEAF_SIGNAL);
	return reply_fd(m, fd[1], c->mtu);
}

static void written(struct bluez_chr *c, const uint8_t *data, size_t len)
{
	struct bluez_device *d = c->device;

	if (agent_shut(d) || c->service->dead)
		return;
	if (c->db->value_handle == gattdb_find(d->pack->id.product->layout)->write_handle)
		gatt_write(&d->pack->gatt, bluez_now_ms(d->adapter->bz), data, len);
	bluez_kick(d->adapter->bz);
}

static int on_write_packet(sd_event_source *s, int fd, uint32_t revents, void *ud)
{
	struct bluez_chr *c = ud;
	uint8_t buf[GATT_PIECE_MAX];
	ssize_t n = revents & EPOLLIN ? recv(fd, buf, sizeof(buf), MSG_DONTWAIT) : 0;

	(void)s;
	if (n > 0) {
		written(c, buf, (size_t)n);
		return 0;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	c->write_io = sd_event_source_disable_unref(c->write_io);
	c->write_acquired = false;
	return 0;
}

static int on_acquire_write(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_chr *c = ud;
	int fd[2], r;

	if (c->write_acquired)
		return bluez_fail(err, "NotPermitted", "Write acquired");
	if (!(c->db->props & GATTDB_WRITE_COMMAND) || c->device->pack->no_acquire)
		return bluez_fail(err, "NotSupported", "Operation is not supported");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) < 0)
		return -errno;
	r = sd_event_add_io(c->device->adapter->bz->event, &c->write_io, fd[0], EPOLLIN,
			    on_write_packet, c);
	if (r < 0) {
		close(fd[0]);
		close(fd[1]);
		return r;
	}
	sd_event_source_set_io_fd_own(c->write_io, 1);
	c->write_acquired = true;
	return reply_fd(m, fd[1], c->mtu);
}

/* -> the "type" option: "command", "request" or "" */
static int read_write_type(sd_bus_message *m, char type[static 16])
{
	const char *key, *value;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	type[0] = '\0';
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &key);
		if (r >= 0 && strcmp(key, "type") == 0) {
			r = sd_bus_message_read(m, "v", "s", &value);
			if (r >= 0)
				snprintf(type, 16, "%s", value);
		} else if (r >= 0) {
			r = sd_bus_message_skip(m, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r;
}

static int on_write(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_chr *c = ud;
	const void *data;
	char type[16];
	size_t len;
	unsigned wants;
	int r = sd_bus_message_read_array(m, 'y', &data, &len);

	if (r >= 0)
		r = read_write_type(m, type);
	if (r < 0)
		return bluez_fail(err, "InvalidArguments", "Invalid arguments in method call");
	if (c->write_acquired)
		return bluez_fail(err, "NotPermitted", "Write acquired");
	if (!strcmp(type, "command"))
		wants = GATTDB_WRITE_COMMAND;
	else if (!strcmp(type, "request"))
		wants = GATTDB_WRITE;
	else
		wants = GATTDB_WRITE | GATTDB_WRITE_COMMAND;
	if (!(c->db->props & wants))
		return bluez_fail(err, "NotSupported", "Operation is not supported");
	if (agent_shut(c->device) && strcmp(type, "command") != 0)
		return bluez_fail(err, "NotPermitted", "Not paired");
	/* A command cannot be longer than one packet. */
	if (!strcmp(type, "command") && len > (size_t)c->mtu - 3)
		return bluez_fail(err, "InvalidArguments", "Invalid value length");
	written(c, data, len);
	return sd_bus_reply_method_return(m, NULL);
}

static int on_read(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_chr *c = ud;
	sd_bus_message *reply = NULL;
	int r;

	if (!(c->db->props & GATTDB_READ))
		return bluez_fail(err, "NotPermitted", "Read not permitted");
	r = sd_bus_message_new_method_return(m, &reply);
	if (r >= 0)
		r = sd_bus_message_append_array(reply, 'y', c->value, c->value_len);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int get_value(sd_bus *bus, const char *path, const char *iface, const char *property,
		     sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	const struct bluez_chr *c = ud;

	(void)bus, (void)path, (void)iface, (void)property, (void)err;
	return sd_bus_message_append_array(reply, 'y', c->value, c->value_len);
}

static int get_flags(sd_bus *bus, const char *path, const char *iface, const char *property,
		     sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	static const struct {
		enum gattdb_prop prop;
		const char *name;
	} names[] = {
		{ GATTDB_READ, "read" },
		{ GATTDB_WRITE_COMMAND, "write-without-response" },
		{ GATTDB_WRITE, "write" },
		{ GATTDB_NOTIFY, "notify" },
	};
	const struct bluez_chr *c = ud;
	int r = sd_bus_message_open_container(reply, 'a', "s");

	(void)bus, (void)path, (void)iface, (void)property, (void)err;
	for (size_t i = 0; r >= 0 && i < sizeof(names) / sizeof(names[0]); i++)
		if (c->db->props & names[i].prop)
			r = sd_bus_message_append(reply, "s", names[i].name);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int on_desc_refused(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	(void)m, (void)ud;
	/* BlueZ keeps the CCC for itself. */
	return bluez_fail(err, "NotPermitted", "Write not permitted");
}

#define FIXED	SD_BUS_VTABLE_PROPERTY_CONST
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define OPEN	SD_BUS_VTABLE_UNPRIVILEGED
static const sd_bus_vtable service_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", NULL, offsetof(struct bluez_service, uuid_p), FIXED),
	SD_BUS_PROPERTY("Device", "o", NULL, offsetof(struct bluez_service, device_path_p), FIXED),
	SD_BUS_PROPERTY("Primary", "b", NULL, offsetof(struct bluez_service, primary), FIXED),
	SD_BUS_VTABLE_END,
};

#define AT(field) offsetof(struct bluez_chr, field)
static const sd_bus_vtable chr_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("ReadValue", "a{sv}", "ay", on_read, OPEN),
	SD_BUS_METHOD("WriteValue", "aya{sv}", "", on_write, OPEN),
	SD_BUS_METHOD("StartNotify", "", "", on_start_notify, OPEN),
	SD_BUS_METHOD("StopNotify", "", "", on_stop_notify, OPEN),
	SD_BUS_METHOD("AcquireNotify", "a{sv}", "hq", on_acquire_notify, OPEN),
	SD_BUS_METHOD("AcquireWrite", "a{sv}", "hq", on_acquire_write, OPEN),
	SD_BUS_PROPERTY("UUID", "s", NULL, AT(uuid_p), FIXED),
	SD_BUS_PROPERTY("Service", "o", NULL, AT(service_path_p), FIXED),
	SD_BUS_PROPERTY("Flags", "as", get_flags, 0, FIXED),
	SD_BUS_PROPERTY("Notifying", "b", NULL, AT(notifying), CHANGES),
	SD_BUS_PROPERTY("NotifyAcquired", "b", NULL, AT(notify_acquired), CHANGES),
	SD_BUS_PROPERTY("WriteAcquired", "b", NULL, AT(write_acquired), CHANGES),
	SD_BUS_PROPERTY("MTU", "q", NULL, AT(mtu), CHANGES),
	SD_BUS_PROPERTY("Value", "ay", get_value, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable desc_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("ReadValue", "a{sv}", "ay", on_desc_refused, OPEN),
	SD_BUS_METHOD("WriteValue", "aya{sv}", "", on_desc_refused, OPEN),
	SD_BUS_PROPERTY("UUID", "s", NULL, offsetof(struct bluez_desc, uuid_p), FIXED),
	SD_BUS_PROPERTY("Characteristic", "o", NULL, offsetof(struct bluez_desc, chr_path_p),
			FIXED),
	SD_BUS_VTABLE_END,
};

static int put(sd_bus *bus, sd_bus_slot **slot, const char *path, const char *iface,
	       const sd_bus_vtable *vtable, void *object)
{
	int r = sd_bus_add_object_vtable(bus, slot, path, iface, vtable, object);

	return r < 0 ? r : sd_bus_emit_object_added(bus, path);
}

static void take(sd_bus *bus, sd_bus_slot **slot, const char *path)
{
	if (!*slot)
		return;
	sd_bus_emit_object_removed(bus, path);
	*slot = sd_bus_slot_unref(*slot);
}

static int add_chr(struct bluez_chr *c, struct bluez_device *d, struct bluez_service *s,
		   const struct gattdb_chr *db)
{
	sd_bus *bus = d->adapter->bz->bus;
	struct bluez_desc *e = &c->desc;
	int r;

	*c = (struct bluez_chr){
		.device = d, .service = s, .db = db, .mtu = d->pack->mtu, .notify_fd = -1
	};
	snprintf(c->path, sizeof(c->path), "%.60s/char%04x", s->path,
		 db->value_handle - 1 + (s->dead ? TWIN_HANDLE : 0));
	bluez_uuid(c->uuid, db->uuid);
	c->uuid_p = c->uuid;
	c->service_path_p = s->path;
	r = put(bus, &c->slot, c->path, CHR_IFACE, chr_vtable, c);
	if (r < 0 || !db->ccc_handle)
		return r;
	snprintf(e->path, sizeof(e->path), "%.80s/desc%04x", c->path, db->ccc_handle);
	bluez_uuid(e->uuid, UUID_CCC);
	e->uuid_p = e->uuid;
	e->chr_path_p = c->path;
	return put(bus, &e->slot, e->path, DESC_IFACE, desc_vtable, e);
}

static int add_service(struct bluez_device *d, struct bluez_service *s,
		       const struct gattdb_service *db, bool dead)
{
	int r;

	*s = (struct bluez_service){ .db = db, .primary = true, .dead = dead };
	snprintf(s->path, sizeof(s->path), "%.50s/service%04x", d->path,
		 db->handle + (dead ? TWIN_HANDLE : 0));
	bluez_uuid(s->uuid, db->uuid);
	s->uuid_p = s->uuid;
	s->device_path_p = d->path;
	r = put(d->adapter->bz->bus, &s->slot, s->path, SERVICE_IFACE, service_vtable, s);
	for (size_t j = 0; r >= 0 && j < db->n_chrs; j++)
		if (d->pack->odd != HOUSE_ODD_NOCHAR || !(db->chr[j].props & GATTDB_NOTIFY))
			r = add_chr(&s->chr[j], d, s, &db->chr[j]);
	return r;
}

int gatt_objects_add(struct bluez_device *d)
{
	const struct gattdb_layout *layout = gattdb_find(d->pack->id.product->layout);
	struct bluez_service *free_one = d->service;
	int r = 0;

	d->browsed = true;
	for (size_t i = 0; r >= 0 && i < layout->n_services; i++) {
		const struct gattdb_service *db = &layout->service[i];

		if (db->uuid == UUID_JK && d->pack->stale == HOUSE_STALE_BARE)
			continue;
		r = add_service(d, free_one++, db, false);
		if (r >= 0 && db->uuid == UUID_JK && d->pack->odd == HOUSE_ODD_TWICE)
			r = add_service(d, free_one++, db, true);
	}
	return r;
}

static void remove_chr(struct bluez_chr *c)
{
	sd_bus *bus = c->device->adapter->bz->bus;

	stop_notify(c);
	c->write_io = sd_event_source_disable_unref(c->write_io);
	take(bus, &c->desc.slot, c->desc.path);
	take(bus, &c->slot, c->path);
}

void gatt_objects_remove(struct bluez_device *d)
{
	if (!d->browsed)
		return;
	d->browsed = false;
	for (size_t i = 0; i < GATTDB_SERVICES_MAX; i++) {
		struct bluez_service *s = &d->service[i];

		for (size_t j = 0; s->db && j < s->db->n_chrs; j++)
			if (s->chr[j].device)
				remove_chr(&s->chr[j]);
		take(d->adapter->bz->bus, &s->slot, s->path);
		s->db = NULL;
	}
}

static void notify(struct bluez_chr *c, const uint8_t *data, size_t len)
{
	enum house_deaf way = c->notify_acquired ? HOUSE_DEAF_FD : HOUSE_DEAF_SIGNAL;

	if (c->device->pack->deaf == way || c->device->pack->stale == HOUSE_STALE_SILENT)
		return;
	if (!c->notify_acquired) {
		memcpy(c->value, data, len);
		c->value_len = len;
		changed(c, "Value");
		return;
	}
	/* A client that does not read loses notifications; one that has gone is found by HUP. */
	(void)send(c->notify_fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The notifying characteristic that the BMS talks on, or NULL. */
static struct bluez_chr *talking(struct bluez_device *d)
{
	uint16_t handle = gattdb_find(d->pack->id.product->layout)->notify_handle;

	for (size_t i = 0; d->browsed && i < GATTDB_SERVICES_MAX; i++) {
		struct bluez_service *s = &d->service[i];

		for (size_t j = 0; s->db && !s->dead && j < s->db->n_chrs; j++)
			if (s->chr[j].notifying && s->chr[j].db->value_handle == handle)
				return &s->chr[j];
	}
	return NULL;
}

void gatt_objects_notify(struct bluez_device *d, const uint8_t *data, size_t len)
{
	struct bluez_chr *c = talking(d);

	if (c)
		notify(c, data, len);
}

bool gatt_objects_by_signal(struct bluez_device *d)
{
	struct bluez_chr *c = talking(d);

	return c && !c->notify_acquired;
}
