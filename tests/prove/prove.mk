# SPDX-License-Identifier: Apache-2.0
# prove.mk - no error at run time: looked for by gcc's analyzer, proved by Frama-C.

#= DRIVERS="tests/prove/http_response.c"   what `make prove` proves (default: all)
.PHONY: analyze prove
analyze: ##  gcc -fanalyzer over library, port and mock
	@tests/prove/analyze.sh

prove: ##  no run-time error in what reads strangers' bytes (needs frama-c)
	@tests/prove/prove.sh $(DRIVERS)
