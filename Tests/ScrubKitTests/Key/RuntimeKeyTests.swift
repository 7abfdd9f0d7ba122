import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What the kernel, a loader or the program itself can read counts at run time, whatever section headers say.
@Suite struct RuntimeKeyTests {
  private let scratch = Scratch()

  /// A library with zeroed data, as all have that are linked with the C library's start files.
  private static let sources: [String: String] = {
    var sources = Sources.quiet
    sources["whole.c"]! += "\nstatic int n; int next(void) { return ++n; }\n"
    return sources
  }()

  private func library(_ flags: [String] = []) throws -> [UInt8] {
    try Compiler.sharedLibrary("gcc", ["-nostdlib"] + flags, sources: Self.sources)
  }

  /// Keys of level `runtime`, one for each content.
  private func keys(_ contents: [[UInt8]]) throws -> [String] {
    try contents.enumerated().map { number, content in
      _ = scratch.file("\(number).so", content)
      return try scratch.key("\(number).so", .runtime)
    }
  }

  private func expectApart(_ contents: [[UInt8]], _ comment: Comment? = nil) throws {
    #expect(Set(try keys(contents)).count == contents.count, comment)
  }

  /// AppImage, PyInstaller, `bun build --compile`: the program reads its own file.
  @Test func bytesBehindTheLastSectionCount() throws {
    for original in [try library(), try library(["-s"]), TinyImage.elf()] {
      try expectApart([original, original + [0], original + Array("one".utf8), original + Array("two".utf8)])
    }
  }

  @Test func addedSectionsCount() throws {
    var files: [[UInt8]] = []
    _ = scratch.file("x.so", try library())
    for (name, text) in [("pydata", "one"), ("pydata", "two"), ("other", "one"), (".debug_payload", "one")] {
      _ = scratch.file("payload", Array(text.utf8))
      try scratch.run("objcopy", "--add-section", "\(name)=payload", "x.so", "y.so")
      files.append(scratch.read("y.so"))
    }
    try expectApart([scratch.read("x.so")] + files)
  }

  /// A name that only debug info has hides what stands there; the pages that are mapped are seen all the same.
  @Test func noSectionHidesWhatIsMapped() throws {
    var original = try library()
    let image = try ElfImage(Bytes(original))
    let text = try #require(image.section(named: ".text"))
    let header = image.sectionHeaderOffset(of: text)
    let start = try #require(text.fileRange).lowerBound
    // Not allocated, of type SHT_SYMTAB, or called `.debug_info`.
    var hidden: [[UInt8]] = []
    for (place, value) in [(8, UInt8(0)), (4, 2)] {
      original[header + place] = value
      var flipped = original
      flipped[start] ^= 1
      hidden += [original, flipped]
    }
    try expectApart(hidden)
  }

  @Test func theRestOfAMappedPageCounts() throws {
    let code = [UInt8](repeating: 0x90, count: 16)
    let size = UInt64(64 + 56 + 8)
    // The segment ends in the middle of the code; memory behind it is not zeroed, since nobody may write there.
    let files = [0x90, 0x91].map { last in
      TinyImage.elf(code: code.dropLast() + [last], segment: (size, size + 64))
    }
    try expectApart(files)
    // Debug info that shares the last page of a segment without zeroed data is mapped with it.
    let library = try Compiler.sharedLibrary("gcc", ["-nostdlib"], sources: Sources.quiet)
    let image = try ElfImage(Bytes(library))
    let data = try #require(image.segments.last { $0.isLoad })
    #expect(data.memorySize == data.fileSize && data.fileRange.upperBound % 4096 != 0)
    var changed = library
    changed[data.fileRange.upperBound + 0x60] ^= 1
    try expectApart([library, changed])
  }

  @Test func theInterpreterCountsWhereverItLies() throws {
    var file = try library(["-pie", "-Wl,-e,whole", "-Wl,--dynamic-linker=/lib/ld-one.so"])
    let image = try ElfImage(Bytes(file))
    let index = try #require(image.segments.firstIndex { $0.type == 3 })
    let header = Int(image.header.programHeaderOffset) + 56 * index
    // Behind everything else, where nothing is loaded.
    let place = file.count
    file += Array("/lib/ld-one.so\0".utf8)
    file.store(UInt64(place), at: header + 8, width: 8, order: .little)
    var other = file
    other[place + 8] ^= 1
    try expectApart([file, other])
  }

