// SPDX-License-Identifier: Apache-2.0
// kedge/kinds.h - the built-in kinds: for each, the fields of its record.
//
//     const struct kedge_pod *pod = kedge_as_pod(obj);
//     printf("%s is %s\n", kedge_name(obj), kedge_pod_phase_text(pod->status_phase));
//
// Each has what `kubectl get -o wide` shows and what controllers commonly read; metadata is in
// `object`, see kedge/object.h. kedge/kind.h says how to read the tables, and how to write one of
// your own where other fields are wanted. A kind that a program does not name costs it nothing.
//
// There is a file for each API group; this one has them all.
#ifndef KEDGE_KINDS_H
#define KEDGE_KINDS_H

#include <kedge/kinds/admissionregistration.h>
#include <kedge/kinds/apiextensions.h>
#include <kedge/kinds/apiregistration.h>
#include <kedge/kinds/apps.h>
#include <kedge/kinds/autoscaling.h>
#include <kedge/kinds/batch.h>
#include <kedge/kinds/certificates.h>
#include <kedge/kinds/coordination.h>
#include <kedge/kinds/core.h>
#include <kedge/kinds/discovery.h>
#include <kedge/kinds/events.h>
#include <kedge/kinds/flowcontrol.h>
#include <kedge/kinds/networking.h>
#include <kedge/kinds/node.h>
#include <kedge/kinds/policy.h>
#include <kedge/kinds/rbac.h>
#include <kedge/kinds/resource.h>
#include <kedge/kinds/scheduling.h>
#include <kedge/kinds/storage.h>

#endif
