# SPDX-License-Identifier: Apache-2.0
# conformance.mk - the hour against a real kube-apiserver: README.md.

#= MINUTES=60              `make soak`: how long it lasts
.PHONY: soak
soak: $(BUILD)/tests/soak ##  an hour against a real kube-apiserver that is killed, frozen, compacted
	@MINUTES=$(or $(MINUTES),60) tests/conformance/soak.sh || [ $$? = 77 ]
