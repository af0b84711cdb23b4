// SPDX-License-Identifier: Apache-2.0
// Espalier: which model `espalier entities` looks at.

internal import ArgumentParser
internal import Espalier

/// A model from a file or from the bundled examples.
struct EntityModelFlags: ParsableArguments {
  @Argument(
    help: "a model: .json (see --help of 'espalier entities examples') or .bif",
    completion: .file(extensions: ["json", "bif"]))
  var model: String?

  @Option(
    help: ArgumentHelp("a bundled model in place of a file; 'espalier entities examples' lists them", valueName: "name")
  )
  var example: String?

  @OptionGroup(title: "Rollouts") var rollouts: RolloutFlags

  func validate() throws {
    if let example, EntityExample.named(example) == nil {
      throw ValidationError(
        "--example: there is no '\(example)'; " + Names.advice(for: example, among: EntityExample.all.map(\.name)))
    }
    guard [model, example, rollouts.rollouts].count(where: { $0 != nil }) <= 1 else {
      throw ValidationError("expected one of a model file, --example and --rollouts, got more")
    }
  }

  /// What the model is called in messages and titles.
  var name: String { model ?? example ?? rollouts.rollouts ?? "" }

  /// The bundled example that was asked for.
  var bundled: EntityExample? { example.flatMap { EntityExample.named($0) } }

  /// Reads the model's description.
  func description() throws -> ModelDescription {
    if let bundled { return try bundled.description() }
    guard let model else {
      throw CommandError.usage(
        "expected a model file, --example or --rollouts; try 'espalier entities --example mc-epsilon'")
    }
    return try ModelFile.read(model)
  }
}
