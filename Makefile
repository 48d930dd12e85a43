# svitlo. `make run` and `make test` are all the set-up; `make help` lists the rest.
# VARIANT=release|asan|tsan|cov   V=1 shows commands   WERROR=1 makes warnings errors (CI)

VARIANT ?= release
B       := build/$(VARIANT)
GEN     := build/gen
PKG_CONFIG ?= pkg-config
CC      ?= gcc
PREFIX  ?= /usr/local
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2))

LIB_PKGS := sqlite3 jansson libcrypto
COL_PKGS := $(LIB_PKGS) libsystemd libmodbus libcurl
HOUSE_PKGS := libsystemd jansson libcrypto
FCGI_LIBS := -lfcgi
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
	-Wpointer-arith -Wwrite-strings -Wcast-qual -Wconversion -Wno-sign-conversion -Wswitch-enum \
	-Wimplicit-fallthrough -Wnull-dereference
WARN += $(if $(findstring clang,$(CC)),,-Wduplicated-cond -Wlogical-op)
WARN += $(if $(WERROR)$(CI),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection
HARDEN += $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)

CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 $(HARDEN) -fPIE
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_asan := -fsanitize=address,undefined
CFLAGS_tsan := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
LDFLAGS_tsan := -fsanitize=thread
CFLAGS_cov := -O0 -g --coverage
LDFLAGS_cov := --coverage
CFLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined
ifeq ($(CFLAGS_$(VARIANT)),)
$(error VARIANT is release, asan, tsan, cov or fuzz)
endif

# Seconds since 1970 of the last commit: a clock before it is wrong for certain.
EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),1763856000)
VERSION := $(or $(shell git describe --tags --always --dirty 2>/dev/null),unknown)

ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS_$(VARIANT)) $(call pkg,--cflags,$(COL_PKGS)) $(CFLAGS)

