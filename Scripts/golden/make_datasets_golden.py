#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: small files by other people's writers, for Tests/DatasetsTests.
"""Writes Tests/DatasetsTests/Golden.

Every table holds the same numbers unless said otherwise: row i, column j is 10 i + j, 4 rows of 3, labels i % 2.
Written with Python 3, NumPy 2.4.6, scikit-learn 1.9.1:  python3 Scripts/golden/make_datasets_golden.py
"""
import csv
import gzip
import pathlib
import struct

import numpy as np
from sklearn.datasets import dump_svmlight_file

here = pathlib.Path(__file__).parent.parent.parent / "Tests" / "DatasetsTests" / "Golden"
here.mkdir(parents=True, exist_ok=True)
X = np.array([[10 * i + j for j in range(3)] for i in range(4)])
y = np.arange(4) % 2

for kind in ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    np.save(here / f"little-{kind}.npy", X.astype("<" + kind))
    np.save(here / f"big-{kind}.npy", X.astype(">" + kind))
np.save(here / "b1.npy", X % 2 == 1)
np.save(here / "fortran.npy", np.asfortranarray(X.astype("f4")))
np.save(here / "fortran-cube.npy", np.asfortranarray(np.arange(24, dtype="f8").reshape(2, 3, 4)))
np.save(here / "object.npy", np.array([[1, "a"], [2, None]], dtype=object), allow_pickle=True)
np.save(here / "record.npy", np.zeros(3, dtype=[("a", "f4"), ("b", "i4")]))
np.save(here / "complex.npy", X.astype("c8"))
np.savez(here / "stored.npz", X=X.astype("f4"), y=y)
np.savez_compressed(here / "deflated.npz", X=np.asfortranarray(X.astype("f8")), y=np.array(["no", "yé"])[y])
np.savez(here / "parts.npz", x_train=X.reshape(4, 1, 3).astype("u1"), y_train=[5, 7, 5, 7],
         x_test=X[:2].reshape(2, 1, 3).astype("u1"), y_test=[7, 9])
dump_svmlight_file(X[:, 1:], np.where(y == 1, 1, -1), str(here / "table.libsvm"), zero_based=False)
with open(here / "table.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["a", "say \"b\"", "class", "c, d"])
    for i in range(4):
        writer.writerow([X[i, 0], X[i, 1], ["rose, red", "a \"tulip\""][y[i]], X[i, 2]])
idx = struct.pack(">HBBIII", 0, 8, 3, 4, 1, 3) + X.astype("u1").tobytes()
labels = struct.pack(">HBBI", 0, 8, 1, 4) + y.astype("u1").tobytes()
(here / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx, mtime=0))
(here / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels, mtime=0))
