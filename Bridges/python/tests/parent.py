# SPDX-License-Identifier: Apache-2.0
"""The parent's side of the protocol, for tests."""

import importlib.util
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER))

from espalier_bridge import server  # noqa: E402

HAS_GYMNASIUM = all(importlib.util.find_spec(name) for name in ("numpy", "gymnasium"))


class Parent:
    """Starts the server and asks it."""

    def __init__(self, program=None):
        self.socket, child = socket.socketpair()
        self.socket.settimeout(60)
        program = program or ["-m", "espalier_bridge"]

        def place():
            os.dup2(child.fileno(), 3)

        self.process = subprocess.Popen(
            [sys.executable, "-u", *program], cwd=FOLDER, preexec_fn=place, close_fds=False, stderr=subprocess.PIPE)
        child.close()
        self.sequence = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stderr.close()

    def send(self, kind, payload=b"", magic=server.MAGIC, length=None):
        self.sequence += 1
        header = server.HEADER.pack(magic, kind, 0, self.sequence, len(payload) if length is None else length)
        self.socket.sendall(header + payload)

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def ask(self, kind, payload=b""):
        """The kind, flags and payload of the answer."""
        if isinstance(payload, dict):
            payload = json.dumps(payload).encode()
        self.send(kind, payload)
        magic, kind, flags, sequence, length = server.HEADER.unpack(self.take(server.HEADER.size))
        assert (magic, sequence) == (server.MAGIC, self.sequence)
        return kind, flags, self.take(length)

    def refused(self, kind, payload=b""):
        """The account of an answer ERROR."""
        kind, _, account = self.ask(kind, payload)
        assert kind == server.ERROR, kind
        return json.loads(account)

    def make(self, **request):
        kind, _, specification = self.ask(server.MAKE, request)
        assert kind == server.SPEC, specification
        self.count = request["num_envs"]
        self.specification = json.loads(specification)
        return self.specification

    def reset(self, seeds, chosen=None, options=None):
        count = len(seeds)
        payload = bytes(chosen or [1] * count) + bytes(-count % 8) + struct.pack(f"<{count}Q", *seeds)
        return self.state(server.RESET, payload + (json.dumps(options).encode() if options else b""))

    def step(self, *actions, kind="i"):
        return self.state(server.STEP, struct.pack(f"<{len(actions)}{kind}", *actions))

    def state(self, kind, payload):
        """The arrays of STATE by name, flat; its flags as `flags`."""
        kind, flags, payload = self.ask(kind, payload)
        assert kind == server.STATE, payload
        arrays = {"flags": flags}
        for array in self.specification["state"]:
            letter, width = {"f64": ("d", 8), "f32": ("f", 4), "u8": ("B", 1)}[array["dtype"]]
            length = 1
            for side in array["shape"]:
                length *= side
            length = min(length, (len(payload) - array["offset"]) // width)
            arrays[array["name"]] = list(struct.unpack_from(f"<{length}{letter}", payload, array["offset"]))
        return arrays
