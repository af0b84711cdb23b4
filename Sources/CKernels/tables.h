// SPDX-License-Identifier: Apache-2.0
// Espalier: the tables of kernels that this build holds.

#ifndef ESPALIER_TABLES_H
#define ESPALIER_TABLES_H

#include "CKernels.h"

extern const struct espalier_kernels espalier_kernels_portable;
#if defined(__x86_64__)
extern const struct espalier_kernels espalier_kernels_avx2;
extern const struct espalier_kernels espalier_kernels_avx512;
#elif defined(__aarch64__)
extern const struct espalier_kernels espalier_kernels_neon;
#endif

#endif
