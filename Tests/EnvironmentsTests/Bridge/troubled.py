# SPDX-License-Identifier: Apache-2.0
"""A server whose environments are in trouble, or of every kind of space, for the tests of the bridge."""

import os
import pathlib
import signal
import sys
import time

import gymnasium
import numpy as np
from gymnasium import spaces

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "Bridges" / "python"))
from espalier_bridge.server import main  # noqa: E402


class Troubled(gymnasium.Env):
    """Counts its steps; in trouble of the kind `how` at `at`: "make", "reset", "close", or at a step by its number."""

    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, at=None, how=None, render_mode=None):
        self.observation_space = spaces.Graph(spaces.Discrete(1), None) if how == "graph" else spaces.Box(-1, 9, (2,))
        self.action_space = spaces.Discrete(3)
        self.at, self.how, self.steps, self.render_mode = at, how, 0, render_mode
        self.trouble("make")

    def trouble(self, place):
        if place != self.at:
            return None
        if self.how == "raise":
            raise ValueError(f"in trouble at {place}")
        if self.how == "exit":
            print("leaving", file=sys.stderr)
            sys.exit(7)
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "hang":
            time.sleep(1000)
        if self.how == "print":
            print("talk " * 40_000)
        return {"nan": np.array([1, np.nan]), "shape": np.zeros(3), "text": "no numbers"}.get(self.how)

    def see(self, place):
        seen = self.trouble(place)
        return np.array([self.steps, 0.5], np.float32) if seen is None else seen

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.see("reset"), {"action_mask": np.array([1, 0, 1], np.int8)}

    def step(self, action):
        self.steps += 1
        return self.see(self.steps), float(action), False, self.steps == 4, {"action_mask": np.array([0, 1, 1], np.int8)}

    def render(self):
        return np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


class Echo(gymnasium.Env):
    """Shows the last action, of every kind of space."""

    def __init__(self, boxes=True):
        parts = {
            "b": spaces.Tuple([spaces.Discrete(3, start=-1), spaces.MultiBinary([2, 2])]),
            "a": spaces.MultiDiscrete([3, 4], start=[5, 0]),
        }
        if boxes:
            parts["c"] = spaces.Box(np.array([[0], [-np.inf]]), np.array([[255], [3.5]]), (2, 1), np.float64)
            parts["d"] = spaces.Box(0, 255, (2,), np.uint8)
        self.observation_space = self.action_space = spaces.Dict(parts)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.action_space.seed(seed)
        return self.action_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action), action
        return action, 0.0, False, False, {}


gymnasium.register("Troubled-v0", Troubled, disable_env_checker=True)
gymnasium.register("Echo-v0", Echo, disable_env_checker=True)
main()
