// SPDX-License-Identifier: Apache-2.0
// accept.h - what an answer is asked to look like, where it is not the whole object.
#ifndef KEDGE_CLIENT_ACCEPT_H
#define KEDGE_CLIENT_ACCEPT_H

// A server that cannot cut an object down to its metadata sends it whole.
#define KEDGE__ACCEPT_METADATA \
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
#define KEDGE__ACCEPT_METADATA_LIST \
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

#endif
