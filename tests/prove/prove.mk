# SPDX-License-Identifier: Apache-2.0
# prove.mk - no error at run time, proved: needs Frama-C.

.PHONY: prove
prove: ##  no run-time error in what parses: Frama-C's Eva over tests/prove/*.c
	@tests/prove/prove.sh $(DRIVERS)
