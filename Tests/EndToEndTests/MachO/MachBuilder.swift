import Foundation
import Testing

/// How a bundle's pages are sealed, and how its pointers are fixed up.
enum MachSeal: String, Sendable, CaseIterable {
  case signed, unsigned, chained

  var flags: String {
    switch self {
    case .signed: "-adhoc_codesign"
    case .unsigned: "-no_adhoc_codesign"
    case .chained: "-adhoc_codesign -fixup_chains"
    }
  }
}

enum MachArchitecture: String, Sendable, CaseIterable {
  case arm64
  case intel = "x86_64"
  case fat
}

/// One file that each build directory gives, and the dSYM beside it.
struct MachProduct: Sendable, Hashable, CustomTestStringConvertible {
  var architecture: MachArchitecture
  var seal: MachSeal

  var testDescription: String { "\(architecture.rawValue)-\(seal.rawValue)" }
  /// Below a build's output.
  var path: String { testDescription + "/town.so" }
  /// The file that holds the debug info.
  var debugPath: String { path + ".dSYM/Contents/Resources/DWARF/town.so" }

  static let all = MachArchitecture.allCases.flatMap { architecture in
    MachSeal.allCases.map { MachProduct(architecture: architecture, seal: $0) }
  }
}

/// What is compiled: everything that this decides is built at once, by one script in one directory.
struct MachSource: Sendable, Hashable, CustomTestStringConvertible {
  var dwarf = 4
  /// Whether `__FILE__` stands in __cstring.
  var isLoaded = false

  var testDescription: String { "DWARF \(dwarf), \(isLoaded ? "path loaded" : "path in debug info only")" }

  static let all = [
    MachSource(), MachSource(isLoaded: true), MachSource(dwarf: 5), MachSource(dwarf: 5, isLoaded: true),
  ]
}

