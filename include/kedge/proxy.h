// SPDX-License-Identifier: Apache-2.0
// kedge/proxy.h - HTTP proxies by CONNECT (RFC 9110 9.3.6), as a stream over a stream.
//
// A client takes its proxy from its configuration or the environment by itself (config.h); this is
// for who builds streams by hand.
//
//     struct kedge_proxy proxy;
//     err = kedge_proxy_parse("http://me:secret@proxy.example.com:3128", text, &proxy, &problem);
//     void *memory = ...;                     // kedge_proxy_stream_size(&proxy, "doorbell/1.0")
//     struct kedge_stream *s = kedge_proxy_stream_init(memory, &proxy, "doorbell/1.0", tcp);
//     while ((err = s->ops->open(s, "cluster.example.com", 6443)) == KEDGE_WANT_READ) ...
//     if (err != KEDGE_OK)
//         puts(kedge_proxy_problem(s));
//
// TLS to the server is a TLS stream (tls.h) over this one, so the proxy sees names and numbers, not
// what is said. A proxy's credentials go to the proxy only, the server's to the server only.
//
// A build with PROXY=0 has none of these functions: its clients connect directly, and refuse a
// configuration that asks for a proxy. Not thread-safe.
#ifndef KEDGE_PROXY_H
#define KEDGE_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/err.h>
#include <kedge/port.h>
#include <kedge/text.h>

#ifdef __cplusplus
extern "C" {
#endif

// Where a proxy is, and who we are to it.
struct kedge_proxy {
    const char *host; // NUL-terminated, without brackets
    uint16_t port;    // 80, or 443 for https, where the URL gives none (as in Go)
    bool tls;         // an https proxy: TLS as far as the proxy, whatever goes through it
    // The URL has a user, so Proxy-Authorization: Basic is sent; percent signs are decoded.
    bool has_credentials;
    kedge_str username;
    kedge_str password; // a secret
};

// Takes a proxy's URL apart: "http://[user[:password]@]host[:port]" or "https://..."; without a
// scheme it is http, as Go takes HTTPS_PROXY. What follows the port is ignored. `text` has
// strlen(url) + 1 bytes, outlives *out, holds what *out points at, and so the password: wipe it
// when done.
//
// KEDGE_ERR_CONFIG       no such URL; nothing is in `text`
// KEDGE_ERR_UNSUPPORTED  a socks5 proxy
// KEDGE_ERR_ARGUMENT     a pointer is NULL
// *problem (if not NULL) is then a static text that says why and holds nothing of the URL.
kedge_err kedge_proxy_parse(const char *url, char *text, struct kedge_proxy *out,
                            const char **problem);

// True if the server at `host` (a name, or an IP literal without brackets) and `port` is to be
// reached without the proxy that the environment names: it is "localhost", a loopback address, or
// in `no_proxy` (NULL: empty), a list with commas as Go reads NO_PROXY:
//   - "example.com" and "*.example.com", ".example.com": the name and what ends in it, or only what
//     ends in it
//   - "10.0.0.1", "fd00::1", "10.0.0.0/8": addresses, for servers that are given by address
//   - each (but "/8") perhaps with a port: "example.com:6443", "[fd00::1]:6443"
//   - "*": all
// What is nothing of these is ignored. No name is resolved.
bool kedge_proxy_excludes(const char *no_proxy, const char *host, uint16_t port);

// Bytes for kedge_proxy_stream_init, aligned as max_align_t: about 1.6 KiB (on x86-64), longer
// credentials and user agents more.
size_t kedge_proxy_stream_size(const struct kedge_proxy *proxy, const char *user_agent);

// Makes a closed stream in `memory` over `below`, a closed stream that this one opens, to the
// proxy, and closes: a connection of the port, or, if proxy->tls, a TLS stream made by
// kedge_tls_stream_init. `user_agent` (NULL: none is sent) and `proxy` outlive the stream. NULL if
// a pointer is.
//
// Its open asks the proxy to CONNECT to the host and port it is given. From then on bytes go
// through as they are. It answers as port.h says, as the stream below does, and also:
//
// KEDGE_ERR_CONNECT   the proxy refused (any answer but 2xx), or closed without an answer
// KEDGE_ERR_HTTP      what answers is no HTTP proxy
// KEDGE_ERR_TOO_LONG  the head of its answer is longer than KEDGE_HTTP_HEAD_MAX, or a header is
//                     that http.c looks at
// KEDGE_ERR_ARGUMENT  open: the host is empty, longer than 253 bytes or has characters that no host
//                     has, or the user agent has control characters; read, write: no bytes
// KEDGE_ERR_STATE     read or write before open has answered KEDGE_OK
//
// A Content-Length or Transfer-Encoding of a 2xx answer means nothing; only both together are
// refused. After an error each call of open answers the same until close.
struct kedge_stream *kedge_proxy_stream_init(void *memory, const struct kedge_proxy *proxy,
                                             const char *user_agent, struct kedge_stream *below);

// Why open failed last, naming the proxy and the status of its answer: "the proxy
// proxy.example.com:3128 answered CONNECT with 403: it does not allow this server". No secrets.
// Lives in the stream; good until the next open, also after close. "" if nothing failed; never
// NULL.
const char *kedge_proxy_problem(const struct kedge_stream *s);

#ifdef __cplusplus
}
#endif
#endif
