// SPDX-License-Identifier: Apache-2.0
// Espalier: data sets as tables in text.

internal import SparseCore

/// Writes data sets as CSV: a header, one sample a line, the label (or the target values) last.
///
/// Floats are written in the shortest form that reads back as the same float.
public enum CSVWriter {
  /// Writes a data set to a file.
  public static func write(_ dataset: Dataset, to path: String) throws(FileError) {
    let file = try OutputFile(path)
    try file.write(header(dataset))
    for sample in 0..<dataset.count { try file.write(line(dataset, sample)) }
    try file.commit()
  }

  private static func header(_ dataset: Dataset) -> String {
    var names = (0..<dataset.featureCount).map {
      dataset.featureNames.isEmpty ? "x\($0)" : field(dataset.featureNames[$0])
    }
    switch dataset.targets {
    case .classes: names.append("label")
    case .values(let values):
      names += values.columns == 1 ? ["target"] : (0..<values.columns).map { "target\($0)" }
    case .none: break
    }
    return names.joined(separator: ",") + "\n"
  }

  private static func line(_ dataset: Dataset, _ sample: Int) -> String {
    var fields = dataset.features.row(sample).map(number)
    switch dataset.targets {
    case .classes(let labels, let names): fields.append(field(names[Int(labels[sample])]))
    case .values(let values): fields += values.row(sample).map(number)
    case .none: break
    }
    return fields.joined(separator: ",") + "\n"
  }

  private static func number(_ value: Float) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A text as a field, in quotes where it must be.
  package static func field(_ text: String) -> String {
    let special: Set<Character> = [",", "\"", "\n", "\r", "\r\n", ";", "\t"]
    guard text.contains(where: { special.contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
