import Foundation
import Testing

/// One compiler with one set of flags: what is compiled together, linked by every linker and fixed at once.
struct MatrixCell: Sendable, Hashable, CustomTestStringConvertible {
  var compiler: String
  var version: Int
  var feature: String

  var testDescription: String { "\(compiler)-\(version)-\(feature)" }

  /// The flags that the matrix is about, by the name they have in it.
  static let features: KeyValuePairs<String, [String]> = [
    "plain": [], "zlib": ["-gz=zlib"], "zstd": [], "zlib-gnu": ["-gz=zlib-gnu"],
    "split": ["-gsplit-dwarf"], "types": ["-fdebug-types-section"], "g3": ["-g3"],
    "dwarf64": ["-gdwarf64"], "lto": ["-flto"], "O0": ["-O0"], "sections": ["-ffunction-sections"],
  ]

  static let native: [MatrixCell] = ["gcc", "clang"].flatMap { compiler in
    [4, 5].flatMap { version in
      features.map { MatrixCell(compiler: compiler, version: version, feature: $0.key) }
    }
  }

  /// Debian's cross compilers: 32 and 64 bits, little and big-endian, REL and RELA.
  static let crossCompilers = [
    "i686-linux-gnu", "arm-linux-gnueabihf", "aarch64-linux-gnu", "s390x-linux-gnu", "riscv64-linux-gnu",
    "powerpc64-linux-gnu",
  ].map { $0 + "-gcc" }

  static let cross: [MatrixCell] = crossCompilers.filter { Tools.firstInstalled([$0]) != nil }
    .flatMap { compiler in
      [4, 5].flatMap { version in
        ["plain", "zlib", "types"].map { MatrixCell(compiler: compiler, version: version, feature: $0) }
      }
    }

  static let linkers = ["bfd", "gold", "lld", "mold"]

  var isCross: Bool { compiler.contains("-") }
  var cxxCompiler: String? { ["gcc": "g++", "clang": "clang++"][compiler] }

  /// Linkers, and what is made without one. Without C++ there is nothing to put into type units, but the flag
  /// must do no harm.
  var products: [String] {
    if isCross { return ["bfd", "object"] }
    // clang's -flto objects are bitcode, no ELF.
    let objects = compiler == "clang" && feature == "lto" ? [] : ["object"]
    let split = ["town.dwo", "census.dwo", "llvm-dwp"] + (version == 4 ? ["dwp"] : [])
    // lld ignores gcc's LTO sections, and with them all of the code.
    let linkers = Self.linkers.filter { !(compiler == "gcc" && feature == "lto" && $0 == "lld") }
    return linkers + objects + (feature == "split" ? split : [])
  }

  var flags: [String] {
    var flags = ["-g", "-gdwarf-\(version)", "-O2", "-fPIC"]
    flags += Self.features.first { $0.key == feature }?.value ?? []
    if feature == "g3", compiler == "clang" { flags.append("-fdebug-macro") }
    return flags
  }

  var combinations: [MatrixCombination] {
    products.flatMap { product in
      [false, true].map { MatrixCombination(cell: self, product: product, isLoaded: $0) }
    }
  }
}

/// One file of the matrix, made in three directories.
struct MatrixCombination: Sendable, Hashable, CustomStringConvertible {
  var cell: MatrixCell
  /// The linker, or the name of a file that is not linked.
  var product: String
  /// Whether a loaded byte holds a path.
  var isLoaded: Bool

  var description: String {
    "\(cell.testDescription)-\(product)-\(isLoaded ? "loaded" : "quiet")"
  }
}
