# SPDX-License-Identifier: Apache-2.0
"""N:M training against dense layers: ours, PyTorch's and OpenBLAS's, in turn, processor time of one thread.

    cd Benchmarks && swift build -c release --product nm
    python peers/nm.py --program .build/release/nm [--rounds 25] [--side 1024] [--batch 256] [--parts products,epoch]
        [--json results.jsonl]
    python peers/nm.py --program .build/release/nm --parts act --batch 1 --rounds 300

Every round runs every case once; medians and, since other work on a machine only ever adds time, the best of all rounds.
A ratio is the time of the better dense product (PyTorch or OpenBLAS) over ours, forward, input gradient and weight
gradient together; with --parts act of the forward pass alone, our layers prepared for acting. Needs PyTorch (CPU) and NumPy with OpenBLAS.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import torch

PATTERNS = ["4:8t", "8:32t", "2:16t", "4:8", "8:32", "2:16", "0.5", "0.25", "0.125"]


def seconds(run):
    """Processor seconds of this thread."""
    start = time.thread_time()
    run()
    return time.thread_time() - start


class Program:
    """Our side, a process that answers lines."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        """The answer to a line."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("the program is gone; what it said stands above")
        return answer.strip()

    def seconds(self, line):
        """The sum of the seconds that a line's answer names."""
        return sum(float(word) for word in self.ask(line).split())


def torch_products(side, batch):
    """PyTorch's three products, batch-major, into ready-made outputs."""
    weight, x, dy = torch.randn(side, side), torch.randn(batch, side), torch.randn(batch, side)
    y, dx, dw = torch.empty(batch, side), torch.empty(batch, side), torch.empty(side, side)

    def run():
        torch.mm(x, weight.t(), out=y)
        torch.mm(dy, weight, out=dx)
        torch.mm(dy.t(), x, out=dw)

    return run


def openblas_products(side, batch):
    """OpenBLAS's three products, in whichever layout is faster for it: feature-major."""
    draw = np.random.default_rng(1)

    def numbers(rows, columns):
        return draw.standard_normal((rows, columns), dtype=np.float32)

    weight, x, dy = numbers(side, side), numbers(side, batch), numbers(side, batch)
    y, dx, dw = np.empty_like(x), np.empty_like(x), np.empty_like(weight)

    def run():
        np.dot(weight, x, out=y)
        np.dot(weight.T, dy, out=dx)
        np.dot(dy, x.T, out=dw)

    return run


def forward_products(side, batch):
    """The forward product alone: PyTorch's, and OpenBLAS's batch-major and feature-major."""
    weight, x = torch.randn(side, side), torch.randn(batch, side)
    y = torch.empty(batch, side)
    draw = np.random.default_rng(1)
    numbers = draw.standard_normal((side, side), dtype=np.float32)
    rows = draw.standard_normal((batch, side), dtype=np.float32)
    lanes = np.ascontiguousarray(rows.T)
    by_rows, by_lanes = np.empty_like(rows), np.empty_like(lanes)
    return {
        "torch dense": lambda: torch.mm(x, weight.t(), out=y),
        "OpenBLAS, by rows": lambda: np.dot(rows, numbers.T, out=by_rows),
        "OpenBLAS, by lanes": lambda: np.dot(numbers, lanes, out=by_lanes),
    }


def torch_epoch(side, batch, steps=40):
    """Forty steps of the network that the program trains."""
    layers = []
    for _ in range(3):
        layers += [torch.nn.Linear(side, side), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(side, 10))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    data, labels = torch.rand(steps * batch, side) - 0.5, torch.randint(10, (steps * batch,))

    def run():
        order = torch.randperm(steps * batch)
        for step in range(steps):
            rows = order[step * batch:(step + 1) * batch]
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(network(data[rows]), labels[rows]).backward()
            optimizer.step()

    return run


def measure(cases, rounds):
    """The seconds of every case, in turn."""
    for run in cases.values():
        run()
    times = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            times[name].append(run())
    return times


