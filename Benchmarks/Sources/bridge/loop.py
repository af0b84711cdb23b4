# SPDX-License-Identifier: Apache-2.0
"""What environments cost without a bridge: an environment whose every step is a loop over others, and whose reward is its seconds.

`bridge` starts this file as a server; it needs numpy, gymnasium, and what the measured environments need.
"""

import pathlib
import sys
import time

import gymnasium
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "Bridges" / "python"))
from espalier_bridge.server import main  # noqa: E402


class Loop(gymnasium.Env):
    observation_space = gymnasium.spaces.Discrete(1)
    action_space = gymnasium.spaces.Discrete(1)

    def __init__(self, name, count, steps):
        self.worlds = [gymnasium.make(name) for _ in range(count)]
        self.steps, self.random = steps, np.random.default_rng(1)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        for index, world in enumerate(self.worlds):
            world.reset(seed=index)
        return 0, {}

    def step(self, action):
        shape = (self.steps, len(self.worlds)) + self.worlds[0].action_space.shape
        actions = self.random.uniform(-1, 1, shape).astype(np.float32)
        start = time.perf_counter()
        for row in actions:
            for world, chosen in zip(self.worlds, row):
                _, _, over, cut, _ = world.step(chosen)
                if over or cut:
                    world.reset()
        return 0, time.perf_counter() - start, False, False, {}


gymnasium.register(id="Loop-v0", entry_point=Loop)
main()
