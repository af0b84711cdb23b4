// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `--explain-kernels`.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing
import Training

@testable import EspalierCommand

@Suite("Explained kernels")
struct KernelReportTests {
  @Test("the report of tiles, lists, blocks and both ways of stepping is the one committed")
  func report() throws {
    let network = try Network(inputs: 784, topology: .uniform(density: 0.05), seed: 1) {
      SparseLinear(4000)
      ReLU()
      SparseLinear(300)
      Tanh()
      Residual {
        SparseLinear(300, topology: .dense)
        ReLU()
      }
      SparseLinear(20_000, topology: .fixedFanIn(1))
      SparseLinear(20_000, topology: .fixedFanIn(1))
      ReLU()
      SparseLinear(10)
    }
    let fused = Trainer(optimizer: .sgd(), batchSize: 64, threads: 2)
    let stored = Trainer(optimizer: .adam(), batchSize: 130, threads: 1)
    var text = KernelReport.text(network, trainer: fused, samples: 60_000) + "\n\n"
    text += KernelReport.text(network, trainer: stored, samples: 100) + "\n"
    // The instruction set is the machine's, and the portable one cannot step in blocks of 64.
    text = text.split(separator: Kernels.name, omittingEmptySubsequences: false).joined(separator: "KERNELS")
    guard Kernels.name == "avx512" || Kernels.name == "avx2" else { return }
    #expect(try Workplace.snapshot("explain-kernels.txt", text) == text)
  }

  @Test("a network without sparse layers has nothing to explain")
  func dense() throws {
    let network = try Network(inputs: 3, seed: 1) { Linear(2) }
    #expect(KernelReport.text(network, trainer: Trainer(), samples: 9) == "no sparse layers")
  }

  @Test("the flag is off unless it is given, and changes nothing of a run's settings")
  func flag() throws {
    #expect(try !Workplace.command([]).explainKernels)
    let command = try Workplace.command(["--explain-kernels"])
    #expect(command.explainKernels)
    #expect(try command.askedConfiguration() == Workplace.command([]).askedConfiguration())
  }
}
