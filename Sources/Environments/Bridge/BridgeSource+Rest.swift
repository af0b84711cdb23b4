// SPDX-License-Identifier: Apache-2.0
// Espalier: the bridge's Python server, its second half; made by `Scripts/bridge_source.sh`.

extension BridgeSource {
  static let rest = ###"""
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
    """###
}
