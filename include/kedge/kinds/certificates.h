// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/certificates.h - the kinds of certificates.k8s.io/v1.
#ifndef KEDGE_KINDS_CERTIFICATES_H
#define KEDGE_KINDS_CERTIFICATES_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// certificates.k8s.io/v1 CertificateSigningRequest ------------------------------------------------

// request and certificate are the bytes of PEM.
#define KEDGE_ROWS_certificatesigningrequest(FIELD, LIST, ENUM, K)        \
    FIELD(K, BASE64, spec_request, "spec", "request")                     \
    FIELD(K, TEXT, spec_signer_name, "spec", "signerName")                \
    FIELD(K, INT32, spec_expiration_seconds, "spec", "expirationSeconds") \
    FIELD(K, TEXT_LIST, spec_usages, "spec", "usages")                    \
    FIELD(K, TEXT, spec_username, "spec", "username")                     \
    FIELD(K, TEXT, spec_uid, "spec", "uid")                               \
    FIELD(K, TEXT_LIST, spec_groups, "spec", "groups")                    \
    LIST(K, condition, status_conditions, "status", "conditions")         \
    FIELD(K, BASE64, status_certificate, "status", "certificate")
KEDGE_DECLARE_KIND(certificatesigningrequest)

#ifdef __cplusplus
}
#endif
#endif
