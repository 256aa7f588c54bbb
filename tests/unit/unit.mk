# SPDX-License-Identifier: Apache-2.0
# sweeps_posix stands between the port and the system: each of these calls goes through it.
INTERPOSED := socket connect getsockopt setsockopt getsockname getpeername recv send poll pipe fcntl \
    socketpair open pread read write close getrandom clock_gettime getaddrinfo pthread_create malloc
comma := ,
%/tests/unit/sweeps_posix: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,$(INTERPOSED))

.PHONY: story-mutants
story-mutants: export STORY_FLAGS = $(STANDARD) $(limits) $(CPPFLAGS) -O2 -g
story-mutants: export STORY_LIBRARIES = $(BUILD)/tests/helpers.a $(BUILD)/libkedge-posix.a $(BUILD)/libkedge.a -lcmocka -ljansson $(LIBRARIES) $(LDLIBS)
story-mutants: $(addprefix $(BUILD)/tests/unit/,leader_story node_story) ##  plants bugs in leader election and the node agent and looks whether their stories find them
	@tests/unit/mutants.sh $(MUTANTS)
