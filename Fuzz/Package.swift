// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// One libFuzzer program for each kind of input; README.md says how to run them. A package of its own, because all of
/// the product is built anew for it, with counters at every edge: `swift build --sanitize=fuzzer`.
let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "wheelscrub", path: "..")],
  targets: [
    // What must hold; the product's tests replay found inputs with the same files.
    .target(
      name: "Laws",
      dependencies: [
        .product(name: "Formats", package: "wheelscrub"),
        .product(name: "ScrubKit", package: "wheelscrub"),
        .product(name: "ScrubCommands", package: "wheelscrub"),
        .product(name: "BuildRoots", package: "wheelscrub"),
        .product(name: "Launcher", package: "wheelscrub"),
      ],
      swiftSettings: strict)
  ]
    + ["elf", "macho", "container", "bytecode", "text", "lines"].map { kind in
      // libFuzzer has the main function.
      .executableTarget(
        name: "fuzz-\(kind)", dependencies: ["Laws"],
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
    }
)
