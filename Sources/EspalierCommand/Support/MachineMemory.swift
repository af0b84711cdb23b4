// SPDX-License-Identifier: Apache-2.0
// Espalier: how much memory a run may take.

internal import Datasets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How much memory there is for a run, and who says so.
struct MachineMemory: Equatable, Sendable {
  let bytes: Int
  /// Who sets the bound: "the machine has", "the control group allows".
  let source: String

  /// What the machine has to give now; nil where it cannot be told.
  ///
  /// On Linux what could be had without swapping, and no more than the control groups of this process leave; elsewhere all
  /// memory of the machine.
  static var available: MachineMemory? {
    #if os(Linux)
      let machine = text("/proc/meminfo").flatMap(availableBytes).map {
        MachineMemory(bytes: $0, source: "the machine has")
      }
      let groups = controlGroups(text("/proc/self/cgroup") ?? "").compactMap { group -> MachineMemory? in
        guard let limit = text(Paths.join(group.folder, group.limit)),
          let usage = text(Paths.join(group.folder, group.usage)),
          let room = room(limit: limit, usage: usage, statistics: text(Paths.join(group.folder, "memory.stat")) ?? "")
        else { return nil }
        return MachineMemory(bytes: room, source: "the control group allows")
      }
      return ([machine].compactMap { $0 } + groups).min { $0.bytes < $1.bytes }
    #elseif canImport(Darwin)
      var bytes: UInt64 = 0
      var size = MemoryLayout<UInt64>.size
      guard sysctlbyname("hw.memsize", &bytes, &size, nil, 0) == 0 else { return nil }
      return MachineMemory(bytes: Int(clamping: bytes), source: "the machine has")
    #else
      return nil
    #endif
  }

  /// `MemAvailable` of `/proc/meminfo`, in bytes.
  static func availableBytes(_ text: String) -> Int? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
      let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return kibibytes * 1024
  }

  /// A folder with the limits of a control group, and the names of its files.
  struct ControlGroup: Equatable, Sendable {
    let folder: String
    let limit: String
    let usage: String
  }

  /// The control groups of `/proc/self/cgroup` that bound memory, and those above them, in both forms that Linux has.
  static func controlGroups(_ text: String) -> [ControlGroup] {
    text.split(separator: "\n").flatMap { line -> [ControlGroup] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let isUnified = fields[0] == "0" && fields[1].isEmpty
      guard isUnified || fields[1].split(separator: ",").contains("memory") else { return [] }
      let root = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
      let parts = fields[2].split(separator: "/")
      return (0...parts.count).map { depth in
        ControlGroup(
          folder: ([root] + parts.prefix(depth).map(String.init)).joined(separator: "/"),
          limit: isUnified ? "memory.max" : "memory.limit_in_bytes",
          usage: isUnified ? "memory.current" : "memory.usage_in_bytes")
      }
    }
  }

  /// What a control group leaves: its limit without what is in use, files that could be read again not counted; nil for
  /// one without a limit.
  static func room(limit: String, usage: String, statistics: String) -> Int? {
    func number(_ text: String) -> Int? { Int(text.filter { $0 != "\n" && $0 != " " }) }
    guard let limit = number(limit), limit < 1 << 60, let usage = number(usage) else { return nil }
    let words = statistics.split(separator: "\n").map { $0.split(separator: " ") }
    func files(_ name: String) -> Int? { words.first { $0.count == 2 && $0[0] == name }.flatMap { Int($0[1]) } }
    return max(0, limit - max(0, usage - (files("total_inactive_file") ?? files("inactive_file") ?? 0)))
  }

  /// The text of one of the system's small files, whose sizes are not known before they are read.
  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < 1 << 20 {
      let got = read(descriptor, &piece, piece.count)
      guard got > 0 else { break }
      bytes += piece[..<got]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
