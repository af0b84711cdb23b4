// SPDX-License-Identifier: Apache-2.0
// Espalier: features that are the pixels of an image.

/// How the features of a sample lie on an image.
///
/// Features run channel after channel, row after row: `[channels][height][width]`, as in CIFAR's files.
public struct ImageShape: Sendable, Equatable {
  /// Rows of pixels.
  public let height: Int
  /// Pixels a row.
  public let width: Int
  /// Values a pixel: 1 for grey, 3 for red, green and blue.
  public let channels: Int

  /// Makes a shape of `height * width * channels` features.
  public init(height: Int, width: Int, channels: Int = 1) {
    precondition(height > 0 && width > 0 && channels > 0, "an image of \(height) x \(width) x \(channels)")
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Features of one image.
  public var featureCount: Int { height * width * channels }
}
