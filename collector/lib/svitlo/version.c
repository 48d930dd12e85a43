#include "version.h"

#ifndef SV_VERSION
#error "the Makefile sets SV_VERSION"
#endif

const char sv_version[] = SV_VERSION;
