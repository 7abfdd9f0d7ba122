import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What `fix` writes is proven to be the original but for paths and seals; one other byte, and it is not.
@Suite struct PathProofTests {
  private func fixed(_ bytes: [UInt8], _ options: Options = Options()) throws -> [UInt8] {
    let outcome = try LooseScrub(options: options).run(Bytes(bytes), FileKind.of(Bytes(bytes)), fix: true)
    return try #require(outcome.output).array()
  }

  private func prove(
    _ original: [UInt8], _ fixed: [UInt8], _ options: Options = Options(), name: String = "out.so"
  ) -> ProofReport {
    let scratch = Scratch()
    return PathProof(options).run(scratch.file("a/\(name)", original), scratch.file("b/\(name)", fixed))
  }

  @Test(
    arguments: ["gcc", "clang"],
    [
      [], ["-gdwarf-4"], ["-gz"], ["-c"], ["-c", "-gdwarf-4"], ["-gdwarf-5", "-g3", "-O2"],
      ["-g0"],
    ])
  func whatFixWrites(_ compiler: String, _ flags: [String]) throws {
    let sources =
      flags.contains("-c") ? ["part.h": Sources.header, "part.c": Sources.plain["part.c"]!] : Sources.plain
    let original = try Compiler.sharedLibrary(compiler, flags, sources: sources)
    for layout in Options.Layout.allCases {
      var options = Options()
      options.layout = layout
      let report = prove(original, try fixed(original, options), options)
      #expect(report.isProven && report.roots > 0, "\(report)")
      #expect(report.seals == (flags.contains("-c") ? 0 : 1))
      #expect(!report.isIdentical && prove(original, original).isIdentical)
    }
  }

  /// Without a build-id, which is a hash of all bytes and would hide that nothing else noticed.
  @Test(arguments: [["-g"], ["-g", "-gdwarf-4"], ["-g0"], ["-c"]])
  func oneOtherByte(_ flags: [String]) throws {
    let sources =
      flags.contains("-c") ? ["part.h": Sources.header, "part.c": Sources.plain["part.c"]!] : Sources.plain
    let original = try Compiler.sharedLibrary("gcc", flags + ["-Wl,--build-id=none"], sources: sources)
    let good = try fixed(original)
    let image = try ElfImage(Bytes(good))
    #expect(prove(original, good).isProven)
    var random = Seeded(state: 12)
    var places = (0..<150).map { _ in Int.random(in: 0..<good.count, using: &random) }
    for section in image.sections {
      if let range = section.fileRange {
        places += [range.lowerBound, range.upperBound - 1, (range.lowerBound + range.upperBound) / 2]
      }
    }
    places += [image.sectionHeaderRange.lowerBound + 70, 5, 0x12, 0x30, good.count - 1]
    let (one, other) = (Bytes(original), Bytes(good))
    for place in Set(places) {
      var bad = other.array()
      bad[place] ^= 0x11
      let proof = try? ContentProof(options: Options()).compare(one, Bytes(bad))
      #expect(proof?.violations.isEmpty == false, "0x\(String(place, radix: 16)) of \(flags)")
    }
  }

  @Test func theBuildIDIsTrue() throws {
    let original = try Compiler.sharedLibrary()
    var bad = try fixed(original)
    let id = try ElfImage(Bytes(bad)).buildIDs[0]
    bad[id.lowerBound] ^= 1
    #expect(prove(original, bad).violations.map(\.place.section) == ["build-id"])
    // One that stayed is not true either, unless it was to.
    var options = Options()
    options.buildID = .keep
    let kept = try fixed(original, options)
    #expect(prove(original, kept, options).isProven)
    #expect(prove(original, kept).violations.map(\.place.section) == ["build-id"])
  }

