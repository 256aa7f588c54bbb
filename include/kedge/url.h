// SPDX-License-Identifier: Apache-2.0
// kedge/url.h - server addresses (RFC 3986, the part that API servers need).
#ifndef KEDGE_URL_H
#define KEDGE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

// The parts of a server's URL; all slices borrow from the parsed text.
struct kedge_url {
    bool tls;       // scheme https
    kedge_str host; // without brackets; a name, an IPv4 or an IPv6 literal
    bool ipv6;      // host is an IPv6 literal: the Host header needs brackets
    uint16_t port;  // 443 or 80 where none is given
    kedge_str path; // prefix of every request: "" or "/prefix", no trailing slash
};

// Parses "https://host[:port][/prefix]", "http://..." or "host[:port]" (then `tls` is as
// `default_tls` says, and a path is refused). Query and fragment are dropped, as client-go does.
// Userinfo, other schemes, empty hosts, bad ports and characters that would break a request line
// are refused.
//
// KEDGE_ERR_CONFIG   not such a URL; *problem (if not NULL) is a static text saying why
kedge_err kedge_url_parse(kedge_str text, bool default_tls, struct kedge_url *out,
                          const char **problem);

#ifdef __cplusplus
}
#endif
#endif
