# SPDX-License-Identifier: Apache-2.0
"""Environments through the server, against the same ones here."""

import pathlib
import tempfile
import time
import unittest

from parent import FOLDER, HAS_GYMNASIUM, Parent, server

if HAS_GYMNASIUM:
    import gymnasium
    import numpy as np
    from gymnasium import spaces

HANGING = f"""
import sys, time
sys.path.insert(0, {str(FOLDER)!r})
import gymnasium
from espalier_bridge.server import main

class Hanging(gymnasium.Env):
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    def reset(self, *, seed=None, options=None):
        return (options or {{}}).get("first", 0), {{}}
    def step(self, action):
        time.sleep(1000)

gymnasium.register("Hanging-v0", Hanging)
main()
"""


@unittest.skipUnless(HAS_GYMNASIUM, "needs numpy and gymnasium")
class EnvironmentTests(unittest.TestCase):
    def test_cart_pole_is_cart_pole(self):
        for mode in ("same_step", "disabled"):
            worlds = [gymnasium.make("CartPole-v1") for _ in range(3)]
            with Parent() as parent:
                specification = parent.make(id="CartPole-v1", kwargs={}, num_envs=3, autoreset=mode)
                self.assertEqual(specification["max_steps"], 500)
                self.assertEqual(specification["action_dtype"], "i32")
                state = parent.reset([4, 5, server.GOES_ON - 1])
                seen = [world.reset(seed=seed)[0] for world, seed in zip(worlds, [4, 5, server.GOES_ON - 1])]
                self.assertEqual(state["observations"], [float(number) for row in seen for number in row])
                random, ends = np.random.default_rng(1), 0
                for _ in range(80):
                    actions = [int(action) for action in random.integers(0, 2, 3)]
                    state = parent.step(*actions)
                    finals, seen, over = [], [], []
                    for world, action in zip(worlds, actions):
                        observation, reward, terminated, truncated, _ = world.step(action)
                        over.append(int(terminated))
                        if terminated and mode == "same_step":
                            finals += [float(number) for number in observation]
                            observation, _ = world.reset()
                        seen += [float(number) for number in observation]
                    self.assertEqual(state["observations"], seen)
                    self.assertEqual(state["final_observations"], finals)
                    self.assertEqual(state["terminated"], over)
                    self.assertEqual(state["alive"], [1, 1, 1])
                    ends += sum(over)
                    if mode == "disabled" and any(over):
                        chosen = [2 * flag for flag in over]
                        state = parent.reset([9, server.GOES_ON, 9], chosen)
                        for index, flag in enumerate(over):
                            if flag:
                                seed = [9, None, 9][index]
                                row = [float(number) for number in worlds[index].reset(seed=seed)[0]]
                                self.assertEqual(state["observations"][4 * index: 4 * index + 4], row)
                self.assertGreater(ends, 3)

    def test_masks_and_pictures(self):
        with Parent() as parent:
            parent.make(id="Taxi", num_envs=2)
            world = gymnasium.make("Taxi")
            _, info = world.reset(seed=3)
            state = parent.reset([3, 4])
            self.assertEqual(state["flags"], server.MASKS)
            self.assertEqual(state["action_masks"][:6], [int(flag) for flag in info["action_mask"]])
            account = parent.refused(server.RENDER, b"\0\0\0\0")
            self.assertIn("rgb_array", account["message"])
            self.assertEqual(parent.refused(server.RENDER, b"\2\0\0\0")["code"], "bad_request")

    def test_requests_of_other_sizes(self):
        with Parent() as parent:
            parent.make(id="CartPole-v1", num_envs=2)
            self.assertEqual(parent.refused(server.RESET, b"\1\1")["code"], "bad_request")
            self.assertEqual(parent.refused(server.STEP, bytes(12))["code"], "bad_request")
            self.assertEqual(parent.refused(server.MAKE, {"id": "CartPole-v1", "num_envs": 1})["code"], "bad_request")
            account = parent.refused(server.STEP, bytes(8))
            self.assertEqual((account["code"], account["env"], account["type"]), ("env_exception", 0, "ResetNeeded"))
            parent.reset([1, 2])
            account = parent.refused(server.STEP, b"\1\0\0\0\7\0\0\0")
            self.assertEqual((account["env"], account["where"]), (1, "step"))
            self.assertIn("AssertionError", account["traceback"])

    def test_the_end_of_the_parent_ends_a_server_at_work(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "hanging.py"
            path.write_text(HANGING)
            with Parent([str(path)]) as parent:
                parent.make(id="Hanging-v0", num_envs=1)
                self.assertEqual(parent.reset([1], options={"first": 1})["observations"], [1])
                parent.send(server.STEP, bytes(4))
                start = time.monotonic()
                parent.socket.close()
                self.assertEqual(parent.process.wait(20), 1)
                self.assertGreaterEqual(time.monotonic() - start, server.GRACE)


@unittest.skipUnless(HAS_GYMNASIUM, "needs numpy and gymnasium")
class SpaceTests(unittest.TestCase):
    def setUp(self):
        server.np = np

    def test_values_come_back(self):
        parts = [
            spaces.Box(-1, 1, (3,)), spaces.Box(np.array([0, -np.inf]), np.array([1, 2.0]), dtype=np.float64),
            spaces.Box(0, 255, (2, 2), np.uint8), spaces.Box(-1, 1, ()), spaces.Discrete(5), spaces.Discrete(3, start=-2),
            spaces.MultiDiscrete([[2, 3], [4, 5]]), spaces.MultiDiscrete([2, 3], start=[7, -1]), spaces.MultiBinary(4),
            spaces.MultiBinary([2, 3])]
        parts.append(spaces.Tuple(parts[:5]))
        parts.append(spaces.Dict({"z": parts[4], "a": parts[6], "m": spaces.Tuple([parts[2], parts[8]])}))
        for space in parts:
            space.seed(3)
            codec = server.codec(space)
            row = np.zeros(codec.size, np.float32)
            for _ in range(10):
                value = space.sample()
                codec.write(row, value)
                back = codec.read([int(number) for number in row] if codec.whole else row)
                self.assertTrue(space.contains(back), (space, back))
                again = np.ones(codec.size, np.float32)
                codec.write(again, back)
                self.assertEqual(list(row), list(again))

    def test_descriptions(self):
        def told(space):
            return server.codec(space).description

        self.assertEqual(
            told(spaces.Box(np.array([-np.inf, 0]), np.array([1, 1.0]), dtype=np.float64)),
            {"type": "box", "shape": [2], "low": ["-inf", 0.0], "high": 1.0, "dtype": "float64"})
        self.assertEqual(told(spaces.Discrete(3, start=1)), {"type": "discrete", "n": 3, "start": 1})
        self.assertEqual(told(spaces.MultiDiscrete([2, 3])), {"type": "multi_discrete", "nvec": [2, 3]})
        self.assertEqual(
            told(spaces.Dict({"b": spaces.MultiBinary([2, 2]), "a": spaces.Tuple([])})),
            {"type": "dict", "spaces": [{"key": "a", "space": {"type": "tuple", "spaces": []}},
                                        {"key": "b", "space": {"type": "multi_binary", "n": 4}}]})

    def test_refusals_name_the_space(self):
        for space in (spaces.Text(5), spaces.Sequence(spaces.Discrete(2)), spaces.Discrete(1 << 25)):
            with self.assertRaises(server.Refusal) as caught:
                server.codec(space)
            self.assertEqual(caught.exception.code, "unsupported_space")
            self.assertIn(str(space), caught.exception.more["got"])

    def test_values_that_are_none(self):
        for space, value in (
            (spaces.Box(0, 1, (2,)), np.zeros(3)), (spaces.Box(0, 1, (2,)), 0.5), (spaces.Discrete(2), 1.0),
            (spaces.Discrete(2), np.array([1, 2])), (spaces.MultiBinary(3), [1, 0]),
            (spaces.Dict({"a": spaces.Discrete(2)}), {"b": 1}),
        ):
            codec = server.codec(space)
            with self.assertRaises(server.Refusal) as caught:
                codec.write(np.zeros(codec.size, np.float32), value)
            self.assertEqual(caught.exception.code, "spec_violation")


if __name__ == "__main__":
    unittest.main()
