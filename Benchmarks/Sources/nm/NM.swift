// SPDX-License-Identifier: Apache-2.0
// Espalier: N:M layers, dense ones and unstructured ones, measured case by case on demand.

import Espalier

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Answers lines with lines, for `peers/nm.py`, which measures other libraries in turn with it.
///
/// A line names a case: `products 4:8t 1024 256`, `epoch 8:32t 1024 256`, `refresh 4:8t 1024 256`,
/// `act 4:8t 1024 1` (prepared for acting, forward only). The pattern is `N:M`, `N:Mt` when transposable, `dense`, `fan102`
/// for 102 connections of every output, or a density such as `0.25` of random connections. The answer is the processor
/// seconds of the calling thread of one run, for products of the forward and of the backward pass. A case is made when it
/// is first named, and runs once unmeasured.
@main
struct NMBenchmark {
  static func main() throws {
    var layers: [String: LayerProducts] = [:]
    var acting: [String: LayerProducts] = [:]
    var epochs: [String: Epoch] = [:]
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 4, let side = Int(words[2]), let batch = Int(words[3]) else {
        print("expected a case such as 'products 4:8t 1024 256', got '\(line)'")
        continue
      }
      let key = words.dropFirst().joined(separator: " ")
      switch words[0] {
      case "products":
        let layer = try layers[key] ?? LayerProducts(words[1], side: side, batch: batch)
        layers[key] = layer
        print("\(Clock.seconds(layer.forward)) \(Clock.seconds(layer.backward))")
      case "act":
        let layer = try acting[key] ?? LayerProducts(words[1], side: side, batch: batch, acting: true)
        acting[key] = layer
        print("\(Clock.seconds(layer.forward))")
      case "layout":
        let layer = try layers[key] ?? LayerProducts(words[1], side: side, batch: batch)
        layers[key] = layer
        print(layer.layout)
      case "epoch":
        let epoch = try epochs[key] ?? Epoch(words[1], side: side, batch: batch)
        epochs[key] = epoch
        print("\(Clock.seconds(epoch.run))")
      case "refresh":
        let epoch = try epochs[key] ?? Epoch(words[1], side: side, batch: batch)
        epochs[key] = epoch
        print("\(Clock.seconds(epoch.refresh))")
      default: print("expected products, act, layout, epoch or refresh, got '\(words[0])'")
      }
      fflush(nil)
    }
  }
}

/// Processor seconds of this thread.
enum Clock {
  static func seconds(_ body: () -> Void) -> Double {
    let start = now
    body()
    return now - start
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// What a case's first word after its name asks for.
enum Wiring {
  case dense
  case sparse(Topology)

  init(_ text: String) {
    if text == "dense" {
      self = .dense
    } else if text.hasPrefix("fan"), let inputs = Int(text.dropFirst(3)) {
      self = .sparse(.fixedFanIn(inputs))
    } else if let density = Double(text) {
      self = .sparse(.uniform(density: density))
    } else {
      let isTransposable = text.hasSuffix("t")
      let numbers = text.filter { $0 != "t" }.split(separator: ":").compactMap { Int($0) }
      let (kept, side) = (numbers.first ?? 0, numbers.last ?? 0)
      self = .sparse(isTransposable ? .transposableNM(kept, of: side) : .nm(kept, of: side))
    }
  }

  /// A layer of this wiring.
  func layer(_ outputs: Int) -> [LayerDescription] {
    switch self {
    case .dense: Linear(outputs).descriptions
    case .sparse(let topology): SparseLinear(outputs, topology: topology).descriptions
    }
  }
}
