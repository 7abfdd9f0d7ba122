import Foundation
import Testing

/// `key` of everything that these tests build: one for all directories, the same before and after `fix`, judged by
/// sha256sum where it says what the bytes are.
@Suite(.timeLimit(.minutes(60)))
struct KeyTests {
  struct Line: Hashable {
    var key: String
    var level: String
    var path: String
    var isRaw: Bool { key.hasPrefix("raw:") }
  }

  private func keys(_ paths: [String], _ level: String = "full") async throws -> [Line] {
    let outcome = try await wheelscrub(["key", "--level", level] + paths, limit: 300)
    let lines = outcome.output.lines.map { line in
      let parts = line.components(separatedBy: "  ")
      return Line(key: parts[0], level: parts[1], path: parts.dropFirst(2).joined(separator: "  "))
    }
    #expect(lines.map(\.path) == paths, "\(outcome.transcript)")
    #expect(outcome.status == (lines.contains(where: \.isRaw) ? 3 : 0), "\(outcome.transcript)")
    #expect(outcome.errors.isEmpty == !lines.contains(where: \.isRaw), "\(outcome.transcript)")
    for line in lines {
      let form = line.key.wholeMatch(of: /(v3|raw):sha256:[0-9a-f]{64}/)
      #expect(form != nil, "\(line)")
    }
    return lines
  }

  /// Each key that is not raw is the key of the fixed file; a raw one is what sha256sum says.
  private func expectSurvival(_ originals: [String], _ fixed: [String], _ level: String) async throws
    -> [Line]
  {
    let before = try await keys(originals, level)
    let after = try await keys(fixed, level)
    let sums = try await sha256(originals)
    for (index, line) in before.enumerated() {
      if line.isRaw {
        #expect(line.key == "raw:sha256:" + sums[index], "\(line)")
      } else {
        #expect(line.key == after[index].key, "\(line)")
      }
    }
    return before
  }

  @Test(arguments: Sdist.leaking, ["full", "runtime"])
  func `wheels of random directories have one key, and keep it`(_ sdist: Sdist, _ level: String) async throws
  {
    let wheels = try await WheelBuilder.shared.fixed(sdist.name)
    let before = try await expectSurvival(wheels.map(\.original), wheels.map(\.fixed), level)
    #expect(Set(before.map(\.key)).count == 1 && !before[0].isRaw, "\(before)")
  }

  @Test
  func `wheels of other sources have other keys`() async throws {
    var keys: Set<String> = []
    for sdist in Sdist.leaking {
      keys.insert(try await self.keys([WheelBuilder.shared.wheels(sdist.name)[0]])[0].key)
    }
    #expect(keys.count == Sdist.leaking.count)
  }

