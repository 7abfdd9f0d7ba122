import Foundation
import Testing

/// The container around the image: zip and RECORD.
@Suite(.timeLimit(.minutes(60)))
struct WheelTests {
  struct Zip: Decodable {
    struct Member: Decodable, Equatable {
      var name: String
      var attributes: Int
      var method: Int
      var system: Int
      var flags: Int
      var extra: Int
      var time: String
      var content: String
      var compressed: String
      var asCPython: Bool
    }
    var broken: String?
    var comment: Int
    var members: [Member]
  }

  private func inspect(_ wheel: String) async throws -> Zip {
    let outcome = try await Tools.judge("inspect_wheel.py", [wheel])
    guard outcome.succeeded else { throw ToolFailure(description: outcome.transcript) }
    return try JSONDecoder().decode(Zip.self, from: Data(outcome.output.utf8))
  }

  @Test(arguments: Sdist.leaking)
  func `only the module and RECORD change`(_ sdist: Sdist) async throws {
    let wheel = try await WheelBuilder.shared.fixed(sdist.name)[0]
    let before = try await inspect(wheel.original)
    let after = try await inspect(wheel.fixed)
    #expect(after.broken == nil)
    #expect(after.comment == 0)
    #expect(after.members.map(\.name) == before.members.map(\.name))
    for (old, new) in zip(before.members, after.members) {
      #expect(new.attributes == old.attributes && new.method == old.method && new.system == old.system)
      #expect(new.flags == 0 && new.extra == 0)
      #expect(new.time <= "2023-11-14T22:13:20")
      #expect(new.time == min(old.time, "2023-11-14T22:13:20"))
      let mayChange = new.name.hasSuffix(".so") || new.name.hasSuffix(".dist-info/RECORD")
      if mayChange {
        #expect(new.content != old.content, "\(new.name)")
        #expect(new.asCPython, "\(new.name)")
      } else {
        #expect(new.content == old.content && new.compressed == old.compressed, "\(new.name)")
      }
    }
  }

  @Test
  func `without SOURCE_DATE_EPOCH times are kept`() async throws {
    let original = try await WheelBuilder.shared.wheels("plainc")[0]
    let output = try Workspace.shared.scratch("times")
    let outcome = try await wheelscrub(["fix", "-w", output, original], environment: [:])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    let fixed = output + "/" + (original as NSString).lastPathComponent
    #expect(try await inspect(fixed).members.map(\.time) == inspect(original).members.map(\.time))
  }

  @Test(arguments: Sdist.leaking)
  func `RECORD is true`(_ sdist: Sdist) async throws {
    let wheel = try await WheelBuilder.shared.fixed(sdist.name)[0]
    let record = try await Tools.judge("check_record.py", [wheel.fixed])
    #expect(record.succeeded, "\(record.transcript)")
    // wheel itself refuses a member that RECORD does not match.
    let directory = try Workspace.shared.scratch("wheel-unpack")
    let unpack = try await Tools.run(Tools.python, ["-m", "wheel", "unpack", "-d", directory, wheel.fixed])
    #expect(unpack.succeeded, "\(unpack.transcript)")
  }

  @Test
  func `other rows of RECORD stay as they are`() async throws {
    let wheel = try await WheelBuilder.shared.fixed("plainc")[0]
    let rows = try await [wheel.original, wheel.fixed].mapRecords()
    #expect(rows[0].count == rows[1].count)
    for (old, new) in zip(rows[0], rows[1]) where !old.contains(".so,") { #expect(old == new) }
  }

  @Test
  func `pip installs the fixed wheel`() async throws {
    let wheel = try await WheelBuilder.shared.fixed("templated")[0].fixed
    let target = try Workspace.shared.scratch("target")
    let install = try await Tools.run(
      Tools.python,
      ["-m", "pip", "install", "--no-index", "--no-deps", "--no-compile", "--target", target, wheel])
    #expect(install.succeeded, "\(install.transcript)")
    // pip notes in direct_url.json which file it installed.
    let check = try await wheelscrub(["check", "--ignore", "PY202", target])
    #expect(check.status == 0, "\(check.transcript)")
  }

  /// A directory is searched by what files are, not by what they are called.
  @Test
  func `a directory tree is fixed in place`() async throws {
    let wheel = try await WheelBuilder.shared.fixed("plainc")[0]
    let tree = try await unpacked(wheel.original)
    let module = try extensionModule(in: tree)
    let renamed = (module as NSString).deletingLastPathComponent + "/module.bin"
    try FileManager.default.moveItem(atPath: module, toPath: renamed)
    let before = try await wheelscrub(["check", tree])
    #expect(before.status == 1 && before.output.contains("module.bin"), "\(before.transcript)")
    let fix = try await wheelscrub(["fix", "--in-place", tree])
    #expect(fix.succeeded, "\(fix.transcript)")
    let inWheel = try extensionModule(in: try await unpacked(wheel.fixed))
    #expect(try await sha256(renamed) == sha256(inWheel))
  }
}

extension [String] {
  /// The lines of every wheel's RECORD.
  fileprivate func mapRecords() async throws -> [[String]] {
    var records = [[String]]()
    for wheel in self {
      records.append(try await Tools.output(of: "unzip", ["-p", wheel, "*.dist-info/RECORD"]).lines)
    }
    return records
  }
}