obj = $(patsubst %.c,$(B)/%.o,$(sort $(1)))
lib := $(wildcard collector/lib/svitlo/*.c)
# all of the collector but its main(): tests link this too
col := $(filter-out collector/main.c,$(wildcard collector/*.c collector/proto/*.c collector/io/*.c \
	collector/driver/*.c collector/pipe/*.c))
api := $(filter-out fcgi/main.c,$(wildcard fcgi/*.c))
house := $(filter-out tests/house/main.c,$(wildcard tests/house/*.c))
unit := $(wildcard tests/unit/test_*.c)
fuzz := $(wildcard tests/fuzz/fuzz_*.c)
bench := $(wildcard tests/bench/*.c)
radio := $(wildcard tests/vm/*.c)

SVITLO := $(B)/svitlo
FCGI   := $(B)/svitlo.fcgi
HOUSE_BIN := $(B)/tests/house/house
WARP   := $(B)/tests/warp.so
UNIT_BINS := $(patsubst %.c,$(B)/%,$(unit))
FUZZ_BINS := $(patsubst %.c,$(B)/%,$(fuzz))
BENCH_BINS := $(patsubst %.c,$(B)/%,$(bench))
RADIO := $(B)/tests/vm/radio
DAYS  := $(B)/tests/days/days
# somebody else's client, for tests/collector/plugs_npm
CLIENT := build/plugs_client/node_modules/.package-lock.json

.PHONY: all run test soak test-vm check asan lint bench fuzz pwa clean help binaries test-bins fuzz-bins FORCE
.DELETE_ON_ERROR:
.SECONDARY:

help:
	@echo 'make run     build all, start it against the simulated house (HOUSE=none: real devices)'
	@echo 'make test    build all, run every test'
	@echo 'make asan    the same under the address and undefined-behaviour sanitizers'
	@echo 'make lint    formatting, static analysis, layer rules, freshness of generated files'
	@echo 'make bench   figures: name value unit, also in build/bench.json'
	@echo 'make test-vm only that of the tests which runs the real kernel Bluetooth in a VM (x86-64)'
	@echo 'make soak    SOAK_HOURS=24 simulated hours with a Bluetooth fault a minute: memory, descriptors, causes'
	@echo 'make all     only build (needs scripts/deps first)'
	@echo 'make fuzz    FUZZ_S=60 seconds of libFuzzer a target (needs clang)'

all: binaries pwa
binaries: $(SVITLO) $(FCGI) $(HOUSE_BIN)
fuzz-bins: $(FUZZ_BINS)
test-bins: $(UNIT_BINS) $(FUZZ_BINS) $(BENCH_BINS) $(WARP) $(DAYS) $(CLIENT)

run:
	$(Q)scripts/deps run
	$(Q)$(MAKE) --no-print-directory all
	$(Q)exec scripts/run

test:
	$(Q)scripts/deps test
	$(Q)$(MAKE) --no-print-directory check

check: all test-bins
	$(Q)VARIANT=$(VARIANT) tests/run

asan:
	$(Q)scripts/deps test
	$(Q)$(MAKE) --no-print-directory VARIANT=asan check

lint:
	$(Q)scripts/deps lint
	$(Q)scripts/lint

bench:
	$(Q)scripts/deps bench
	$(Q)$(MAKE) --no-print-directory all $(BENCH_BINS)
	$(Q)tests/bench/run

soak:
	$(Q)scripts/deps test
	$(Q)$(MAKE) --no-print-directory binaries $(WARP)
	$(Q)tests/collector/soak

test-vm:
	$(Q)scripts/deps test
	$(Q)tests/vm/run

fuzz:
	$(Q)tests/fuzz/run $(or $(FUZZ_S),60)

pwa: pwa/dist/index.html
PWA_SRC := $(shell find pwa/src pwa/public pwa/scripts -type f 2>/dev/null) $(wildcard pwa/*.json pwa/*.mjs)
pwa/node_modules/.package-lock.json: pwa/package-lock.json
	$(call say,NPM,pwa)
	$(Q)cd pwa && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json
$(CLIENT): $(wildcard tests/collector/plugs_client/*.json)
	$(call say,NPM,$(@D))
	$(Q)mkdir -p build/plugs_client && cp $^ build/plugs_client && cd build/plugs_client && \
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && touch ../../$@
pwa/dist/index.html: pwa/node_modules/.package-lock.json $(PWA_SRC)
	$(call say,PWA,$@)
	$(Q)cd pwa && npm run --silent build

$(B)/collector/lib/%.o: INC := -Icollector/lib
$(B)/collector/%.o: INC := -Icollector/lib -Icollector
$(B)/fcgi/%.o: INC := -Icollector/lib -Ifcgi
$(B)/tests/house/%.o: INC := -Itests/house
$(B)/tests/unit/test_house%.o: INC := -Itests/house
$(B)/tests/unit/test_api%.o: INC := -Icollector/lib -Ifcgi
$(B)/tests/%.o: INC ?= -Icollector/lib -Icollector -Ifcgi
$(B)/collector/lib/svitlo/clock.o: CFLAGS += -DSV_BUILD_EPOCH=$(EPOCH)
$(B)/collector/lib/svitlo/version.o: CFLAGS += -DSV_VERSION='"$(VERSION)"'
# tests have days of their own, which are no earlier than this: the day of a build is nothing to them
$(B)/tests/clock.o: CFLAGS += -DSV_BUILD_EPOCH=1763856000
$(B)/tests/clock.o: INC := -Icollector/lib

# what was built is said anew when it changes
$(GEN)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(EPOCH)' | cmp -s - $@ || echo '$(VERSION) $(EPOCH)' > $@
FORCE:
$(B)/collector/lib/svitlo/clock.o $(B)/collector/lib/svitlo/version.o: $(GEN)/version

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(INC) -MMD -MP -c -o $@ $<

$(GEN)/migrations.c: scripts/embed-sql $(sort $(wildcard sql/migrations/*/*.sql))
	@mkdir -p $(@D)
	$(call say,SQL,$@)
	$(Q)scripts/embed-sql sql/migrations > $@
