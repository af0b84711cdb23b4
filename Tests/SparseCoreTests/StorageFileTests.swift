// SPDX-License-Identifier: Apache-2.0
// Espalier: memory in files.

#if os(Linux)
  import SparseCore
  import Testing

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  @Suite struct StorageFileTests {
    /// A folder of its own, which must be empty again in the end.
    private func withFolder(_ body: (String) throws -> Void) throws {
      let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
      var name = Array((base + "/espalier-XXXXXX").utf8CString)
      let made = name.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
      }
      let folder = try #require(made)
      defer { #expect(rmdir(folder) == 0, "a file is left in the folder") }
      try body(folder)
    }

    @Test("a layer in a file has the bytes of one in memory, through births, passes and steps")
    func sameBytes() throws {
      try withFolder { folder in
        // Two groups of connections, so that parts are released and come back.
        let shape = WindowShape(rows: 4_500_000, columns: 100_000, fanIn: 2, window: 100)
        #expect(WindowRanges(shape, scatters: true).groups == 2)
        let workers = Workers(threads: 2)
        let file = try StorageFile(bytes: WindowedMatrix.fileBytes(connections: shape.count), in: folder)
        var inMemory = WindowedMatrix(shape, deviation: 1, random: Random(seed: 2), workers: workers)
        var inFile = WindowedMatrix(shape, deviation: 1, random: Random(seed: 2), workers: workers, in: file)
        #expect(Kernels.isFinite(inFile.values))
        #expect(inFile.isInFile && !inMemory.isInFile)
        let x = Activations(features: shape.columns, capacity: 1)
        let dy = Activations(features: shape.rows, capacity: 1)
        for feature in 0..<shape.columns { x[feature, 0] = Float(feature % 17) - 8 }
        dy.fill(0.25)
        var sums: [(y: UInt32, dx: UInt32, w: UInt32)] = []
        for isFile in [false, true] {
          let y = Activations(features: shape.rows, capacity: 1)
          let dx = Activations(features: shape.columns, capacity: 1)
          for _ in 0..<2 {
            if isFile {
              inFile.forward(x, bias: nil, into: y, workers: workers)
              inFile.backward(
                input: x, outputGradient: dy, inputGradient: dx, taking: SGDStep(rate: 0.01), workers: workers)
            } else {
              inMemory.forward(x, bias: nil, into: y, workers: workers)
              inMemory.backward(
                input: x, outputGradient: dy, inputGradient: dx, taking: SGDStep(rate: 0.01), workers: workers)
            }
          }
          let values = isFile ? inFile.values : inMemory.values
          sums.append((hash(y.block(0), shape.rows), hash(dx.block(0), shape.columns), hash(values)))
        }
        #expect(sums[0] == sums[1])
      }
    }

    /// A hash of the bits, in place of comparing millions of numbers one by one.
    private func hash(_ base: UnsafeMutablePointer<Float>, _ count: Int) -> UInt32 {
      var hash: UInt32 = 0x811c_9dc5
      for index in 0..<count { hash = (hash ^ base[index].bitPattern) &* 0x0100_0193 }
      return hash
    }

    private func hash(_ vector: Vector) -> UInt32 {
      vector.read { hash(UnsafeMutablePointer(mutating: $0), vector.count) }
    }

    @Test("what does not fit into the file stays in memory")
    func overflow() throws {
      try withFolder { folder in
        let shape = WindowShape(rows: 1000, columns: 1000, fanIn: 2, window: 9)
        let file = try StorageFile(bytes: WindowedMatrix.fileBytes(connections: shape.count), in: folder)
        let workers = Workers(threads: 1)
        let first = WindowedMatrix(shape, deviation: 1, random: Random(seed: 2), workers: workers, in: file)
        let second = WindowedMatrix(shape, deviation: 1, random: Random(seed: 2), workers: workers, in: file)
        #expect(first.isInFile && !second.isInFile && first == second)
      }
    }

    @Test("a folder that is not there and a disk that is too small are errors")
    func errors() throws {
      #expect {
        try StorageFile(bytes: 1 << 20, in: "/no/such/folder")
      } throws: { error in
        guard case .folder("/no/such/folder", let reason)? = error as? StorageError else { return false }
        return !reason.isEmpty && "\(error)".contains("name another one")
      }
      try withFolder { folder in
        #expect {
          try StorageFile(bytes: 1 << 60, in: folder)
        } throws: { error in
          guard case .room(folder, 1_152_921_504_606_846_976, _)? = error as? StorageError else { return false }
          return true
        }
      }
    }
  }
#endif
