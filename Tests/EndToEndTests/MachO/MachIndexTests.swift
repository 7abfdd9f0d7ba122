import Foundation
import Testing

/// Published wheels for macOS, most of which leak; pip downloads them: `make test-index`.
@Suite(
  .enabled(if: PublishedWheel.mayUseIndex, "needs a package index: run make test-index"),
  .timeLimit(.minutes(60)))
struct MachIndexTests {
  @Test(arguments: PublishedWheel.leaking)
  func `a published wheel is fixed, and only its paths and seals change`(_ item: PublishedWheel) async throws
  {
    let original = try await PublishedWheels.shared.path(of: item)
    let before = try await wheelscrub(["check", original])
    #expect(before.status == 1, "\(before.transcript)")
    let fixed = try await [original].fixed()[0].fixed
    let after = try await wheelscrub(["check", fixed])
    #expect(after.status == 0, "\(after.output.prefix(3000))")
    #expect(try await sha256([fixed].fixed()[0].fixed) == sha256(fixed))

    let comparison = try await Tools.judge("compare_images.py", [original, fixed])
    #expect(comparison.succeeded, "\(comparison.output.prefix(3000))")
    let record = try await Tools.judge("check_record.py", [fixed])
    #expect(record.succeeded, "\(record.output.prefix(3000))")

    let images = try machImages(in: try await unpacked(fixed))
    try signatures(of: images, item)
    try await MachJudges.headers(images)
  }

  @Test(arguments: PublishedWheel.leaking)
  func `another build of it would become the same bytes`(_ item: PublishedWheel) async throws {
    let directory = try Workspace.shared.scratch("twin")
    // pip, wheel and fix want to see a wheel's name.
    let original = try await PublishedWheels.shared.path(of: item)
    let name = (original as NSString).lastPathComponent
    let paths = ["base", "twin"].map { "\(directory)/\($0)/\(name)" }
    for path in paths {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    }
    let twins = try await Tools.judge("make_twin.py", [original] + paths)
    try #require(twins.succeeded && !twins.output.lines.isEmpty, "\(twins.transcript)")
    let tree = try await unpacked(paths[1])
    for member in twins.output.lines { try signatures(of: ["\(tree)/\(member)"], item, hasSlack: true) }

    let fixed = try await paths.fixed()
    let hashes = try await sha256(fixed.map(\.fixed))
    if hashes[0] != hashes[1] {
      let difference = try await wheelscrub(["diff"] + fixed.map(\.fixed))
      Issue.record("\(difference.output.prefix(3000))")
    }
  }

  @Test(arguments: PublishedWheel.leaking + PublishedWheel.genuine)
  func `the checker accepts what was published`(_ item: PublishedWheel) async throws {
    let tree = try await unpacked(try await PublishedWheels.shared.path(of: item))
    try signatures(of: machImages(in: tree), item, hasSlack: true)
  }

  /// cmake's Developer ID: its CMS signature cannot survive an edit. The wheel leaks nothing, so a leak is planted.
  @Test
  func `a wheel with a certificate's signature is refused, and signed ad hoc where asked for`() async throws {
    let original = try await PublishedWheels.shared.path(of: .cmake)
    let planted =
      try Workspace.shared.scratch("planted") + "/" + (original as NSString).lastPathComponent
    let plant = try await Tools.judge("plant_leak.py", [original, planted])
    try #require(plant.succeeded, "\(plant.transcript)")
    let members = plant.output.lines

    let clean = try await wheelscrub(["check", original])
    #expect(clean.status == 0, "\(clean.output.prefix(3000))")
    let output = try Workspace.shared.scratch("refused")
    let refused = try await wheelscrub(["fix", "-w", output, planted])
    #expect(refused.status == 1, "\(refused.transcript)")
    #expect(refused.output.contains("--resign adhoc"), "\(refused.transcript)")
    let kept = output + "/" + (planted as NSString).lastPathComponent
    #expect(try await sha256(kept) == sha256(planted))

    let fixed = try await [planted].fixed(["--resign", "adhoc"])[0].fixed
    let (before, after) = (try await unpacked(planted), try await unpacked(fixed))
    for member in members {
      try MachJudges.signatures("\(after)/\(member)", isSigned: true)
      let slices = (try MachSlice.all(in: "\(before)/\(member)"), try MachSlice.all(in: "\(after)/\(member)"))
      for (old, new) in zip(slices.0, slices.1) {
        let (was, signature) = (try #require(try CodeSignature(old)), try #require(try CodeSignature(new)))
        #expect(was.isByCertificate && !signature.isByCertificate)
        #expect(signature.directories.allSatisfy { $0.flags == CodeDirectory.adHoc && $0.team == nil })
        let entitlements = (was.blob(5), signature.blob(5))
        #expect((entitlements.0 == nil) == (entitlements.1 == nil))
        if let a = entitlements.0, let b = entitlements.1 {
          #expect(try old.data[a.range] == new.data[b.range])
        }
      }
    }
    try await MachJudges.headers(members.map { "\(after)/\($0)" })
  }

  private func signatures(of images: [String], _ item: PublishedWheel, hasSlack: Bool = false) throws {
    #expect(!images.isEmpty)
    for image in images {
      let file = try MachBytes(path: image)
      let checker = CodeSignatureChecker(mayReferToFiles: item.holdsApplication)
      let faults = try checker.faults(inFile: file)
      #expect(faults.isEmpty, "\(image): \(faults.prefix(20))")
      guard !hasSlack else { continue }
      for slice in try MachSlice.all(in: file) {
        guard let signature = try CodeSignature(slice) else { continue }
        // An image without a leak keeps what it has.
        let slack = try slice.data[signature.slack]
        if !slack.allSatisfy({ $0 == 0 }) { print("slack in \(image), which fix did not change") }
      }
    }
  }

  /// Every Mach-O image below a directory, by its magic, sorted.
  private func machImages(in directory: String) throws -> [String] {
    let files = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    return try files.sorted().map { "\(directory)/\($0)" }.filter { path in
      var isDirectory: ObjCBool = false
      let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      guard exists, !isDirectory.boolValue, let file = FileHandle(forReadingAtPath: path) else {
        return false
      }
      defer { try? file.close() }
      return MachSlice.isMach([UInt8](try file.read(upToCount: 8) ?? Data()))
    }
  }
}
