#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds an exported ONNX model to onnx.checker, and its numbers in ONNX Runtime to `espalier predict`.

    espalier data export digits --out digits.npz
    espalier predict model.safetensors --data digits --out predictions.npz
    espalier export model.safetensors --to onnx --out model.onnx
    python3 Scripts/check_onnx.py model.onnx predictions.npz digits.npz

Needs: pip install numpy onnx onnxruntime.
"""

import sys

import numpy
import onnx
import onnxruntime

from espalier_data import compare, features


def main():
    if len(sys.argv) != 4:
        raise SystemExit("usage: check_onnx.py MODEL.onnx PREDICTIONS.npz DATA(.npz|.csv)")
    path = sys.argv[1]
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=not model.graph.sparse_initializer)
    sparse, dense = len(model.graph.sparse_initializer), len(model.graph.initializer)
    print(f"onnx.checker: passed, {len(model.graph.node)} nodes, {sparse} sparse and {dense} dense initializers")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()[0].shape[1]
    predictions = numpy.load(sys.argv[2])
    names = [output.name for output in session.get_outputs()]
    for name, values in zip(names, session.run(names, {"x": features(sys.argv[3], inputs)})):
        compare(name, values, predictions[name])


if __name__ == "__main__":
    main()
