// swift-tools-version: 6.3
import PackageDescription

/// Swift 6 mode with every check that costs nothing at run time; a warning is an error.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
  name: "wheelscrub",
  products: [
    .executable(name: "wheelscrub", targets: ["wheelscrub"]),
    .library(name: "ScrubKit", targets: ["ScrubKit"]),
    .library(name: "BuildRoots", targets: ["BuildRoots"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    .systemLibrary(name: "CElf", pkgConfig: "libelf", providers: [.apt(["libelf-dev"])]),
    // Debian 12's libdwarf-dev has no .pc file; the module map links it.
    .systemLibrary(name: "CDwarf", providers: [.apt(["libdwarf-dev"])]),
    .systemLibrary(
      name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // Calls of the C library that Swift's Glibc module does not show.
    .systemLibrary(name: "CLinux"),

    .target(name: "BuildRoots", swiftSettings: strict),
    .target(
      name: "ScrubKit",
      dependencies: [
        "BuildRoots", "CElf", "CDwarf", "CDeflate", "CZlib", "CZstd", "CCrypto", "CLinux",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "ScrubCommands",
      dependencies: [
        "ScrubKit", "BuildRoots",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "wheelscrub", dependencies: ["ScrubCommands"], swiftSettings: strict),

    .testTarget(name: "BuildRootsTests", dependencies: ["BuildRoots"], swiftSettings: strict),
    .testTarget(name: "ScrubKitTests", dependencies: ["ScrubKit"], swiftSettings: strict),
    .testTarget(
      name: "ScrubCommandsTests", dependencies: ["ScrubCommands", "ScrubKit", "BuildRoots"],
      exclude: ["Golden"], swiftSettings: strict),
    .testTarget(name: "EndToEndTests", swiftSettings: strict),
  ]
)
