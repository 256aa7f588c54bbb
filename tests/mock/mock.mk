# SPDX-License-Identifier: Apache-2.0
# mock.mk - sources and libraries of the mock API server, for the Makefile.
#
# MOCK_SRCS is the core: no socket, no clock; it needs MOCK_LIBS. The programs need more.

MOCK_DIR  ?= tests/mock
MOCK_SRCS := $(addprefix $(MOCK_DIR)/, api.c auth.c churn.c connection.c control.c discovery.c \
             erase.c fault.c kinds.c list.c mock.c modify.c object.c patch.c reply.c request.c select.c \
             status.c store.c strategic.c table.c text.c view.c watch.c write.c)
MOCK_LIBS := -ljansson

MOCK_SERVER_SRCS := $(MOCK_SRCS) $(addprefix $(MOCK_DIR)/, server.c server_options.c server_tls.c)
MOCK_SERVER_LIBS := $(MOCK_LIBS) -lmbedtls -lmbedx509 -lmbedcrypto

PKI_SRCS := $(MOCK_DIR)/pki.c
PKI_LIBS := -lmbedx509 -lmbedcrypto
