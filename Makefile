# SPDX-License-Identifier: Apache-2.0
# kedge: `make help` lists the targets and the settings. Everything made is under build/, a folder
# for each way of compiling; changing a setting makes again what depends on it.

#= KINDS="pod node"        only these kinds (default: all, every file in src/object/kinds/)
#= TLS=0                   without TLS and mbedTLS: plain HTTP only
#= PROXY=0                 without proxies: a configuration that asks for one is refused
#= KUBECONFIG_FILES=0      without kubeconfig files and libyaml: in-cluster, or configured by hand
#= THREADS=1               a port with a lock, for what threads will share
#= LIMITS="-DKEDGE_..."    the numbers of include/kedge/limits.h; a program must have the same
#= CROSS_COMPILE=prefix-   another machine's compiler: aarch64-linux-gnu-gcc, ...; also CC, AR,
#=                         CFLAGS, CPPFLAGS, LDFLAGS; what is made is in build/prefix/
#= PREFIX=/usr/local DESTDIR=   where `make install` puts it
#= RUN_SECONDS=15          how long `make run` runs; 0: until Ctrl-C
#= V=1                     shows each command whole
# Make's own rules would be tried on every dependency file: seconds for nothing.
MAKEFLAGS        += --no-builtin-rules
KINDS            ?= $(ALL_KINDS)
TLS              ?= 1
PROXY            ?= 1
KUBECONFIG_FILES ?= 1
THREADS          ?= 0
CROSS_COMPILE    ?=
BUILD            ?= build$(addprefix /,$(CROSS_COMPILE:-=))
PREFIX           ?= /usr/local
CFLAGS           ?= -O2 -g
V                ?= 0
CORTEX_M4        ?= arm-none-eabi-gcc
ifeq ($(origin CC),default)
CC := $(if $(CROSS_COMPILE),$(CROSS_COMPILE)gcc,cc)
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
HOSTCC ?= cc
export CC HOSTCC CROSS_COMPILE BUILD

