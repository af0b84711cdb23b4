// SPDX-License-Identifier: Apache-2.0
// Espalier: counts the calls of the allocator in this process.

#ifndef ESPALIER_ALLOCATION_COUNTER_H
#define ESPALIER_ALLOCATION_COUNTER_H

/// Calls of malloc and its kin since the start, by any thread; -1 where they cannot be counted (not glibc).
long espalier_allocations(void);

/// The bytes that those calls asked for.
long espalier_allocated_bytes(void);

/// Aborts at the next allocation when not 0, so that a debugger shows who asks.
void espalier_trap_allocations(int on);

#endif
