// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier train`.

import Datasets
import NeuralNetworks
import SparseCore
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier train", .serialized)
struct TrainCommandTests {
  private func json(_ path: String) throws -> JSONValue { try JSONValue(parsing: Workplace.text(path)) }

  @Test("a run leaves a model that predicts, a summary that the model bears out, and its settings")
  func runFolder() throws {
    try Workplace.withFolder { base in
      let run = RunFolder(Paths.join(base, "run"))
      try Workplace.train(run.path, ["--epochs", "20"])
      let summary = try json(run.summary)
      let model = try Model(contentsOf: run.model)
      let test = Dataset.digits().split(testShare: 0.25, seed: 0).test
      let workers = Workers(threads: 1)
      let metrics = Metrics(
        scores: try model.scores(of: test, workers: workers), targets: test.targets, loss: model.loss, workers: workers)
      #expect(summary["test_accuracy"]?.asDouble == metrics.accuracy)
      #expect(try #require(metrics.accuracy) > 0.3)
      #expect(summary["connections"]?.asInt == model.network.connectionCount)
      #expect(summary["dense_connections"]?.asInt == 64 * 24 + 24 * 16 + 16 * 10)
      for name in ["test_loss", "seconds", "samples_per_second", "peak_memory_bytes", "sparsity"] {
        #expect(try #require(summary[name]?.asDouble) > 0, "\(name)")
      }
      #expect(summary["epochs"] == 20)
      #expect(summary["method"] == "gse")
      #expect(try MetricsTable.read(run.metrics).rows.count == 20)
      #expect(try Workplace.text(run.configuration).contains("epochs = 20\n"))
      let card = try Workplace.text(run.card)
      #expect(card.hasPrefix("---\nlicense: unknown\nlibrary_name: espalier\n"))
      #expect(card.contains("\ndatasets:\n  - digits\ndataset_license: \"CC BY 4.0\"\nmetrics:\n"))
    }
  }

  @Test("1, 2 and 3 threads, a repetition by config.toml and a resumed run give the same bytes")
  func sameBytes() throws {
    try Workplace.withFolder { base in
      let first = RunFolder(Paths.join(base, "1"))
      try Workplace.train(first.path, ["--threads", "1", "--validation", "0.2"])
      let model = try Workplace.bytes(first.model)
      let best = try Workplace.bytes(first.best)
      for threads in 2...3 {
        let other = RunFolder(Paths.join(base, "\(threads)"))
        try Workplace.train(other.path, ["--threads", "\(threads)", "--validation", "0.2"])
        #expect(try Workplace.bytes(other.model) == model)
        #expect(try Workplace.bytes(other.best) == best)
      }
      let chosen = try Model(contentsOf: first.best)
      let test = Dataset.digits().split(testShare: 0.25, seed: 0).test
      let workers = Workers(threads: 1)
      let metrics = Metrics(
        scores: try chosen.scores(of: test, workers: workers), targets: test.targets, loss: chosen.loss,
        workers: workers)
      #expect(try json(first.summary)["best_test_accuracy"]?.asDouble == metrics.accuracy)
      let again = RunFolder(Paths.join(base, "again"))
      try Workplace.train(again.path, ["--config", first.configuration])
      #expect(try Workplace.bytes(again.model) == model)
      Paths.remove(again.model)
      try Workplace.train(again.path, ["--resume"])
      #expect(try Workplace.bytes(again.model) == model)
    }
  }

  @Test("a run cut after an epoch goes on to the same bytes and the same metrics")
  func resume() throws {
    try Workplace.withFolder { base in
      let whole = RunFolder(Paths.join(base, "whole"))
      try Workplace.train(whole.path, [])
      let data = try PreparedData(DataSettings())
      let command = try Workplace.command(["--hidden", "24,16", "--epochs", "2"])
      let outcome = try command.askedConfiguration().resolved().resolved(for: data)
      let session = try TrainingSession(
        outcome.makeTrainer(task: data.task, samples: data.train.count),
        network: outcome.makeNetwork(inputs: 64, outputs: 10), train: data.train, heldOut: data.heldOut)
      for _ in 0..<17 { _ = session.step() }
      let cut = RunFolder(Paths.join(base, "cut"))
      try Paths.makeFolder(cut.path)
      try session.saveState(to: cut.state)
      try Workplace.train(cut.path, ["--resume", "--threads", "2"])
      #expect(try Workplace.bytes(cut.model) == Workplace.bytes(whole.model))
      #expect(try Workplace.bytes(cut.best) == Workplace.bytes(whole.best))
      let rows = [whole, cut].map { folder in
        (try? MetricsTable.read(folder.metrics).rows.map { Array($0.dropLast()) }) ?? []
      }
      #expect(rows[0] == rows[1] && rows[0].count == 2)
    }
  }

