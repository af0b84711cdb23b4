// SPDX-License-Identifier: Apache-2.0
// Espalier: what an environment looks like.

/// What an environment shows to people.
public struct RenderedPicture: Sendable, Equatable {
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int
  /// Numbers of a point: 3 for red, green and blue.
  public let channels: Int
  /// [height][width][channels], 0 to 255.
  public let bytes: [UInt8]

  /// - Precondition: as many bytes as the sides say.
  public init(height: Int, width: Int, channels: Int, bytes: [UInt8]) {
    precondition(
      height * width * channels == bytes.count, "\(bytes.count) bytes for \(height) x \(width) x \(channels)")
    self.height = height
    self.width = width
    self.channels = channels
    self.bytes = bytes
  }
}
