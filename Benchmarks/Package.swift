// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// Espalier: measurements, apart from the library.

import PackageDescription

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "espalier", path: "..")],
  targets: [
    .target(name: "AllocationCounter"),
    .executableTarget(
      name: "allocations",
      dependencies: ["AllocationCounter", .product(name: "Espalier", package: "espalier")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]),
    .executableTarget(
      name: "bridge",
      dependencies: ["AllocationCounter", .product(name: "Espalier", package: "espalier")], exclude: ["loop.py"],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]),
    .executableTarget(
      name: "nm",
      dependencies: [.product(name: "Espalier", package: "espalier")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]),
    .executableTarget(
      name: "topology",
      dependencies: [.product(name: "Espalier", package: "espalier")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]),
  ]
)