# What there is, and which of it is taken.
VERSION   := $(shell sed -n 's/^.define KEDGE_VERSION *"\(.*\)"/\1/p' include/kedge/version.h)
ALL_KINDS := $(sort $(patsubst src/object/kinds/%.c,%,$(wildcard src/object/kinds/*.c)))
ifeq ($(KINDS),all)
override KINDS := $(ALL_KINDS)
endif
WRONG     := $(filter-out $(ALL_KINDS),$(KINDS))
$(if $(WRONG),$(error KINDS: there is no "$(firstword $(WRONG))"; there are: $(ALL_KINDS)))
$(foreach s,TLS PROXY KUBECONFIG_FILES THREADS,$(if $(filter 0 1,$($(s))),,$(error $(s): 0 or 1, not "$($(s))")))
switch     = $(if $(filter 0,$(1)),$(2),$(3))
CHOSEN    := src/net/no_tls.c $(wildcard src/net/tls*.c src/net/proxy*.c) \
    src/client/no_kubeconfig.c $(wildcard src/client/kubeconfig*.c) \
    src/client/no_proxy.c $(wildcard src/client/proxy*.c) $(ALL_KINDS:%=src/object/kinds/%.c)
ALWAYS    := $(filter-out $(CHOSEN),$(wildcard src/*/*.c src/*/*/*.c))
# $(call sources,TLS,KUBECONFIG_FILES,KINDS,PROXY)
sources    = $(ALWAYS) $(3:%=src/object/kinds/%.c) $(filter $(CHOSEN),$(wildcard \
    $(call switch,$(1),src/net/no_tls.c,src/net/tls*.c) \
    $(call switch,$(2),src/client/no_kubeconfig.c,src/client/kubeconfig*.c) \
    $(call switch,$(4),src/client/no_proxy.c,src/net/proxy*.c src/client/proxy*.c)))
libraries  = $(call switch,$(1),,-lmbedtls -lmbedx509 -lmbedcrypto) $(call switch,$(2),,-lyaml)
PORT      := $(wildcard port/posix/*.c)
mains     := $(shell grep -l '^int main\>' tests/unit/*.c tests/mock/*.c tests/bench/*.c \
    tests/conformance/*.c 2>/dev/null)
UNIT      := $(filter tests/unit/%,$(mains))
MOCK      := $(filter tests/mock/%,$(mains))
REAL      := $(filter tests/conformance/%,$(mains))
REAL_ALSO := $(filter-out $(mains),$(wildcard tests/conformance/*.c))
BENCH     := $(filter tests/bench/%,$(mains))
HELPERS   := $(filter-out $(mains),$(wildcard tests/unit/*.c tests/mock/*.c))
EXAMPLES  := $(wildcard examples/*.c)

# How it is compiled.
WARNINGS  := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Wundef -Wvla -Wcast-qual
limits    := $(call switch,$(THREADS),,-DKEDGE_THREADS=1) $(LIMITS)
STANDARD  := -std=c11 $(WARNINGS) -ffunction-sections -fdata-sections -MMD -MP
SANITIZE  := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
SMALL     := -Os -fstack-usage -fno-asynchronous-unwind-tables
M4        := -mcpu=cortex-m4 -mthumb $(SMALL) -isystem $(BUILD)/jsmn
# What a file may include: a port and an example see the public headers only.
includes   = -Iinclude $(if $(filter src/% tests/%,$(1)),-Isrc) \
    $(if $(filter tests/%,$(1)),-Itests -Itests/unit -Itests/mock -I$(2))
# A file that holds a text and is written only when the text changes.
quoted     = '$(subst ','\'',$(strip $(1)))'
keep       = @mkdir -p $(@D); printf '%s\n' $(call quoted,$(1)) | cmp -s - $@ || \
    printf '%s\n' $(call quoted,$(1)) >$@
# What is done, in short.
say        = $(if $(filter 0,$(V)),@printf '  %-4s %s\n' $(1) $@; )
archive    = $(call say,AR)rm -f $@ && $(AR) qcs $@ $(filter %.o,$^)
# What runs tests sets the machine up; everything else only looks and says what is missing.
SETUP     := $(if $(filter run test unit bench kinds setup sim mutants endurance fuzz coverage,$(MAKECMDGOALS)),\
    setup,$(BUILD)/looked)
# jsmn is a header for any machine: a cross compiler gets a copy of this machine's.
JSMN      := $(BUILD)/jsmn/jsmn.h

.PHONY: all examples run test unit bench conformance lint format size install uninstall clean help setup FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/libkedge.a $(BUILD)/libkedge-posix.a ##  libkedge.a and libkedge-posix.a in build/

# $(call programs,FOLDER,SOURCES): the mock API server is build/tests/mock_server, its keys are
# made by build/tests/pki; programs of tests/conformance are in build/tests too.
programs = $(addprefix $(1)/,$(patsubst tests/conformance/%,tests/%,$(patsubst \
    tests/mock/%,tests/%,$(subst mock/server,mock_server,$(2:%.c=%)))))

# $(call configuration,FOLDER,COMPILER,FLAGS,SOURCES,LIBRARIES): one way of compiling.
define configuration
$(1)/flags: FORCE
	$$(call keep,$(2) $(3) $(STANDARD) $(limits) $(CPPFLAGS))
$(1)/parts: FORCE
	$$(call keep,$(4) $(PORT) $(HELPERS))
# For the tests that take every kind: KIND(configmap) KIND(deployment) ...
$(1)/kinds.def: FORCE
	$$(call keep,$(patsubst src/object/kinds/%.c,KIND(%),$(filter src/object/kinds/%,$(4))))
$(1)/%.o: %.c $(1)/flags | $$(JSMN) $(1)/kinds.def
	@mkdir -p $$(@D)
	$$(call say,CC)$(2) $(STANDARD) $(limits) $(CPPFLAGS) $(3) $$(call includes,$$*,$(1)) -c -o $$@ $$<
$(1)/libkedge.a: $(4:%.c=$(1)/%.o) $(1)/parts
	$$(archive)
$(1)/libkedge-posix.a: $(PORT:%.c=$(1)/%.o) $(1)/parts
	$$(archive)
$(1)/tests/helpers.a: $(HELPERS:%.c=$(1)/%.o) $(1)/parts
	$$(archive)
$(1)/examples/%: $(1)/examples/%.o $(1)/libkedge-posix.a $(1)/libkedge.a
	$$(call say,LINK)$(2) $(3) $(LDFLAGS) -o $$@ $$^ $(5) $(LDLIBS)
$(1)/tests/%: $(1)/tests/conformance/%.o $(REAL_ALSO:%.c=$(1)/%.o) $(1)/libkedge-posix.a $(1)/libkedge.a
	$$(call say,LINK)$(2) $(3) $(LDFLAGS) -o $$@ $$^ $(5) $(LDLIBS)
$(1)/tests/mock_server: $(1)/tests/mock/server.o $(1)/tests/helpers.a
$(1)/tests/pki: $(1)/tests/mock/pki.o
$(1)/tests/mock_proxy: $(1)/tests/mock/mock_proxy.o
$(1)/tests/mock_server $(1)/tests/pki $(1)/tests/mock_proxy:
	$$(call say,LINK)$(2) $(3) $(LDFLAGS) -o $$@ $$^ -ljansson $(LIBRARIES) $(LDLIBS)
$(1)/tests/%: $(1)/tests/%.o $(1)/tests/helpers.a $(1)/libkedge-posix.a $(1)/libkedge.a
	$$(call say,LINK)$(2) $(3) $$(LDFLAGS) -o $$@ $$^ -lcmocka -ljansson $(LIBRARIES) $(LDLIBS)
-include $$(patsubst %.c,$(1)/%.d,$(4) $(PORT) $(HELPERS) $(REAL_ALSO) $(mains) $(EXAMPLES))
endef
MINE    := $(call sources,$(TLS),$(KUBECONFIG_FILES),$(KINDS),$(PROXY))
WHOLE   := $(call sources,1,1,$(ALL_KINDS),1)
CORE    := $(call sources,0,0,$(KINDS),0)
MY_LIBS := $(call libraries,$(TLS),$(KUBECONFIG_FILES))
LIBRARIES := $(call libraries,1,1)
$(eval $(call configuration,$(BUILD),$(CC),$(CFLAGS)$(if $(CROSS_COMPILE), -isystem $(BUILD)/jsmn),$(MINE),$(MY_LIBS)))
$(eval $(call configuration,$(BUILD)/asan,$(CC),$(SANITIZE),$(WHOLE),$(LIBRARIES)))
$(eval $(call configuration,$(BUILD)/size/native,$(CC),$(SMALL) -fno-pie,$(MINE),))
$(eval $(call configuration,$(BUILD)/size/cortex-m4,$(CORTEX_M4),$(M4),$(CORE),))

setup: ##  looks for what tests and examples need, and installs what is missing where it may
	@tests/setup.sh

$(BUILD)/looked: $(BUILD)/flags $(BUILD)/parts tests/setup.sh
	@TLS=$(TLS) KUBECONFIG_FILES=$(KUBECONFIG_FILES) tests/setup.sh --look library
	@touch $@

$(JSMN): | $(SETUP)
	@mkdir -p $(@D)
	@cp "$$(echo '#include <jsmn.h>' | $(HOSTCC) -M -x c - | grep -o '[^ ]*/jsmn\.h')" $@

examples: $(call programs,$(BUILD),$(EXAMPLES)) ##  examples/*.c, in build/examples/

run: examples $(if $(KUBECONFIG)$(KUBERNETES_SERVICE_HOST),,$(call programs,$(BUILD),$(MOCK)))
run: ##  an informer against the mock API server, $KUBECONFIG's cluster or the pod's
	@tests/run_demo.sh

CHECKS := $(wildcard tests/*_test.sh tests/mock/*_test.sh) tests/floors.sh tests/headers.sh tests/symbols.sh
test: export MOCK_SERVER := $(BUILD)/asan/tests/mock_server
test: export PKI := $(BUILD)/asan/tests/pki
test: all $(call programs,$(BUILD)/asan,$(UNIT) $(MOCK) $(EXAMPLES)) ##  every test, sanitized; no network but loopback
	@tests/run_tests.sh $(CHECKS) $(call programs,$(BUILD)/asan,$(UNIT))

unit: $(call programs,$(BUILD)/asan,$(UNIT)) ##  only the unit tests
	@tests/run_tests.sh $^

bench: $(call programs,$(BUILD),$(BENCH) $(MOCK) $(EXAMPLES)) ##  the numbers of the README
	@for b in $(call programs,$(BUILD),$(BENCH)) $(wildcard tests/bench/*.sh); do echo "# $$b"; $$b || exit 1; done

conformance: examples $(call programs,$(BUILD),$(REAL)) ##  the programs against a real kube-apiserver (builds one: needs Go)
	@tests/conformance/run.sh

lint: all ##  format, clang-tidy, cppcheck, headers, floors, symbols, views
	@tests/lint.sh

SIZED   := $(BUILD)/size/native $(if $(shell command -v $(CORTEX_M4)),$(BUILD)/size/cortex-m4)
size: $(foreach d,$(SIZED),$(d)/libkedge.a $(d)/examples/deployment_informer.o) ##  bytes of code, data and stack by module
	@tests/size.sh $(SIZED)

format: ##  writes the sources as .clang-format wants them
	clang-format -i $$(find src include port examples tests -name '*.[ch]')

# The .pc files say with which limits the library was compiled.
HEADERS = $(shell find include -name '*.h')
DEFINED = $(filter -DKEDGE_%,$(limits) $(CPPFLAGS) $(CFLAGS))
pc      = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@CFLAGS@|$(DEFINED)|' \
    -e 's|@LIBS@|$(MY_LIBS)|'
install: all ##  headers, libraries and pkg-config files, under DESTDIR and PREFIX
	@for h in $(HEADERS); do install -D -m 644 $$h $(DESTDIR)$(PREFIX)/$$h || exit 1; done
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 644 $(BUILD)/libkedge.a $(BUILD)/libkedge-posix.a $(DESTDIR)$(PREFIX)/lib
	$(pc) kedge.pc.in >$(DESTDIR)$(PREFIX)/lib/pkgconfig/kedge.pc
	$(pc) port/posix/kedge-posix.pc.in >$(DESTDIR)$(PREFIX)/lib/pkgconfig/kedge-posix.pc

uninstall: ##  takes away what install put there
	rm -rf $(DESTDIR)$(PREFIX)/include/kedge
	cd $(DESTDIR)$(PREFIX)/lib && rm -f libkedge*.a pkgconfig/kedge.pc pkgconfig/kedge-posix.pc

clean: ##  takes away what was built
	rm -rf $(BUILD)

# What a folder of tests adds: its own programs, ways of compiling and targets.
MORE := $(sort $(wildcard tests/*/*.mk))
include $(MORE)

help: ##  this list
	@echo 'Targets'; sed -n 's/^\([a-z]*\):.*##  /\1	/p' Makefile $(MORE) | \
	    while IFS='	' read -r t text; do printf '  %-14s %s\n' "$$t" "$$text"; done
	@echo 'Settings'; sed -n 's/^#= */  /p' Makefile $(MORE)