  /// `sed` would have done this to a path that programs open.
  @Test func absolutePathsThatBecameRelative() throws {
    let original = try Compiler.sharedLibrary(
      "gcc", ["-g0", "-Wl,--build-id=none"],
      sources: ["a.c": "const char *plugins(void) { return \"/root/.config/app/plugins\"; }"])
    var options = Options()
    options.policy = try Policy(RuleSelection(select: ["BP2"]))
    let (old, new) = (Array("/root/.config".utf8), Array("./////.config".utf8))
    let place = try #require(original.indices.first { original[$0...].starts(with: old) })
    var bad = original
    bad.replaceSubrange(place..<place + old.count, with: new)
    #expect(
      prove(original, bad, options).violations.map(\.message) == ["an absolute path became a relative one"])
    #expect(prove(original, original, options).isProven)
    // What is no root for these rules is no path that may change.
    #expect(prove(original, bad).violations.map(\.message) == ["bytes changed that are no build root"])
  }

  @Test func runPaths() throws {
    let flags = ["-g0", "-Wl,-rpath,/tmp/pip-install-ab12cd34/x/lib:/opt/lib", "-Wl,--enable-new-dtags"]
    for flags in [flags, ["-g0", "-Wl,-rpath,/tmp/pip-install-ab12cd34/x/lib"]] {
      let original = try Compiler.sharedLibrary("gcc", flags)
      var options = Options()
      options.fixRunPath = true
      let good = try fixed(original, options)
      let report = prove(original, good, options)
      #expect(report.isProven, "\(report)")
      #expect(!prove(original, good).isProven)
    }
  }

  @Test(arguments: TestArchive.makers) func archives(_ maker: [String]) throws {
    let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-proof-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try TestArchive.objects(under: base)
    let original = [UInt8](try Data(contentsOf: try TestArchive.make(maker, in: root)))
    let good = try fixed(original)
    let report = prove(original, good, name: "libx.a")
    #expect(report.isProven && report.roots > 0, "\(report)")
    let archive = try StaticArchive(Bytes(good))
    for member in archive.members {
      for place in [
        member.extent.lowerBound + 20, member.extent.lowerBound + 42, member.content.lowerBound + 4,
      ]
      where place < member.content.upperBound {
        var bad = good
        bad[place] ^= 1
        #expect(!prove(original, bad, name: "libx.a").isProven, "\(member.name)+\(place)")
      }
    }
  }

  @Test(
    arguments: ["arm64", "x86_64"],
    [["-adhoc_codesign"], ["-no_adhoc_codesign"], ["-adhoc_codesign", "-fixup_chains"]])
  func machO(_ architecture: String, _ flags: [String]) throws {
    let original = try AppleCompiler.build(
      .init(architecture: architecture, linkerFlags: flags, isLoaded: true)
    )
    for original in [original.image, original.object, original.archive] {
      guard let good = try? fixed(original) else { continue }
      let report = prove(original, good)
      #expect(report.isProven && report.roots > 0, "\(report)")
      var random = Seeded(state: 7)
      for _ in 0..<60 {
        let place = Int.random(in: 0..<good.count, using: &random)
        var bad = good
        bad[place] ^= 0x11
        #expect(!prove(original, bad).isProven, "0x\(String(place, radix: 16))")
      }
    }
  }

  @Test func universalBinaries() throws {
    let slices = try ["arm64", "x86_64"].map {
      try AppleCompiler.build(.init(architecture: $0, linkerFlags: ["-adhoc_codesign"])).image
    }
    let original = try AppleCompiler.universal(slices)
    var good = try fixed(original)
    #expect(prove(original, good).isProven)
    good[good.count / 2] ^= 1
    #expect(prove(original, good).violations.allSatisfy { $0.place.member != nil })
    #expect(!prove(original, good).isProven)
  }

  @Test func bytecode() throws {
    let version = BytecodeVersion.of(magic: 3495)!
    let original = TestBytecode.module(version, filename: "/tmp/pip-target-ab12cd_4/lib/python/pkg/mod.py")
    let good = TestBytecode.module(version, filename: "pkg/mod.py")
    let report = prove(original, good, name: "mod.pyc")
    #expect(report.isProven && report.roots == 1, "\(report)")
    for name in ["pkg/other.py", "/home/alice/pkg/mod.py", ""] {
      #expect(!prove(original, TestBytecode.module(version, filename: name), name: "mod.pyc").isProven)
    }
    let other = TestBytecode.module(version, filename: "pkg/mod.py", constant: "valve")
    #expect(!prove(original, other, name: "mod.pyc").isProven)
    for place in good.indices {
      var bad = good
      bad[place] ^= 1
      #expect(!prove(original, bad, name: "mod.pyc").isProven, "\(place)")
    }
  }

  /// A library and its debug file share an id and hold each other's checksum: both are needed to judge them.
  @Test func filesThatBelongTogether() throws {
    let scratch = Scratch()
    try Builds.run(Builds.pair, in: scratch, to: "a")
    scratch.fix(["a"], to: "b")
    let report = PathProof(Options()).run("\(scratch.path)/a", "\(scratch.path)/b")
    #expect(report.isProven && report.seals > 3, "\(report)")
    let alone = PathProof(Options()).run("\(scratch.path)/a/x.so", "\(scratch.path)/b/x.so")
    #expect(Set(alone.violations.map(\.place.section)) == ["build-id", ".gnu_debuglink"])

    var bad = scratch.read("b/.debug/x.so.debug")
    bad[bad.count - 1] ^= 1
    _ = scratch.file("b/.debug/x.so.debug", bad)
    #expect(!PathProof(Options()).run("\(scratch.path)/a", "\(scratch.path)/b").isProven)
  }
}
