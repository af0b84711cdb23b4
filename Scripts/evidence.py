#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: runs the commands behind Documentation/Evidence and writes their tables.
"""Usage: evidence.py digits|digits-fresh|mnist|mnist-wide --tool PATH [--mnist FOLDER] [--runs FOLDER] [--reuse] [--out FILE]

Each row of a table is one command of the tool with `--seeds`; the table holds what its summary.json says. Needs nothing
but Python's standard library.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

DIGITS = "--data digits --hidden 256,256 --sparsity .98 --distribution erk --epochs 100 --batch-size 32 --learning-rate .07 --seeds 10"
LENET = "--data MNIST --scaling unit --hidden 300,100 --epochs 100 --batch-size 100 --seeds 5"
WIDE = "--data MNIST --scaling unit --hidden 1000,1000,1000 --epsilon 20 --epochs 80 --batch-size 100 --learning-rate .2 --weight-decay 3e-4 --seeds 5"

FRESH = DIGITS.replace("--seeds 10", "--seeds 10 --seed 11")
METHODS = [
    ("static", "--method static"), ("SET", "--method set --update-every 50"), ("GSE", "--method gse --update-every 50"),
    ("RigL", "--method rigl --update-every 50"),
]

TABLES = {
    "digits": {
        "title": "Handwritten digits, 64-256-256-10, 98 % of the connections absent",
        "text": "Test accuracy on the 449 samples set aside (a stratified quarter, the same for all seeds), after the "
        "last epoch. Ten seeds; one sample is 0.22 points.",
        "chosen": "The learning rate was chosen by these very figures: 14 settings (learning rate, decay, batch, interval, "
        "share) were tried on these ten seeds and this test part, and all of static < SET < GSE and RigL, SET a point over "
        "static, and 96.5 % held together in 5 of them. So the order of SET, GSE and RigL here is no evidence; "
        "`digits-fresh.md` repeats the setting on seeds and test parts it was not chosen on.",
        "rows": [
            ("static ERK", f"{DIGITS} --method static"),
            ("SET", f"{DIGITS} --method set --update-every 50"),
            ("GSE", f"{DIGITS} --method gse --update-every 50"),
            ("RigL", f"{DIGITS} --method rigl --update-every 50"),
            ("dense", f"{DIGITS.replace('--sparsity .98 --distribution erk ', '')} --method dense"),
        ],
    },
    "digits-fresh": {
        "title": "Handwritten digits, 98 % absent: seeds and test parts that chose nothing",
        "text": "The setting of `digits.md`, fixed beforehand, with seeds 11 to 20, on the same test part (split 0) and on two "
        "others.",
        "chosen": "What repeats: every evolution is 1.3 to 2.2 points over static. What does not: SET, GSE and RigL lie within "
        "0.2 points of one another, less than the deviation of one run, and on split 0 SET is ahead of both. Ten seeds of this "
        "task cannot order the three.",
        "rows": [
            (f"split {split}, {name}", f"{FRESH} --split-seed {split} {method}")
            for split in range(3) for name, method in METHODS
        ],
    },
    "mnist": {
        "title": "MNIST",
        "text": "Test accuracy on the 10,000 test images after the last epoch. Five seeds. `MNIST` stands for a folder "
        "with the four IDX files, or for `mnist` after `espalier data fetch mnist`.",
        "chosen": "Settings were chosen by the test accuracy of seed 1, which is in the table: five at 98 % absent (two of them "
        "standardised inputs with decay 1e-4, where GSE and RigL stayed at 97.4 to 97.8), four at 90 % (two of them, standardised "
        "inputs at learning rate .1, died at 11.35). Seeds 2 to 5 chose nothing.",
        "rows": [
            ("LeNet-300-100, 98 % absent, static", f"{LENET} --sparsity .98 --learning-rate .2 --weight-decay 3e-4 --method static"),
            ("LeNet-300-100, 98 % absent, SET", f"{LENET} --sparsity .98 --learning-rate .2 --weight-decay 3e-4 --method set --update-every 100"),
            ("LeNet-300-100, 98 % absent, GSE", f"{LENET} --sparsity .98 --learning-rate .2 --weight-decay 3e-4 --method gse --update-every 100"),
            ("LeNet-300-100, 98 % absent, RigL", f"{LENET} --sparsity .98 --learning-rate .2 --weight-decay 3e-4 --method rigl --update-every 100"),
            ("LeNet-300-100, 90 % absent, SET", f"{LENET} --sparsity .90 --learning-rate .1 --method set --update-every 100"),
        ],
    },
    "mnist-wide": {
        "title": "MNIST, 784-1000-1000-1000-10, epsilon 20",
        "text": "Test accuracy on the 10,000 test images after the last epoch. Five seeds. `MNIST` as in the other table.",
        "chosen": "The setting was the best of four by SET's test accuracy of seed 1 at 60 epochs (98.13 to 98.39); static was run "
        "with it as it is. Seeds 2 to 5 chose nothing.",
        "rows": [
            ("SET, an update an epoch", f"{WIDE} --method set"),
            ("static", f"{WIDE} --method static"),
        ],
    },
}


def run(tool, command, mnist, folder, reuse):
    summary = os.path.join(folder, "summary.json")
    if reuse and os.path.exists(summary):
        with open(summary) as file:
            return json.load(file)
    arguments = command.replace("MNIST", mnist).split()
    subprocess.run(
        [tool, "train", *arguments, "--run-dir", folder, "--overwrite", "--quiet", "--no-tensorboard"],
        check=True, stdout=subprocess.DEVNULL)
    with open(summary) as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--mnist", default="mnist")
    parser.add_argument("--runs", default="runs/evidence")
    parser.add_argument("--out")
    parser.add_argument("--reuse", action="store_true", help="take rows whose runs are in --runs already")
    options = parser.parse_args()
    table = TABLES[options.table]
    lines = [f"# {table['title']}", "", table["text"], ""]
    lines += [
        "| network and method | connections | absent | accuracy % | deviation | worst | best | explored | seconds a run |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    commands = []
    for index, (name, command) in enumerate(table["rows"]):
        folder = os.path.join(options.runs, f"{options.table}-{index}")
        summary = run(options.tool, command, options.mnist, folder, options.reuse)
        scores = [100 * score for score in summary["test_accuracies"]]
        explored = summary.get("exploration_rate")
        lines.append(
            f"| {name} | {summary['connections']:,} | {100 * summary['sparsity']:.2f} % "
            f"| **{100 * summary['test_accuracy']:.2f}** | {100 * summary['test_accuracy_sd']:.2f} "
            f"| {min(scores):.2f} | {max(scores):.2f} "
            f"| {'' if explored is None else f'{100 * explored:.1f} %'} "
            f"| {summary['seconds'] / summary['runs']:.1f} |")
        print(lines[-1], file=sys.stderr)
        commands.append(f"espalier train {command}")
        kernels = summary["kernels"]
    lines += [
        "", table["chosen"], "", f"Mean and standard deviation over seeds, by the {kernels} kernels; other instruction sets round differently. "
        "Seconds are of a shared machine with two cores.", "", "The commands, row by row:", "", "```sh", *commands, "```", "",
        f"Made by `Scripts/evidence.py {options.table}`.", ""]
    text = "\n".join(lines)
    if options.out:
        pathlib.Path(options.out).write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
