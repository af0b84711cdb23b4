#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: makes the files that our writers and readers are held against.
"""Writes the golden files of Tests/Golden/Formats with the formats' own Python libraries.

    python3 Scripts/golden/make_formats_golden.py Tests/Golden/Formats

The files in the repository were made with safetensors 0.8.0, onnx 1.23.2, tensorboard 2.21.0, numpy 2.4.6.
"""

import decimal
import pathlib
import random
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper
from safetensors.numpy import save_file
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


def safetensors(folder):
    # The library sorts by alignment, then by name; the entries stand here in that order.
    save_file(
        {
            "scale": np.array([0.5, -1e300], np.float64),
            "layer.row_start": np.array([0, 2, 3], np.int64),
            "words": np.array([1, 2**64 - 1], np.uint64),
            "bias \"ä\"": np.array([[0.1, -2.5, 3e38]], np.float32),
            "layer.value": np.array([1.5, -0.0, 2**-149], np.float32),
            "layer.column": np.array([0, 2, 1], np.int32),
            "short": np.array([1, 65535], np.uint16),
            "byte": np.array(7, np.uint8),
            "empty": np.zeros((0, 4), np.uint8),
        },
        str(folder / "small.safetensors"),
        metadata={"layer.layout": "csr"},
    )


def model(folder):
    def sparse(name, dense, shape):
        flat = dense.reshape(-1)
        cells = np.flatnonzero(flat).astype(np.int64)
        values = flat[cells].astype(np.float32)
        indices = TensorProto(data_type=TensorProto.INT64, raw_data=cells.tobytes(), dims=[len(cells)])
        tensor = helper.make_tensor(name, TensorProto.FLOAT, [len(values)], values.tobytes(), raw=True)
        return helper.make_sparse_tensor(tensor, indices, shape)

    weights = np.array([[0.5, 0, -1.5], [0, 2, 0]], np.float32)  # [outputs, inputs]
    bias = np.array([0.25, -0.75], np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "wt"], ["a"], name="MatMul_0"),
            helper.make_node("Gemm", ["x", "w", "b"], ["c"], name="Gemm_1", transB=1),
            helper.make_node("Add", ["a", "c"], ["s"], name="Add_2"),
            helper.make_node("LeakyRelu", ["s"], ["y"], name="LeakyRelu_3", alpha=0.1),
        ],
        "golden",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])],
        [helper.make_tensor("b", TensorProto.FLOAT, [2], bias.tobytes(), raw=True)],
        sparse_initializer=[
            sparse("wt", np.ascontiguousarray(weights.T), [3, 2]),
            sparse("w", weights, [2, 3]),
        ],
    )
    made = helper.make_model(
        graph, producer_name="espalier", ir_version=8, opset_imports=[helper.make_opsetid("", 17)]
    )
    helper.set_model_props(made, {"classes": "2"})
    onnx.checker.check_model(made)
    (folder / "sparse.onnx").write_bytes(made.SerializeToString(deterministic=True))

    import onnxruntime

    session = onnxruntime.InferenceSession(made.SerializeToString())
    x = np.array([[1, 2, 3], [-4, 5, -6]], np.float32)
    expected = 2 * x @ weights.T + bias
    expected = np.where(expected < 0, np.float32(0.1) * expected, expected)
    assert np.allclose(session.run(None, {"x": x})[0], expected), "ONNX Runtime disagrees"


def events(folder):
    def histogram():
        values = [1.0, 1.5, 2.0, 4.0]
        return summary_pb2.HistogramProto(
            min=1, max=4, num=4, sum=sum(values), sum_squares=sum(v * v for v in values),
            bucket_limit=[2.5, 4], bucket=[3, 1],
        )

    text = summary_pb2.Summary.Value(
        tag="config/text_summary",
        tensor=tensor_pb2.TensorProto(
            dtype=7, string_val=[b"**lr** 0.1"],
            tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)]),
        ),
        metadata=summary_pb2.SummaryMetadata(
            plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
        ),
    )
    scalars = [
        summary_pb2.Summary.Value(tag="train/loss", simple_value=0.25),
        summary_pb2.Summary.Value(tag="test/accuracy", simple_value=0.0),
    ]
    made = [
        event_pb2.Event(wall_time=1000.5, file_version="brain.Event:2"),
        event_pb2.Event(wall_time=1001.0, step=0, summary=summary_pb2.Summary(value=[text])),
        event_pb2.Event(wall_time=1002.0, step=1, summary=summary_pb2.Summary(value=scalars)),
        event_pb2.Event(
            wall_time=1003.0, step=300,
            summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="weights", histo=histogram())]),
        ),
    ]
    with open(folder / "events.tfevents", "wb") as file:
        writer = RecordWriter(file)
        for event in made:
            writer.write(event.SerializeToString(deterministic=True))


def numbers(folder):
    """Lines: the bits of a double, a number of decimals, its shortest form so rounded, halves away from zero."""
    random.seed(7)
    values = [0.125, 0.375, 2.675, 1.005, 0.5, 1.5, 2.5, -0.5, -0.04, 0.0, -0.0, 9.995, 99.95, 999999.5]
    values += [1e22, 1e16, 123456789012345680.0, 5e-324, 2.2250738585072014e-308, 0.1 + 0.2, 1 / 3, -1e-7]
    values += [random.uniform(-1000, 1000) for _ in range(150)]
    values += [random.randint(-100000, 100000) / 1000 for _ in range(150)]
    lines = []
    decimal.getcontext().prec = 400
    for value in values:
        for places in (0, 1, 2, 5):
            rounded = decimal.Decimal(repr(value)).quantize(
                decimal.Decimal(1).scaleb(-places), rounding=decimal.ROUND_HALF_UP
            )
            shown = format(abs(rounded) if rounded == 0 else rounded, "f")
            lines.append(f"{struct.pack('>d', value).hex()} {places} {shown}")
    (folder / "numbers.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for make in (safetensors, model, events, numbers):
        make(target)
