// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours: warnings are errors, and borrowed memory keeps its lifetime in the type system.
let common: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
]
/// Pure stages and adapters also mark each unsafe expression.
let strict: [SwiftSetting] = common + [.strictMemorySafety()]
/// Optimised in debug builds too, with their assertions: thousands of simulated lives are part of `make test`.
let optimised: [SwiftSetting] = [
  .unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let uniqueArray = Target.Dependency.product(name: "BasicContainers", package: "swift-collections")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

// Targets stand in the order in which the data passes them: see Sources/README.md.
let package = Package(
  name: "sluice",
  products: [
    .executable(name: "sluice", targets: ["sluice"]),
    // For the micro-benchmarks in benchmarks/, which measure the stages of the row path by themselves.
    .library(
      name: "RelayStages",
      targets: [
        "Primitives", "ConnectData", "PgOutput", "EventRouting", "EventEncoding", "KafkaSink", "Acknowledgement",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CRdkafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .systemLibrary(name: "CJSONC", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
    .systemLibrary(name: "CLinux"),

    .target(name: "Primitives", swiftSettings: strict + optimised),
    .target(name: "ConnectData", dependencies: ["Primitives"], swiftSettings: strict + optimised),
    .target(
      name: "PostgresSource", dependencies: ["CLibpq", "Primitives", "ConnectData", "PgOutput"], swiftSettings: strict),
    .target(name: "PgOutput", dependencies: ["Primitives"], swiftSettings: strict + optimised),
    .target(name: "EventRouting", dependencies: ["Primitives", "PgOutput", "ConnectData"], swiftSettings: strict + optimised),
    .target(
      name: "EventEncoding", dependencies: ["Primitives", "PgOutput", "ConnectData", "EventRouting", uniqueArray],
      swiftSettings: strict + optimised),
    .target(name: "KafkaSink", dependencies: ["CRdkafka", "Primitives"], swiftSettings: strict),
    .target(name: "Acknowledgement", dependencies: ["Primitives", deque], swiftSettings: strict + optimised),
    .target(name: "ConnectorConfig", dependencies: ["CJSONC", "Primitives", "EventRouting"], swiftSettings: strict),
    .target(
      name: "RelayRuntime",
      dependencies: [
        "CLinux", "Primitives", "PostgresSource", "PgOutput", "ConnectData", "EventRouting", "EventEncoding",
        "KafkaSink",
        "Acknowledgement", "ConnectorConfig", logging, histogram,
      ],
      swiftSettings: strict + optimised),

    .target(name: "Migrations", dependencies: ["PostgresSource", "Primitives", crypto], swiftSettings: common),
    .target(name: "FintechGenerator", dependencies: ["PostgresSource", "Primitives"], swiftSettings: common),
    .target(
      name: "EmbeddedServers", dependencies: ["CLinux", "CRdkafka", "KafkaSink", "PostgresSource"],
      swiftSettings: common),
    .target(name: "TerminalScreens", swiftSettings: strict),
    .executableTarget(
      name: "sluice",
      dependencies: [
        "TerminalScreens", "RelayRuntime", "Migrations", "FintechGenerator", "EmbeddedServers", "ConnectorConfig",
        "KafkaSink",
        "PostgresSource", argumentParser, logging, histogram,
      ],
      swiftSettings: common),

    .target(
      name: "RelayTestSupport",
      dependencies: [
        "Primitives", "PgOutput", "ConnectData", "EventRouting", "EventEncoding", "RelayRuntime", "Acknowledgement",
        deque,
      ],
      swiftSettings: common + optimised),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Primitives", "PgOutput", "ConnectData", "EventRouting", "EventEncoding", "KafkaSink", "ConnectorConfig",
        "RelayRuntime", "Migrations", "TerminalScreens", "RelayTestSupport",
      ],
      swiftSettings: common),
    .testTarget(
      name: "FuzzTargetsTests", dependencies: ["FuzzTargets"], swiftSettings: common),
    .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"], swiftSettings: common),
    .testTarget(name: "PgOutputTests", dependencies: ["PgOutput", "RelayTestSupport"], swiftSettings: common),
    .testTarget(
      name: "EventRoutingTests", dependencies: ["EventRouting", "ConnectData", "Primitives"], swiftSettings: common),
    .testTarget(
      name: "EventEncodingTests",
      dependencies: [
        "CLinux", "EventEncoding", "ConnectData", "EventRouting", "PgOutput", "Primitives", "RelayTestSupport",
      ],
      exclude: ["Recorded"], swiftSettings: common),
    .testTarget(
      name: "KafkaSinkTests", dependencies: ["KafkaSink", "CRdkafka", "EmbeddedServers"], swiftSettings: common),
    .testTarget(
      name: "EmbeddedServersTests", dependencies: ["EmbeddedServers", "PostgresSource"], swiftSettings: common),
    .testTarget(name: "AcknowledgementTests", dependencies: ["Acknowledgement"], swiftSettings: common),
    .testTarget(
      name: "ConnectorConfigTests", dependencies: ["ConnectorConfig"], exclude: ["Fixtures"], swiftSettings: common),
    .testTarget(
      name: "MigrationsTests", dependencies: ["Migrations", "EmbeddedServers", "PostgresSource"], swiftSettings: common),
    .testTarget(
      name: "FintechGeneratorTests",
      dependencies: ["FintechGenerator", "Migrations", "EmbeddedServers", "PostgresSource"], swiftSettings: common),
    .testTarget(name: "TerminalScreensTests", dependencies: ["TerminalScreens"], swiftSettings: common),
    .testTarget(
      name: "RelayRuntimeTests",
      dependencies: [
        "RelayRuntime", "RelayTestSupport", "PostgresSource", "KafkaSink", "CRdkafka", "PgOutput", "ConnectorConfig",
        "EventEncoding", "EventRouting", "Acknowledgement", "ConnectData", "EmbeddedServers", "Primitives", logging,
      ],
      exclude: ["Recorded"], swiftSettings: common),
    .testTarget(
      name: "RelaySimulationTests", dependencies: ["RelayRuntime", "RelayTestSupport"], swiftSettings: common + optimised),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "CLinux", "Primitives", "RelayRuntime", "EmbeddedServers", "Migrations", "PostgresSource", "KafkaSink",
        "ConnectorConfig",
        "sluice",
      ],
      exclude: ["Cases"],
      swiftSettings: common),
  ],
  swiftLanguageModes: [.v6]
)

// libFuzzer brings the `main`: only `make fuzz` can link this.
if Context.environment["SLUICE_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(name: "sluice-fuzz", dependencies: ["FuzzTargets"], swiftSettings: strict))
}
