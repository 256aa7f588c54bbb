# SPDX-License-Identifier: Apache-2.0
# conformance.mk - more than `make conformance`: README.md.

#= MINUTES=60              `make soak`: how long it lasts
.PHONY: soak
soak: $(BUILD)/tests/soak ##  an hour against a real kube-apiserver that is killed, frozen, compacted
	@MINUTES=$(or $(MINUTES),60) tests/conformance/soak.sh || [ $$? = 77 ]

.PHONY: bench_workqueue
bench_workqueue: $(BUILD)/tests/bench/workqueue ##  the workqueue beside client-go's: times, bytes, growth (needs Go)
	@tests/conformance/workqueue.sh || [ $$? = 77 ]
