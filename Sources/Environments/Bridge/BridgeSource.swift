// SPDX-License-Identifier: Apache-2.0
// Espalier: the bridge's Python server, its first half; made by `Scripts/bridge_source.sh`.

/// `Bridges/python/espalier_bridge/server.py`, which `python3 -c` starts.
enum BridgeSource {
  /// The whole program.
  static var text: String { start + "\n" + rest }

  private static let start = ###"""
    # SPDX-License-Identifier: Apache-2.0
    # Espalier: serves Gymnasium environments to a parent process over file descriptor 3 (protocol AWP/1).
    """One parent, several environments of a kind, one answer a request. `Documentation/Bridge.md` describes the protocol.

    This file needs NumPy and Gymnasium only once an environment is made, and nothing else of this package, since Espalier carries
    its text and starts it as `python3 -u -c TEXT`.
    """

    import gc
    import importlib
    import importlib.metadata
    import importlib.util
    import json
    import os
    import platform
    import select
    import signal
    import socket
    import struct
    import sys
    import threading
    import time
    import traceback

    VERSION = "1.0.0"
    PROTOCOL = 1
    DESCRIPTOR = 3
    MAGIC = 0x31505741  # the bytes "AWP1"
    HEADER = struct.Struct("<IHHII")  # magic, kind, flags, sequence, length
    MOST = 64 << 20  # bytes of a payload
    HELLO, HELLO_OK, MAKE, SPEC, RESET, STEP, STATE, RENDER, FRAME, CLOSE, CLOSED, PING, PONG, ERROR = range(1, 15)
    PLACES = {HELLO: "hello", MAKE: "make", RESET: "reset", STEP: "step", RENDER: "render", CLOSE: "close", PING: "ping"}
    MASKS = 1  # flag of STATE: its action masks are meant
    GOES_ON = 2**64 - 1  # the seed that is none
    LARGEST_CHOICE = 1 << 24  # whole numbers up to here are exact as float32
    AWAKE = 50e-6  # seconds of looking for the next request before sleeping
    GRACE = 2.0  # seconds between the end of the parent and our own, at the latest

    np = None


    class Refusal(Exception):
        """A request that is answered by an error of ours, not of the environment's."""

        def __init__(self, code, message, **more):
            super().__init__(message)
            self.code, self.more = code, more


    def mismatch(code, expected, got):
        return Refusal(code, f"expected {expected}, got {got}", expected=str(expected), got=str(got))


    def unsupported(space, reason=""):
        expected = "spaces of Box, Discrete, MultiDiscrete, MultiBinary, Tuple and Dict"
        return mismatch("unsupported_space", expected, f"{space}{reason}")


    # Spaces


    class Codec:
        """A space: what the parent is told about it, and its values as plain numbers.

        `write(row, value)` writes a value into a row of float32; `read(row)` makes a value of a row of numbers.
        """

        __slots__ = ("description", "size", "whole", "write", "read")

        def __init__(self, description, size, whole, write, read):
            self.description, self.size, self.whole, self.write, self.read = description, size, whole, write, read


    def violation(space, value):
        text = repr(value)
        shape = f" of shape {value.shape}" if hasattr(value, "shape") else ""
        return mismatch("spec_violation", f"a value of {space}", text[:80] + shape)


    def number(value):
        value = float(np.float32(value))
        if value != value:
            raise unsupported("a Box", " with a bound that is not a number")
        return value if abs(value) != float("inf") else "inf" if value > 0 else "-inf"


    def bounds(values):
        """One number when all are alike."""
        values = np.asarray(values, dtype=np.float32).reshape(-1)
        if values.size and (values == values[0]).all():
            return number(values[0])
        return [number(value) for value in values]


    def box(space):
        shape, size = tuple(space.shape), int(np.prod(space.shape, dtype=np.int64))
        kind, isflat, array = space.dtype, len(space.shape) == 1, np.ndarray

        def write(row, value):
            if type(value) is not array:
                value = np.asarray(value)
            if value.shape != shape:
                raise violation(space, value)
            row[:] = value if isflat else value.reshape(-1)

