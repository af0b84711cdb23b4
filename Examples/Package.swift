// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// Espalier: small complete programs, each as a user would write it.

import PackageDescription

func example(_ name: String, in folder: String) -> Target {
  .executableTarget(
    name: name, dependencies: [.product(name: "Espalier", package: "espalier")], path: folder,
    exclude: ["README.md"])
}

let package = Package(
  name: "examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "espalier", path: "..")],
  targets: [
    example("digits", in: "Digits"),
    example("own-layer", in: "OwnLayer"),
    example("own-rule", in: "OwnRule"),
  ]
)
