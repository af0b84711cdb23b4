// SPDX-License-Identifier: Apache-2.0
// Espalier: neurons that choose a few inputs near their own place.

internal import CKernels

/// The shape of a windowed layer: `rows` neurons with `fanIn` inputs each, out of the `window` inputs around their place.
///
/// Neuron *i* stands at input (2*i* + 1) *columns* / (2 *rows*), rounded down. Its window begins `window / 2` inputs
/// before, moved so that it lies among the inputs. With `fanIn` = `window` = *columns* / *rows* the windows lie side by
/// side and every input is read exactly once: a funnel.
///
///     let shape = WindowShape(rows: 8, columns: 8, fanIn: 2, window: 4)
///     shape.windowStart(ofRow: 5)   // 3: the inputs 3, 4, 5 and 6
public struct WindowShape: Sendable, Equatable {
  /// Output neurons.
  public let rows: Int
  /// Input neurons.
  public let columns: Int
  /// Connections of each neuron.
  public let fanIn: Int
  /// Inputs that a neuron chooses from.
  public let window: Int

  /// The most connections a neuron may have.
  public static let mostFanIn = 16
  /// The most inputs of a window: offsets have 16 bits.
  public static let mostWindow = 65_536

  /// Describes a layer; a window wider than the inputs becomes all of them.
  ///
  /// - Precondition: 1 to 2³¹ - 1 rows and columns, a fan-in of 1 to 16, a window of 1 to 65,536, and a fan-in of at most
  ///   the window and the inputs.
  public init(rows: Int, columns: Int, fanIn: Int, window: Int) {
    let sides = 1...Int(Int32.max)
    precondition(
      sides.contains(rows) && sides.contains(columns), "a windowed layer of \(rows) neurons and \(columns) inputs")
    precondition((1...Self.mostWindow).contains(window), "a window of \(window) inputs")
    precondition(
      (1...Self.mostFanIn).contains(fanIn) && fanIn <= min(window, columns),
      "a fan-in of \(fanIn) in a window of \(min(window, columns))")
    self.rows = rows
    self.columns = columns
    self.fanIn = fanIn
    self.window = min(window, columns)
  }

  /// Connections of all neurons: `rows * fanIn`.
  public var count: Int { rows * fanIn }

  /// The first input of a neuron's window.
  public func windowStart(ofRow row: Int) -> Int {
    let place = (2 * row + 1) * columns / (2 * rows)
    return min(max(0, place - window / 2), columns - window)
  }

  /// The shape as the kernels take it.
  var kernelShape: espalier_windows {
    espalier_windows(rows: Int64(rows), columns: Int64(columns), fan_in: Int64(fanIn), window: Int64(window))
  }
}
