// SPDX-License-Identifier: Apache-2.0
// Espalier: does a training step allocate? Counts the allocator's calls over whole steps after the first.

import AllocationCounter
import Espalier

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@main
struct Allocations {
  static let networks: [(name: String, layers: [LayerDescription])] = [
    (
      "sparse",
      layers {
        SparseLinear(256); ReLU(); SparseLinear(256); ReLU(); SparseLinear(10)
      }
    ),
    (
      "dense",
      layers {
        Linear(256); ReLU(); Linear(256); ReLU(); Linear(10)
      }
    ),
    (
      "mixed",
      layers {
        SparseLinear(256)
        BatchNorm()
        AllReLU()
        Dropout(0.2)
        Residual {
          LayerNorm()
          SparseLinear(256, bias: false)
          SReLU()
          Residual {
            SparseLinear(256)
            GELU()
          }
        }
        AllReLU()
        SparseLinear(64)
        Tanh()
        LeakyReLU()
        Custom { inputs, _ in Scaling(features: inputs) }
        Linear(32)
        Sigmoid()
        Linear(10)
      }
    ),
  ]

  static let optimizers: [(name: String, optimizer: Optimizer)] = [
    ("sgd", .sgd(learningRate: 0.01, momentum: 0)),
    ("sgd momentum", .sgd(learningRate: 0.01, weightDecay: 5e-4, schedule: .cosine.warmedUp(over: 5))),
    ("sgd nesterov, clipped", .sgd(learningRate: 0.01, nesterov: true, clipping: .norm(1), schedule: .step(epochs: 1))),
    ("adam", .adam()),
    ("adamW", .adamW()),
    ("rmsProp", .rmsProp()),
    ("rmsProp momentum", .rmsProp(momentum: 0.9)),
  ]

  static func layers(@NetworkBuilder _ lines: () -> [LayerDescription]) -> [LayerDescription] { lines() }

  static func main() throws {
    guard espalier_allocations() >= 0 else {
      print("The allocator's calls can be counted on Linux with glibc only.")
      return
    }
    if CommandLine.arguments.contains("agents") {
      if try !Agents.measure() { exit(1) }
      return
    }
    let digits = Dataset.digits()
    var failed = false
    print(row("network", "optimizer", "batch", "threads", "micro", "steps", "allocations", "bytes"))
    for (name, layers) in networks {
      for (rule, optimizer) in optimizers {
        for batch in [32, 128] {
          for threads in [1, 2] {
            for accumulation in rule == "adam" ? [1, 2] : [1] {
              let trainer = Trainer(
                optimizer: optimizer, evolution: .static, epochs: 2, batchSize: batch, accumulation: accumulation,
                seed: 1, threads: threads)
              let network = try Network(inputs: 64, topology: .erk(density: 0.1), seed: 1, layers: layers)
              let (steps, calls, bytes) = try measure(trainer, network, digits)
              failed = failed || calls > 0
              print(
                row(
                  name, rule, "\(batch)", "\(threads)", "\(accumulation)", "\(steps)", "\(calls)", "\(bytes)"))
            }
          }
        }
      }
    }
    if try !Agents.measure() || failed { exit(1) }
  }

  /// Allocations over the steps of an epoch after its first, the smaller last batch included.
  static func measure(
    _ trainer: Trainer, _ network: Network, _ data: Dataset
  ) throws -> (steps: Int, calls: Int, bytes: Int) {
    let traps = CommandLine.arguments.contains("--trap")
    let session = try TrainingSession(trainer, network: network, train: data)
    _ = session.step()
    let steps = session.stepsPerEpoch - 1
    let calls = espalier_allocations()
    let bytes = espalier_allocated_bytes()
    if traps { espalier_trap_allocations(1) }
    for _ in 0..<steps { _ = session.step() }
    espalier_trap_allocations(0)
    return (steps, espalier_allocations() - calls, espalier_allocated_bytes() - bytes)
  }

  static func row(_ cells: String...) -> String {
    zip(cells, [9, 23, 7, 9, 7, 7, 13, 10]).map { cell, width in
      cell + String(repeating: " ", count: max(1, width - cell.count))
    }.joined()
  }
}
