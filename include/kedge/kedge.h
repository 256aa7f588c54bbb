// SPDX-License-Identifier: Apache-2.0
// kedge/kedge.h - all of kedge but the ports: client-go for machines with kilobytes.
//
// In reading order: loop.h (the kedge and its loop), config.h and client.h (which server),
// factory.h, informer.h and lister.h (the cache), object.h, kinds.h and kind.h (what is kept of an
// object). Then a port, such as kedge/posix.h.
#ifndef KEDGE_KEDGE_H
#define KEDGE_KEDGE_H

#include <kedge/api.h>
#include <kedge/backoff_table.h>
#include <kedge/build.h>
#include <kedge/client.h>
#include <kedge/config.h>
#include <kedge/controller.h>
#include <kedge/discovery.h>
#include <kedge/dynamic.h>
#include <kedge/dynamic_informer.h>
#include <kedge/err.h>
#include <kedge/event_recorder.h>
#include <kedge/event_selector.h>
#include <kedge/event_series.h>
#include <kedge/factory.h>
#include <kedge/field_selector.h>
#include <kedge/index.h>
#include <kedge/informer.h>
#include <kedge/key.h>
#include <kedge/kinds.h>
#include <kedge/labels.h>
#include <kedge/leader_election.h>
#include <kedge/lease_candidate.h>
#include <kedge/lister.h>
#include <kedge/logs.h>
#include <kedge/loop.h>
#include <kedge/mapper.h>
#include <kedge/node_agent.h>
#include <kedge/node_lease.h>
#include <kedge/node_status.h>
#include <kedge/object.h>
#include <kedge/object_reference.h>
#include <kedge/pod_status.h>
#include <kedge/port.h>
#include <kedge/quantity.h>
#include <kedge/rate_limiter.h>
#include <kedge/resource.h>
#include <kedge/rest.h>
#include <kedge/retry_watcher.h>
#include <kedge/selector.h>
#include <kedge/selector_build.h>
#include <kedge/status.h>
#include <kedge/text.h>
#include <kedge/time.h>
#include <kedge/transform.h>
#include <kedge/unstructured.h>
#include <kedge/until_with_sync.h>
#include <kedge/validation.h>
#include <kedge/version.h>
#include <kedge/watch.h>
#include <kedge/workqueue.h>

#endif
