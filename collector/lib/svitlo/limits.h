/* How much a house may have. */
#pragma once

#define DEVICES_MAX 256 /* config.db refuses more: sql/migrations/config/0005_limits.sql */
