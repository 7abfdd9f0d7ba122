/// The constants of <mach-o/loader.h>, <mach-o/nlist.h> and <mach-o/stab.h> that are used here.
package enum FileType {
  package static let object: UInt32 = 1
  package static let dSYM: UInt32 = 10
}

package enum LoadCommandKind {
  package static let segment: UInt32 = 0x1
  package static let symbolTable: UInt32 = 0x2
  package static let dynamicSymbolTable: UInt32 = 0xb
  package static let idDylib: UInt32 = 0xd
  package static let segment64: UInt32 = 0x19
  package static let uuid: UInt32 = 0x1b
  package static let codeSignature: UInt32 = 0x1d
  package static let encryption: UInt32 = 0x21
  package static let encryption64: UInt32 = 0x2c
  package static let note: UInt32 = 0x31
  package static let twoLevelHints: UInt32 = 0x16
  package static let dyldInfo: UInt32 = 0x22
  package static let dyldInfoOnly: UInt32 = 0x8000_0022
  package static let runPath: UInt32 = 0x8000_001c

  /// Commands whose string is the name of a file that dyld opens, or under which dyld knows this one; the string's
  /// offset is their third word (`union lc_str`).
  package static let dylibs: Set<UInt32> = [0xc, idDylib, 0x8000_0018, 0x8000_001f, 0x20, 0x8000_0023]
  /// Whether the command names something that dyld opens or searches.
  package static func isLinked(_ kind: UInt32) -> Bool { kind == runPath || dylibs.contains(kind) }

  /// `struct linkedit_data_command`, and the meaning of its data.
  package static let linkeditData: [UInt32: LinkEditTable] = [
    codeSignature: .codeSignature, 0x1e: .segmentSplitInfo, 0x26: .functionStarts, 0x29: .dataInCode,
    0x2b: .codeSigningRequirements, 0x2e: .linkerOptimizationHints, 0x8000_0033: .exportsTrie,
    0x8000_0034: .chainedFixups, 0x36: .atomInfo,
  ]

  private static let names: [UInt32: String] = [
    0x1: "LC_SEGMENT", 0x2: "LC_SYMTAB", 0x3: "LC_SYMSEG", 0x4: "LC_THREAD", 0x5: "LC_UNIXTHREAD",
    0xb: "LC_DYSYMTAB", 0xc: "LC_LOAD_DYLIB", 0xd: "LC_ID_DYLIB", 0xe: "LC_LOAD_DYLINKER",
    0xf: "LC_ID_DYLINKER", 0x11: "LC_ROUTINES", 0x12: "LC_SUB_FRAMEWORK", 0x13: "LC_SUB_UMBRELLA",
    0x14: "LC_SUB_CLIENT", 0x15: "LC_SUB_LIBRARY", 0x16: "LC_TWOLEVEL_HINTS",
    0x8000_0018: "LC_LOAD_WEAK_DYLIB", 0x19: "LC_SEGMENT_64", 0x1a: "LC_ROUTINES_64", 0x1b: "LC_UUID",
    0x8000_001c: "LC_RPATH", 0x1d: "LC_CODE_SIGNATURE", 0x1e: "LC_SEGMENT_SPLIT_INFO",
    0x8000_001f: "LC_REEXPORT_DYLIB", 0x20: "LC_LAZY_LOAD_DYLIB", 0x21: "LC_ENCRYPTION_INFO",
    0x22: "LC_DYLD_INFO", 0x8000_0022: "LC_DYLD_INFO_ONLY", 0x8000_0023: "LC_LOAD_UPWARD_DYLIB",
    0x24: "LC_VERSION_MIN_MACOSX", 0x26: "LC_FUNCTION_STARTS", 0x27: "LC_DYLD_ENVIRONMENT",
    0x8000_0028: "LC_MAIN", 0x29: "LC_DATA_IN_CODE", 0x2a: "LC_SOURCE_VERSION",
    0x2b: "LC_DYLIB_CODE_SIGN_DRS", 0x2c: "LC_ENCRYPTION_INFO_64", 0x2d: "LC_LINKER_OPTION",
    0x2e: "LC_LINKER_OPTIMIZATION_HINT", 0x31: "LC_NOTE", 0x32: "LC_BUILD_VERSION",
    0x8000_0033: "LC_DYLD_EXPORTS_TRIE", 0x8000_0034: "LC_DYLD_CHAINED_FIXUPS",
    0x8000_0035: "LC_FILESET_ENTRY", 0x36: "LC_ATOM_INFO",
  ]

  package static func name(_ kind: UInt32) -> String {
    names[kind] ?? "load command 0x\(String(kind, radix: 16))"
  }
}

package enum SymbolType {
  /// If any of these bits is set, the symbol is a stab, made for debuggers.
  package static let stabMask: UInt8 = 0xe0
  package static let typeMask: UInt8 = 0x0e
  package static let section: UInt8 = 0x0e
  /// `n_value` is an offset into the string table.
  package static let indirect: UInt8 = 0x0a
  /// Beginning of a source file; one with an empty name ends it.
  package static let sourceFile: UInt8 = 0x64
  /// Path of an object file; `n_value` is its modification time.
  package static let objectFile: UInt8 = 0x66
  /// Path of a Swift module; `n_value` is its modification time.
  package static let swiftModule: UInt8 = 0x32

  private static let stabs: [UInt8: String] = [
    0x20: "N_GSYM", 0x22: "N_FNAME", 0x24: "N_FUN", 0x26: "N_STSYM", 0x28: "N_LCSYM", 0x2e: "N_BNSYM",
    0x32: "N_AST", 0x3c: "N_OPT", 0x40: "N_RSYM", 0x44: "N_SLINE", 0x4e: "N_ENSYM", 0x60: "N_SSYM",
    0x64: "N_SO", 0x66: "N_OSO", 0x68: "N_LIB", 0x80: "N_LSYM", 0x82: "N_BINCL", 0x84: "N_SOL",
    0x86: "N_PARAMS", 0x88: "N_VERSION", 0x8a: "N_OLEVEL", 0xa0: "N_PSYM", 0xa2: "N_EINCL",
    0xa4: "N_ENTRY", 0xc0: "N_LBRAC", 0xc2: "N_EXCL", 0xe0: "N_RBRAC",
  ]

  package static func name(_ type: UInt8) -> String {
    stabs[type] ?? (type & stabMask != 0 ? "stab 0x\(String(type, radix: 16))" : "symbol")
  }
}

/// Names of `cputype`, as lipo(1) and `-arch` spell them; they name the slices of a universal binary.
package enum Architecture {
  package static let arm64: UInt32 = 0x0100_000c

  package static func name(_ type: UInt32, _ subtype: UInt32) -> String {
    switch (type, subtype & 0x00ff_ffff) {
    case (7, _): "i386"
    case (0x0100_0007, 8): "x86_64h"
    case (0x0100_0007, _): "x86_64"
    case (12, 9): "armv7"
    case (12, _): "arm"
    case (arm64, 2): "arm64e"
    case (arm64, _): "arm64"
    case (0x0200_000c, _): "arm64_32"
    case (18, _): "ppc"
    case (0x0100_0012, _): "ppc64"
    default: "cpu\(type).\(subtype & 0x00ff_ffff)"
    }
  }
}
