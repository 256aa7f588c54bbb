// SPDX-License-Identifier: Apache-2.0
// server_tls.h - the TLS side of the mock server program.
#ifndef MOCK_SERVER_TLS_H
#define MOCK_SERVER_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct tls_server;
struct tls_client;

// Results beside a number of bytes.
enum { TLS_WAIT = -1, TLS_ENDED = -2, TLS_FAILED = -3 };

// Reads certificate and key DIR/NAME.pem, DIR/NAME.key; with client_ca, client certificates
// signed by DIR/ca.pem are asked for. Ends the program when a file is bad.
struct tls_server *tls_server_new(const char *directory, const char *name, bool client_ca);
void tls_server_free(struct tls_server *server);

struct tls_client *tls_client_new(struct tls_server *server, int fd);
void tls_client_free(struct tls_client *client, bool notify);

// 0 when the handshake is done, TLS_WAIT, TLS_FAILED.
int tls_handshake(struct tls_client *client);
// The common name of a verified client certificate; false: none.
bool tls_user(struct tls_client *client, char *name, size_t cap);
int tls_read(struct tls_client *client, void *buffer, size_t cap);
int tls_write(struct tls_client *client, const void *bytes, size_t len);

#endif
