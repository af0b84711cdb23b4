// SPDX-License-Identifier: Apache-2.0
// Espalier: networks of very many neurons.

internal import Espalier

extension RunConfiguration {
  /// The farthest that a neuron of a windowed layer may reach.
  static let mostReach = (WindowShape.mostWindow - 1) / 2

  /// How neurons choose their inputs when the layers are windowed ones; nil for all others.
  ///
  /// Windowed layers are those of giants: a fixed, small fan-in near each neuron's place, and connections that stay.
  var windows: (fanIn: Int, size: Int)? {
    guard let reach = topology.locality, reach <= Self.mostReach, evolution.method == .static,
      case .fanIn(let fanIn) = topology.budget, fanIn <= WindowShape.mostFanIn
    else { return nil }
    return (fanIn, 2 * reach + 1)
  }

  /// The widest layer that a dense output layer reads.
  private static let widestRead = 256

  /// Layers between very many neurons and the outputs, so that each of them is read: every neuron reads 16 neighbours of
  /// the layer before, all of them different, until at most 256 are left.
  func funnel(_ width: inout Int) -> [LayerDescription] {
    var list: [LayerDescription] = []
    while width > Self.widestRead {
      width = (width + 15) / 16
      list += [.windowedLinear(WindowedLinear(width, fanIn: 16, window: 16))] + activation
    }
    return list
  }

  /// Who draws the layers and where they lie.
  ///
  /// - Throws: `StorageError` when the folder of `--out-of-core` has no room for them.
  func birthSite(of layers: [LayerDescription]) throws -> BirthSite {
    let workers = Workers(threads: run.threads)
    guard let folder = run.outOfCore, windows != nil else { return BirthSite(workers: workers) }
    return BirthSite(workers: workers, file: try StorageFile(bytes: Self.fileBytes(of: layers), in: folder))
  }

  private static func fileBytes(of layers: [LayerDescription]) -> Int {
    layers.reduce(0) { sum, layer in
      switch layer {
      case .windowedLinear(let layer): sum + WindowedMatrix.fileBytes(connections: layer.outputs * layer.fanIn)
      case .residual(let inner): sum + fileBytes(of: inner)
      default: sum
      }
    }
  }
}
