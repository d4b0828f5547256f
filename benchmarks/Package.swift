// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "sluice", path: "..")],
  targets: [
    .executableTarget(
      name: "rowpath",
      dependencies: [.product(name: "RelayStages", package: "sluice")],
      swiftSettings: [.treatAllWarnings(as: .error), .enableExperimentalFeature("Lifetimes")])
  ],
  swiftLanguageModes: [.v6]
)
