// SPDX-License-Identifier: Apache-2.0
// Espalier: the list of layers in braces.

/// Collects the layers written between braces, with `if`, `for` and optional parts.
@resultBuilder
public enum NetworkBuilder {
  /// One line.
  public static func buildExpression(_ layer: some LayerConvertible) -> [LayerDescription] {
    layer.descriptions
  }

  /// A ready-made list.
  public static func buildExpression(_ layers: [LayerDescription]) -> [LayerDescription] { layers }

  /// All lines.
  public static func buildBlock(_ parts: [LayerDescription]...) -> [LayerDescription] {
    parts.flatMap { $0 }
  }

  /// `if` without `else`.
  public static func buildOptional(_ part: [LayerDescription]?) -> [LayerDescription] { part ?? [] }

  /// The `if` branch.
  public static func buildEither(first part: [LayerDescription]) -> [LayerDescription] { part }

  /// The `else` branch.
  public static func buildEither(second part: [LayerDescription]) -> [LayerDescription] { part }

  /// `for`.
  public static func buildArray(_ parts: [[LayerDescription]]) -> [LayerDescription] {
    parts.flatMap { $0 }
  }
}
