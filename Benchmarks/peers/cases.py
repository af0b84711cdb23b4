# SPDX-License-Identifier: Apache-2.0
"""The cases that espalier hands over, and who can run them.

A case is a folder with `case.json` and raw little-endian arrays, named NAME.TYPE with TYPE one of f32, i32, i64.

kind "layer": one sparse layer. `row_starts.i64`, `columns.i32`, `values.f32` are its connections in compressed rows
(rows are outputs); `x.f32` [inputs, batch] and `dy.f32` [outputs, batch] go in; `y.f32`, `dx.f32` and `dw.f32` (one value
a connection) are espalier's results.

kind "step": a network of sparse layers with rectifiers between, softmax cross-entropy and SGD with momentum. Layer i has
`i.row_starts.i64` and so on; `x.f32` [batch, inputs] and `labels.i32` are one batch; "losses" are espalier's losses of
the first steps on it. Steps that are timed draw their batch from a table of `tiles` copies in random order.
"""

import json
import os
import warnings

import numpy as np

TYPES = {"f32": np.float32, "i32": np.int32, "i64": np.int64}


def aligned(array):
    """A contiguous copy on a 64-byte boundary: every peer gets such operands."""
    array = np.ascontiguousarray(array)
    raw = np.empty(array.nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 64
    copy = raw[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


class Peer:
    """One way to run a case: its phases, and what each phase computes in espalier's layout."""

    def __init__(self):
        self.phases = {}
        self.results = {}

    def add(self, phase, run, result):
        """`run` does the work; `result` runs it and returns {array name: values}."""
        self.phases[phase] = run
        self.results[phase] = result


class Case:
    """An opened case, its arrays and the peers that can run it."""

    def __init__(self, folder, threads):
        with open(os.path.join(folder, "case.json"), encoding="utf-8") as file:
            self.facts = json.load(file)
        self.folder = folder
        self.threads = threads
        self.peers = {}
        self.absent = {}

    def array(self, name, *shape):
        """An array of the case, on a 64-byte boundary."""
        values = np.fromfile(os.path.join(self.folder, name), TYPES[name.rsplit(".", 1)[1]])
        return aligned(values.reshape(shape) if shape else values)

    def offer(self, name, make):
        """Adds a peer, or the word that says why there is none."""
        try:
            self.peers[name] = make(self)
        except ImportError:
            self.absent[name] = "not-installed"
        except Exception as error:  # a library that cannot run here is absent, whatever it throws
            self.absent[name] = type(error).__name__

    def difference(self, name, phase):
        """The largest difference between a peer's results and espalier's, relative to espalier's largest value."""
        worst = 0.0
        for array, got in self.peers[name].results[phase]().items():
            ours = self.facts["losses"] if array == "losses" else self.array(array)
            ours, got = np.asarray(ours, np.float64).ravel(), np.asarray(got, np.float64).ravel()
            if ours.shape != got.shape:
                raise ValueError(f"{array}: {got.size} values for {ours.size}")
            largest = max(np.abs(ours).max(initial=0), 1e-30)
            difference = np.abs(ours - got).max(initial=0) / largest
            worst = max(worst, float(difference) if np.isfinite(difference) else float("inf"))
        return worst


def open_case(folder, threads):
    """Reads a case and offers it to all peers."""
    warnings.filterwarnings("ignore")
    case = Case(folder, threads)
    if case.facts["kind"] == "layer":
        import layers

        peers = layers.PEERS
    else:
        import steps

        peers = steps.PEERS
    for name, make in peers.items():
        case.offer(name, make)
    return case
