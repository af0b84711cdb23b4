// SPDX-License-Identifier: Apache-2.0
// Espalier: the kernels for what every processor of the target has: SSE2 on x86-64, NEON on arm64.

#include "tables.h"

#define VL 4
#include "kernels.inc.h"

const struct espalier_kernels espalier_kernels_portable = KERNELS("portable");
#if defined(__aarch64__)
const struct espalier_kernels espalier_kernels_neon = KERNELS("neon");
#endif
