/* Requests to Tapo plugs. */
#include "tapo.h"

#include "tapo_bytes.h"

#include <errno.h>
#include <string.h>

#define METHOD_MAX  48
#define COUNTDOWN_S 86400

/* What only reads: a name from elsewhere must not reset a plug. */
static bool only_reads(const char *method)
{
	return tapo_is_plain(method, METHOD_MAX) &&
	       (strncmp(method, "get_", 4) == 0 || strcmp(method, "component_nego") == 0);
}

int tapo_put_get(char *ret, size_t room, const char *method)
{
	return only_reads(method) ? tapo_print(ret, room, "{\"method\":\"%s\"}", method) : -EINVAL;
}

int tapo_put_get_from(char *ret, size_t room, const char *method, unsigned start_index)
{
	return only_reads(method)
		       ? tapo_print(ret, room,
				    "{\"method\":\"%s\",\"params\":{\"start_index\":%u}}", method,
				    start_index)
		       : -EINVAL;
}

int tapo_put_switch(char *ret, size_t room, bool on)
{
	return tapo_print(ret, room,
			  "{\"method\":\"set_device_info\",\"params\":{\"device_on\":%s}}",
			  on ? "true" : "false");
}

static bool is_delay(int delay_s)
{
	return delay_s >= 1 && delay_s <= COUNTDOWN_S;
}

int tapo_put_countdown_add(char *ret, size_t room, int delay_s, bool on)
{
	return is_delay(delay_s)
		       ? tapo_print(
				 ret, room,
				 "{\"method\":\"add_countdown_rule\",\"params\":{\"enable\":true,"
				 "\"delay\":%d,\"remain\":%d,\"desired_states\":{\"on\":%s}}}",
				 delay_s, delay_s, on ? "true" : "false")
		       : -EINVAL;
}

int tapo_put_countdown_edit(char *ret, size_t room, const char *id, int delay_s, bool on)
{
	return is_delay(delay_s) && tapo_is_plain(id, sizeof((struct tapo_countdown){ 0 }.id))
		       ? tapo_print(ret, room,
				    "{\"method\":\"edit_countdown_rule\",\"params\":{\"id\":\"%s\","
				    "\"enable\":true,\"delay\":%d,\"remain\":%d,"
				    "\"desired_states\":{\"on\":%s}}}",
				    id, delay_s, delay_s, on ? "true" : "false")
		       : -EINVAL;
}

int tapo_put_countdown_remove(char *ret, size_t room)
{
	return tapo_print(
		ret, room,
		"{\"method\":\"remove_countdown_rules\",\"params\":{\"remove_all\":true}}");
}

int tapo_put_batch(char *ret, size_t room, const char *const *requests, unsigned n)
{
	int len =
		tapo_print(ret, room, "{\"method\":\"multipleRequest\",\"params\":{\"requests\":[");

	if (n < 1 || n > TAPO_BATCH_MAX)
		return -EINVAL;
	for (unsigned i = 0; len >= 0 && i < n; i++) {
		int r = tapo_print(ret + len, room - (size_t)len, "%s%s", i ? "," : "",
				   requests[i]);

		len = r < 0 ? r : len + r;
	}
	if (len >= 0) {
		int r = tapo_print(ret + len, room - (size_t)len, "]}}");

		len = r < 0 ? r : len + r;
	}
	return len;
}

int tapo_put_child(char *ret, size_t room, const char *id, const char *request)
{
	return tapo_is_plain(id, TAPO_ID_MAX)
		       ? tapo_print(
				 ret, room,
				 "{\"method\":\"control_child\",\"params\":{\"device_id\":\"%s\","
				 "\"requestData\":%s}}",
				 id, request)
		       : -EINVAL;
}
