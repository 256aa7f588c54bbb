// SPDX-License-Identifier: Apache-2.0
// host.h - host names and IP addresses as certificates know them.
#ifndef KEDGE_NET_HOST_H
#define KEDGE_NET_HOST_H

#include "kedge/text.h"

// The bytes of an IPv4 or IPv6 literal, in network order: 4 or 16, or 0 if `text` is none. An IPv4
// address in IPv6 clothes (::ffff:10.0.0.1) is its 4 bytes; the zone behind a '%' is left out.
size_t kedge__host_ip(kedge_str text, unsigned char out[16]);

// `text` without the one dot that may end an absolute name.
kedge_str kedge__host_trim(kedge_str text);

// True if a certificate's DNS name is for the host: the same letters in either case, or "*." and
// all but the first label of the host. Neither is trimmed; an empty name is for nobody.
bool kedge__host_matches(kedge_str pattern, kedge_str host);

#endif
