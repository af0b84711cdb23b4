// SPDX-License-Identifier: Apache-2.0
// Espalier: which kernels this process uses.

#include <stdatomic.h>
#if __STDC_HOSTED__
#include <stdlib.h>
#endif

#include "tables.h"

/// Best first.
static const struct espalier_kernels *const tables[] = {
#if defined(__x86_64__)
  &espalier_kernels_avx512,
  &espalier_kernels_avx2,
#elif defined(__aarch64__)
  &espalier_kernels_neon,
#endif
  &espalier_kernels_portable,
};

static int runs_here(const struct espalier_kernels *table) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (table == &espalier_kernels_avx2) return avx2;
  if (table == &espalier_kernels_avx512) {
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
           && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  }
#else
  (void)table;
#endif
  return 1;
}

static int same_text(const char *a, const char *b) {
  while (*a && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

const struct espalier_kernels *espalier_kernels_named(const char *name) {
  for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
    if (same_text(tables[t]->name, name) && runs_here(tables[t])) return tables[t];
  }
  return NULL;
}

static const struct espalier_kernels *choose_kernels(void) {
#if __STDC_HOSTED__
  const char *wish = getenv("ESPALIER_KERNELS");
#else
  const char *wish = NULL;
#endif
  const struct espalier_kernels *wished = wish ? espalier_kernels_named(wish) : NULL;
  if (wished) return wished;
  size_t t = 0;
  while (!runs_here(tables[t])) t++;  // the last, portable, runs everywhere
  return tables[t];
}

const struct espalier_kernels *espalier_kernels_current(void) {
  // Two threads that come first at once both choose, and choose the same.
  static _Atomic(const struct espalier_kernels *) current;
  const struct espalier_kernels *table = atomic_load_explicit(&current, memory_order_acquire);
  if (!table) {
    table = choose_kernels();
    atomic_store_explicit(&current, table, memory_order_release);
  }
  return table;
}
