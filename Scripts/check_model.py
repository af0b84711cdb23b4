#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rebuilds a model from model.safetensors with the safetensors and scipy packages alone, and holds it to `espalier predict`.

    espalier data export digits --out digits.npz
    espalier predict model.safetensors --data digits --out predictions.npz
    python3 Scripts/check_model.py model.safetensors predictions.npz digits.npz

Needs: pip install numpy scipy safetensors.
"""

import json
import sys

import numpy
import scipy.sparse
import scipy.special
from safetensors import safe_open

from espalier_data import compare, features


class Model:
    """The layers of the metadata 'espalier.network', in double precision; activations are [samples, features]."""

    def __init__(self, path):
        with safe_open(path, framework="numpy") as file:
            self.metadata = file.metadata()
            self.tensors = {name: file.get_tensor(name) for name in file.keys()}
        network = json.loads(self.metadata["espalier.network"])
        self.inputs = network["inputs"]
        self.layers = network["layers"]

    def scores(self, x):
        x = x.astype(numpy.float64)
        if "input.shift" in self.tensors:
            x = (x - self.tensors["input.shift"]) * self.tensors["input.factor"].astype(numpy.float64)
        return self.run(self.layers, x, "")

    def run(self, layers, x, path):
        for index, layer in enumerate(layers):
            x = self.layer(layer, x, f"{path}{index}")
        return x

    def sparse_weight(self, place, layer):
        """The weights [outputs, inputs] as SciPy keeps them."""
        parts = [self.tensors[f"{place}.weight.{part}"] for part in ("value", "column", "row_start")]
        return scipy.sparse.csr_matrix(tuple(parts), shape=(layer["outputs"], layer["inputs"]), dtype=numpy.float64)

    def layer(self, layer, x, place):
        kind = layer["kind"]
        if kind in ("sparse linear", "linear"):
            sparse = kind == "sparse linear"
            weight = self.sparse_weight(place, layer) if sparse else self.tensors[f"{place}.weight"]
            y = (weight @ x.T).T
            return y + self.tensors[f"{place}.bias"] if layer["bias"] else y
        if kind == "relu":
            return numpy.maximum(x, 0)
        if kind == "leaky relu":
            return numpy.where(x > 0, x, layer["slope"] * x)
        if kind == "tanh":
            return numpy.tanh(x)
        if kind == "sigmoid":
            return scipy.special.expit(x)
        if kind == "gelu":
            return x / 2 * (1 + numpy.tanh(numpy.sqrt(2 / numpy.pi) * (x + 0.044715 * x**3)))
        if kind == "srelu":
            names = ("left", "left_slope", "right", "right_slope")
            left, left_slope, right, right_slope = (self.tensors[f"{place}.{name}"] for name in names)
            above = numpy.where(x >= right, right + (x - right) * right_slope, x)
            return numpy.where(x <= left, left + (x - left) * left_slope, above)
        if kind == "dropout":
            return x
        if kind == "batch norm":
            mean, variance = self.tensors[f"{place}.running_mean"], self.tensors[f"{place}.running_variance"]
            return self.normalized(x, mean, variance, layer, place)
        if kind == "layer norm":
            return self.normalized(x, x.mean(1, keepdims=True), x.var(1, keepdims=True), layer, place)
        if kind == "residual":
            return x + self.run(layer["layers"], x, f"{place}.")
        raise SystemExit(f"layer {place}: unknown kind '{kind}'")

    def normalized(self, x, mean, variance, layer, place):
        scaled = (x - mean) / numpy.sqrt(variance + layer["epsilon"])
        return scaled * self.tensors[f"{place}.scale"] + self.tensors[f"{place}.shift"]


def main():
    if len(sys.argv) != 4:
        raise SystemExit("usage: check_model.py MODEL.safetensors PREDICTIONS.npz DATA(.npz|.csv)")
    model = Model(sys.argv[1])
    predictions = numpy.load(sys.argv[2])
    scores = model.scores(features(sys.argv[3], model.inputs))
    compare("scores", scores, predictions["scores"])
    if "probabilities" in predictions:
        binary = model.metadata["espalier.loss"] == "binary_cross_entropy"
        probabilities = scipy.special.expit(scores) if binary else scipy.special.softmax(scores, axis=1)
        compare("probabilities", probabilities, predictions["probabilities"])
    if "classes" in predictions and scores.shape[1] > 1:
        # A tie within rounding may fall either way.
        chosen = scores[numpy.arange(len(scores)), predictions["classes"]]
        if numpy.any(chosen < scores.max(1) - 1e-5 * numpy.maximum(1, numpy.abs(scores.max(1)))):
            raise SystemExit("classes: expected the highest score's")
        print("classes: those of the highest scores")


if __name__ == "__main__":
    main()
