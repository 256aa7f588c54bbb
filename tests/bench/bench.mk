# SPDX-License-Identifier: Apache-2.0
# bench.mk - one of `make bench` that is of use by itself.
.PHONY: kinds
kinds: $(BUILD)/tests/bench/kinds ##  bytes of an object of each built-in kind: JSON and record
	@$<
