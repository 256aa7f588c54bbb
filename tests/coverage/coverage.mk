# SPDX-License-Identifier: Apache-2.0
# Which lines and branches of src/ and port/posix the unit tests run. gcovr reads what gcc writes, so
# the compiler is gcc; with ASan, since some tests count and search memory by its hooks.
#= MISTAKES=50             how many mistakes `make mutate` makes
COVERAGE := $(BUILD)/coverage
MISTAKES ?= 50
$(eval $(call configuration,$(COVERAGE),gcc,-O0 -g --coverage -fsanitize=address,$(WHOLE),$(LIBRARIES)))

.PHONY: coverage mutate
coverage: $(call programs,$(COVERAGE),$(UNIT)) $(COVERAGE)/tests/sim/sim
coverage: ##  lines and branches that the unit tests run, and those that they do not (needs gcovr)
	@BUILD=$(COVERAGE) SIMULATION=$(COVERAGE)/tests/sim/sim tests/coverage/run.sh tests/sim_test.sh $(filter $(COVERAGE)/tests/unit/%,$^)

mutate: ##  small mistakes in src/, and which no unit test notices; after `make coverage`
	@tests/coverage/mutate.py $(MISTAKES)