  /// A wheel that was stripped is another file, and the same program.
  @Test
  func `a stripped wheel has the loaded key of the whole`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let directory = try await unpacked(wheel)
    let module = try extensionModule(in: directory)
    try await Tools.output(of: "strip", [module])
    let stripped = try Workspace.shared.scratch("stripped") + "/stripped.whl"
    let name = String(module.dropFirst(directory.count + 1))
    let script = """
      import sys
      sys.path.insert(0, sys.argv[1])
      from repack import repack
      repack(sys.argv[2], sys.argv[3], {sys.argv[4]: open(sys.argv[5], "rb").read()})
      """
    try await Tools.output(
      of: Tools.python,
      ["-c", script, Workspace.repository + "/Tests/Judges", wheel, stripped, name, module])
    let loaded = try await keys([wheel, stripped], "runtime")
    #expect(loaded[0].key == loaded[1].key)
    let full = try await keys([wheel, stripped])
    #expect(full[0].key != full[1].key)
  }

  @Test(arguments: MatrixCell.native + MatrixCell.cross)
  func `what the matrix builds has the key of what fix makes`(_ cell: MatrixCell) async throws {
    let images = try await MatrixBuilder.shared.images(of: cell)
    for isLoaded in [false, true] {
      let built = cell.combinations.filter { images.originals[$0] != nil && $0.isLoaded == isLoaded }
      guard !built.isEmpty else { continue }
      // One command for each directory, as they were fixed.
      for level in ["full", "runtime"] {
        var keys: [[String: Line]] = []
        for index in 0..<3 {
          let originals = built.compactMap { images.originals[$0]?[index] }
          let fixed = built.compactMap { images.fixed[$0]?[index] }
          let lines = try await expectSurvival(originals, fixed, level)
          keys.append(
            Dictionary(uniqueKeysWithValues: zip(built.map(\.product), lines)))
        }
        for combination in built where MatrixException.covering(combination).isEmpty {
          let (a, b) = (keys[0][combination.product], keys[1][combination.product])
          #expect(a?.key == b?.key && a?.isRaw == false, "\(combination) \(level): \(String(describing: a))")
          if !isLoaded { #expect(keys[2][combination.product]?.key == a?.key, "\(combination) \(level)") }
        }
      }
    }
  }

  @Test(arguments: MachSource.all, ["full", "runtime"])
  func `files for macOS have the key of what fix makes`(_ source: MachSource, _ level: String) async throws {
    let builds = try await MachBuilder.shared.builds(source)
    let fixed = try await MachBuilder.shared.fixed(source)
    let before = try await keys(builds, level)
    let after = try await keys(fixed, level)
    #expect(before.map(\.key) == after.map(\.key), "\(before) \(after)")
    let same = before.prefix(MachBuilder.sameLength)
    #expect(Set(same.map(\.key)).count == 1 && !same[0].isRaw, "\(before)")
  }

  @Test(arguments: BadInputTests.wheelNames + BadInputTests.imageNames)
  func `a broken file has no key, and the next one has`(_ name: String) async throws {
    let bad = try await BadInputTests.cases.value + "/" + name
    let good = try await WheelBuilder.shared.wheels("plainc")[0]
    for level in ["full", "runtime"] {
      let outcome = try await wheelscrub(["key", "--level", level, bad, good], limit: 60)
      #expect(outcome.status == 2, "\(outcome.transcript)")
      #expect(
        outcome.output.lines.count == 1 && outcome.output.hasSuffix("  \(good)\n"), "\(outcome.transcript)")
      #expect(
        outcome.errorLines.contains { $0.hasPrefix("error: ") && $0.contains(name) }, "\(outcome.transcript)")
    }
  }

  @Test
  func `a pipe, a redirection and a file are one`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let file = try await keys([wheel])[0].key
    let script = "cat \"$1\" | \"$0\" key -; \"$0\" key - < \"$1\"; \"$0\" key - < /dev/null; echo $?"
    let outcome = try await Tools.run(
      "bash", ["-c", script, Workspace.wheelscrub, wheel], environment: sourceDateEpoch)
    #expect(outcome.output == "\(file)  full  -\n\(file)  full  -\n2\n", "\(outcome.transcript)")
    #expect(outcome.errors.hasPrefix("error: -: file is empty"), "\(outcome.transcript)")
  }

  @Test
  func `a name that a terminal obeys is spelled out`() async throws {
    let directory = try Workspace.shared.scratch("names")
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let name = "\(directory)/a\nv3:sha256:0  full  b.whl"
    try FileManager.default.copyItem(atPath: wheel, toPath: name)
    let outcome = try await wheelscrub(["key", name])
    #expect(outcome.output.lines.count == 1, "\(outcome.transcript)")
    #expect(outcome.output.contains("/a\\x0av3:sha256:0"), "\(outcome.transcript)")
  }

  /// What preprocessors really write.
  @Test(arguments: ["gcc", "g++", "clang"], ["-g", "-g3", "-O2 -P"])
  func `preprocessed text`(_ compiler: String, _ flags: String) async throws {
    var lines: [Line] = []
    let top = try Workspace.shared.scratch("preprocessing")
    for place in ["t0/pip-req-build-ab12cd34", "t1/pip-req-build-zz98yx76", "longer/pip-req-build-mn3_4op5"] {
      let root = "\(top)/\(place)"
      let output = try Workspace.shared.scratch("preprocessed")
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
      try Data("#include <assert.h>\nint f(int x) { assert(x); return sizeof __FILE__; }\n".utf8).write(
        to: URL(fileURLWithPath: root + "/x.c"))
      try await Tools.output(
        of: "sh", ["-c", "\(compiler) \(flags) -E \"$PWD/x.c\" -o \(output)/x.i"], in: root,
        environment: ["PWD": root])
      try FileManager.default.removeItem(atPath: root)
      lines += try await keys(["\(output)/x.i"])
    }
    #expect(Set(lines.map(\.key)).count == 1, "\(lines)")
  }

  @Test
  func `the document is as the schema says`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let directory = try Workspace.shared.scratch("document")
    try Data("int x;\n".utf8).write(to: URL(fileURLWithPath: directory + "/x.c"))
    try await Tools.output(of: "gcc", ["-flto", "-c", "x.c"], in: directory)
    let outcome = try await wheelscrub(
      ["key", "--output-format", "json", wheel, directory + "/x.o", directory + "/missing"])
    #expect(outcome.status == 2, "\(outcome.transcript)")
    let report = directory + "/report"
    try Data(outcome.output.utf8).write(to: URL(fileURLWithPath: report))
    let judged = try await Tools.judge("check_report.py", ["json", report])
    #expect(judged.succeeded, "\(judged.transcript)")
  }
}
