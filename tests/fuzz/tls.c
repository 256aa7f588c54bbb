// SPDX-License-Identifier: Apache-2.0
// tls.c - any bytes as CA, client certificate and key, and as what a server sends. A configuration
// is made whole or not at all, and what is refused has a reason; a handshake with such a server
// ends, in an error with a reason, and nothing stays open.
#include <stdlib.h>

#include "fake_port.h"
#include "kedge/tls.h"

#include "fuzz.h"

// The server
// ---------------------------------------------------------------------------------------

struct server {
    kedge_str left; // of what it sends
    bool greeted;   // it sends nothing before the client has
};
static struct server server;

static void *open_connection(void *ctx, const char *host, uint16_t number)
{
    (void)host, (void)number;
    return ctx;
}

static size_t feed(void *connection, const void *bytes, size_t len)
{
    (void)bytes;
    ((struct server *)connection)->greeted = true;
    return len;
}

static size_t output(void *connection, void *buf, size_t cap)
{
    struct server *s = connection;
    size_t n = s->greeted && s->left.len > 0 ? (cap < s->left.len ? cap : s->left.len) : 0;
    if (n > 0)
        memcpy(buf, s->left.ptr, n);
    s->left.ptr += n;
    s->left.len -= n;
    return n;
}

static enum fake_state state(void *connection)
{
    const struct server *s = connection;
    return s->greeted && s->left.len == 0 ? FAKE_CLOSED : FAKE_OPEN;
}

static void close_connection(void *connection)
{
    (void)connection;
}

static const struct fake_peer peer = {open_connection,  feed, output, state,
                                      close_connection, NULL, NULL};

static void handshake(struct fake_port *port, struct kedge_tls *tls, kedge_str bytes)
{
    struct kedge_stream *below = malloc(port->port.stream_size);
    void *memory = malloc(kedge_tls_stream_size());
    PROMISE(below != NULL && memory != NULL);
    server = (struct server){bytes, false};
    port->port.stream_init(&port->port, below);
    struct kedge_stream *s = kedge_tls_stream_init(memory, tls, below, NULL);
    kedge_err err = KEDGE_WANT_READ;
    // Every call takes a byte at least, or is told why not.
    size_t calls = bytes.len * 2 + 64;
    for (; calls > 0 && (err == KEDGE_WANT_READ || err == KEDGE_WANT_WRITE); calls--)
        err = s->ops->open(s, "api.example.com", 6443);
    PROMISE(err == KEDGE_ERR_TLS || err == KEDGE_ERR_CERTIFICATE || err == KEDGE_ERR_IO ||
            err == KEDGE_ERR_CLOSED);
    PROMISE(kedge_tls_problem(s)[0] != '\0');
    PROMISE(s->ops->open(s, "api.example.com", 6443) == err);
    s->ops->close(s);
    fake_port_check(port);
    free(memory);
    free(below);
}

// The configuration
// --------------------------------------------------------------------------------

static void refused(kedge_err err, const struct kedge_tls *tls, const char *problem,
                    const unsigned char *memory)
{
    PROMISE(err == KEDGE_ERR_CONFIG && tls == NULL);
    PROMISE(problem != NULL && problem[0] != '\0');
    for (size_t i = 0; i < kedge_tls_size(); i++)
        PROMISE(memory[i] == 0);
}

static void configure(struct fake_port *port, const kedge_str part[3], bool insecure,
                      kedge_str server_bytes)
{
    struct kedge_tls_options options = {&port->port, part[0], part[1], part[2], insecure};
    struct kedge_tls *tls;
    const char *problem = "";
    unsigned char *memory = malloc(kedge_tls_size());
    PROMISE(memory != NULL);
    memset(memory, 0x5a, kedge_tls_size());
    kedge_err err = kedge_tls_init(memory, &options, &tls, &problem);
    if (err == KEDGE_OK) {
        PROMISE(tls != NULL && problem == NULL);
        handshake(port, tls, server_bytes);
        kedge_tls_free(tls);
    } else {
        refused(err, tls, problem, memory);
    }
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct fake_port port;
    struct fuzz_input in;
    char *blocks[3];
    kedge_str part[3];
    if (!fuzz_open(&in, bytes, len) || in.data.len > 16384)
        return 0;
    fake_port_init(&port, 1);
    port.peer = &peer;
    port.peer_ctx = &server;
    port.cruelty.read_max = in.cut % 8 == 0 ? 0 : 1 + in.cut;
    for (size_t i = 0; i < 3; i++) {
        part[i] = fuzz_part(&in.data);
        // A block that ends with the NUL that PEM must have.
        blocks[i] = malloc(part[i].len + 1);
        PROMISE(blocks[i] != NULL);
        memcpy(blocks[i], part[i].ptr, part[i].len);
        blocks[i][part[i].len] = '\0';
        part[i].ptr = part[i].len > 0 ? blocks[i] : NULL;
    }
    configure(&port, part, in.choice & 1, in.data);
    for (size_t i = 0; i < 3; i++)
        free(blocks[i]);
    return 0;
}
