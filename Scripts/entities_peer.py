#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `espalier entities series` against Inform's integration evidence, in one run.

    python3 Scripts/entities_peer.py PATH-TO-espalier [--samples 1000] [--variables 6,8,9]

Needs pyinform, whose C library enumerates all partitions and re-estimates every block. The same binary samples go to both; the
least evidence of each time step must be the complete local integration of the state seen there. Prints processor seconds: of
Inform the one call, of the tool the whole process with starting, reading and printing. Runs are in turn, the fastest counts.
"""

import argparse
import ctypes
import glob
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time


def inform_library():
    import pyinform

    system = "macosx" if sys.platform == "darwin" else "linux"
    found = glob.glob(os.path.join(os.path.dirname(pyinform.__file__), "inform-*", "lib", system + "*", "libinform*"))
    library = ctypes.CDLL(found[0])
    library.inform_integration_evidence.restype = ctypes.POINTER(ctypes.c_double)
    return library


def inform(library, columns):
    """The least and the largest evidence of each time step, and the processor seconds of the call."""
    variables, samples = len(columns), len(columns[0])
    series = (ctypes.c_int * (variables * samples))(*[value for column in columns for value in column])
    bases = (ctypes.c_int * variables)(*[2] * variables)
    evidence = (ctypes.c_double * (2 * samples))()
    error = ctypes.c_int(0)
    start = time.process_time()
    library.inform_integration_evidence(
        series, ctypes.c_size_t(variables), ctypes.c_size_t(samples), bases, evidence, ctypes.byref(error))
    seconds = time.process_time() - start
    if error.value:
        sys.exit(f"Inform's error {error.value}")
    return list(evidence[:samples]), seconds


def espalier(tool, path):
    """The integration of each state, and the processor seconds of the process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(
        [tool, "entities", "series", "--rollouts", path, "--window", "1", "--bins", "category", "--threads", "1", "--json"],
        check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    states = {tuple(row["values"]): row["cli_bits"] for row in map(json.loads, output.splitlines())}
    return states, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--variables", default="6,8,9")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    library = inform_library()
    print("variables  states  Inform s  espalier s  ratio  largest difference")
    for variables in map(int, options.variables.split(",")):
        draw = random.Random(variables)
        rows = []
        for _ in range(options.samples):
            common = draw.random() < 0.5
            rows.append([int((draw.random() < 0.8) == common) for _ in range(variables)])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "samples.csv")
            with open(path, "w") as file:
                file.write(",".join(f"v{k}" for k in range(variables)) + "\n")
                file.writelines(",".join(map(str, row)) + "\n" for row in rows)
            ours, theirs = float("inf"), float("inf")
            for _ in range(options.repeats):
                evidence, seconds = inform(library, list(zip(*rows)))
                theirs = min(theirs, seconds)
                states, seconds = espalier(options.tool, path)
                ours = min(ours, seconds)
        largest = max(abs(states[tuple(row)] - least) for row, least in zip(rows, evidence))
        print(f"{variables:9d}  {len(states):6d}  {theirs:8.3f}  {ours:10.4f}  {theirs / ours:5.0f}  {largest:.1e}")
        if largest > 1e-9:
            sys.exit("the two disagree")


if __name__ == "__main__":
    main()
