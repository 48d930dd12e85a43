/* Tells the collector to look at config.db at once: a datagram to LIVE_DIR/bell. */
#pragma once

struct conf;

/* Never waits, never fails: the collector looks by itself, each second. */
void bell_ring(const struct conf *conf);
