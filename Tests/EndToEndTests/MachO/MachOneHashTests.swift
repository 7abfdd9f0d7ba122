import Foundation
import Testing

/// The promise for macOS, kept without a Mac: bundles of random directories become the same bytes, and stay true.
@Suite(.timeLimit(.minutes(60)))
struct MachOneHashTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var source: MachSource
    var product: MachProduct
    var testDescription: String { "\(product.testDescription), \(source.testDescription)" }
  }

  static let cases = [MachSource(), MachSource(isLoaded: true)].flatMap { source in
    MachProduct.all.map { Case(source: source, product: $0) }
  }

  @Test(arguments: cases)
  func `bundles of random directories become one`(_ item: Case) async throws {
    let originals = try await MachBuilder.shared.builds(item.source).map { "\($0)/\(item.product.path)" }
    let before = try await sha256(originals)
    #expect(Set(before).count == before.count, "the fixture leaks nothing: it tests nothing")
    let fixed = try await MachBuilder.shared.fixed(item.source).map { "\($0)/\(item.product.path)" }
    let hashes = try await sha256(fixed)
    #expect(Set(hashes.prefix(MachBuilder.sameLength)).count == 1, "\(hashes)")
    // The length of TMPDIR matters only where a loaded byte tells it.
    if !item.source.isLoaded { #expect(Set(hashes).count == 1, "\(hashes)") }
  }

  @Test(arguments: cases)
  func `signatures are true, and other programs read the result`(_ item: Case) async throws {
    let fixed = try await MachBuilder.shared.fixed(item.source).map { "\($0)/\(item.product.path)" }
    for path in fixed {
      try MachJudges.signatures(path, isSigned: item.product.seal != .unsigned, identifier: "town.so")
    }
    try await MachJudges.headers(fixed)
  }

  @Test(arguments: MachSource.all)
  func `check finds the leaks, and nothing after fix`(_ source: MachSource) async throws {
    let original = try await MachBuilder.shared.builds(source)[0]
    let fixed = try await MachBuilder.shared.fixed(source)[0]
    for product in MachProduct.all {
      for path in [product.path, product.debugPath] {
        let before = try await wheelscrub(["check", "\(original)/\(path)"])
        #expect(before.status == 1 && before.output.contains("/pip-install-"), "\(before.transcript)")
        let after = try await wheelscrub(["check", "\(fixed)/\(path)"])
        #expect(after.status == 0, "\(after.transcript)")
      }
    }
    let left = try await Tools.run("grep", ["-r", "-l", "-a", "-E", "pip-install-|_[0-9a-f]{32}", fixed])
    #expect(left.output.isEmpty, "\(left.transcript)")
  }

  @Test(arguments: MachSource.all)
  func `fixing twice is fixing once`(_ source: MachSource) async throws {
    let once = try await MachBuilder.shared.fixed(source)[0]
    let twice = try await fixedTree(once)
    let difference = try await Tools.run("diff", ["-r", once, twice])
    #expect(difference.succeeded, "\(difference.transcript)")
  }

  /// Only what was planned: by a reader of its own, byte by byte.
  @Test(arguments: MachSource.all)
  func `only paths, times and seals change`(_ source: MachSource) async throws {
    for index in [0, MachBuilder.sameLength] {
      let original = try await MachWheel.pack(MachBuilder.shared.builds(source)[index], isWithDebug: false)
      let fixed = try await MachWheel.pack(MachBuilder.shared.fixed(source)[index], isWithDebug: false)
      let outcome = try await Tools.judge("compare_images.py", [original, fixed])
      #expect(outcome.succeeded, "\(outcome.output.prefix(3000))")
      #expect(outcome.errors.contains("\(MachProduct.all.count) images compared"), "\(outcome.errors)")
    }
  }

  @Test(arguments: MachSource.all)
  func `objects and archives of one length become one`(_ source: MachSource) async throws {
    for file in [
      "object/arm64.o", "object/x86_64.o", "object/i386.o", "object/armv7.o", "archive/libcensus.a",
    ] {
      let originals = try await MachBuilder.shared.builds(source).map { "\($0)/\(file)" }
      let fixed = try await MachBuilder.shared.fixed(source).map { "\($0)/\(file)" }
      let before = try await sha256(originals)
      #expect(Set(before).count == before.count, "\(file)")
      let hashes = try await sha256(Array(fixed.prefix(MachBuilder.sameLength)))
      #expect(Set(hashes).count == 1, "\(file): \(hashes)")
      let check = try await wheelscrub(["check", fixed[0]])
      #expect(check.status == 0, "\(check.transcript)")
      let symbols = try await [originals[0], fixed[0]].symbols()
      #expect(symbols[0] == symbols[1], "\(file)")
    }
  }

  /// Load commands that lead into the build directory: as in ELF files, a run path goes where that is asked for;
  /// names of libraries become stable, the same in a library and in its user.
  @Test
  func `load commands are named, and run paths removed`() async throws {
    let build = try await MachBuilder.shared.builds(MachSource())[0] + MachBuilder.libraries
    let before = try await wheelscrub(["check", "--output-format", "concise", build])
    #expect(before.status == 1, "\(before.transcript)")
    for command in ["LC_RPATH", "LC_ID_DYLIB", "LC_LOAD_DYLIB"] {
      #expect(before.output.lines.contains { $0.contains(command) && $0.contains("BP401") }, "\(command)")
    }
    let fixed = try Workspace.shared.scratch("libraries")
    try await Tools.output(of: "cp", ["-a", build + "/.", fixed])
    let outcome = try await wheelscrub(["fix", "--in-place", "--fix-rpath", fixed])
    #expect(outcome.status == 0, "\(outcome.transcript)")
    let after = try await wheelscrub(["check", "--output-format", "concise", fixed])
    #expect(after.status == 0, "\(after.transcript)")

    let objdump = try #require(MachJudges.objdump)
    for name in ["libtown.dylib", "user.so"] {
      try MachJudges.signatures("\(fixed)/\(name)", isSigned: true, identifier: name)
      let headers = try await Tools.run(objdump, ["--macho", "--private-headers", "\(fixed)/\(name)"])
      #expect(headers.succeeded && headers.errorLines.isEmpty, "\(headers.transcript)")
      guard name == "libtown.dylib" else { continue }
      #expect(headers.output.components(separatedBy: "cmd LC_RPATH").count == 2, "\(headers.output)")
      #expect(headers.output.contains("path @loader_path "), "\(headers.output)")
    }
  }
}

extension [String] {
  /// What llvm-nm reads in each.
  fileprivate func symbols() async throws -> [String] {
    var results = [String]()
    for path in self {
      results.append(
        try await Tools.output(of: "llvm-nm" + MachJudges.version, ["-a", path]).replacing(path, with: ""))
    }
    return results
  }
}