  @Test("a folder that holds a run is not taken without being told so")
  func occupied() throws {
    try Workplace.withFolder { base in
      let run = Paths.join(base, "run")
      try Workplace.train(run, ["--epochs", "1"])
      #expect(Workplace.status { try Workplace.train(run, ["--epochs", "1"]) } == .cannotWrite)
      #expect(Workplace.status { try Workplace.train(run, ["--resume", "--epochs", "3"]) } == .badData)
      #expect(Workplace.status { try Workplace.train(run, ["--overwrite", "--epochs", "1", "--seed", "2"]) } == nil)
      #expect(try json(RunFolder(run).summary)["seed"] == 2)
    }
  }

  @Test("a folder in which another run is at work is left alone, and is free when that ends")
  func held() throws {
    try Workplace.withFolder { base in
      let run = RunFolder(Paths.join(base, "run"))
      let seeds = RunFolder(Paths.join(base, "seeds"))
      try Workplace.train(run.path, ["--epochs", "1"])
      try Paths.makeFolder(seeds.path)
      let bytes = try Workplace.bytes(run.model)
      let attempts = [
        (run, ["--resume"]), (run, ["--overwrite", "--seed", "2"]), (run, []), (seeds, ["--seeds", "2"]),
      ]
      for (folder, arguments) in attempts {
        let lock = try #require(FolderLock(folder.path))
        #expect {
          try withExtendedLifetime(lock) { try Workplace.train(folder.path, ["--epochs", "1"] + arguments) }
        } throws: { error in
          CommandError(error)?.status == .cannotWrite && "\(error)".contains("another espalier is at work in '")
        }
      }
      #expect(try Workplace.bytes(run.model) == bytes && Paths.list(seeds.path).isEmpty)
      try Workplace.train(run.path, ["--epochs", "1", "--resume"])
    }
  }

  @Test("a run without a name takes a fresh folder, or the latest to go on with")
  func unnamed() throws {
    try Workplace.withFolder { base in
      let name = Paths.join(base, "digits")
      #expect(RunFolder.unnamed(name, .resume).path == name)
      for expected in [name, name + "-2", name + "-3"] {
        let folder = RunFolder.unnamed(name, .anew)
        #expect(folder.path == expected)
        try Paths.makeFolder(folder.path)
        try OutputFile.write("", to: folder.configuration)
        #expect(RunFolder.unnamed(name, .resume).path == expected)
        #expect(RunFolder.unnamed(name, .overwrite).path == expected)
      }
    }
  }

  @Test("mistakes end with the exit code that the handbook states")
  func exitCodes() throws {
    try Workplace.withFolder { base in
      let run = Paths.join(base, "run")
      let broken = Paths.join(base, "broken.csv")
      try OutputFile.write("a,b\n1,2\n3\n", to: broken)
      let cases: [([String], CommandStatus)] = [
        (["--epochs", "none"], .usage), (["--epocs", "3"], .usage), (["--method", "best"], .usage),
        (["--require", "test_acuracy>=1"], .usage), (["--loss", "mse", "--resume", "--overwrite"], .usage),
        (["--fan-in", "60"], .usage), (["--data", Paths.join(base, "none.csv")], .inputMissing),
        (["--config", Paths.join(base, "none.toml")], .inputMissing), (["--data", broken], .badData),
        (["--regression"], .usage), (["--run-dir", Paths.join(broken, "run")], .cannotWrite),
        (["--learning-rate", "1e9"], .unfulfilled),
      ]
      for (arguments, status) in cases {
        #expect(Workplace.status { try Workplace.train(run, arguments) } == status, "\(arguments)")
      }
    }
  }

  @Test("a table with numbers to learn gives rmse and R², a test share of 0 gives no test")
  func regression() throws {
    try Workplace.withFolder { base in
      let table = Paths.join(base, "line.csv")
      let lines = (0..<60).map { "\($0),\(60 - $0),\(2 * $0 + 1)" }
      try OutputFile.write((["a", "b", "y"].joined(separator: ",") + "\n") + lines.joined(separator: "\n"), to: table)
      let run = RunFolder(Paths.join(base, "run"))
      let arguments = ["--data", table, "--regression", "--sparsity", "0.5", "--learning-rate", "0.001"]
      try Workplace.train(run.path, arguments)
      let summary = try json(run.summary)
      #expect(summary["test_accuracy"] == .null)
      #expect(try #require(summary["test_rmse"]?.asDouble) > 0)
      #expect(summary["test_r2"]?.asDouble != nil)
      try Workplace.train(run.path, arguments + ["--test", "0", "--overwrite"])
      #expect(try json(run.summary)["test_loss"] == .null)
    }
  }

  @Test("several seeds have their own folders, and a mean")
  func seeds() throws {
    try Workplace.withFolder { base in
      let run = RunFolder(Paths.join(base, "run"))
      try Workplace.train(run.path, ["--seeds", "2", "--epochs", "1", "--seed", "4"])
      let accuracies = try [4, 5].map { seed in
        try #require(try json(run.inner(seed: seed).summary)["test_accuracy"]?.asDouble)
      }
      let summary = try json(run.summary)
      #expect(summary["test_accuracy"]?.asDouble == (accuracies[0] + accuracies[1]) / 2)
      #expect(summary["seeds"] == [4, 5])
      #expect(summary["test_accuracy_sd"]?.asDouble != nil)
    }
  }

  @Test("a seed that diverges does not end the others, and is told")
  func divergedSeeds() throws {
    try Workplace.withFolder { base in
      let run = RunFolder(Paths.join(base, "run"))
      try Workplace.train(run.path, ["--seeds", "2", "--epochs", "1", "--learning-rate", "1e9"])
      let summary = try json(run.summary)
      #expect(summary["diverged"] == [1, 2] && summary["runs"] == 2)
      #expect(summary["test_accuracy"] == .null && summary["test_accuracies"] == [.null, .null])
      #expect(try json(run.inner(seed: 2).summary)["test_accuracy"] == .null)
      let reasons = try #require(summary["stop_reasons"]?.asArray).compactMap(\.asString)
      #expect(reasons.count == 2 && reasons.allSatisfy { $0.hasPrefix("diverged at step") })
      #expect(Workplace.status { try SeedsRun.check(summary) } == .unfulfilled)
    }
  }

  @Test("statistics are over the seeds that came to their end")
  func someDivergedSeeds() throws {
    let runs: [JSONValue] = [
      ["test_accuracy": 0.9, "seed": 1, "seconds": 2, "stop_reason": "completed", "data": "digits", "method": "gse"],
      ["test_accuracy": .null, "seed": 2, "seconds": 1, "stop_reason": "diverged at step 3 in layer 0"],
      ["test_accuracy": 0.8, "seed": 3, "seconds": 2, "stop_reason": "completed"],
    ]
    let whole = SeedsRun.summary(of: runs)
    #expect(abs((whole["test_accuracy"]?.asDouble ?? 0) - 0.85) < 1e-12)
    #expect(whole["test_accuracies"] == [0.9, .null, 0.8] && whole["diverged"] == [2])
    #expect(whole["seconds"]?.asDouble == 5)
    let lines = SeedsRun.table(whole, folder: "r").split(separator: "\n").map(String.init)
    #expect(lines.count >= 5 && lines[1].hasSuffix("90.00 %") && lines[2] == "  seed 2     diverged")
    #expect {
      try SeedsRun.check(whole)
    } throws: { "\($0)".contains("with seed 2; lower --learning-rate") }
    try SeedsRun.check(SeedsRun.summary(of: [runs[0]]))
  }

  @Test("every kind of layer, loss, optimizer and schedule can be asked for")
  func variety() throws {
    try Workplace.withFolder { base in
      let run = Paths.join(base, "run")
      let variants: [[String]] = [
        ["--activation", "srelu", "--normalization", "batch", "--optimizer", "adam", "--loss", "bce"],
        ["--activation", "all-relu", "--normalization", "layer", "--optimizer", "adamw", "--loss", "mse"],
        [
          "--activation", "gelu", "--optimizer", "rmsprop", "--schedule", "step", "--loss", "huber", "--method", "rigl",
        ],
        ["--activation", "leaky-relu", "--hidden", "16,16", "--residual", "--dropout", "0.1", "--method", "set"],
        ["--activation", "tanh", "--method", "dense", "--clip", "1", "--warm-up", "5", "--nesterov"],
        ["--hidden", "none", "--method", "static", "--distribution", "uniform", "--accumulate", "2"],
        [
          "--fan-in", "5", "--activation", "sigmoid", "--dense-output", "--scaling", "unit", "--label-smoothing", "0.1",
        ],
        ["--hidden", "40,40", "--density", "0.2", "--locality", "12", "--dense-output", "--method", "set"],
        ["--data", "synthetic:30x40x3", "--epsilon", "3", "--scaling", "none", "--patience", "1"],
      ]
      for variant in variants {
        try Workplace.train(run, variant + ["--epochs", "1", "--overwrite"])
        let model = try Model(contentsOf: RunFolder(run).model)
        #expect(model.network.connectionCount > 0)
      }
    }
  }
}
