#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Python side of `espalier agent bench`: Gymnasium's environments and Stable-Baselines3's SAC.

It speaks the protocol of peers.py. The case folder holds case.json:

    {"kind": "environment", "id": "CartPole-v1", "steps": 1000}
        peer gymnasium steps            a run: so many steps with actions drawn before, episodes beginning anew
    {"kind": "sac", "observations": 17, "actions": 6, "hidden": [256, 256], "batch": 256}
        peer stable-baselines3 step     a run: one gradient step on a replay buffer full of random numbers
"""

import json
import os
import sys

import peers


class Case:
    """What can be run, and what is not installed."""

    def __init__(self):
        self.peers = {}
        self.absent = {}


class Phases:
    """The phases of a peer, by name."""

    def __init__(self, phases):
        self.phases = phases


def environment(case, facts):
    """Gymnasium's environment, without the wrapper that checks each step: its fastest usual form."""
    try:
        import gymnasium
    except ImportError:
        case.absent["gymnasium"] = "not-installed"
        return
    try:
        world = gymnasium.make(facts["id"], disable_env_checker=True)
    except gymnasium.error.Error as error:
        case.absent["gymnasium"] = type(error).__name__
        return
    world.action_space.seed(1)
    actions = [world.action_space.sample() for _ in range(facts["steps"])]
    world.reset(seed=1)

    def run():
        step, reset = world.step, world.reset
        for action in actions:
            _, _, terminated, truncated, _ = step(action)
            if terminated or truncated:
                reset()

    case.peers["gymnasium"] = Phases({"steps": run})


def sac(case, facts, threads):
    """Stable-Baselines3's SAC with its defaults; only `train` is measured, not acting."""
    try:
        import gymnasium
        import numpy
        import stable_baselines3
        import torch
    except ImportError:
        case.absent["stable-baselines3"] = "not-installed"
        return
    torch.set_num_threads(threads)

    class StillWorld(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-numpy.inf, numpy.inf, (facts["observations"],), numpy.float32)
        action_space = gymnasium.spaces.Box(-1, 1, (facts["actions"],), numpy.float32)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return numpy.zeros(self.observation_space.shape, numpy.float32), {}

        def step(self, action):
            return numpy.zeros(self.observation_space.shape, numpy.float32), 0.0, False, False, {}

    capacity = 10_000
    model = stable_baselines3.SAC(
        "MlpPolicy", StillWorld(), policy_kwargs={"net_arch": facts["hidden"]}, batch_size=facts["batch"],
        buffer_size=capacity, device="cpu", seed=1)
    model.set_logger(stable_baselines3.common.logger.Logger(folder=None, output_formats=[]))
    buffer, random = model.replay_buffer, numpy.random.default_rng(1)
    for array in (buffer.observations, buffer.next_observations, buffer.actions, buffer.rewards):
        array[:] = random.uniform(-1, 1, array.shape)
    buffer.full = True
    case.peers["stable-baselines3"] = Phases(
        {"step": lambda: model.train(gradient_steps=1, batch_size=facts["batch"])})


def open_case(folder, threads):
    with open(os.path.join(folder, "case.json")) as file:
        facts = json.load(file)
    case = Case()
    if facts["kind"] == "environment":
        environment(case, facts)
    else:
        sac(case, facts, threads)
    return case


if __name__ == "__main__":
    peers.main(open_case)
