/*
 * Any bytes as what BlueZ might say: objects with properties that are missing, doubled, or of
 * another type than documented. The first byte of each property picks its name, the second its
 * type, the next its value; zero bytes begin another interface or object.
 */
#include "io/ble_tree.h"
#include "svitlo/util.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char *const names[] = { "Address",	  "Name",
				     "UUID",	  "Adapter",
				     "Service",	  "Powered",
				     "RSSI",	  "Flags",
				     "UUIDs",	  "ManufacturerData",
				     "Value",	  "Alias",
				     "Connected", "ServicesResolved",
				     "PowerState" };
static const char *const texts[] = { "",
				     "C8:47:80:12:34:56",
				     "no address at all, and far longer than one could ever be",
				     "/org/bluez/hci0",
				     "0000ffe0-0000-1000-8000-00805f9b34fb",
				     "notify",
				     "write-without-response",
				     "off-blocked" };
static const char *const paths[] = { "/org/bluez/hci0", "/org/bluez/hci0/dev_C8_47_80_12_34_56",
				     "/org/bluez/hci0/dev_C8_47_80_12_34_56/service000e",
				     "/org/bluez/hci0/dev_C8_47_80_12_34_56/service000e/char0011",
				     "/" };
static const char *const ifaces[] = { "org.bluez.Adapter1", "org.bluez.Device1",
				      "org.bluez.GattService1", "org.bluez.GattCharacteristic1",
				      "org.bluez.Battery1" };

struct input {
	const uint8_t *p;
	size_t n;
};

static uint8_t next(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

static int put_value(sd_bus_message *m, struct input *in)
{
	const char *text = texts[next(in) % SV_LEN(texts)];
	uint8_t v = next(in), bytes[4] = { v, 1, 2, 3 };

	switch (next(in) % 9) {
	case 0:
		return sd_bus_message_append(m, "v", "s", text);
	case 1:
		return sd_bus_message_append(m, "v", "o", text[0] == '/' ? text : "/");
	case 2:
		return sd_bus_message_append(m, "v", "b", v & 1);
	case 3:
		return sd_bus_message_append(m, "v", "n", (int)v - 128);
	case 4:
		return sd_bus_message_append(m, "v", "as", 2, text, texts[v % SV_LEN(texts)]);
	case 5:
		return sd_bus_message_append(m, "v", "a{qv}", 1, (v << 8) | v, "ay", 2, v, 1);
	case 6:
		return sd_bus_message_append(m, "v", "a{sv}", 1, text, "i", v);
	case 7:
		return sd_bus_message_append(m, "v", "as", 9, text, text, text, text, text, text,
					     text, text, text);
	default:
		return sd_bus_message_append(m, "v", "ay", 4, bytes[0], bytes[1], bytes[2],
					     bytes[3]);
	}
}

static void put_object(sd_bus_message *m, struct input *in)
{
	sd_bus_message_open_container(m, 'a', "{sa{sv}}");
	for (unsigned i = next(in) % 3; i < 3; i++) {
		sd_bus_message_open_container(m, 'e', "sa{sv}");
		sd_bus_message_append(m, "s", ifaces[next(in) % SV_LEN(ifaces)]);
		sd_bus_message_open_container(m, 'a', "{sv}");
		for (unsigned k = next(in) % 12; k > 0; k--) {
			sd_bus_message_open_container(m, 'e', "sv");
			sd_bus_message_append(m, "s", names[next(in) % SV_LEN(names)]);
			put_value(m, in);
			sd_bus_message_close_container(m);
		}
		sd_bus_message_close_container(m);
		sd_bus_message_close_container(m);
	}
	sd_bus_message_close_container(m);
}

static sd_bus *a_bus(void)
{
	static sd_bus *bus;
	int fd[2];

	if (bus || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return bus;
	assert(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, fd[0], fd[0]) >= 0);
	assert(sd_bus_set_anonymous(bus, 1) >= 0 && sd_bus_start(bus) >= 0);
	return bus;
}

static void on_changed(void *ud, struct ble_obj *o)
{
	(void)ud;
	assert(o->kind < BLE_KIND__MAX && memchr(o->path, 0, sizeof(o->path)));
}

static void on_value(void *ud, const char *path, const uint8_t *p, size_t n)
{
	volatile uint8_t sum = 0;

	(void)ud;
	assert(*path == '/');
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ble_tree t = { .changed = on_changed, .value = on_value };
	struct input in = { data, size < 4096 ? size : 4096 };
	unsigned n = 0;

	while (in.n) {
		SV_CLEANUP(sd_bus_message_unrefp) sd_bus_message *m = NULL;
		const char *path = paths[next(&in) % SV_LEN(paths)];

		assert(sd_bus_message_new_signal(a_bus(), &m, "/", "a.b", "C") >= 0);
		put_object(m, &in);
		assert(sd_bus_message_seal(m, 1, 0) >= 0);
		assert(ble_tree_read(&t, m, path, 1000) >= 0);
	}
	for (const struct ble_obj *o = t.objs; o; o = o->next, n++) {
		assert(memchr(o->address, 0, sizeof(o->address)));
		assert(memchr(o->name, 0, sizeof(o->name)) && memchr(o->uuid, 0, sizeof(o->uuid)));
		assert(o->n_services <= BLE_SERVICES_MAX && o->n_companies <= BLE_COMPANY_MAX);
	}
	assert(n == t.n);
	ble_tree_clear(&t);
	return 0;
}
