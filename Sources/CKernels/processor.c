// SPDX-License-Identifier: Apache-2.0
// Espalier: what this process may use of the processor.

#define _GNU_SOURCE 1
#include "CKernels.h"

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

int32_t espalier_available_cores(void) {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
#if defined(__unix__) || defined(__APPLE__)
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int32_t)online : 1;
#else
  return 1;
#endif
}
