# SPDX-License-Identifier: Apache-2.0
# Which lines and branches of src/ and port/posix the unit tests run. gcovr reads what gcc writes, so
# the compiler is gcc; no_malloc.c counts by a hook of the sanitizers and stays out.
#= MISTAKES=50             how many mistakes `make mutate` makes
COVERAGE := $(BUILD)/coverage
MISTAKES ?= 50
$(eval $(call configuration,$(COVERAGE),gcc,-O0 -g --coverage,$(WHOLE),$(LIBRARIES)))

.PHONY: coverage mutate
coverage: $(call programs,$(COVERAGE),$(filter-out tests/unit/no_malloc.c,$(UNIT)))
coverage: ##  lines and branches that the unit tests run, and those that they do not (needs gcovr)
	@BUILD=$(COVERAGE) tests/coverage/run.sh $(filter $(COVERAGE)/tests/unit/%,$^)

mutate: ##  small mistakes in src/, and which no unit test notices; after `make coverage`
	@tests/coverage/mutate.py $(MISTAKES)