/// Bundles, libraries, archives and objects for macOS, made in random directories that look like a Mac's. Swift's
/// clang compiles for macOS, Debian's lld links; no path of this machine gets in (`-oso_prefix`).
actor MachBuilder {
  static let shared = MachBuilder()

  /// Directories of one length, then one of another.
  static let sameLength = 4
  /// What is added to the name of an output.
  static let libraries = "-libraries"

  private let slots = Slots(2)
  private var builds: [MachSource: Task<[String], any Error>] = [:]
  private var fixes: [MachSource: Task<[String], any Error>] = [:]

  /// The outputs of five directories, the last one with a longer name. In each `MachProduct.path`,
  /// `archive/libcensus.a` and `object/*.o`; beside it `-libraries/libtown.dylib` and `-libraries/user.so`,
  /// whose load commands lead into the build directory.
  func builds(_ source: MachSource) async throws -> [String] {
    let task =
      builds[source]
      ?? Task {
        let top = try Workspace.shared.scratch("mach")
        return try await withThrowingTaskGroup(of: Void.self) { group in
          let outputs = (0...Self.sameLength).map { "\(top)/\($0)" }
          for (index, output) in outputs.enumerated() {
            group.addTask { try await self.build(source, number: index, to: output) }
          }
          try await group.waitForAll()
          return outputs
        }
      }
    builds[source] = task
    return try await task.value
  }

  /// The same as `fix` leaves them.
  func fixed(_ source: MachSource) async throws -> [String] {
    let task =
      fixes[source]
      ?? Task {
        var results = [String]()
        for output in try await self.builds(source) {
          results.append(try await fixedTree(output))
        }
        return results
      }
    fixes[source] = task
    return try await task.value
  }

  private func build(_ source: MachSource, number: Int, to output: String) async throws {
    let fake = try Workspace.shared.scratch("mac")
    let root = fake + MachRoot.random(isLonger: number >= Self.sameLength)
    for directory in [root, output] {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(
      atPath: Workspace.repository + "/fixtures/matrix", toPath: root + "/town")
    await slots.take()
    let outcome = try? await Tools.run(
      "/bin/sh", ["-ec", Self.script], in: root,
      environment: [
        "V": MachJudges.version, "FAKE": fake, "OUT": output, "LIBRARIES": output + Self.libraries,
        "CFLAGS": "-gdwarf-\(source.dwarf)",
        "DEFINES": source.isLoaded ? "-DLOADED_PATH" : "",
        // Another time for each directory, as real builds have; later than SOURCE_DATE_EPOCH, which archives get.
        "TIME": "@\(1_710_000_000 + number * 1_000_003)",
        "SEALS": MachSeal.allCases.map { "\($0.rawValue):\($0.flags.replacing(" ", with: ":"))" }
          .joined(separator: " "),
      ])
    await slots.give()
    guard let outcome, outcome.succeeded else {
      throw ToolFailure(description: outcome?.transcript ?? "the shell could not be run")
    }
    try FileManager.default.removeItem(atPath: fake)
  }

  /// Times of objects stay in the stabs, as Apple's ld keeps them: ZERO_AR_DATE=0.
  private static let script = """
    compile() {
      target=$1; shift
      for file in town.c census.cc; do
        clang -target $target-apple-macos11 -g $CFLAGS -O1 -ffreestanding -fno-exceptions -fno-rtti $DEFINES \\
          -ffile-prefix-map=$FAKE= -I "$PWD/town/include" -c "$PWD/town/$file" -o build/$target/${file%.*}.o
        touch -d $TIME build/$target/${file%.*}.o
      done
    }
    link() {
      target=$1; shift
      ZERO_AR_DATE=0 ld64.lld$V -platform_version macos 11.0 11.0 -arch $target -oso_prefix $FAKE "$@"
    }
    # dsymutil joins the slices of a fat dSYM with it.
    mkdir bin; ln -s "$(command -v llvm-lipo$V)" bin/lipo; PATH=$PWD/bin:$PATH

    for target in arm64 x86_64 i386 armv7; do mkdir -p build/$target; compile $target; done
    mkdir -p "$OUT/object" "$OUT/archive" "$LIBRARIES"
    for target in arm64 x86_64 i386 armv7; do cp -p build/$target/town.o "$OUT/object/$target.o"; done

    for target in arm64 x86_64; do
      (cd build/$target; llvm-ar$V --format=darwin rcU libcensus.a census.o; touch -d $TIME libcensus.a)
      for seal in $SEALS; do
        name=${seal%%:*}; flags=$(echo "${seal#*:}" | tr : ' ')
        mkdir -p "$OUT/$target-$name" "$OUT/fat-$name"
        link $target -bundle -undefined dynamic_lookup $flags -o town.so build/$target/town.o \\
          -force_load build/$target/libcensus.a
        cp town.so "$OUT/$target-$name/town.so"
      done
    done
    cp -p build/arm64/libcensus.a "$OUT/archive"
    lib=${PWD#$FAKE}/lib
    link arm64 -dylib -undefined dynamic_lookup -adhoc_codesign -install_name "$lib/libtown.dylib" \\
      -rpath "$lib" -rpath @loader_path -o "$LIBRARIES/libtown.dylib" build/arm64/town.o
    link arm64 -bundle -undefined dynamic_lookup -adhoc_codesign -o "$LIBRARIES/user.so" build/arm64/census.o \\
      "$LIBRARIES/libtown.dylib"

    for seal in $SEALS; do
      name=${seal%%:*}
      (cd "$OUT"; lipo -create arm64-$name/town.so x86_64-$name/town.so -output fat-$name/town.so)
      for target in arm64 x86_64 fat; do
        # By its whole name, which dsymutil writes into Relocations/*.yml.
        cp "$OUT/$target-$name/town.so" .
        dsymutil$V -oso-prepend-path $FAKE "$PWD/town.so" -o "$OUT/$target-$name/town.so.dSYM"
      done
    done
    """
}

/// Directories as pip makes them below a Mac's directory for temporary files.
enum MachRoot {
  static func random(isLonger: Bool, name: String = "cbor") -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    func word(_ count: Int, of letters: [Character]) -> String {
      String((0..<count).map { _ in letters.randomElement()! })
    }
    let parent =
      isLonger
      ? "/Users/Shared/a-directory-for-temporary-files/with-a-much-longer-name/than-the-others-have-got/tmp"
      : "/private/var/folders/\(word(2, of: letters))/\(word(30, of: letters))/T"
    return "\(parent)/pip-install-\(word(8, of: letters))/\(name)_\(word(32, of: Array("0123456789abcdef")))"
  }
}

/// A copy of the directory in which `fix --in-place` has fixed every file.
func fixedTree(_ directory: String, _ options: [String] = []) async throws -> String {
  let copy = try Workspace.shared.scratch("fixed-tree")
  try await Tools.output(of: "cp", ["-a", directory + "/.", copy])
  let outcome = try await wheelscrub(["fix", "--in-place"] + options + [copy])
  guard outcome.succeeded else { throw ToolFailure(description: outcome.transcript) }
  return copy
}
