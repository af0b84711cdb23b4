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

    def spec(self):
        world = self.worlds[0]
        told = world.spec
        return {
            "agents": [{
                "name": "agent", "group": "agent", "observation": self.observation.description,
                "action": self.action.description}],
            "id": told.id if told else None,
            "num_envs": len(self.worlds),
            "autoreset": self.mode,
            "max_steps": told.max_episode_steps if told else None,
            "render_mode": world.render_mode,
            "state_size": 0,
            "action_dtype": "i32" if self.action.whole else "f32",
            "state": self.arrays,
            "versions": versions(world),
        }

    def mask(self, index, info):
        if self.choices:
            mask = info.get("action_mask")
            if mask is not None:
                mask = np.asarray(mask)
                if mask.shape != (self.choices,):
                    raise mismatch("spec_violation", f"an action mask of {self.choices}", f"shape {mask.shape}")
                self.action_masks[index] = mask != 0
                self.masked = True

    def reset(self, payload):
        count = len(self.worlds)
        start = -(-count // 8) * 8
        if len(payload) < start + 8 * count:
            raise Refusal("bad_request", f"RESET of {len(payload)} bytes for {count} environments")
        chosen = bytes(payload[:count])
        seeds = struct.unpack_from(f"<{count}Q", payload, start)
        options = json.loads(bytes(payload[start + 8 * count:]) or b"null")
        self.endings[:] = 0
        self.finals = 0
        for index in range(count):
            if chosen[index]:
                self.at = index
                seed = None if seeds[index] == GOES_ON else seeds[index]
                observation, info = self.worlds[index].reset(seed=seed, options=options)
                self.observation.write(self.rows[index], observation)
                self.mask(index, info)
                self.reward[index] = 0
        self.at = None

    def step(self, payload):
        count, size = len(self.worlds), self.action.size
        if len(payload) != 4 * count * size:
            raise Refusal("bad_request", f"STEP of {len(payload)} bytes, expected {4 * count * size}")
        kind = np.int32 if self.action.whole else np.float32
        # A copy: an environment may keep its action, and the next request overwrites the payload.
        actions = np.frombuffer(payload, kind).reshape(count, size).copy()
        if self.action.whole:
            actions = actions.tolist()
        read, write, rewards, rows = self.action.read, self.observation.write, self.reward, self.rows
        again, masks, finals = self.mode == "same_step", self.choices > 0, 0
        self.endings[:] = 0
        index = 0
        for step in self.steps:
            self.at = index
            observation, reward, over, cut, info = step(read(actions[index]))
            rewards[index] = reward
            if over or cut:
                self.over[index], self.cut[index] = bool(over), bool(cut)
                if again:
                    write(self.final_rows[finals], observation)
                    finals += 1
                    observation, info = self.worlds[index].reset()
            write(rows[index], observation)
            if masks:
                self.mask(index, info)
            index += 1
        self.at = None
        self.finals = finals

    def state(self, sequence):
        """The bytes of STATE with their header."""
        length = self.tail + 4 * self.observation.size * self.finals
        HEADER.pack_into(self.buffer, 0, MAGIC, STATE, MASKS if self.masked else 0, sequence, length)
        return memoryview(self.buffer)[: HEADER.size + length]

    def render(self, payload):
        if len(payload) != 4 or struct.unpack("<I", payload)[0] >= len(self.worlds):
            raise Refusal("bad_request", "expected the number of an environment")
        self.at = struct.unpack("<I", payload)[0]
        picture = self.worlds[self.at].render()
        if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 3:
            mode = self.worlds[self.at].render_mode
            raise Refusal("unsupported", f"no picture with render_mode {mode!r}; make it with \"rgb_array\"")
        self.at = None
        return struct.pack("<3I", *picture.shape) + picture.tobytes()

    def close(self):
        for world in self.worlds:
            world.close()


# The parent


class Server:
    """Answers requests until the parent closes or is gone."""

    def __init__(self, channel):
        self.channel = channel
        self.buffer = bytearray(1 << 16)
        self.worlds = None

    def receive(self):
        """The next request, None at the end: kind, sequence, payload (good until the next call)."""
        have = 0
        need = HEADER.size
        while have < need:
            got = self.take(memoryview(self.buffer)[have:])
            if got == 0:
                return None
            have += got
            if have >= HEADER.size and need == HEADER.size:
                magic, kind, _, sequence, length = HEADER.unpack_from(self.buffer)
                if magic != MAGIC or length > MOST:
                    raise SystemExit(f"espalier_bridge: a request of magic {magic:#x} and {length} bytes")
                need += length
                if need > len(self.buffer):
                    self.buffer.extend(bytes(need - len(self.buffer)))
        if have > need:
            raise SystemExit("espalier_bridge: a request before the answer to the one before")
        return kind, sequence, memoryview(self.buffer)[HEADER.size:need]

    def take(self, room):
        """Receives some bytes. A parent that steps again at once is answered without this process falling asleep before."""
        until = time.perf_counter() + AWAKE
        while time.perf_counter() < until:
            try:
                return self.channel.recv_into(room, 0, socket.MSG_DONTWAIT)
            except BlockingIOError:
                os.sched_yield()
        return self.channel.recv_into(room)

    def send(self, kind, sequence, payload=b""):
        self.channel.sendall(HEADER.pack(MAGIC, kind, 0, sequence, len(payload)) + payload)

    def tell(self, kind, sequence, value):
        self.send(kind, sequence, json.dumps(value, allow_nan=False).encode())

    def fail(self, kind, sequence, error):
        """Answers by ERROR; the environments stay, and a later RESET may begin again."""
        known = isinstance(error, Refusal)
        self.tell(ERROR, sequence, {
            "code": error.code if known else "env_exception",
            "where": PLACES.get(kind, f"request {kind}"),
            "env": self.worlds.at if self.worlds else None,
            "type": type(error).__name__,
            "message": str(error)[:4096],
            "traceback": "" if known else traceback.format_exc()[-16384:],
            **(error.more if known else {}),
        })
        if self.worlds:
            self.worlds.at = None
            if not self.worlds.ready:
                self.worlds = None

    def answer(self, kind, sequence, payload):
        if kind == STEP and self.worlds:
            self.worlds.step(payload)
            self.channel.sendall(self.worlds.state(sequence))
        elif kind == RESET and self.worlds:
            self.worlds.reset(payload)
            self.channel.sendall(self.worlds.state(sequence))
        elif kind == HELLO:
            if PROTOCOL not in json.loads(bytes(payload)).get("protocols", []):
                raise Refusal("unsupported", f"this server speaks protocol {PROTOCOL} only")
            self.tell(HELLO_OK, sequence, {
                "protocol": PROTOCOL, "server": f"espalier_bridge {VERSION}", "versions": versions(),
                "capabilities": ["f64reward", "action_mask", "render"]})
        elif kind == MAKE and not self.worlds:
            self.worlds = Worlds()
            self.worlds.make(json.loads(bytes(payload)))
            gc.freeze()
            self.tell(SPEC, sequence, self.worlds.spec())
        elif kind == RENDER and self.worlds:
            self.send(FRAME, sequence, self.worlds.render(payload))
        elif kind == PING:
            self.send(PONG, sequence, bytes(payload))
        elif kind == CLOSE:
            if self.worlds:
                self.worlds.close()
            self.send(CLOSED, sequence)
        else:
            raise Refusal("bad_request", f"{PLACES.get(kind, f'request {kind}')} is unknown or comes too early or twice")

    def run(self):
        while (request := self.receive()) is not None:
            kind, sequence, payload = request
            try:
                self.answer(kind, sequence, payload)
            except (BrokenPipeError, ConnectionError):
                return
            except Exception as error:
                self.fail(kind, sequence, error)
            if kind == CLOSE:
                return


def watch(descriptor):
    """Ends this process soon after its parent, also while an environment is at work."""
    poller = select.poll()
    poller.register(descriptor, 0)  # POLLHUP comes unasked
    poller.poll()
    time.sleep(GRACE)
    os._exit(1)


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when an interrupted run ends
    try:
        channel = socket.socket(fileno=DESCRIPTOR)
    except OSError:
        raise SystemExit("espalier_bridge: Espalier starts this program, with a socket as file descriptor 3") from None
    channel.set_inheritable(False)
    threading.Thread(target=watch, args=(DESCRIPTOR,), daemon=True).start()
    Server(channel).run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # without the seconds that the libraries' own clean-up may take


if __name__ == "__main__":
    main()
