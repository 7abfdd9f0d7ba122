// swift-tools-version: 6.3
import PackageDescription

/// Measures against peers in the same run. A package of its own, so that building the product never builds it.
let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "wheelscrub", path: "..")],
  targets: [
    .executableTarget(
      name: "bench",
      dependencies: [.product(name: "BuildRoots", package: "wheelscrub")],
      path: "Sources/bench",
      swiftSettings: [
        .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ]
)