        if kind == np.float32 and isflat:
            read = lambda row: row
        else:
            read = lambda row: row.astype(kind).reshape(shape)
        with np.errstate(over="ignore"):
            description = {
                "type": "box", "shape": list(shape), "low": bounds(space.low), "high": bounds(space.high), "dtype": str(kind)}
        return Codec(description, size, False, write, read)


    def discrete(space):
        count, start = int(space.n), int(getattr(space, "start", 0))
        if max(abs(start), abs(start + count)) > LARGEST_CHOICE:
            raise unsupported(space, " with choices beyond 2^24")

        def write(row, value):
            try:
                row[0] = value.__index__()
            except (AttributeError, TypeError):
                raise violation(space, value) from None

        return Codec({"type": "discrete", "n": count, "start": start}, 1, True, write, lambda row: int(row[0]))


    def choices(space, counts, start):
        """MultiDiscrete, whose choices travel from 0, and MultiBinary."""
        shape, kind = tuple(space.shape), space.dtype
        size = int(np.prod(shape, dtype=np.int64))

        def write(row, value):
            value = np.asarray(value)
            if value.shape != shape:
                raise violation(space, value)
            row[:] = (value - start).reshape(-1)

        def read(row):
            return (np.asarray(row).reshape(shape) + start).astype(kind)

        if counts is None:
            return Codec({"type": "multi_binary", "n": size}, size, True, write, read)
        counts = [int(count) for count in np.asarray(counts).reshape(-1)]
        if max(counts, default=0) > LARGEST_CHOICE:
            raise unsupported(space, " with choices beyond 2^24")
        return Codec({"type": "multi_discrete", "nvec": counts}, size, True, write, read)


    def parts(space, keys, codecs):
        """Tuple, whose keys are places, and Dict."""
        spans, start = [], 0
        for key, codec in zip(keys, codecs):
            spans.append((key, codec, start, start + codec.size))
            start += codec.size

        def write(row, value):
            try:
                values = [value[key] for key in keys]
            except (KeyError, IndexError, TypeError):
                raise violation(space, value) from None
            for part, (_, codec, low, high) in zip(values, spans):
                codec.write(row[low:high], part)

        def read(row):
            values = [codec.read(row[low:high]) for _, codec, low, high in spans]
            return dict(zip(keys, values)) if isdict else tuple(values)

        isdict = hasattr(space.spaces, "keys")
        if isdict:
            told = [{"key": str(key), "space": codec.description} for key, codec in zip(keys, codecs)]
            description = {"type": "dict", "spaces": told}
        else:
            description = {"type": "tuple", "spaces": [codec.description for codec in codecs]}
        return Codec(description, start, all(codec.whole for codec in codecs), write, read)


    def codec(space):
        """The codec of a space of Gymnasium's; refuses those that have no fixed number of numbers."""
        spaces = importlib.import_module("gymnasium.spaces")
        if isinstance(space, spaces.Box):
            return box(space)
        if isinstance(space, spaces.Discrete):
            return discrete(space)
        if isinstance(space, spaces.MultiDiscrete):
            return choices(space, space.nvec, np.asarray(getattr(space, "start", 0)))
        if isinstance(space, spaces.MultiBinary):
            return choices(space, None, 0)
        if isinstance(space, spaces.Tuple):
            return parts(space, range(len(space.spaces)), [codec(part) for part in space.spaces])
        if isinstance(space, spaces.Dict):
            keys = sorted(space.spaces, key=str)
            return parts(space, keys, [codec(space.spaces[key]) for key in keys])
        raise unsupported(space)


    # Environments


    def version(module):
        """The version of a module's distribution, None when it has none."""
        try:
            return importlib.metadata.version(module)
        except Exception:
            found = getattr(sys.modules.get(module), "__version__", None)
            return found if isinstance(found, str) else None


