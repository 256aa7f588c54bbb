# SPDX-License-Identifier: Apache-2.0
# sim.mk - the simulation: tests/sim/README.md.

#= SEEDS=1000 FROM=1       `make sim`: how many seeds, and which is the first
#= SEED=7                  `make sim`: one seed again, told line by line
#= SHRINK=7                `make sim`: the smallest plan that fails as this seed does
#= PLAN=file               `make sim`: a schedule of your own (tests/sim/plans/ has some)
SEEDS ?= 1000
FROM  ?= 1

SIM := $(wildcard tests/sim/*.c)
# $(call simulation,FOLDER): the program of one way of compiling.
define simulation
$(1)/tests/sim/sim: $(SIM:%.c=$(1)/%.o) $(1)/tests/helpers.a $(1)/libkedge.a
	$$(call say,LINK)$$(CC) $(2) $(LDFLAGS) -o $$@ $$^ -lcmocka -ljansson $(LIBRARIES) $(LDLIBS)
-include $(SIM:%.c=$(1)/%.d)
endef
$(eval $(call configuration,$(BUILD)/fast,$(CC),-O2 -g,$(WHOLE),$(LIBRARIES)))
$(eval $(call simulation,$(BUILD)/fast,-O2 -g))
$(eval $(call simulation,$(BUILD)/asan,$(SANITIZE)))
$(eval $(call simulation,$(BUILD)/coverage,--coverage -fsanitize=address))

test: export SIMULATION := $(BUILD)/asan/tests/sim/sim
test: $(BUILD)/asan/tests/sim/sim

.PHONY: sim
sim: $(BUILD)/fast/tests/sim/sim ##  random clusters, faults and loads, by seed
	@$< $(if $(SHRINK),--shrink $(SHRINK),$(if $(PLAN),--plan $(PLAN) --trace,$(if $(SEED),--seed \
	    $(SEED),--seeds $(SEEDS) --from $(FROM))))

#= EVENTS=1000000          `make endurance`: how long it lasts
EVENTS ?= 1000000
.PHONY: endurance
endurance: $(BUILD)/fast/tests/sim/sim ##  one simulated machine that runs for months
	@$< --endurance $(EVENTS) --from $(FROM)

#= MUTANTS="my/*.patch"    `make mutants`: other bugs than those of tests/sim/mutants/
.PHONY: mutants
mutants: export SIM_FLAGS = $(STANDARD) $(limits) $(CPPFLAGS) -O2 -g
mutants: export SIM_LIBRARIES = $(BUILD)/fast/tests/helpers.a $(BUILD)/fast/libkedge.a -lcmocka -ljansson $(LIBRARIES) $(LDLIBS)
mutants: $(BUILD)/fast/tests/sim/sim ##  plants bugs and looks whether the simulation finds them
	@tests/sim/mutants.sh $(MUTANTS)
