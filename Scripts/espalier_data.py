# SPDX-License-Identifier: Apache-2.0
"""Reads the features that `espalier predict` was given, for the check scripts beside this one."""

import numpy


def features(path, inputs):
    """Features [samples, inputs] of an .npz with X, or of a .csv whose last column may be a label."""
    if path.endswith(".npz"):
        return numpy.load(path)["X"].astype(numpy.float32)
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\r\n").split(",") for line in file if line.strip()]

    def numbers(row):
        try:
            return [float(field) for field in row[:inputs]]
        except ValueError:
            return None

    if numbers(rows[0]) is None:
        rows = rows[1:]
    return numpy.array([numbers(row) for row in rows], dtype=numpy.float32)


def compare(name, got, wanted, tolerance=1e-5):
    """Prints the largest difference, relative to max(1, |wanted|), and stops when it is too large."""
    if got.shape != wanted.shape:
        raise SystemExit(f"{name}: expected shape {wanted.shape}, got {got.shape}")
    error = float(numpy.max(numpy.abs(got - wanted) / numpy.maximum(1, numpy.abs(wanted)), initial=0))
    print(f"{name}: {wanted.shape[0]} samples x {wanted.shape[1]}, largest relative difference {error:.2g}")
    if not error <= tolerance:
        raise SystemExit(f"{name}: expected at most {tolerance:g}")
