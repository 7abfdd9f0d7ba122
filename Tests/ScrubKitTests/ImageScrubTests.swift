import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct ImageScrubTests {
  struct Build: Sendable, CustomTestStringConvertible {
    var compiler = "gcc"
    var flags: [String] = []
    var sources = Sources.plain
    var testDescription: String { ([compiler] + flags).joined(separator: " ") }
  }

  static let builds = [
    Build(),
    Build(flags: ["-gdwarf-4"]),
    Build(flags: ["-g3"]),
    Build(flags: ["-gdwarf-4", "-g3"]),
    Build(flags: ["-O0", "-UNDEBUG"]),
    Build(flags: ["-gdwarf64"]),
    Build(flags: ["-fdebug-types-section"]),
    Build(flags: ["-Wl,--build-id=0x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]),
    Build(flags: ["-Wl,--build-id=md5"]),
    // 13 bytes, so that the note's section ends without padding.
    Build(flags: ["-Wl,--build-id=0x0123456789abcdef0123456789"]),
    Build(compiler: "clang", flags: ["-gdwarf-5", "-O2", "-fdebug-types-section"]),
    Build(compiler: "clang"),
    Build(compiler: "clang", flags: ["-gdwarf-4"]),
    Build(compiler: "clang", flags: ["-gdwarf-5", "-fdebug-macro"]),
    Build(compiler: "clang", flags: ["-gpubnames"]),
    Build(compiler: "aarch64-linux-gnu-gcc"),
    Build(flags: ["-gz=zlib"]),
    Build(flags: ["-gdwarf-4", "-gz=zlib"]),
    Build(flags: ["-gz=zlib-gnu"]),
    Build(compiler: "clang", flags: ["-gz=zlib"]),
    Build(flags: ["-r", "-nostdlib", "-Wl,--build-id=none"]),
    Build(compiler: "clang", flags: ["-r", "-nostdlib", "-Wl,--build-id=none"]),
    Build(flags: ["-gdwarf-4", "-r", "-nostdlib", "-Wl,--build-id=none"]),
    Build(flags: ["-gdwarf-4", "-gz=zlib", "-r", "-nostdlib", "-Wl,--build-id=none"]),
    // Its sections in front of .riscv.attributes, which is a segment, cannot move.
    Build(compiler: "riscv64-linux-gnu-gcc", flags: ["-nostdlib"], sources: Sources.quiet),
  ]

  static let quietBuilds = builds.map {
    Build(compiler: $0.compiler, flags: $0.flags, sources: Sources.quiet)
  }

  /// Where nothing loaded holds a path, not even the length of the directory's name is left in the result.
  @Test(arguments: quietBuilds) func directoriesOfAnyLengthBecomeTheSameBytes(build: Build) throws {
    let results = try [0, 0, 0, 17, 101].map { longer in
      let input = try Compiler.sharedLibrary(
        build.compiler, build.flags, sources: build.sources, longer: longer)
      var options = Options()
      options.verification = .full
      return try #require(try ImageScrub(options: options).run(Bytes(input), fix: true).output).array()
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  /// As compilers leave them: `.eh_frame` behind the debug sections, which in a linked file would be loaded.
  @Test(arguments: [
    Build(flags: ["-c"]), Build(flags: ["-c", "-gz=zlib"]), Build(flags: ["-c", "-gz=zlib-gnu"]),
    Build(flags: ["-c", "-fdebug-types-section"]), Build(compiler: "clang", flags: ["-c"]),
    Build(compiler: "clang", flags: ["-c", "-gz=zlib"]),
    Build(compiler: "aarch64-linux-gnu-gcc", flags: ["-c"]),
    // Names inside .debug_line, and relocations behind them: with explicit addends and without, of both sizes and
    // orders. Where gcc leaves the line table to its assembler, that writes version 3 even beside DWARF 5.
    Build(flags: ["-c", "-gdwarf-4"]), Build(flags: ["-c", "-gdwarf-2"]),
    // (Not -gz: whether so small a line table becomes smaller, and is compressed at all, its path decides.)
    Build(flags: ["-c", "-gdwarf-4", "-ffunction-sections"]),
    Build(compiler: "clang", flags: ["-c", "-gdwarf-4", "-ffunction-sections"]),
    Build(compiler: "i686-linux-gnu-gcc", flags: ["-c", "-gdwarf-4"]),
    Build(compiler: "arm-linux-gnueabihf-gcc", flags: ["-c"]),
    Build(compiler: "arm-linux-gnueabihf-gcc", flags: ["-c", "-gdwarf-4"]),
    Build(compiler: "s390x-linux-gnu-gcc", flags: ["-c"]),
    Build(compiler: "powerpc64-linux-gnu-gcc", flags: ["-c", "-gdwarf-4", "-fdebug-types-section"]),
  ]) func objectFilesFromDirectoriesOfAnyLengthBecomeTheSameBytes(build: Build) throws {
    let results = try [0, 0, 0, 17, 101].map { longer in
      let input = try Compiler.sharedLibrary(
        build.compiler, build.flags, sources: Sources.single, longer: longer)
      let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
      #expect(outcome.findings.allSatisfy { $0.isFixable } && outcome.notes.isEmpty, "\(outcome.notes)")
      return try #require(outcome.output).array()
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  /// The linker puts the same addresses beside the same lines, whether the object file was fixed or not.
  @Test(arguments: [
    ("gcc", ["-gdwarf-4"]), ("gcc", ["-gdwarf-4", "-ffunction-sections"]),
    ("gcc", ["-gdwarf-4", "-gz=zlib"]),
    ("clang", ["-gdwarf-4"]), ("i686-linux-gnu-gcc", ["-gdwarf-4"]),
    ("arm-linux-gnueabihf-gcc", ["-gdwarf-4"]),
    ("s390x-linux-gnu-gcc", []), ("powerpc64-linux-gnu-gcc", ["-gdwarf-3"]),
  ]) func fixedObjectFilesLinkToTheSameLines(_ compiler: String, _ flags: [String]) throws {
    let input = try Compiler.sharedLibrary(compiler, ["-c"] + flags, sources: Sources.single, longer: 31)
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
    #expect(outcome.findings.allSatisfy { $0.fate == .rebuilt }, "\(outcome.findings.map(\.place))")
    let scratch = Scratch()
    _ = scratch.file("before.o", input)
    _ = scratch.file("after.o", try #require(outcome.output).array())
    let rows = try ["before", "after"].map { name in
      try scratch.run(
        compiler, "-shared", "-nostdlib", "-Wl,--build-id=none", "\(name).o", "-o", "\(name).so")
      let text = try scratch.run(Scratch.dwarfdump, "--debug-line", "\(name).so")
      return text.split(separator: "\n").filter { $0.hasPrefix("0x") && $0.contains("is_stmt") }
    }
    #expect(rows[0].count > 3 && rows[0] == rows[1], "\(rows)")
    // (clang says where it was in .debug_info alone.)
    let names = try scratch.run(Scratch.dwarfdump, "--debug-line", "after.so")
    #expect(names.contains("\"/build/demo") == (compiler != "clang"), "\(names)")
    #expect(!names.contains("pip-install"), "\(names)")
  }

  /// What cannot be followed is edited in place, with a note, and refuses nothing.
  @Test(arguments: [[], ["-gz=zlib"]])
  func objectFilesOfRelaxingLinkersAreEditedInPlace(flags: [String]) throws {
    let results = try (0..<3).map { _ in
      let input = try Compiler.sharedLibrary(
        "riscv64-linux-gnu-gcc", ["-c"] + flags, sources: Sources.single)
      let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
      #expect(outcome.findings.allSatisfy { $0.fate == .inPlace })
      #expect(outcome.notes.contains { "\($0)".contains("lengths are subject to relocation") })
      return try #require(outcome.output)
    }
    for output in results {
      #expect(try ImageScrub(options: Options()).run(output, fix: false).findings.isEmpty)
    }
  }

  /// The layout that keeps every section at its offset.
  @Test(arguments: [Build(), Build(flags: ["-gdwarf-4"]), Build(compiler: "clang")])
  func slotLayout(build: Build) throws {
    var options = Options()
    options.layout = .slot
    let results = try (0..<6).map { _ in
      let input = try Compiler.sharedLibrary(build.compiler, build.flags, sources: build.sources)
      let output = try #require(try ImageScrub(options: options).run(Bytes(input), fix: true).output)
      let before = try ElfImage(Bytes(input))
      let after = try ElfImage(output)
      #expect(zip(before.sections, after.sections).allSatisfy { $0.offset == $1.offset })
      #expect(output.count == input.count)
      return output.array()
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test(arguments: builds) func buildsInRandomDirectoriesBecomeTheSameBytes(build: Build) throws {
    var results: [[UInt8]] = []
    var inputs: Set<[UInt8]> = []
    for _ in 0..<6 {
      let input = try Compiler.sharedLibrary(build.compiler, build.flags, sources: build.sources)
      inputs.insert(input)
      var options = Options()
      options.verification = .full
      let outcome = try ImageScrub(options: options).run(Bytes(input), fix: true)
      #expect(!outcome.findings.isEmpty)
      #expect(outcome.findings.allSatisfy { $0.isFixable })
      // A detail is no doubt about this fix: it says that paths in loaded strings keep their length.
      #expect(outcome.notes.allSatisfy { $0.isDetail }, "\(outcome.notes)")
      let keepsPaths = outcome.findings.contains { $0.place.section?.hasPrefix(".rodata") == true }
      #expect(outcome.notes.count == (keepsPaths ? 1 : 0), "\(outcome.notes)")
      let sealed = outcome.changes.contains { if case .buildID = $0.kind { true } else { false } }
      #expect(sealed == !build.flags.contains("-Wl,--build-id=none"))
      results.append(try #require(outcome.output).array())
    }
    #expect(inputs.count == 6)
    #expect(results.allSatisfy { $0 == results[0] })

    let again = try ImageScrub(options: Options()).run(Bytes(results[0]), fix: true)
    #expect(again.findings.isEmpty)
    #expect(again.output == nil)
  }

  @Test func debugHitsAreNamed() throws {
    let input = try Compiler.sharedLibrary()
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: false)
    #expect(outcome.output == nil)
    let contexts = outcome.findings.compactMap(\.context)
    #expect(contexts.contains { $0.hasPrefix("DW_AT_comp_dir of unit /build/demo/part.c") }, "\(contexts)")
    #expect(contexts.contains { $0.hasPrefix("DW_AT_name of unit /build/demo/part.c") }, "\(contexts)")
    #expect(outcome.findings.allSatisfy { $0.place.section != nil && $0.place.offset != nil })
    let rodata = try #require(
      outcome.findings.first { $0.place.section == ".rodata.str1.1" || $0.place.section == ".rodata" })
    #expect(rodata.fate == .inPlace)
    #expect(rodata.replacement == "/build/demo")
  }

  @Test func inlineNamesOfDWARF4AreNamed() throws {
    let input = try Compiler.sharedLibrary("gcc", ["-gdwarf-4"])
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: false)
    let line = outcome.findings.filter { $0.place.section == ".debug_line" }
    #expect(!line.isEmpty)
    #expect(line.allSatisfy { $0.context?.hasPrefix("include directory 1 of unit") == true }, "\(line)")
    #expect(line.allSatisfy { $0.fate == .rebuilt })
  }

  @Test func compressedSectionsInSlotsAreLeftWithAReason() throws {
    let input = try Compiler.sharedLibrary("gcc", ["-gz=zlib"], sources: Sources.quiet)
    var options = Options()
    options.layout = .slot
    let outcome = try ImageScrub(options: options).run(Bytes(input), fix: true)
    #expect(!outcome.findings.isEmpty)
    #expect(outcome.findings.allSatisfy { !$0.isFixable })
    #expect(outcome.output == nil)
  }

  @Test func keepingTheBuildID() throws {
    let input = Bytes(try Compiler.sharedLibrary())
    var options = Options()
    options.buildID = .keep
    let output = try #require(try ImageScrub(options: options).run(input, fix: true).output)
    let before = try ElfImage(input)
    let after = try ElfImage(output)
    #expect(before.buildIDs.count == 1)
    #expect(before.bytes[before.buildIDs[0]] == after.bytes[after.buildIDs[0]])
  }

  @Test func headersThatLie() throws {
    let input = try Compiler.sharedLibrary()
    let image = try ElfImage(Bytes(input))
    let section = try #require(image.section(named: ".debug_info"))
    // sh_offset of .debug_info far outside.
    var lying = input
    let field = image.sectionHeaderOffset(of: section) + 0x18
    lying[field + 4] = 0x7f
    do throws(ScrubError) {
      _ = try ImageScrub(options: Options()).run(Bytes(lying), fix: true)
      Issue.record("a section outside the file was accepted")
    } catch {
      #expect("\(error)".contains("section header \(section.index) (.debug_info)"))
    }
    // Section headers outside the file.
    lying = input
    lying[0x28 + 5] = 1
    #expect(throws: ScrubError.self) { try ImageScrub(options: Options()).run(Bytes(lying), fix: true) }
    // Headers of another size than their class has: what is written into one would go into its neighbour.
    for (field, name) in [(0x36, "e_phentsize"), (0x3a, "e_shentsize")] {
      for size: UInt8 in [0, 1, 8, 40, 65] {
        lying = input
        lying[field] = size
        let text = errorText { () throws(ScrubError) in
          _ = try ImageScrub(options: Options()).run(Bytes(lying), fix: true)
        }
        #expect(text?.contains(name) == true, "\(size): \(text ?? "no error")")
      }
    }
    // Two sections on the same bytes.
    lying = input
    let other = try #require(image.section(named: ".debug_abbrev"))
    let target = image.sectionHeaderOffset(of: other) + 0x18
    lying.replaceSubrange(target..<target + 8, with: input[field..<field + 8])
    #expect(throws: ScrubError.self) { try ImageScrub(options: Options()).run(Bytes(lying), fix: true) }
  }
}
