import Testing

@testable import Formats
@testable import ScrubKit

/// Compiled pairs that differ for one known reason each.
@Suite struct ImageCauseTests {
  /// A pair in which a table's order differs. Pairs that agree by chance prove nothing, and short tables agree more often
  /// than not, so there are many tries.
  private func pair(ordered cause: String, _ build: () throws -> [UInt8]) throws -> Pair {
    let first = try build()
    for _ in 0..<60 {
      let pair = Pair(first, try build())
      if pair.causes.contains(where: { $0.hasSuffix(cause) }) { return pair }
    }
    return Pair(first, try build())
  }

  @Test func theSameBytesAreIdentical() throws {
    let library = try Compiler.sharedLibrary()
    let pair = Pair(library, library)
    #expect(pair.report.isIdentical && pair.report.differences.isEmpty && pair.report.errors.isEmpty)
    // Whatever they are.
    #expect(Pair([1, 2, 3], [1, 2, 3]).report.isIdentical)
  }

  static let removable = [
    ("gcc", ["-gdwarf-5"]), ("gcc", ["-gdwarf-4"]), ("gcc", ["-g3"]), ("clang", ["-gdwarf-5"]),
    ("clang", ["-gdwarf-4"]), ("gcc", ["-gz=zlib"]), ("aarch64-linux-gnu-gcc", []),
  ]

  @Test(arguments: removable) func fixRemovesWhatTheDirectoryLeaves(_ compiler: String, _ flags: [String])
    throws
  {
    let pair = try pair(ordered: "table-order") {
      try Compiler.sharedLibrary(compiler, flags)
    }
    #expect(pair.report.remaining.isEmpty, "\(pair.causes)")
    #expect(pair.causes.contains { $0.hasSuffix(": build-root") }, "\(pair.causes)")
    #expect(pair.causes.contains(".note.gnu.build-id: build-id"), "\(pair.causes)")
    let known: Set<Cause> = [.buildRoot, .buildID, .tableOrder, .stringOffsets]
    #expect(pair.report.differences.allSatisfy { known.contains($0.cause) }, "\(pair.causes)")
  }

  @Test func offsetsFollowTheOrderOfTheirTable() throws {
    let pair = try pair(ordered: ".debug_str: table-order") {
      try Compiler.sharedLibrary("gcc", ["-gdwarf-4"])
    }
    #expect(pair.causes.contains(".debug_str: table-order"), "\(pair.causes)")
    #expect(pair.causes.contains(".debug_info: string-offsets"), "\(pair.causes)")
  }

  @Test(arguments: ["gcc", "clang"]) func anotherLengthOfTMPDIR(_ compiler: String) throws {
    let pair = Pair(try Compiler.sharedLibrary(compiler), try Compiler.sharedLibrary(compiler, longer: 23))
    #expect(pair.causes.contains(".rodata: build-root"), "\(pair.causes)")
    #expect(pair.causes.contains(".rodata: path-length!"), "\(pair.causes)")
    #expect(pair.report.remaining.map(\.cause) == [.pathLength], "\(pair.causes)")
    // Headers, code and unwind tables only follow; so does the build-id.
    let followers = try pair.followers(of: .pathLength)
    for section in [".eh_frame_hdr", ".note.gnu.build-id"] {
      #expect(followers.contains(section), "\(followers)")
    }
    #expect(try pair.first(.pathLength).cause.prevention.contains("-ffile-prefix-map"))
  }

  @Test func lldOrdersLoadedStringsByHash() throws {
    let flags = ["-fuse-ld=lld", "-Wl,-O1"]
    let pair = try pair(ordered: ".rodata: loaded-order!") {
      try Compiler.sharedLibrary("clang", flags)
    }
    #expect(pair.causes.contains(".rodata: loaded-order!"), "\(pair.causes)")
    #expect(pair.report.remaining.map(\.cause) == [.loadedOrder], "\(pair.causes)")
    #expect(try pair.followers(of: .loadedOrder).contains(".text"))
  }

  static let hashedNames = [
    ("_ZN4demo3run17h0123456789abcdefE", "_ZN4demo3run17hfedcba9876543210E"),
    ("_RNvCs1a2B3c4D5e_4demo3run", "_RNvCsZ9y8X7w6V5_4demo3run"),
    ("_GLOBAL__N__1a2b3c4d_x", "_GLOBAL__N__4d3c2b1a_x"),
    ("_GLOBAL__sub_I__tmp_pip_a", "_GLOBAL__sub_I__tmp_pip_b"),
  ]

