// SPDX-License-Identifier: Apache-2.0
// kedge/event_type.h - the types that events have.
#ifndef KEDGE_EVENT_TYPE_H
#define KEDGE_EVENT_TYPE_H

enum kedge_event_type {
    KEDGE_EVENT_NORMAL, // for information
    KEDGE_EVENT_WARNING // something may need a look
};

#endif
