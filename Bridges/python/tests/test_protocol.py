# SPDX-License-Identifier: Apache-2.0
"""The protocol without any environment: needs the standard library only."""

import json
import unittest

from parent import Parent, server


class ProtocolTests(unittest.TestCase):
    def test_greeting_and_ping(self):
        with Parent() as parent:
            kind, _, text = parent.ask(server.HELLO, {"protocols": [1, 7]})
            self.assertEqual(kind, server.HELLO_OK)
            self.assertEqual(json.loads(text)["protocol"], 1)
            self.assertIn("python", json.loads(text)["versions"])
            self.assertEqual(parent.ask(server.PING, b"abc"), (server.PONG, 0, b"abc"))
            self.assertEqual(parent.ask(server.CLOSE)[0], server.CLOSED)
            self.assertEqual(parent.process.wait(10), 0)

    def test_requests_that_cannot_be_answered(self):
        with Parent() as parent:
            self.assertEqual(parent.refused(server.HELLO, {"protocols": [2]})["code"], "unsupported")
            for kind in (server.STEP, server.RESET, server.RENDER, server.STATE, 99):
                self.assertEqual(parent.refused(kind)["code"], "bad_request")
            self.assertEqual(parent.refused(server.HELLO, b"{")["code"], "env_exception")
            self.assertEqual(parent.refused(server.MAKE, {"id": 3, "num_envs": 1})["code"], "bad_request")
            self.assertEqual(
                parent.refused(server.MAKE, {"id": "x", "num_envs": 1, "autoreset": "next_step"})["code"], "unsupported")
            self.assertEqual(parent.refused(server.MAKE, {"id": "x", "num_envs": 0})["where"], "make")

    def test_the_end_of_the_parent_ends_the_server(self):
        with Parent() as parent:
            parent.socket.close()
            self.assertEqual(parent.process.wait(10), 0)

    def test_what_is_no_frame_ends_the_server(self):
        for magic, length in ((0x12345678, 0), (server.MAGIC, server.MOST + 1)):
            with Parent() as parent:
                parent.send(server.PING, magic=magic, length=length)
                self.assertEqual(parent.process.wait(10), 1)
                self.assertIn(b"espalier_bridge: a request of magic", parent.process.stderr.read())

    def test_large_requests(self):
        with Parent() as parent:
            payload = bytes(range(256)) * 1024
            self.assertEqual(parent.ask(server.PING, payload), (server.PONG, 0, payload))
            self.assertEqual(parent.ask(server.PING, b"after"), (server.PONG, 0, b"after"))

    def test_places_of_arrays(self):
        arrays, size = server.layout(3, 5, 2)
        self.assertEqual(
            [(array["name"], array["offset"]) for array in arrays],
            [("rewards", 0), ("observations", 24), ("action_masks", 84), ("terminated", 90), ("truncated", 93),
             ("alive", 96), ("final_observations", 100)])
        self.assertEqual(size, 160)


if __name__ == "__main__":
    unittest.main()