  /// Only a build-id that whoever reads notes finds is masked: in a PT_NOTE, of at most 64 bytes.
  @Test func notesThatClaimMoreAreContent() throws {
    let original = try library()
    let image = try ElfImage(Bytes(original))
    let text = try #require(image.section(named: ".text")?.fileRange)
    let note = try #require(image.section(named: ".note.gnu.build-id"))
    let segment = try #require(image.segments.firstIndex { $0.type == 4 })
    let place = try #require(note.fileRange).lowerBound
    let id = try #require(image.buildIDs.first)
    var other = original
    other[id.lowerBound] ^= 0xff
    #expect(Set(try keys([original, other])).count == 1)

    // The descriptor reaches over the code, in PT_NOTE or only for the section header.
    let size = text.upperBound - place
    for isInSegment in [true, false] {
      var liar = original
      liar.store(UInt64(size - 16), at: place + 4, width: 4, order: .little)
      let header = image.sectionHeaderOffset(of: note)
      liar.store(UInt64(size), at: header + 32, width: 8, order: .little)
      if isInSegment {
        let entry = Int(image.header.programHeaderOffset) + 56 * segment
        liar.store(UInt64(size), at: entry + 32, width: 8, order: .little)
      }
      var changed = liar
      changed[text.lowerBound] ^= 1
      try expectApart([liar, changed], "\(isInSegment)")
    }
    // Small enough, but over code.
    var small = original
    let code = text.lowerBound
    small.replaceSubrange(
      code..<code + 20, with: [4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 0x47, 0x4e, 0x55, 0, 1, 2, 3, 4])
    let entry = Int(image.header.programHeaderOffset) + 56 * segment
    small.store(UInt64(code), at: entry + 8, width: 8, order: .little)
    small.store(UInt64(20), at: entry + 32, width: 8, order: .little)
    var changed = small
    changed[code + 16] ^= 1
    try expectApart([small, changed])
  }

  @Test func strippingIsNoChange() throws {
    _ = scratch.file("x.so", try library())
    for flag in ["--strip-debug", "--strip-all"] {
      try scratch.run("strip", flag, "x.so", "-o", "y.so")
      #expect(try scratch.key("x.so", .runtime) == scratch.key("y.so", .runtime), "\(flag)")
    }
  }

  @Test func debugFilesThatCarryMoreCount() throws {
    try Builds.run(Builds.pair, in: scratch, to: "a", sources: Self.sources)
    let file = "a/.debug/x.so.debug"
    let contents = ContentKeys(level: .runtime)
    #expect(contents.key(of: Bytes(scratch.read(file))).isLoaded == false)
    #expect(contents.key(of: Bytes(scratch.read(file) + [1])).isLoaded)
    _ = scratch.file("payload", [1, 2, 3])
    try scratch.run("objcopy", "--add-section", "pydata=payload", file)
    #expect(contents.key(of: Bytes(scratch.read(file))).isLoaded)
    // A text that begins as dsymutil's maps do is a text.
    let text = Bytes(Array("---\ntriple: 'x86_64'\n".utf8))
    #expect(contents.key(of: text).isLoaded)
    #expect(WheelKey.isBundleList("x.dSYM/Contents/Resources/Relocations/arm64/x.yml"))
    #expect(!WheelKey.isBundleList("x/Contents/Resources/Relocations/arm64/x.yml"))
  }

  @Test func machOTails() throws {
    let signed = try AppleCompiler.build(AppleCompiler.Settings(linkerFlags: ["-adhoc_codesign"])).image
    let contents = ContentKeys(level: .runtime)
    for image in [TinyImage.machO(), signed, try AppleCompiler.universal([signed])] {
      let keys = [image, image + [0], image + [1]].map { contents.key(of: Bytes($0)) }
      #expect(Set(keys.map(\.digest)).count == 3)
      #expect(keys[0].level == .runtime)
    }
    try expectApart([TinyImage.machO(), TinyImage.machO(code: [0, 3, 0x5f, 0xd6])])
  }

