#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: runs the commands behind Documentation/Evidence/agents.md and writes their tables.
"""Usage: agent_evidence.py --tool PATH [--runs FOLDER] [--tasks NAME,...] [--seeds COUNT] [--jobs COUNT] [--out FILE]

Each cell is one run of `espalier agent train` for each seed; a run that is there already is not repeated. A random policy is an
agent that has learned nothing, whose actions are drawn. Needs nothing but Python's standard library.
"""

import argparse
import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import sys

TASKS = {
    "cartpole": {
        "title": "CartPole, PPO, 64-64, 100,000 steps",
        "flags": "--env cartpole --algorithm ppo", "hidden": "64,64", "small": "18,18", "wide": ("256,256", ".9337"),
    },
    "acrobot": {
        "title": "Acrobot, PPO, 64-64, 200,000 steps",
        "flags": "--env acrobot --algorithm ppo --steps 200000", "hidden": "64,64", "small": "17,17",
        "wide": ("256,256", ".9322"),
    },
    "mountain-car": {
        "title": "MountainCar, DQN, 256-256, 120,000 steps",
        "flags": "--env mountain-car --algorithm dqn", "hidden": "256,256", "small": "79,79", "wide": ("512,512", ".7476"),
    },
    "pendulum": {
        "title": "Pendulum, SAC, 256-256, 8,000 steps",
        "flags": "--env pendulum --algorithm sac --steps 8000", "hidden": "256,256", "small": "79,79",
        "wide": ("512,512", ".7476"),
    },
}
SPARSITIES = (".8", ".9", ".95")
METHODS = (("static", "static"), ("SET", "set"), ("GSE", "gse"))


def rows(task):
    """(name, flags) of each row of a table."""
    hidden = task["hidden"]
    yield "dense", f"--hidden {hidden} --sparsity 0 --method dense"
    for sparsity in SPARSITIES:
        for name, method in METHODS:
            yield f"{name} {sparsity}", f"--hidden {hidden} --sparsity {sparsity} --method {method}"
    yield f"dense {task['small']} (as many connections as .9)", f"--hidden {task['small']} --sparsity 0 --method dense"
    wide, sparsity = task["wide"]
    yield f"SET, {wide} (as many connections as dense)", f"--hidden {wide} --sparsity {sparsity} --method set"


def run(tool, folder, flags, seed):
    """The summary of one run."""
    summary = folder / "summary.json"
    if not summary.exists():
        command = [tool, "agent", "train", *flags.split(), "--seed", str(seed), "--threads", "1", "--run-dir", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if not summary.exists():
            sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return json.loads(summary.read_text())


def random_return(tool, folder, task):
    """The mean return of an agent that has learned nothing, over 100 episodes."""
    flags = task["flags"].split(" --algorithm")[0]
    run(tool, folder, f"{flags} --algorithm reinforce --steps 1", 1)
    command = [tool, "agent", "evaluate", str(folder / "policy.safetensors"), "--drawn", "--episodes", "100", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])["mean_return"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--runs", default="runs/agents")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out")
    options = parser.parse_args()
    seeds = range(1, options.seeds + 1)
    lines = []
    for name in options.tasks.split(","):
        task = TASKS[name]
        base = pathlib.Path(options.runs) / name
        chance = random_return(options.tool, base / "random", task)
        table = list(rows(task))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            jobs = {
                (row, seed): pool.submit(
                    run, options.tool, base / f"{row.replace(' ', '-').replace(',', '_')}-s{seed}",
                    f"{task['flags']} {flags}", seed)
                for row, flags in table for seed in seeds
            }
            results = {key: job.result() for key, job in jobs.items()}
        dense = statistics.mean(results["dense", seed]["mean_return"] for seed in seeds)
        lines += [f"## {task['title']}", ""]
        lines += [f"`espalier agent train {task['flags']}` and the flags of the row; a random policy earns {chance:.1f}.", ""]
        lines += ["| row | flags | connections | return, mean and deviation of the seeds | of the way from random to dense | seconds |"]
        lines += ["|---|---|---|---|---|---|"]
        for row, flags in table:
            runs = [results[row, seed] for seed in seeds]
            returns = [one["mean_return"] for one in runs]
            spread = statistics.stdev(returns) if len(returns) > 1 else 0
            mean = statistics.mean(returns)
            share = 100 * (mean - chance) / (dense - chance)
            seconds = statistics.median(one["seconds"] for one in runs)
            lines.append(
                f"| {row} | `{flags}` | {runs[0]['connections']:,} | {mean:.1f} ± {spread:.1f} | {share:.1f} % | {seconds:.0f} |")
        lines.append("")
        text = "\n".join(lines)
        if options.out:
            pathlib.Path(options.out).write_text(text)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