$(B)/migrations.o: $(GEN)/migrations.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Icollector/lib -MMD -MP -c -o $@ $<

$(B)/libsvitlo.a: $(call obj,$(lib)) $(B)/migrations.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^
$(B)/libcollector.a: $(call obj,$(col))
	$(Q)rm -f $@ && $(AR) rcsD $@ $^
$(B)/libapi.a: $(call obj,$(api))
	$(Q)rm -f $@ && $(AR) rcsD $@ $^
$(B)/libhouse.a: $(call obj,$(house))
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

$(B)/tests/clock.o: collector/lib/svitlo/clock.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(INC) -MMD -MP -c -o $@ $<

link = $(call say,LD,$@) ; $(CC) $(LDFLAGS_$(VARIANT)) $(LDFLAGS) -o $@ $(1)
LIBS = $(call pkg,--libs,$(COL_PKGS)) -lcrypt -lm

$(SVITLO): $(call obj,collector/main.c) $(B)/libcollector.a $(B)/libsvitlo.a
	$(Q)$(call link,$^ $(LIBS))
$(FCGI): $(call obj,fcgi/main.c) $(B)/libapi.a $(B)/libsvitlo.a
	$(Q)$(call link,$^ $(FCGI_LIBS) $(call pkg,--libs,$(LIB_PKGS)) -lcrypt -lm)
$(HOUSE_BIN): $(call obj,tests/house/main.c) $(B)/libhouse.a
	@mkdir -p $(@D)
	$(Q)$(call link,$^ $(call pkg,--libs,$(HOUSE_PKGS)) -lm)
# without sanitizers in every variant: it is loaded before their set-up is done
$(WARP): tests/warp/warp.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $<
$(RADIO): $(call obj,$(radio)) $(B)/libhouse.a
	$(Q)$(call link,$^ -lm)
$(B)/tests/days/%.o: INC := -Icollector/lib -Icollector -Itests/house
$(DAYS): $(call obj,$(wildcard tests/days/*.c)) $(B)/tests/clock.o $(B)/libcollector.a $(B)/libhouse.a $(B)/libsvitlo.a
	$(Q)$(call link,$^ $(LIBS))
$(B)/tests/unit/test_house%: $(B)/tests/unit/test_house%.o $(B)/libhouse.a
	$(Q)$(call link,$^ $(call pkg,--libs,$(HOUSE_PKGS)) -lcmocka -lm)
$(B)/tests/unit/test_api%: $(B)/tests/unit/test_api%.o $(B)/tests/clock.o $(B)/libapi.a $(B)/libsvitlo.a
	$(Q)$(call link,$^ $(FCGI_LIBS) $(call pkg,--libs,$(LIB_PKGS)) -lcrypt -lcmocka -lm)
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/tests/clock.o $(B)/libcollector.a $(B)/libsvitlo.a
	$(Q)$(call link,$^ $(LIBS) -lcmocka)
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(if $(filter fuzz,$(VARIANT)),,$(B)/tests/fuzz/main.o) $(B)/libcollector.a $(B)/libapi.a $(B)/libsvitlo.a
	$(Q)$(call link,$^ $(FCGI_LIBS) $(LIBS))
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/libcollector.a $(B)/libsvitlo.a
	$(Q)$(call link,$^ $(FCGI_LIBS) $(LIBS))

clean:
	$(Q)rm -rf build pwa/dist

-include $(patsubst %.o,%.d,$(B)/tests/clock.o $(call obj,$(lib) $(col) $(api) $(house) $(unit) $(fuzz) $(bench) $(radio) \
	collector/main.c fcgi/main.c tests/house/main.c tests/fuzz/main.c))
