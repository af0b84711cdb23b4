#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: agents whose environment is killed under them.
"""Usage: agent_kills.py --tool PATH [--env gym:Pendulum-v1] [--rounds 50]

Trains an agent in an environment of Gymnasium, kills the environment's process at a random moment of each round, and goes on from
the saved state in the next. Each round must end with exit code 1, an error that names the signal, and a state from which the next
one goes on at a later step; no process may stay. Needs `ESPALIER_PYTHON`, or a python3, with gymnasium. Linux only: it reads /proc.
"""

import argparse
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time


def children(parent):
    """The processes that a process has started."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.name))
    return sorted(found)


def is_alive(process):
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--env", default="gym:Pendulum-v1")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        command = [options.tool, "agent", "train", "--env", options.env, "--algorithm", "td3", "--hidden", "64,64", "--steps",
                   "10000000", "--eval-every", "10000000", "--replay-capacity", "20000", "--run-dir", run]
        reached = 0
        for index in range(options.rounds):
            tool = subprocess.Popen(
                command if index == 0 else [options.tool, "agent", "train", "--resume", "--run-dir", run], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            started = time.monotonic()
            while len(children(tool.pid)) < 2 and tool.poll() is None and time.monotonic() - started < 60:
                time.sleep(0.05)
            processes = children(tool.pid)
            time.sleep(1.5 + 1.5 * draw.random())
            if len(processes) < 2 or tool.poll() is not None:
                sys.exit(f"round {index}: no environment to kill\n{tool.communicate()}")
            os.kill(processes[-1], signal.SIGKILL)
            _, errors = tool.communicate(timeout=60)
            saved = re.search(r"until step ([\d,]+) is saved", errors)
            if tool.returncode != 1 or "SIGKILL" not in errors or not saved:
                sys.exit(f"round {index}: exit code {tool.returncode}\n{errors}")
            step = int(saved.group(1).replace(",", ""))
            if step <= reached:
                sys.exit(f"round {index}: step {step} after {reached}")
            reached = step
            time.sleep(0.2)
            left = [process for process in processes if is_alive(process)]
            if left:
                sys.exit(f"round {index}: left alive: {left}")
        print(f"{options.rounds} kills, {options.rounds} clear errors, no process left; the run went on to step {reached:,}")


if __name__ == "__main__":
    main()