def report(part, times, peers, refreshes=None, out=None):
    """A table: medians and bests, and ratios against the better peer."""
    refreshes = refreshes or {}
    load = os.getloadavg()[0]
    print(f"\n{part}; load {load:.1f}")
    print(f"{'case':20}{'median ms':>11}{'best ms':>10}{'ratio':>8}{'of bests':>10}")
    medians = {name: statistics.median(values) + refreshes.get(name, (0, 0))[0] for name, values in times.items()}
    bests = {name: min(values) + refreshes.get(name, (0, 0))[1] for name, values in times.items()}
    median_peer, best_peer = min(medians[peer] for peer in peers), min(bests[peer] for peer in peers)
    for name in times:
        ratios = (median_peer / medians[name], best_peer / bests[name])
        print(f"{name:20}{medians[name] * 1e3:11.3f}{bests[name] * 1e3:10.3f}{ratios[0]:8.2f}{ratios[1]:10.2f}")
        if out:
            out.write(json.dumps({
                "part": part, "case": name, "median_seconds": medians[name], "best_seconds": bests[name],
                "ratio_of_medians": ratios[0], "ratio_of_bests": ratios[1], "load_average": load}) + "\n")


def main():
    """Measures what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--parts", default="products,epoch")
    parser.add_argument("--json")
    flags = parser.parse_args()
    torch.set_num_threads(1)
    program = Program(flags.program)
    size = f"{flags.side} {flags.batch}"
    out = open(flags.json, "a", encoding="utf-8") if flags.json else None

    def ours(part, pattern):
        return lambda: program.seconds(f"{part} {pattern} {size}")

    if "products" in flags.parts:
        torch_run, blas_run = torch_products(flags.side, flags.batch), openblas_products(flags.side, flags.batch)
        cases = {"torch dense": lambda: seconds(torch_run), "OpenBLAS dense": lambda: seconds(blas_run)}
        for pattern in ["dense"] + PATTERNS:
            cases[pattern] = ours("products", pattern)
        for pattern in PATTERNS:
            print(f"{pattern}: {program.ask(f'layout {pattern} {size}')}")
        report(f"three products, {flags.side} x {flags.side}, batch {flags.batch}", measure(cases, flags.rounds),
               ["torch dense", "OpenBLAS dense"], out=out)
    if "act" in flags.parts:
        peers = forward_products(flags.side, flags.batch)
        cases = {name: (lambda run=run: seconds(run)) for name, run in peers.items()}
        cases["dense"] = ours("act", "dense")
        for pattern in ["4:8t", "8:32t", "4:16t", "2:16t", "fan102", "fan10"]:
            cases[pattern] = ours("act", pattern)
        report(f"forward, prepared for acting, {flags.side} x {flags.side}, batch {flags.batch}",
               measure(cases, flags.rounds), list(peers), out=out)
    if "epoch" in flags.parts:
        torch_run = torch_epoch(flags.side, flags.batch)
        cases = {"torch dense": lambda: seconds(torch_run)}
        for pattern in ["dense", "4:8t", "8:32t", "2:16t", "0.5", "0.25"]:
            cases[pattern] = ours("epoch", pattern)
        transposable = [pattern for pattern in cases if pattern.endswith("t")]
        refreshing = measure({pattern: ours("refresh", pattern) for pattern in transposable}, max(5, flags.rounds // 4))
        refreshes = {name: (statistics.median(times), min(times)) for name, times in refreshing.items()}
        for name, (median, best) in refreshes.items():
            print(f"refresh of all masks, {name}: median {median * 1e3:.1f} ms, best {best * 1e3:.1f} ms")
        report(f"40 steps with one refresh, three layers of {flags.side}, batch {flags.batch}",
               measure(cases, max(5, flags.rounds // 3)), ["torch dense"], refreshes, out)


if __name__ == "__main__":
    main()
