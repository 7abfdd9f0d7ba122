import Foundation
import Testing

@testable import ScrubKit

/// Flips, cuts and splices of Mach-O files, through the whole way from file to file: an error or a result, never a
/// trap or a hang; and on an error nothing is written.
@Suite struct MachMutationTests {
  /// The names that `MachSamples` gives them. The fat one has a slice of each kind.
  static let fixtures = ["arm64.so", "x86_64.so", "fat.so", "dwarf-4", "dwarf-5"]

  @Test(arguments: fixtures) func mutations(fixture: String) throws {
    let scratch = Scratch()
    let input = try MachSamples.bytes(fixture)
    var generator = Generator(seed: UInt64(Self.fixtures.firstIndex(of: fixture)!) + 31)
    let output = scratch.path + "/out/mutant"
    try FileManager.default.createDirectory(atPath: scratch.path + "/out", withIntermediateDirectories: true)
    // Headers and load commands of each slice, and the end with symbols, strings and signature: what can lie.
    let starts = fixture == "fat.so" ? [0, 1 << 14] : [0]
    let focus = starts.map { $0..<$0 + 1600 } + [input.count * 3 / 4..<input.count]
    var (errors, results) = (0, 0)
    for _ in 0..<4000 {
      let mutant = Mutation.random(of: input, focus: focus, using: &generator)
      let file = InputFile(
        path: scratch.file("mutant", mutant), relativePath: "mutant", isExplicit: true)
      let time = ContinuousClock().measure {
        let report = Scrub(Options()).fix(file, to: .file(output))
        let isWritten = FileManager.default.fileExists(atPath: output)
        #expect(isWritten == report.errors.isEmpty)
        if report.errors.isEmpty { results += 1 } else { errors += 1 }
        guard isWritten else { return }
        // What was written must be clean, but for what was left with a reason.
        let result = InputFile(path: output, relativePath: "mutant", isExplicit: true)
        let again = Scrub(Options()).check(result)
        #expect(again.errors.isEmpty && again.findings.count == report.unfixable.count, "\(again)")
        try? FileManager.default.removeItem(atPath: output)
      }
      #expect(time < .seconds(5))
    }
    #expect(errors > 0 && results > 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/out").isEmpty)
  }
}

/// Small files for macOS, compiled and linked here: bundles with leaks in __cstring and stabs, dSYMs.
enum MachSamples {
  static func bytes(_ name: String) throws -> [UInt8] { try #require(try files.get()[name]) }

  private static let files = Result { try build() }

  private static func build() throws -> [String: [UInt8]] {
    let scratch = Scratch()
    let output = scratch.path
    let base = URL(filePath: output + "/mac")
    let root = try Compiler.randomRoot(under: base.appending(path: "private/var/tmp"), name: "town")
    for (name, text) in Sources.machO {
      try Data(text.utf8).write(to: root.appending(path: name))
    }
    try Compiler.run("sh", ["-ec", script, "sh", base.path, output], in: root)
    return try Dictionary(
      uniqueKeysWithValues: MachMutationTests.fixtures.map {
        try ($0, Array(Data(contentsOf: URL(filePath: output + "/" + $0))))
      })
  }

  /// As fixtures/README.md tells: Swift's clang compiles for macOS, lld links.
  private static let script = """
    compile() {
      clang -target $1-apple-macos11 -g -gdwarf-$2 -O1 -ffreestanding -ffile-prefix-map=$BASE= -c "$PWD/part.c" -o part.o
      ZERO_AR_DATE=0 ld64.lld-19 -bundle -undefined dynamic_lookup -platform_version macos 11.0 11.0 -arch $1 \\
        -oso_prefix $BASE $3 -o part.so part.o
    }
    BASE=$1; OUT=$2
    compile arm64 4 -adhoc_codesign
    cp part.so "$OUT/arm64.so"
    dsymutil-19 -oso-prepend-path $BASE part.so
    cp part.so.dSYM/Contents/Resources/DWARF/part.so "$OUT/dwarf-4"
    compile x86_64 4 -fixup_chains
    cp part.so "$OUT/x86_64.so"
    llvm-lipo-19 -create "$OUT/arm64.so" "$OUT/x86_64.so" -output "$OUT/fat.so"
    compile arm64 5 -adhoc_codesign
    rm -r part.so.dSYM
    dsymutil-19 -oso-prepend-path $BASE part.so
    cp part.so.dSYM/Contents/Resources/DWARF/part.so "$OUT/dwarf-5"
    """
}

extension Sources {
  /// One unit that needs no header, with a path in loaded bytes.
  static let machO = [
    "part.h": header,
    "part.c": """
    #include "part.h"
    const char *where(void) { return __FILE__; }
    const char *const places[] = {"here", __FILE__};
    int part(int value) { struct point p = {value, 3}; return area(p); }
    """,
  ]
}
