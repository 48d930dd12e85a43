/*
 * Taking connections down. BlueZ needs about two seconds for it, and until then it goes on
 * sending notifications: whoever closes their descriptor at once makes it log and stumble over
 * each piece, and whoever leaves the bus before the answer may leave the link behind.
 */
#include "ble_priv.h"

#include "svitlo/clock.h"
#include "svitlo/util.h"

#include <string.h>
#include <sys/socket.h>

static void part_free(struct ble_parting *g)
{
	sd_bus_slot_unref(g->call);
	sd_event_source_disable_unref(g->io);
	if (g->fd >= 0)
		close(g->fd);
	free(g);
}

void ble_parted(struct ble *b, const char *device)
{
	for (struct ble_parting **p = &b->partings; *p; p = &(*p)->next) {
		struct ble_parting *g = *p;

		if (strcmp(g->path, device) != 0)
			continue;
		*p = g->next;
		part_free(g);
		ble_wake(b);
		return;
	}
}

bool ble_is_parting(const struct ble *b, const char *device)
{
	for (const struct ble_parting *g = b->partings; g; g = g->next)
		if (strcmp(g->path, device) == 0)
			return true;
	return false;
}

/* -> false: the other end has closed it */
static bool part_read_away(int fd)
{
	char buf[1024];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		;
	return n < 0;
}

static int part_on_piece(sd_event_source *s, int fd, uint32_t events, void *ud)
{
	(void)ud;
	if (!part_read_away(fd) || events & (EPOLLHUP | EPOLLERR))
		sd_event_source_set_enabled(s, SD_EVENT_OFF);
	return 0;
}

void ble_unlinked(struct ble *b, const char *device)
{
	for (const struct ble_parting *g = b->partings; g; g = g->next)
		if (g->linked && strcmp(g->path, device) == 0) {
			ble_parted(b, device);
			return;
		}
}

/* A link is down when BlueZ says so, a moment after the answer; a Connect is cancelled by it. */
static int part_on_answer(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_parting *g = ud;
	const struct ble_obj *o = ble_tree_find(&g->ble->tree, g->path);
	char path[BLE_PATH_MAX];

	(void)err;
	g->call = sd_bus_slot_unref(g->call);
	if (g->linked && o && o->connected && !sd_bus_message_is_method_error(m, NULL))
		return BLE_ANSWERED;
	memcpy(path, g->path, sizeof(path));
	ble_parted(g->ble, path);
	return BLE_ANSWERED;
}

void ble_part(struct ble *b, const char *device, int fd)
{
	struct ble_parting *g = ble_is_parting(b, device) ? NULL : calloc(1, sizeof(*g));
	const struct ble_obj *o = ble_tree_find(&b->tree, device);

	if (!g) {
		if (fd >= 0)
			close(fd);
		return;
	}
	*g = (struct ble_parting){ .ble = b,
				   .fd = fd,
				   .linked = o && o->connected,
				   .until_ms = clock_mono_ms() + BLE_PARTING_MS,
				   .next = b->partings };
	snprintf(g->path, sizeof(g->path), "%s", device);
	if (fd >= 0)
		sd_event_add_io(b->ev, &g->io, fd, EPOLLIN, part_on_piece, g);
	if (ble_call(b, &g->call, device, "org.bluez.Device1", "Disconnect", 10, part_on_answer, g,
		     "") < 0) {
		part_free(g);
		return;
	}
	b->partings = g;
	ble_wake(b);
}

void ble_part_late(struct ble *b, int64_t mono_ms)
{
	char late[BLE_PATH_MAX];
	bool found;

	do {
		found = false;
		for (const struct ble_parting *g = b->partings; g && !found; g = g->next)
			if (mono_ms > g->until_ms) {
				memcpy(late, g->path, sizeof(late));
				found = true;
			}
		if (found)
			ble_parted(b, late);
	} while (found);
}

void ble_part_all(struct ble *b)
{
	while (b->partings) {
		struct ble_parting *g = b->partings;

		b->partings = g->next;
		part_free(g);
	}
}

void ble_part_wait(struct ble *b)
{
	int64_t until = clock_mono_ms() + BLE_PARTING_MS;

	while (b->bus && b->partings && clock_mono_ms() < until) {
		int r = sd_bus_process(b->bus, NULL);

		for (const struct ble_parting *g = b->partings; g; g = g->next)
			if (g->fd >= 0)
				part_read_away(g->fd);
		if (r == 0 && b->bus)
			r = sd_bus_wait(b->bus, 50000);
		if (r < 0)
			break;
	}
	ble_part_all(b);
}
