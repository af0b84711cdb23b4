// SPDX-License-Identifier: Apache-2.0
// Espalier: which saved model, with how many threads.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import Training

/// The model that a command is about.
struct ModelFlags: ParsableArguments {
  @Argument(help: "a model.safetensors, or the folder of a run", completion: .file())
  var model: String

  /// The model's file: of a folder, its `model.safetensors`.
  var path: String { Paths.isFolder(model) ? Paths.join(model, "model.safetensors") : model }

  /// Reads the model.
  func load() throws(FileError) -> Model { try Model(contentsOf: path) }
}

/// How many threads work.
struct ThreadFlags: ParsableArguments {
  @Option(help: "threads; the result is the same with any number (default: every core)")
  var threads: Int?

  func validate() throws {
    guard threads ?? 1 >= 1, threads ?? 1 <= 4096 else {
      throw ValidationError("--threads: expected a whole number from 1 to 4096, got \(threads ?? 0)")
    }
  }

  var workers: Workers { Workers(threads: threads) }
}

extension Task {
  var isRegression: Bool {
    if case .regression = self { true } else { false }
  }
}

extension JSONValue {
  /// A number, or null for none.
  static func optional(_ number: Double?) -> JSONValue { number.map { .number($0) } ?? .null }
}
