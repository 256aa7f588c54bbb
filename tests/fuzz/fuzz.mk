# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: tests/fuzz/*.c with an LLVMFuzzerTestOneInput, each built three times.
#
#     build/asan/tests/fuzz/NAME   any compiler: replays the files it is given
#     build/fuzz/tests/fuzz/NAME   clang's libFuzzer
#     build/afl/tests/fuzz/NAME    the same through AFL++'s driver

#= MINUTES=2               how long `make fuzz` runs, all targets together
#= TARGET="sieve http"     only these (default: all); ENGINE=afl: by AFL++ in place of libFuzzer
MINUTES     ?= 2
ENGINE      ?= libfuzzer
FUZZ_CC     ?= clang
AFL_CC      ?= afl-clang-fast
FUZZ        := $(patsubst %.c,%,$(shell grep -l '^int LLVMFuzzerTestOneInput' tests/fuzz/*.c))
FUZZ_SHARED := $(patsubst %.c,%,$(filter-out $(FUZZ:%=%.c) \
    $(shell grep -l '^int main' tests/fuzz/*.c),$(wildcard tests/fuzz/*.c)))
TARGET      ?= $(notdir $(FUZZ))

# $(call fuzz_programs,FOLDER,COMPILER,FLAGS,OBJECTS): the targets there, with OBJECTS beside their own.
define fuzz_programs
$(FUZZ:%=$(1)/%): %: %.o $(FUZZ_SHARED:%=$(1)/%.o) $(4) $(1)/tests/helpers.a $(1)/libkedge-posix.a $(1)/libkedge.a
	$$(call say,LINK)$(2) $(3) $(LDFLAGS) -o $$@ $$^ -lcmocka -ljansson -lm $(LIBRARIES) $(LDLIBS)
-include $(patsubst %,$(1)/%.d,$(FUZZ) $(FUZZ_SHARED))
endef
$(eval $(call fuzz_programs,$(BUILD)/asan,$(CC),$(SANITIZE),$(BUILD)/asan/tests/fuzz/replay.o))

# `make test` replays seeds, corpus and every crash that was found.
test: $(FUZZ:%=$(BUILD)/asan/%) $(BUILD)/asan/tests/fuzz/seeds

# The rest only where it is asked for: it takes time to read, and TARGET may be somebody else's name.
ifneq ($(filter fuzz $(BUILD)/fuzz/% $(BUILD)/afl/%,$(MAKECMDGOALS)),)
$(foreach t,$(filter-out $(notdir $(FUZZ)),$(TARGET)),$(error TARGET: there is no "$(t)"; there are: $(notdir $(FUZZ))))
$(if $(filter afl libfuzzer,$(ENGINE)),,$(error ENGINE: libfuzzer or afl, not "$(ENGINE)"))
FUZZ_BUILD := $(BUILD)/$(if $(filter afl,$(ENGINE)),afl,fuzz)
FUZZ_FLAGS := $(SANITIZE) -fsanitize=fuzzer
$(eval $(call configuration,$(BUILD)/fuzz,$(FUZZ_CC),$(FUZZ_FLAGS),$(WHOLE),$(LIBRARIES)))
$(eval $(call configuration,$(BUILD)/afl,$(AFL_CC),$(FUZZ_FLAGS),$(WHOLE),$(LIBRARIES)))
$(eval $(call fuzz_programs,$(BUILD)/fuzz,$(FUZZ_CC),$(FUZZ_FLAGS),))
$(eval $(call fuzz_programs,$(BUILD)/afl,$(AFL_CC),$(FUZZ_FLAGS),))
endif

.PHONY: fuzz
fuzz: $(TARGET:%=$(FUZZ_BUILD)/tests/fuzz/%) $(BUILD)/asan/tests/fuzz/seeds ##  fuzzes what reads bytes from outside
	@MINUTES=$(MINUTES) ENGINE=$(ENGINE) FUZZ_BUILD=$(FUZZ_BUILD) tests/fuzz/run.sh $(TARGET)
