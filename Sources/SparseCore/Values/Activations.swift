// SPDX-License-Identifier: Apache-2.0
// Espalier: what flows between layers.

/// The values of a layer's features for a batch of samples, feature-major in batch blocks.
///
/// The layout is `[blocks][features][lanes]`: a block holds `lanes` samples, and the lanes of one feature lie side by
/// side, so that one stored connection is one vector multiply-add over a block. The lanes past the last sample are
/// padding: a forward pass may leave anything finite there, a gradient must be zero there. One sample alone, for acting,
/// online learning and networks that fill the memory, is one lane without padding, `[features]`.
///
/// It is a reference type because a step writes into the same memory again and again. One step owns it at a time;
/// the workers of that step write disjoint blocks or features, which makes `@unchecked Sendable` sound.
public final class Activations: @unchecked Sendable {
  /// Features (neurons) per sample.
  public private(set) var features: Int
  /// The most samples that fit.
  public let capacity: Int
  /// The samples held now, `1 ... capacity`.
  public private(set) var samples: Int
  /// Samples side by side in a block: 1, 16, 32 or 64.
  public let lanes: Int
  package let storage: AlignedStorage

  /// Makes zeroed activations for up to `capacity` samples.
  ///
  /// - Complexity: O(*features* x *capacity*) memory, the capacity rounded up to whole blocks.
  public init(features: Int, capacity: Int) {
    precondition(features >= 0 && capacity > 0, "activations of \(features) features x \(capacity)")
    self.features = features
    self.capacity = capacity
    samples = capacity
    lanes = Self.lanes(for: capacity)
    storage = AlignedStorage(
      count: (capacity + lanes - 1) / lanes * lanes * features)
  }

  /// The block width for a batch: 1 for one sample, 16 up to 16, 32 up to 32, else 64.
  public static func lanes(for capacity: Int) -> Int {
    capacity == 1 ? 1 : capacity <= 16 ? 16 : capacity <= 32 ? 32 : 64
  }

  /// Blocks in use: `ceil(samples / lanes)`.
  public var blocks: Int { (samples + lanes - 1) / lanes }

  /// Floats in one block: `features * lanes`.
  public var blockStride: Int { features * lanes }

  /// Says how many samples the next pass holds.
  public func resize(samples: Int) {
    precondition(samples > 0 && samples <= capacity, "\(samples) samples in room for \(capacity)")
    self.samples = samples
  }

  /// Says how many features the next pass holds; for buffers that serve layers of several widths.
  package func reshape(features: Int, samples: Int) {
    precondition(
      features * ((capacity + lanes - 1) / lanes) * lanes <= storage.count,
      "\(features) features in room for \(storage.count) values")
    self.features = features
    resize(samples: samples)
  }

  /// Samples in a block, `lanes` but for the last one.
  public func samples(inBlock block: Int) -> Int {
    min(lanes, samples - block * lanes)
  }

  /// Reads or writes one value; slow, for tests and inspection.
  public subscript(feature: Int, sample: Int) -> Float {
    get { storage.base[offset(feature, sample)] }
    set { storage.base[offset(feature, sample)] = newValue }
  }

  /// Sets every value in use, padding included.
  public func fill(_ value: Float) {
    storage.base.update(repeating: value, count: blocks * blockStride)
  }

  /// Lends a block, `[features][lanes]`, padding included, for reading.
  public func withBlock<Result, Failure: Error>(
    _ index: Int, _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(index >= 0 && index < blocks, "block \(index) of \(blocks)")
    defer { extendLifetime(self) }
    return try body(UnsafeBufferPointer(start: block(index), count: blockStride).span)
  }

  /// Lends a block, `[features][lanes]`, padding included, for writing.
  ///
  /// A gradient must be zero in the padding: lanes from ``samples(inBlock:)`` on.
  public func withMutableBlock<Result, Failure: Error>(
    _ index: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(index >= 0 && index < blocks, "block \(index) of \(blocks)")
    defer { extendLifetime(self) }
    var span = UnsafeMutableBufferPointer(start: block(index), count: blockStride).mutableSpan
    return try body(&span)
  }

  /// The first value of a block.
  ///
  /// Safety: valid for `blockStride` floats while this object lives.
  package func block(_ index: Int) -> UnsafeMutablePointer<Float> {
    storage.base + index * blockStride
  }

  private func offset(_ feature: Int, _ sample: Int) -> Int {
    precondition(feature >= 0 && feature < features, "feature \(feature) of \(features)")
    precondition(sample >= 0 && sample < samples, "sample \(sample) of \(samples)")
    return (sample / lanes) * blockStride + feature * lanes + sample % lanes
  }
}
