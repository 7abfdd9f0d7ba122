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

/// Modules must not cost specialisation: bodies may be inlined into others.
let inlined: [SwiftSetting] = [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]

/// What `--version` says. An sdist has no git: its build backend hands the commit over.
let commit =
  Context.environment["WHEELSCRUB_COMMIT"] ?? String(Context.gitInformation?.currentCommit.prefix(12) ?? "")

/// A program that starts compilers. Launcher has folders for what only one of them needs.
func launcher(_ name: String, without other: String) -> Target {
  .executableTarget(
    name: name, dependencies: ["CPosix", "CScalarTables", "CVectors"],
    // What the user selects is text, and text needs Unicode's tables.
    exclude: [
      "BuildRoots/RuleSelection.swift", "BuildRoots/OwnPattern.swift", "BuildRoots/Regex/Glob.swift",
      "BuildRoots/Regex/RegexParser.swift", other,
    ],
    swiftSettings: strict + [
      .enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo", "-parse-as-library"]),
      // Each line of code is run once, so what counts is how much of it has to come into the processor's caches.
      .unsafeFlags(["-Osize"], .when(configuration: .release)),
    ],
    linkerSettings: [.linkedLibrary("m"), .unsafeFlags(["-Xclang-linker", "-static"])])
}

let package = Package(
  name: "wheelscrub",
  products: [
    .executable(name: "wheelscrub", targets: ["wheelscrub"]),
    .executable(name: "wheelscrub-cc", targets: ["wheelscrub-cc"]),
    .executable(name: "wheelscrub-rustc", targets: ["wheelscrub-rustc"]),
    .library(name: "ScrubKit", targets: ["ScrubKit"]),
    .library(name: "BuildRoots", targets: ["BuildRoots"]),
    // For Fuzz, which is a package of its own.
    .library(name: "Formats", targets: ["Formats"]),
    .library(name: "ScrubCommands", targets: ["ScrubCommands"]),
    .library(name: "Launcher", targets: ["Launcher"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
  ],
  targets: [
    .systemLibrary(name: "CElf", pkgConfig: "libelf", providers: [.apt(["libelf-dev"])]),
    // Debian 12's libdwarf-dev has no .pc file; the module map links it.
    .systemLibrary(name: "CDwarf", providers: [.apt(["libdwarf-dev"])]),
    .systemLibrary(
      name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
    // libbz2-dev has no .pc file either.
    .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
    .systemLibrary(name: "CLz4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    // For tests only: a judge of its own, and signatures.
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // Calls of the C library that Swift's Glibc module does not show.
    .systemLibrary(name: "CLinux"),
    // The launcher's system calls, and what stands in for the Unicode tables that it is linked without.
    .target(name: "CPosix"),
    .target(name: "CScalarTables"),
    // The arguments as the kernel hands them over, and the commit. A static program has no /proc to ask for either.
    .target(name: "CStart", cSettings: [.define("WHEELSCRUB_COMMIT", to: "\"\(commit)\"")]),

    // 32-byte vectors, which Swift has only where all of a program needs them.
    .target(name: "CVectors"),

    .target(name: "BuildRoots", dependencies: ["CVectors"], swiftSettings: strict),
    // The system, and what knows no rule, no option and no wheel: modules of their own, so that the compiler sees to it.
    .target(name: "Platform", dependencies: ["CLinux"], swiftSettings: strict),
    .target(
      name: "Formats",
      dependencies: [
        "Platform", "CElf", "CDwarf", "CDeflate", "CZlib", "CZstd", "CLzma", "CBzip2", "CLz4", "CNettle",
        "CVectors",
      ],
      swiftSettings: strict + inlined),
    .target(
      name: "ScrubKit",
      dependencies: ["BuildRoots", "Formats", "Platform", "CElf", "CDwarf", "CNettle", "CVectors"],
      swiftSettings: strict + inlined),
    .target(
      name: "ScrubCommands",
      dependencies: [
        "ScrubKit", "BuildRoots", "Formats", "Platform", "CStart",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "wheelscrub", dependencies: ["ScrubCommands", "Platform"], swiftSettings: strict),
    .target(name: "Launcher", dependencies: ["BuildRoots", "CPosix"], swiftSettings: strict),
    // Started once for each compile: without Swift's runtime it starts as fast as a program in C. So it is one module,
    // whose folders are links to BuildRoots and Launcher; tests build these two as the modules they are.
    launcher("wheelscrub-cc", without: "Launcher/Rust"),
    launcher("wheelscrub-rustc", without: "Launcher/C"),

    .testTarget(name: "BuildRootsTests", dependencies: ["BuildRoots", "CVectors"], swiftSettings: strict),
    .testTarget(name: "LauncherTests", dependencies: ["Launcher"], swiftSettings: strict),
    .testTarget(
      name: "ScrubKitTests", dependencies: ["ScrubKit", "Formats", "Platform", "CVectors"],
      swiftSettings: strict),
    // Thousands of damaged files and changed ones, which take minutes. Support is a link to the other target's folder.
    .testTarget(
      name: "MutationTests", dependencies: ["ScrubKit", "Formats", "Platform", "CVectors", "BuildRoots"],
      swiftSettings: strict),
    .testTarget(
      name: "ScrubCommandsTests", dependencies: ["ScrubCommands", "ScrubKit", "Formats", "BuildRoots"],
      exclude: ["Golden"], swiftSettings: strict),
    // Laws is a link to the fuzzer's folder, which is a package of its own.
    .testTarget(
      name: "FuzzTests", dependencies: ["ScrubKit", "Formats", "ScrubCommands", "BuildRoots", "Launcher"],
      swiftSettings: strict),
    // libcrypto only: what judges the program's signatures must not use the program's code.
    .testTarget(name: "EndToEndTests", dependencies: ["CCrypto"], swiftSettings: strict),
  ]
)
