// SPDX-License-Identifier: Apache-2.0
// Espalier: how each variable becomes states.

/// A binning for all variables, and others for some.
///
///     let plan = try BinningPlan(parsing: ["quantile:3", "action_*=category", "observation_2=threshold:0"])
public struct BinningPlan: Sendable, Hashable {
  /// A binning for variables of some names.
  public struct Exception: Sendable, Hashable {
    /// A variable's name; a star at its end stands for any text.
    public let name: String
    /// How they become states.
    public let binning: Binning

    /// Joins a name and a binning.
    public init(_ name: String, _ binning: Binning) {
      self.name = name
      self.binning = binning
    }

    func fits(_ variable: String) -> Bool {
      variable == name || name.hasSuffix("*") && variable.hasPrefix(name.dropLast())
    }
  }

  /// The binning of variables that no exception names.
  public var general: Binning
  /// Other binnings; the last one that fits a variable counts.
  public var exceptions: [Exception]

  /// Makes a plan.
  public init(_ general: Binning = .quantile(2), exceptions: [Exception] = []) {
    self.general = general
    self.exceptions = exceptions
  }

  /// Reads texts: "quantile:3" for all, "name=threshold:0" for one variable.
  ///
  /// - Throws: `EntityError.model` naming the text that is wrong, or a second binning for all.
  public init(parsing texts: [String]) throws(EntityError) {
    self.init()
    var isSaid = false
    for text in texts {
      if let sign = text.lastIndex(of: "=") {
        let name = String(text[..<sign])
        guard !name.isEmpty else {
          throw .model(place: "the binning '\(text.prefix(60))'", expected: "a variable before '='", got: "none")
        }
        exceptions.append(Exception(name, try Binning(parsing: String(text[text.index(after: sign)...]))))
      } else {
        let binning = try Binning(parsing: text)
        guard !isSaid else {
          throw .model(place: "the binnings", expected: "one for all variables", got: "\(general) and \(binning)")
        }
        (general, isSaid) = (binning, true)
      }
    }
  }

  /// The binning of a variable.
  public func binning(of variable: String) -> Binning {
    exceptions.last { $0.fits(variable) }?.binning ?? general
  }
}
