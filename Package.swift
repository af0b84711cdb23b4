// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// Espalier: truly sparse neural networks and the agents built from them.

import PackageDescription

/// Continuous integration sets this variable; a user's build never fails for a warning.
let isStrict = Context.environment["ESPALIER_STRICT"] != nil

let swiftSettings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

/// One library room; its dependencies are the rooms above it in `Documentation/Rooms.md`.
func room(_ name: String, uses dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(of room: String, with extra: [Target.Dependency] = [], excluding: [String] = []) -> Target {
  .testTarget(
    name: room + "Tests", dependencies: [.target(name: room)] + extra, exclude: excluding,
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "espalier",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "Espalier", targets: ["Espalier"]),
    .executable(name: "espalier", targets: ["EspalierCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
  ],
  targets: [
    .target(
      name: "CKernels", cSettings: isStrict ? [.treatAllWarnings(as: .error)] : [],
      linkerSettings: [.linkedLibrary("m")]),
    .systemLibrary(name: "CZlib"),
    room("SparseCore", uses: ["CKernels"]),
    room("SparseTopology", uses: ["SparseCore"]),
    room("NeuralNetworks", uses: ["SparseCore", "SparseTopology"]),
    room("Datasets", uses: ["SparseCore", "CZlib"]),
    room("Training", uses: ["SparseCore", "SparseTopology", "NeuralNetworks", "Datasets"]),
    room("Environments", uses: ["SparseCore", "Datasets"]),
    room(
      "Reinforcement",
      uses: ["SparseCore", "SparseTopology", "NeuralNetworks", "Datasets", "Training", "Environments"]),
    room("Entities", uses: ["SparseCore", "Datasets", .product(name: "BigInt", package: "BigInt")]),
    room(
      "Espalier",
      uses: [
        "SparseCore", "SparseTopology", "NeuralNetworks", "Datasets", "Training", "Environments", "Reinforcement",
        "Entities",
      ]),
    .executableTarget(
      name: "EspalierCommand",
      dependencies: [
        "Espalier",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "EspalierFuzz",
      dependencies: [
        "SparseCore", "SparseTopology", "NeuralNetworks", "Datasets", "Training", "Environments", "Reinforcement",
        "Entities",
      ],
      path: "Benchmarks/Fuzz", swiftSettings: swiftSettings),
    tests(of: "SparseCore"),
    tests(of: "SparseTopology", with: ["SparseCore"]),
    tests(of: "NeuralNetworks", with: ["SparseCore", "SparseTopology"]),
    tests(of: "Datasets", with: ["SparseCore"], excluding: ["Golden"]),
    tests(of: "Environments", with: ["SparseCore", "Datasets"], excluding: ["Golden", "Bridge/troubled.py"]),
    tests(
      of: "Reinforcement",
      with: ["SparseCore", "SparseTopology", "NeuralNetworks", "Datasets", "Training", "Environments"]),
    tests(of: "Entities", with: ["SparseCore", "Datasets"]),
    tests(of: "Training", with: ["SparseCore", "SparseTopology", "NeuralNetworks", "Datasets"]),
    tests(
      of: "EspalierCommand",
      with: ["Espalier", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
  ]
)
