// SPDX-License-Identifier: Apache-2.0
// Espalier: the kernels for x86-64 processors with AVX2 and FMA.

#include "tables.h"

#if defined(__x86_64__)

#define VL 8
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.inc.h"
#pragma clang attribute pop

const struct espalier_kernels espalier_kernels_avx2 = KERNELS("avx2");

#endif
