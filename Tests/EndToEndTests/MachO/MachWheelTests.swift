import Foundation
import Testing

/// Wheels for macOS made on the fly.
enum MachWheel {
  static let name = "town-1.0-cp311-cp311-macosx_11_0_universal2.whl"

  /// A wheel of all bundles that a build gave, with or without their dSYMs.
  static func pack(_ directory: String, isWithDebug: Bool) async throws -> String {
    let wheel = try Workspace.shared.scratch("mach-wheel") + "/" + name
    let files = MachProduct.all.flatMap { isWithDebug ? [$0.path, $0.path + ".dSYM"] : [$0.path] }
    let outcome = try await Tools.judge("pack_wheel.py", [directory, wheel] + files)
    guard outcome.succeeded else { throw ToolFailure(description: outcome.transcript) }
    return wheel
  }
}

@Suite(.timeLimit(.minutes(60)))
struct MachWheelTests {
  @Test(arguments: [false, true])
  func `wheels of random directories become one`(_ isWithDebug: Bool) async throws {
    var originals = [String]()
    for build in try await MachBuilder.shared.builds(MachSource()) {
      originals.append(try await MachWheel.pack(build, isWithDebug: isWithDebug))
    }
    #expect(Set(try await sha256(originals)).count == originals.count)
    let wheels = try await originals.fixed()
    let hashes = try await sha256(wheels.map(\.fixed))
    #expect(Set(hashes).count == 1, "\(hashes)")

    let fixed = wheels[0].fixed
    let check = try await wheelscrub(["check", fixed])
    #expect(check.status == 0, "\(check.transcript)")
    #expect(try await sha256([fixed].fixed()[0].fixed) == hashes[0])
    let record = try await Tools.judge("check_record.py", [fixed])
    #expect(record.succeeded, "\(record.transcript)")

    let tree = try await unpacked(fixed)
    for product in MachProduct.all {
      let path = "\(tree)/town/\(product.path)"
      try MachJudges.signatures(path, isSigned: product.seal != .unsigned, identifier: "town.so")
      guard isWithDebug else { continue }
      let uuids = try await MachJudges.uuids(path)
      #expect(uuids.count == (product.architecture == .fat ? 2 : 1), "\(uuids)")
      #expect(try await MachJudges.uuids("\(tree)/town/\(product.debugPath)") == uuids)
    }
  }

  @Test
  func `what fix makes in a wheel is what it makes of a tree`() async throws {
    let wheel = try await MachWheel.pack(MachBuilder.shared.builds(MachSource())[1], isWithDebug: true)
    let tree = try await unpacked([wheel].fixed()[0].fixed)
    let loose = try await MachBuilder.shared.fixed(MachSource())[1]
    for product in MachProduct.all {
      for path in [product.path, product.debugPath] {
        #expect(try await sha256("\(tree)/town/\(path)") == sha256("\(loose)/\(path)"), "\(path)")
      }
    }
  }

  @Test
  func `without stabs nothing tells of objects`() async throws {
    let build = try await MachBuilder.shared.builds(MachSource())[0]
    let output = try Workspace.shared.scratch("dropped")
    for product in MachProduct.all {
      let file = "\(build)/\(product.path)"
      let outcome = try await wheelscrub(["fix", "--drop-debug-map", "-w", output, file])
      #expect(outcome.succeeded, "\(outcome.transcript)")
      let path = output + "/town.so"
      try MachJudges.signatures(path, isSigned: product.seal != .unsigned, identifier: "town.so")
      try await MachJudges.headers([path])
      for (old, new) in zip(try MachSlice.all(in: file), try MachSlice.all(in: path)) {
        // Stabs have one of the bits 0xe0 (N_STAB, nlist.h).
        let kept = try old.symbols().filter { $0.type & 0xe0 == 0 }
        let (before, after) = (try #require(try old.symbolTable()), try #require(try new.symbolTable()))
        let symbols = try new.symbols()
        let names = try kept.map { try old.name(of: $0, in: before) }
        #expect(try symbols.map { try new.name(of: $0, in: after) } == names)
        #expect(symbols.map(\.value) == kept.map(\.value))
      }
      try FileManager.default.removeItem(atPath: path)
    }
  }
}
