#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: how much of a training step is spent outside the kernels.
"""Usage: step_share.py RECORDING

RECORDING is what Linux's perf wrote with call stacks, such as

    perf record -g -o step.data espalier train --data mnist --hidden 1000,1000 --batch-size 128 --epochs 3 --threads 1 \\
      --method static --no-tensorboard --quiet

Counts the samples taken within a training step and tells the share whose innermost function is not one of CKernels.
"""

import collections
import pathlib
import re
import subprocess
import sys

STEP = re.compile(r"SessionC4step|SessionC9gradients")


def kernels():
    header = pathlib.Path(__file__).parent.parent / "Sources/CKernels/include/CKernels.h"
    return set(re.findall(r"\(\*(?:_Nonnull |_Nullable )?(\w+)\)", header.read_text()))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    names = kernels()
    text = subprocess.run(
        ["perf", "script", "-i", sys.argv[1], "-F", "ip,sym"], check=True, capture_output=True, text=True).stdout
    leaves = collections.Counter()
    for sample in text.split("\n\n"):
        frames = [line.split(None, 1)[1] for line in sample.splitlines() if len(line.split(None, 1)) == 2]
        if frames and any(STEP.search(frame) for frame in frames):
            leaves[frames[0]] += 1
    total = sum(leaves.values())
    if total == 0:
        sys.exit("no sample within a training step: was the recording made with -g?")
    inside = sum(count for name, count in leaves.items() if name in names)
    print(f"{total} samples within steps: {100 * inside / total:.2f} % in kernels, {100 - 100 * inside / total:.2f} % outside")
    for name, count in leaves.most_common(12):
        print(f"{100 * count / total:6.2f} %  {name[:100]}")


if __name__ == "__main__":
    main()