  @Test(arguments: hashedNames) func pathHashesInSymbolNames(_ one: String, _ other: String) throws {
    let libraries = try [one, other].map { name in
      try Compiler.sharedLibrary(
        "gcc", ["-g0"], sources: ["x.c": "int run(int x) __asm__(\"\(name)\"); int run(int x) { return x; }"])
    }
    let pair = Pair(libraries[0], libraries[1])
    #expect(pair.causes.contains(".dynstr: symbol-hash!"), "\(pair.causes)")
    #expect(pair.causes.contains(".strtab: symbol-hash!"), "\(pair.causes)")
    // The linker orders .strtab by a hash of the names.
    #expect(
      pair.report.remaining.allSatisfy { [.symbolHash, .tableOrder].contains($0.cause) }, "\(pair.causes)")
  }

  @Test func intermediateCode() throws {
    let flags = ["-r", "-nostdlib", "-flto", "-flinker-output=rel", "-Wl,--build-id=none"]
    let pair = Pair(try Compiler.sharedLibrary("gcc", flags), try Compiler.sharedLibrary("gcc", flags))
    let lto = try pair.first(.lto)
    #expect(!lto.isFixed && lto.count > 1)
    #expect(lto.cause.prevention.contains("-frandom-seed"))
  }

  @Test func goldNamesVersionsAfterTheOutput() throws {
    let pair = Pair(try GoldLibrary.build(), try GoldLibrary.build())
    #expect(pair.causes.contains(".dynstr: build-root"), "\(pair.causes)")
    #expect(pair.report.remaining.map(\.cause) == [.versionDefinition], "\(pair.causes)")
  }

  @Test func otherCompilersAndFlags() throws {
    let pair = Pair(
      try Compiler.sharedLibrary("gcc"), try Compiler.sharedLibrary("gcc", ["-O2", "-funroll-loops"]))
    #expect(pair.causes.contains(".debug_str: compiler!"), "\(pair.causes)")
    #expect(pair.causes.contains(".text: code!"), "\(pair.causes)")
    let versions = Pair(
      try Compiler.sharedLibrary("gcc", ["-g0"]), try Compiler.sharedLibrary("clang", ["-g0"]))
    #expect(versions.causes.contains(".comment: compiler!"), "\(versions.causes)")
  }

  @Test func otherCode() throws {
    func library(_ number: Int) throws -> [UInt8] {
      try Compiler.sharedLibrary("gcc", ["-g0"], sources: ["x.c": "int run(int x) { return x * \(number); }"])
    }
    let pair = Pair(try library(1000), try library(1001))
    #expect(pair.report.remaining.map(\.cause) == [.code], "\(pair.causes)")
    // A change of code is not taken for addresses because strings moved as well.
    func long(_ number: Int, longer: Int) throws -> [UInt8] {
      try Compiler.sharedLibrary(
        "gcc", ["-g0"],
        sources: ["x.c": "const char *f(void) { return __FILE__; } int run(int x) { return x * \(number); }"],
        longer: longer)
    }
    let both = Pair(try long(70_000, longer: 0), try long(90_001, longer: 23))
    #expect(
      both.causes.contains(".text: code!") && both.causes.contains(".rodata: path-length!"), "\(both.causes)")
  }

  @Test func timesOfTheBuild() throws {
    func library(_ time: String) throws -> [UInt8] {
      try Compiler.sharedLibrary(
        "gcc", ["-g0", "-Wno-builtin-macro-redefined", "-D__TIME__=\"\(time)\""],
        sources: ["x.c": "const char *when(void) { return \"built \" __TIME__; }"])
    }
    let pair = Pair(try library("10:11:12"), try library("23:59:58"))
    let time = try pair.first(.dateTime)
    #expect(time.place.section == ".rodata" && !time.isFixed)
    #expect(time.first == "built 10:11:12" && time.second == "built 23:59:58")
    #expect(pair.report.remaining.map(\.cause) == [.dateTime], "\(pair.causes)")
  }

  @Test func missingSections() throws {
    let library = try Compiler.sharedLibrary("gcc", ["-g0"], sources: Sources.quiet)
    let debug = try Compiler.sharedLibrary("gcc", ["-g1"], sources: Sources.quiet)
    let pair = Pair(library, debug)
    #expect(pair.causes.contains(".debug_info: section-missing!"), "\(pair.causes)")
    #expect(try #require(pair.report.differences.first { $0.place.section == ".debug_info" }).first == nil)
  }

  @Test func whatNobodyKnowsIsShown() throws {
    let library = try Compiler.sharedLibrary(
      "gcc", ["-g0"], sources: ["x.c": "double table[] = {1.5, 2.5, 3.5};"])
    let image = try ElfImage(Bytes(library))
    let data = try #require(image.section(named: ".data")?.fileRange)
    var changed = library
    changed[data.lowerBound + 15] ^= 1
    let pair = Pair(library, changed)
    let unknown = try pair.first(.unknown)
    #expect(unknown.place.section == ".data")
    #expect(unknown.first?.count == 32 && unknown.first != unknown.second)
    #expect(!unknown.isFixed)
  }

  @Test func theOptionsOfFixDecideWhatItRemoves() throws {
    let libraries = try (0..<2).map { _ in try Compiler.sharedLibrary(sources: Sources.quiet) }
    var options = Options()
    #expect(Pair(libraries[0], libraries[1], options).report.remaining.isEmpty)
    options.buildID = .keep
    #expect(Pair(libraries[0], libraries[1], options).report.remaining.map(\.cause) == [.buildID])
  }

  @Test func checksumsOfSeparateDebugFiles() throws {
    func image() throws -> [UInt8] {
      let scratch = Scratch()
      _ = scratch.file("x.so", try Compiler.sharedLibrary())
      try scratch.run("objcopy", "--only-keep-debug", "x.so", "x.so.debug")
      try scratch.run("objcopy", "--strip-debug", "--add-gnu-debuglink=x.so.debug", "x.so")
      return scratch.read("x.so")
    }
    let pair = Pair(try image(), try image())
    let link = try pair.first(.debugLink)
    // Alone, without the file that it is about.
    #expect(link.place.section == ".gnu_debuglink" && !link.isFixed)
    #expect(pair.report.remaining.map(\.cause) == [.debugLink], "\(pair.causes)")
  }

  @Test func bytesOfNoSection() throws {
    var library = try Compiler.sharedLibrary(sources: Sources.quiet)
    let image = try ElfImage(Bytes(library))
    let gap = try #require(image.gaps.first { $0.count >= 8 })
    let clean = library
    library.replaceSubrange(gap.lowerBound..<gap.lowerBound + 5, with: Array("stale".utf8))
    let pair = Pair(clean, library)
    let stray = try pair.first(.strayBytes)
    #expect(stray.isFixed && pair.report.differences.count == 1, "\(pair.causes)")
    // Without a build root nothing is rewritten, so they stay.
    func bare(_ library: [UInt8]) throws -> [UInt8] {
      let scratch = Scratch()
      _ = scratch.file("x.so", library)
      try scratch.run("objcopy", "--strip-debug", "x.so")
      var bare = scratch.read("x.so")
      let gap = try #require(try ElfImage(Bytes(bare)).gaps.first { $0.count >= 8 })
      if library != clean {
        bare.replaceSubrange(gap.lowerBound..<gap.lowerBound + 5, with: Array("stale".utf8))
      }
      return bare
    }
    let left = Pair(try bare(clean), try bare(library))
    #expect(try !left.first(.strayBytes).isFixed, "\(left.causes)")
  }

  @Test func filesWithoutSectionHeaders() throws {
    func bare() throws -> [UInt8] {
      var library = try Compiler.sharedLibrary("gcc", ["-g0"])
      for index in 0x28..<0x30 { library[index] = 0 }
      for index in 0x3a..<0x40 { library[index] = 0 }
      return library
    }
    let pair = Pair(try bare(), try bare())
    #expect(pair.report.errors.isEmpty, "\(pair.report.errors)")
    #expect(pair.report.differences.contains { $0.cause == .buildRoot }, "\(pair.causes)")
  }

  @Test func brokenImagesAreErrors() throws {
    let library = try Compiler.sharedLibrary()
    let pair = Pair(library, Array(library.prefix(library.count / 2)))
    #expect(pair.report.errors.count == 1 && pair.report.differences.isEmpty)
    let kinds = Pair(library, Array("PK\u{5}\u{6}".utf8))
    #expect(kinds.report.errors.first?.message.contains("one kind") == true)
    #expect(Pair([1], [2]).report.errors.count == 1)
  }
}
