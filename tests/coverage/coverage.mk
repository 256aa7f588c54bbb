# SPDX-License-Identifier: Apache-2.0
# Which lines and branches of src/ and port/posix the unit tests run. gcovr reads what gcc writes, so
# the compiler is gcc; no_malloc.c counts by a hook of the sanitizers and stays out.
COVERAGE := $(BUILD)/coverage
$(eval $(call configuration,$(COVERAGE),gcc,-O0 -g --coverage,$(WHOLE),$(LIBRARIES)))

.PHONY: coverage
coverage: $(call programs,$(COVERAGE),$(filter-out tests/unit/no_malloc.c,$(UNIT)))
coverage: ##  lines and branches that the unit tests run, and those that they do not (needs gcovr)
	@BUILD=$(COVERAGE) tests/coverage/run.sh $(filter $(COVERAGE)/tests/unit/%,$^)
