# SPDX-License-Identifier: Apache-2.0
"""Clocks."""

import time


def clock(threads):
    """Processor time of this thread for one thread, else the wall clock."""
    return time.thread_time if threads == 1 else time.perf_counter


def measure(run, runs, clock):
    """The seconds of one of `runs` runs, after one that does not count."""
    run()
    start = clock()
    for _ in range(runs):
        run()
    return (clock() - start) / runs
