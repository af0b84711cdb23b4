#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: writes the bundled handwritten digits.
"""Writes Sources/Datasets/Digits/DigitsData.swift.

The 1,797 digits are the test part of the UCI set "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak,
CC BY 4.0, https://doi.org/10.24432/C50P49), as scikit-learn copies it. 65 bytes a digit: 64 pixels 0...16, row after
row, then the class; all of it gzipped (the header holds no time) and written as Base64 in one string literal, which
compiles at once where an array literal of the same bytes takes 6 to 8 seconds.

Written with Python 3, NumPy 2.4.6, scikit-learn 1.9.1:  python3 Scripts/make_digits.py
"""
import base64
import gzip
import pathlib

import numpy
from sklearn.datasets import load_digits

digits = load_digits()
records = numpy.concatenate([digits.data, digits.target[:, None]], axis=1).astype(numpy.uint8)
text = base64.b64encode(gzip.compress(records.tobytes(), 9, mtime=0)).decode()
width = 240  # the file is for the compiler, not for readers
lines = [text[start:start + width] for start in range(0, len(text), width)]
target = pathlib.Path(__file__).parent.parent / "Sources" / "Datasets" / "Digits" / "DigitsData.swift"
target.write_text(
    "// SPDX-License-Identifier: Apache-2.0\n"
    "// Espalier: the bundled digits, written by Scripts/make_digits.py; E. Alpaydin, C. Kaynak, CC BY 4.0.\n"
    "// swift-format-ignore-file\n\n"
    "/// 1,797 records of 65 bytes, gzipped, in Base64.\n"
    "enum DigitsData {\n"
    '  static let base64: StaticString = """\n'
    + "".join(f"    {line}\\\n" for line in lines[:-1])
    + f"    {lines[-1]}\n"
    + '    """\n}\n')
