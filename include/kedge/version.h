// SPDX-License-Identifier: Apache-2.0
// kedge/version.h - which kedge this is. Versions follow semver.org.
#ifndef KEDGE_VERSION_H
#define KEDGE_VERSION_H

// As text, for messages and the user agent.
#define KEDGE_VERSION "0.1.0"

// As numbers, for #if: 10,000 times major, 100 times minor, patch.
#define KEDGE_VERSION_NUMBER 100

#endif
