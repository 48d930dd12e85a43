/* Those who look for devices by broadcast: a socket that hears them, beside those of other houses. */
#ifndef HOUSE_SEEK_H
#define HOUSE_SEEK_H

#include <stdint.h>
#include <systemd/sd-event.h>

/* Several houses hear the same broadcasts. net: of the devices, host byte order; outside of the
 * loopback's there is nothing to hear, and it gives 0. -errno. */
int seek_open(sd_event_source **ret, sd_event *event, uint32_t net, uint16_t port,
	      sd_event_io_handler_t heard, void *ud);

#endif
