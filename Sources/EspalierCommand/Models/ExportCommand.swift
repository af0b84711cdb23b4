// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier export.

internal import ArgumentParser
internal import Datasets
internal import Training

/// The word for a form.
enum ExportForm: String, CaseIterable, ExpressibleByArgument {
  case safetensors, npz, onnx, csv

  var format: ExportFormat {
    switch self {
    case .safetensors: .safetensors
    case .npz: .npz
    case .onnx: .onnx
    case .csv: .csv
    }
  }
}

/// Writes a saved model in a form that other programs read.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "A saved model as safetensors, npz, onnx or csv.",
    discussion: """
      safetensors  one file of named tensors, sparse weights as CSR triplets
      npz          a folder: layer0.weight.npz and so on for scipy.sparse.load_npz, biases.npz, parameters.npz with all \
      other vectors, network.json with the order of the layers
      onnx         opset 17, from raw features 'x' to 'scores' and 'probabilities'; sparse weights as sparse initializers
      csv          layer,output,input,weight, one connection a line, and beside it layer,name,index,value

        espalier export runs/digits-gse-s1 --to onnx
      """)

  @OptionGroup var model: ModelFlags

  @Option(help: "the form")
  var to: ExportForm

  @Option(
    help: "the file to write, or for npz the folder (default: beside the model, with the form's ending)",
    completion: .file())
  var out: String?

  @Flag(help: "write zeros too: every cell of each sparse layer, for programs without sparse tensors")
  var dense = false

  func validate() throws {
    if to == .safetensors, !dense, out == nil {
      throw ValidationError("--to safetensors: expected --out or --dense, since the model has this form already")
    }
  }

  func run() throws {
    for path in try execute() { Output.result(path) }
  }

  /// Writes, and tells which files.
  func execute() throws -> [String] {
    let target = out ?? Self.target(model.path, to.format, dense: dense)
    return try model.load().export(as: to.format, to: target, weights: dense ? .dense : .sparse)
  }

  /// Where an export goes when nothing is said.
  static func target(_ model: String, _ format: ExportFormat, dense: Bool) -> String {
    let ending = ".safetensors"
    let stem = (model.hasSuffix(ending) ? String(model.dropLast(ending.count)) : model) + (dense ? ".dense" : "")
    return format == .npz ? stem + "-npz" : stem + "." + format.rawValue
  }
}