    def versions(world=None):
        """Of Python, of the libraries, and of what the environment comes from."""
        names = ["numpy", "gymnasium"]
        if world is not None:
            names += [kind.__module__.split(".")[0] for kind in type(world.unwrapped).__mro__]
            names += [name for name in ("mujoco", "ale_py", "Box2D", "pybullet", "dm_control") if name in sys.modules]
        found = {name: version(name) for name in names if name not in ("builtins", "typing", "abc", "__main__")}
        found = {name: text for name, text in found.items() if text}
        return {"python": platform.python_version(), "espalier_bridge": VERSION, **found}


    def layout(count, size, choices):
        """The arrays of STATE, one after another, each at a multiple of its element's size, and the bytes in all."""
        arrays, offset = [], 0
        for name, kind, width, shape in (
            ("rewards", "f64", 8, [count, 1]),
            ("observations", "f32", 4, [count, 1, size]),
            ("action_masks", "u8", 1, [count, 1, choices]),
            ("terminated", "u8", 1, [count, 1]),
            ("truncated", "u8", 1, [count, 1]),
            ("alive", "u8", 1, [count, 1]),
            ("final_observations", "f32", 4, [count, 1, size]),
        ):
            offset = -(-offset // width) * width
            arrays.append({"name": name, "dtype": kind, "shape": shape, "offset": offset})
            for side in shape:
                width *= side
            offset += width
        return arrays, offset


    class Worlds:
        """The environments of one request MAKE, and the answer that every step fills anew."""

        def __init__(self):
            self.worlds, self.ready = [], False
            self.at = None  # the environment at work, for errors

        def make(self, request):
            global np
            count, self.mode = request.get("num_envs"), request.get("autoreset", "same_step")
            name, settings = request.get("id"), request.get("kwargs", {})
            if not isinstance(name, str) or not isinstance(count, int) or not 0 < count <= 65536:
                raise Refusal("bad_request", "expected an id and 1 to 65536 environments")
            if self.mode not in ("same_step", "disabled"):
                raise Refusal("unsupported", f"autoreset {self.mode}; expected same_step or disabled")
            if request.get("wrapper", "gymnasium") != "gymnasium":
                raise Refusal("unsupported", f"wrapper {request['wrapper']}; expected gymnasium")
            for package in ("numpy", "gymnasium"):
                if importlib.util.find_spec(package) is None:
                    raise Refusal("missing", f"the package '{package}' is not installed for {sys.executable}")
            np = importlib.import_module("numpy")
            gymnasium = importlib.import_module("gymnasium")
            for self.at in range(count):
                self.worlds.append(gymnasium.make(name, **settings))
            self.at = None
            world = self.worlds[0]
            self.observation, self.action = codec(world.observation_space), codec(world.action_space)
            # A discrete action's choices may be masked, as those of Taxi are.
            self.choices = self.action.description.get("n", 0) if self.action.description["type"] == "discrete" else 0
            size = self.observation.size
            self.arrays, most = layout(count, size, self.choices)
            if most > MOST:
                raise Refusal("unsupported", f"{count} observations of {size} numbers: more than {MOST} bytes a step")
            self.buffer = bytearray(HEADER.size + most)
            kinds = {"f64": np.float64, "f32": np.float32, "u8": np.uint8}
            for array in self.arrays:
                length = int(np.prod(array["shape"], dtype=np.int64))
                start = HEADER.size + array["offset"]
                view = np.frombuffer(self.buffer, kinds[array["dtype"]], length, start)
                setattr(self, array["name"], view.reshape(count, -1))
            self.tail = self.arrays[-1]["offset"]
            self.finals = 0
            self.alive[:] = 1
            self.endings = np.frombuffer(self.buffer, np.uint8, 2 * count, HEADER.size + self.arrays[3]["offset"])
            # What the loop of a step needs, looked up once.
            self.reward, self.rows = self.rewards.reshape(-1), list(self.observations)
            self.final_rows = list(self.final_observations)
            self.over, self.cut = self.endings[:count], self.endings[count:]
            self.steps = [world.step for world in self.worlds]
            self.masked, self.ready = False, True

    """###
}
