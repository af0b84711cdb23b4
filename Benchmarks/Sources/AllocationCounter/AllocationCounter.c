// SPDX-License-Identifier: Apache-2.0
// Espalier: counts the calls of the allocator in this process.
//
// An executable's own malloc takes the place of the C library's for every shared library in the process. Each wrapper
// counts and hands over to glibc's own function under its second name; `free` stays glibc's.

#include "AllocationCounter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__GLIBC__)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_long calls;
static atomic_long bytes;
static atomic_int trap;

static void count(size_t size) {
  atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&bytes, (long)size, memory_order_relaxed);
  if (atomic_load_explicit(&trap, memory_order_relaxed)) __builtin_trap();
}

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t items, size_t size) {
  count(items * size);
  return __libc_calloc(items, size);
}

void *realloc(void *old, size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  void *block = memalign(alignment, size);
  if (block == NULL) return ENOMEM;
  *result = block;
  return 0;
}

long espalier_allocations(void) { return atomic_load_explicit(&calls, memory_order_relaxed); }
long espalier_allocated_bytes(void) { return atomic_load_explicit(&bytes, memory_order_relaxed); }
void espalier_trap_allocations(int on) { atomic_store(&trap, on); }

#else

long espalier_allocations(void) { return -1; }
long espalier_allocated_bytes(void) { return -1; }
void espalier_trap_allocations(int on) { (void)on; }

#endif
