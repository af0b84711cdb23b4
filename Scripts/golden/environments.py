#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: what Gymnasium's environments answer, for Tests/EnvironmentsTests.
"""Writes Tests/EnvironmentsTests/Golden: one archive for each environment and variant, and versions.txt.

Each archive has 5 seeds of 200 steps. For each seed: `reset(seed)`, then steps; after an ending `reset()` without a seed, so that the
stream that goes on is seen too. The time limits are short so that there are many episodes.

  seeds         [seeds]                   uint64
  firsts        [seeds, observation]      float32, the observations after `reset(seed)`
  actions       [seeds * steps, action]   float32
  observations  [seeds * steps, observation] float32
  rewards       [seeds * steps]           float64
  endings       [seeds * steps]           uint8: 0 goes on, 1 terminated, 2 cut by the time limit
  resets        [endings, observation]    float32, the observations after `reset()`, in order
  masks         [seeds * steps, actions]  uint8, after each step (Taxi only)

Actions are random, from a generator of the script's own, mixed with those of a policy that reaches the goal, so that all endings are
seen. Written with the versions in versions.txt:  python3 Scripts/golden/environments.py
"""
import pathlib
import platform

import gymnasium as gym
import numpy as np

here = pathlib.Path(__file__).parent.parent.parent / "Tests" / "EnvironmentsTests" / "Golden"
here.mkdir(parents=True, exist_ok=True)
SEEDS = [0, 1, 42, 2**32 + 7, 2**63 + 12345]
STEPS = 200


def best_choices(env):
    """The best action of each state of a table of transitions, by value iteration."""
    table = env.unwrapped.P
    values = np.zeros(len(table))
    for _ in range(300):
        worth = np.array([[sum(p * (r + (0 if over else 0.99 * values[s])) for p, s, r, over in table[state][action])
                           for action in range(len(table[state]))] for state in range(len(table))])
        values = worth.max(axis=1)
    return worth.argmax(axis=1)


def table_policy(env):
    choices = best_choices(env)
    return lambda seen: choices[seen]


def nothing_policy(env):
    return None


def record(name, identifier, policy, randomness, limit, scale=1.0, settings={}, attributes={}, options=None):
    env = gym.make(identifier, max_episode_steps=limit, **settings)
    for key, value in attributes.items():
        assert hasattr(env.unwrapped, key)
        setattr(env.unwrapped, key, value)
    guide = policy(env)
    draws = np.random.default_rng(sum(map(ord, name)))
    rows = {key: [] for key in ["firsts", "actions", "observations", "rewards", "endings", "resets", "masks"]}

    def numbers(seen):
        return np.atleast_1d(np.asarray(seen, dtype=np.float32))

    for seed in SEEDS:
        seen, info = env.reset(seed=seed, options=options)
        rows["firsts"].append(numbers(seen))
        for _ in range(STEPS):
            if isinstance(env.action_space, gym.spaces.Discrete):
                action = int(draws.integers(env.action_space.n))
                if guide and draws.random() >= randomness:
                    action = int(guide(seen))
            else:
                action = draws.uniform(-scale, scale, env.action_space.shape).astype(np.float32)
                if guide and draws.random() >= randomness:
                    action = np.asarray(guide(seen), dtype=np.float32)
            seen, reward, terminated, truncated, info = env.step(action)
            rows["actions"].append(numbers(action))
            rows["observations"].append(numbers(seen))
            rows["rewards"].append(reward)
            rows["endings"].append(1 if terminated else 2 if truncated else 0)
            if "action_mask" in info:
                rows["masks"].append(info["action_mask"])
            if terminated or truncated:
                seen, info = env.reset(options=options)
                rows["resets"].append(numbers(seen))
    types = {"rewards": "<f8", "endings": "u1", "masks": "u1"}
    arrays = {key: np.array(row, dtype=types.get(key, "<f4")) for key, row in rows.items() if row}
    np.savez_compressed(here / f"{name}.npz", seeds=np.array(SEEDS, dtype="<u8"), **arrays)
    print(f"{name}: {np.count_nonzero(arrays['endings'] == 1)} terminated, {np.count_nonzero(arrays['endings'] == 2)} cut, "
          f"{(here / f'{name}.npz').stat().st_size} bytes")


def upright(env):
    return lambda seen: seen[2] + 0.5 * seen[3] > 0


def along_speed(env):
    return lambda seen: 2 if seen[1] >= 0 else 0


def along_speed_force(env):
    return lambda seen: [1.0 if seen[1] >= 0 else -1.0]


def pumping(env):
    return lambda seen: 2 if seen[4] < 0 else 0


def swinging(env):
    return lambda seen: [2.0 if seen[2] > 0 else -2.0]


record("cartpole", "CartPole-v1", upright, 0.6, 40)
record("cartpole-sutton-barto", "CartPole-v1", nothing_policy, 1, 40, settings={"sutton_barto_reward": True},
       options={"low": -0.1, "high": 0.2})
record("mountain-car", "MountainCar-v0", along_speed, 0.2, 180)
record("mountain-car-goal-speed", "MountainCar-v0", along_speed, 0.1, 180, settings={"goal_velocity": 0.045})
record("mountain-car-continuous", "MountainCarContinuous-v0", along_speed_force, 0.3, 150, scale=1.5)
record("acrobot", "Acrobot-v1", pumping, 0.1, 110)
record("acrobot-noisy", "Acrobot-v1", pumping, 0.1, 60, attributes={"torque_noise_max": 0.5, "book_or_nips": "nips"})
record("acrobot-fast", "Acrobot-v1", pumping, 0.5, 10, options={"low": -35.0, "high": 35.0})
record("pendulum", "Pendulum-v1", swinging, 0.7, 60, scale=2.5)
record("pendulum-moon", "Pendulum-v1", nothing_policy, 1, 60, scale=2.0, settings={"g": 1.62})
record("pendulum-turned", "Pendulum-v1", nothing_policy, 1, 20, scale=2.0, options={"x_init": 30.0, "y_init": 8.0})
record("frozen-lake", "FrozenLake-v1", table_policy, 0.3, 50)
record("frozen-lake-8x8", "FrozenLake8x8-v1", table_policy, 0.2, 100)
record("frozen-lake-firm", "FrozenLake-v1", table_policy, 0.3, 50, settings={"is_slippery": False})
record("frozen-lake-own", "FrozenLake-v1", table_policy, 0.3, 50,
       settings={"desc": ["SFFHS", "FFSFF", "HFFFG"], "success_rate": 0.7, "reward_schedule": (5, -3, -0.5)})
record("taxi", "Taxi-v4", table_policy, 0.3, 60)
record("taxi-rainy", "Taxi-v4", table_policy, 0.3, 60, settings={"is_rainy": True})
record("taxi-fickle", "Taxi-v4", table_policy, 0.2, 60, settings={"fickle_passenger": True})
record("taxi-wild", "Taxi-v4", table_policy, 0.2, 60, settings={
    "is_rainy": True, "rainy_probability": 0.5, "fickle_passenger": True, "fickle_probability": 0.9})
record("cliff-walking", "CliffWalking-v1", table_policy, 0.3, 60)
record("cliff-walking-slippery", "CliffWalkingSlippery-v1", table_policy, 0.02, 150)

(here / "versions.txt").write_text(
    f"Gymnasium {gym.__version__}, NumPy {np.__version__}, Python {platform.python_version()}, {platform.machine()}\n")