  /// A build-id that claims code is none: `fix` would write a hash over the program.
  @Test func fixLeavesCodeThatANoteClaims() throws {
    let original = try library()
    let image = try ElfImage(Bytes(original))
    let text = try #require(image.section(named: ".text")?.fileRange)
    let note = try #require(image.section(named: ".note.gnu.build-id"))
    let place = try #require(note.fileRange).lowerBound
    var liar = original
    liar.store(UInt64(text.upperBound - place - 16), at: place + 4, width: 4, order: .little)
    liar.store(
      UInt64(text.upperBound - place), at: image.sectionHeaderOffset(of: note) + 32, width: 8, order: .little)
    let outcome = try ImageScrub(options: Options()).run(Bytes(liar), fix: true)
    let output = try #require(outcome.output)
    #expect(output[text].array() == Array(original[text]))
  }

  /// The kernel does not run what its signature contradicts: neither level takes the two for one.
  @Test func brokenSignatures() throws {
    let output = try AppleCompiler.build(AppleCompiler.Settings(linkerFlags: ["-adhoc_codesign"]))
    var options = Options()
    // No root is one, so `fix` makes no new signature.
    options.policy = try Policy(RuleSelection(select: ["RC"]))
    let image = try MachOImage(Bytes(output.image))
    let signature = try #require(image.signature?.range)
    let hashes = try #require(try image.readSignature()?.directories.first).hashes
    for (name, place) in [("hash", hashes), ("identifier", 0)] {
      var broken = output.image
      let identifier = try #require(try image.readSignature()?.directories.first).identifier
      broken[signature.lowerBound + (name == "hash" ? place : identifier.lowerBound)] ^= 1
      _ = scratch.file("sound.so", output.image)
      _ = scratch.file("broken.so", broken)
      for level in KeyLevel.allCases {
        let reports = scratch.keys(["sound.so", "broken.so"], level, options: options)
        #expect(reports[0].key != reports[1].key, "\(name)")
      }
      #expect(scratch.keys(["sound.so"], .runtime, options: options)[0].level == .runtime)
      if name == "hash" {
        #expect(scratch.keys(["broken.so"], .runtime, options: options)[0].level == .full)
      }
    }
    // With something to fix both get one true signature.
    var broken = output.image
    broken[signature.lowerBound + hashes] ^= 1
    _ = scratch.file("broken.so", broken)
    #expect(try scratch.key("sound.so") == scratch.key("broken.so"))
  }

  /// Files whose headers lie have keys or errors, never traps.
  @Test func hostileHeaders() throws {
    let tiny = TinyImage.elf()
    func stored(_ value: UInt64, at place: Int, width: Int) -> [UInt8] {
      var bytes = tiny
      bytes.store(value, at: place, width: width, order: .little)
      return bytes
    }
    let hostile: [[UInt8]] = [
      [], Array(tiny.prefix(4)), Array(tiny.prefix(63)), Array(tiny.prefix(100)),
      // e_phoff into the header, at the end, beyond; e_phnum.
      stored(0, at: 32, width: 8), stored(UInt64(tiny.count - 1), at: 32, width: 8),
      stored(.max, at: 32, width: 8), stored(0xffff, at: 56, width: 2), stored(0, at: 56, width: 2),
      // p_filesz, p_offset, p_vaddr, p_align.
      stored(1 << 40, at: 96, width: 8), stored(.max, at: 72, width: 8), stored(.max, at: 80, width: 8),
      stored(.max, at: 112, width: 8), stored(3, at: 112, width: 8), stored(0, at: 96, width: 8),
      // e_shoff at the header itself, with sections and without; e_ehsize.
      stored(1, at: 40, width: 8), stored(0xffff, at: 52, width: 2), stored(0xffff, at: 60, width: 2),
      // Core file, no type.
      stored(4, at: 16, width: 2), stored(0, at: 16, width: 2),
    ]
    for (number, content) in hostile.enumerated() {
      for level in KeyLevel.allCases {
        _ = scratch.file("hostile", content)
        let report = scratch.keys(["hostile"], level)[0]
        #expect((report.key == nil) != report.errors.isEmpty, "\(number)")
        _ = ContentKeys(level: level).key(of: Bytes(content))
      }
    }
    // The header's size says nothing about whose bytes those are.
    let lie = stored(0xffff, at: 52, width: 2)
    try expectApart([lie, lie + [1], lie + [2]])
    // Pages of the file that are no pages of memory: every byte counts, and the level says so.
    _ = scratch.file("apart.so", stored(0x123, at: 80, width: 8))
    #expect(scratch.keys(["apart.so"], .runtime)[0].level == .full)
  }
}
