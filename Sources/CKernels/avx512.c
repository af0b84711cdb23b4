// SPDX-License-Identifier: Apache-2.0
// Espalier: the kernels for x86-64 processors with AVX-512 (F, DQ, VL, BW).

#include "tables.h"

#if defined(__x86_64__)

#define VL 16
#define AVX512 "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"
#pragma clang attribute push(__attribute__((target(AVX512))), apply_to = function)
#include "kernels.inc.h"
#pragma clang attribute pop

const struct espalier_kernels espalier_kernels_avx512 = KERNELS("avx512");

#endif
