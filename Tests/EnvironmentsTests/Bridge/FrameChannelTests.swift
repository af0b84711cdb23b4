// SPDX-License-Identifier: Apache-2.0
// Espalier: frames, good and hostile ones.

internal import Datasets
internal import SparseCore
internal import Testing

@testable internal import Environments

@Suite("Frames of the bridge")
struct FrameChannelTests {
  @Test("a header's bytes are those of the protocol's page")
  func header() throws {
    var bytes = [UInt8](repeating: 0, count: 16)
    FrameHeader(.step, flags: 0x0203, sequence: 0x0405_0607, length: 0x0008_090A).write(to: &bytes)
    #expect(bytes == [0x41, 0x57, 0x50, 0x31, 6, 0, 3, 2, 7, 6, 5, 4, 0x0A, 9, 8, 0])
    let read = try FrameHeader(reading: bytes)
    #expect(read == FrameHeader(.step, flags: 0x0203, sequence: 0x0405_0607, length: 0x0008_090A))
  }

  @Test("frames arrive whole, larger ones than the buffer too, and what is sent is what the other side reads")
  func exchange() throws {
    let large = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let peer = try #require(
      ScriptedPeer(saying: BridgeFuzz.frame(.pong, 1, [])))
    let channel = FrameChannel(socket: peer.ours)
    channel.begin()
    channel.request += large
    try channel.send(.ping, sequence: 9, until: .now + .seconds(30))
    #expect(peer.heard() == BridgeFuzz.frame(.ping, 9, large))
    #expect(try channel.receive(until: .now + .seconds(30)) == FrameHeader(.pong, sequence: 1, length: 0))
    let two = try #require(ScriptedPeer(saying: BridgeFuzz.frame(.pong, 1, [1, 2]) + BridgeFuzz.frame(.pong, 2, [3])))
    let third = FrameChannel(socket: two.ours)
    #expect(try third.receive(until: .now + .seconds(30)).length == 2 && third.answer[16..<18] == [1, 2])
    #expect(try third.receive(until: .now + .seconds(30)).length == 1 && third.answer[16] == 3)
    let big = try #require(ScriptedPeer(saying: BridgeFuzz.frame(.pong, 2, large + large)))
    let second = FrameChannel(socket: big.ours)
    #expect(try second.receive(until: .now + .seconds(30)).length == 100_000)
    #expect(second.answer[16..<100_016].elementsEqual(large + large))
  }

  @Test(
    "what does not follow the protocol is told",
    arguments: [
      (Array("HTTP/1.1 200 OK\r\n".utf8), "a frame that begins with 'AWP1'", "the bytes [72, 84, 84, 80]"),
      (
        [0x41, 0x57, 0x50, 0x31, 7, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 4], "a frame of at most 67108864 bytes",
        "67108865 bytes"
      ),
    ] as [([UInt8], String, String)])
  func hostile(bytes: [UInt8], expected: String, got: String) throws {
    let peer = try #require(ScriptedPeer(saying: bytes))
    let channel = FrameChannel(socket: peer.ours)
    #expect(throws: BridgeFault.broken(expected: expected, got: got)) {
      try channel.receive(until: .now + .seconds(30))
    }
  }

  @Test("an end inside a frame, and before one, is the end", arguments: [0, 1, 15, 16, 20])
  func ends(count: Int) throws {
    let peer = try #require(ScriptedPeer(saying: Array(BridgeFuzz.frame(.pong, 1, [1, 2, 3, 4, 5]).prefix(count))))
    let channel = FrameChannel(socket: peer.ours)
    #expect(throws: BridgeFault.gone) { try channel.receive(until: .now + .seconds(30)) }
  }

  @Test("a closed other side is an error of sending, not a signal that ends the program")
  func broken() throws {
    let peer = try #require(ScriptedPeer(saying: []))
    let channel = FrameChannel(socket: peer.ours)
    peer.close()
    channel.begin()
    #expect(throws: BridgeFault.gone) { try channel.send(.ping, sequence: 1, until: .now + .seconds(30)) }
  }

  @Test("who does not answer, or does not read, is silent at the deadline")
  func silence() throws {
    let (ours, theirs) = try #require(SocketPair.make())
    let (channel, far) = (FrameChannel(socket: ours), FrameChannel(socket: theirs))
    defer { far.close() }
    #expect(throws: BridgeFault.silent) { try channel.receive(until: .now) }
    channel.begin()
    channel.request += [UInt8](repeating: 0, count: 4 << 20)
    #expect(throws: BridgeFault.silent) { try channel.send(.ping, sequence: 1, until: .now) }
  }

  @Test("damaged conversations and specifications are understood or refused with words")
  func fuzz() {
    #expect(BridgeFuzz.conversation(BridgeFuzz.sampleConversation) == nil)
    #expect(BridgeFuzz.specification(BridgeFuzz.sampleSpecification) == nil)
    #expect(BridgeFuzz.specification(BridgeFuzz.otherSpecification) == nil)
    var mutator = Mutator(seed: 3)
    var (read, refused) = (0, 0)
    for _ in 0..<1500 {
      let talk = BridgeFuzz.conversation(
        mutator.mutate(BridgeFuzz.sampleConversation, other: BridgeFuzz.otherSpecification))
      let specification = BridgeFuzz.specification(
        mutator.mutate(BridgeFuzz.sampleSpecification, other: BridgeFuzz.otherSpecification))
      for outcome in [talk, specification] {
        if let outcome {
          refused += 1
          #expect(outcome.contains("expected") || outcome.contains("its process") || outcome.contains("failed"))
        } else {
          read += 1
        }
      }
    }
    #expect(read > 20 && refused > 1000, Comment(rawValue: "\(read) read, \(refused) refused"))
  }
}
