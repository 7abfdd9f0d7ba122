import Foundation
import Testing

/// The promise of the program: builds in different random directories become the same bytes.
@Suite(.timeLimit(.minutes(60)))
struct OneHashTests {
  @Test(arguments: Sdist.leaking)
  func `builds in random directories become one`(_ sdist: Sdist) async throws {
    try await becomeOne(sdist, by: .byName)
  }

  @Test(arguments: [Sdist.leaking[0], Sdist.leaking[1]])
  func `builds of an archive's path become one`(_ sdist: Sdist) async throws {
    try await becomeOne(sdist, by: .byPath)
  }

  private func becomeOne(_ sdist: Sdist, by route: Route) async throws {
    let originals = try await WheelBuilder.shared.wheels(sdist.name, by: route)
    #expect(Set(try await sha256(originals)).count > 1, "the fixture leaks nothing: it tests nothing")

    let wheels = try await WheelBuilder.shared.fixed(sdist.name, by: route)
    let hashes = try await sha256(wheels.map(\.fixed))
    #expect(Set(hashes).count == 1, "\(hashes)")
  }

  @Test(arguments: Sdist.leaking)
  func `check finds the leak, and nothing after fix`(_ sdist: Sdist) async throws {
    let wheel = try await WheelBuilder.shared.fixed(sdist.name)[0]
    let before = try await wheelscrub(["check", wheel.original])
    #expect(before.status == 1, "\(before.transcript)")
    #expect(before.output.contains("/pip-wheel-"), "\(before.transcript)")
    let after = try await wheelscrub(["check", wheel.fixed])
    #expect(after.status == 0, "\(after.transcript)")
  }

  @Test(arguments: Sdist.leaking)
  func `no byte of the root is left`(_ sdist: Sdist) async throws {
    let wheel = try await WheelBuilder.shared.fixed(sdist.name)[0]
    let module = try extensionModule(in: try await unpacked(wheel.fixed))
    let root = try await Tools.run("grep", ["-c", "-a", "-E", "pip-wheel-|_[0-9a-f]{32}", module])
    #expect(root.output == "0\n", "\(root.transcript)")
    // The stable name is there, so that a debugger can be told where the source is.
    let stable = try await Tools.run("grep", ["-c", "-a", "-F", sdist.stableRoot, module])
    #expect(stable.succeeded, "\(stable.transcript)")
  }

  @Test(arguments: Sdist.leaking)
  func `fixing twice is fixing once`(_ sdist: Sdist) async throws {
    let once = try await WheelBuilder.shared.fixed(sdist.name)[0].fixed
    let twice = try await [once].fixed()[0].fixed
    #expect(try await sha256(twice) == sha256(once))
  }

  @Test
  func `in place gives the same bytes as a directory of its own`() async throws {
    let wheel = try await WheelBuilder.shared.fixed("plainc")[1]
    let directory = try Workspace.shared.scratch("in-place")
    let copy = directory + "/" + (wheel.original as NSString).lastPathComponent
    try FileManager.default.copyItem(atPath: wheel.original, toPath: copy)
    let outcome = try await wheelscrub(["fix", "--in-place", copy])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(try await sha256(copy) == sha256(wheel.fixed))
    #expect(try names(in: directory).count == 1)
  }

  @Test
  func `a dry run says what fix would do and writes nothing`() async throws {
    let original = try await WheelBuilder.shared.wheels("plainc")[0]
    let before = try await sha256(original)
    for option in ["--check", "--diff"] {
      let outcome = try await wheelscrub(["fix", "--in-place", option, original])
      #expect(outcome.status == 1, "\(outcome.transcript)")
      #expect(try await sha256(original) == before, "\(outcome.transcript)")
    }
  }

  @Test
  func `a wheel with nothing to fix keeps its bytes`() async throws {
    // Built with SOURCE_DATE_EPOCH, so that its member times are no leak either.
    let wheel = try await WheelBuilder.shared.wheels("leakless", environment: sourceDateEpoch)[0]
    let check = try await wheelscrub(["check", wheel])
    #expect(check.status == 0, "\(check.transcript)")
    let before = try await sha256(wheel)
    let copy = try await [wheel].fixed()[0].fixed
    #expect(try await sha256(copy) == before)

    let attributes = try FileManager.default.attributesOfItem(atPath: wheel)
    let inPlace = try await wheelscrub(["fix", "--in-place", wheel])
    #expect(inPlace.succeeded, "\(inPlace.transcript)")
    #expect(try await sha256(wheel) == before)
    let later = try FileManager.default.attributesOfItem(atPath: wheel)
    #expect(later[.modificationDate] as? Date == attributes[.modificationDate] as? Date)
  }

  @Test
  func `a concise line names wheel, member, section, rule and root`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let outcome = try await wheelscrub(["check", "--output-format", "concise", wheel])
    let line =
      /^.+\.whl!plainc\/_plain\..+\.so:\.debug_(line_)?str\+0x[0-9a-f]+: BP1\d\d .*\/pip-wheel-.+\(pip wheel\)$/
    #expect(outcome.output.lines.contains { $0.wholeMatch(of: line) != nil }, "\(outcome.transcript)")
    let json = try await wheelscrub(["check", "--output-format", "json", wheel])
    #expect(json.status == 1)
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.output.utf8)) }
  }

  @Test
  func `the number of jobs does not change the result`() async throws {
    let originals = try await WheelBuilder.shared.wheels("templated")
    let output = try Workspace.shared.scratch("jobs")
    // Equal names from different directories cannot share one output directory: one call a wheel.
    for (jobs, wheel) in zip(["1", "4"], originals) {
      let directory = "\(output)/\(jobs)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let outcome = try await wheelscrub(["fix", "-j", jobs, "-w", directory, wheel])
      #expect(outcome.succeeded, "\(outcome.transcript)")
      let name = (wheel as NSString).lastPathComponent
      #expect(
        try await sha256("\(directory)/\(name)") == sha256(WheelBuilder.shared.fixed("templated")[0].fixed))
    }
  }
}
