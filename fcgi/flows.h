/* Sums of a 10 s row: energy, and where it went. As the collector makes them for the upper tiers. */
#pragma once

#include "rows.h"

/* Fills row->sums from its powers and flags. */
void flows_sums(struct row *row, enum reading_kind k);
