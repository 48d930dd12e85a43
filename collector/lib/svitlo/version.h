/* The version: the git description of what was built. */
#pragma once

extern const char sv_version[];
