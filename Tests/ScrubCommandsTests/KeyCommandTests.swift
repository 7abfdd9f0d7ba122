import ScrubCommands
import Synchronization
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct KeyCommandTests {
  private static let digest = (0..<32).map { UInt8($0) }
  private static let clean = KeyReport(path: "a.so", key: .normal(digest), level: .full)
  private static let raw = KeyReport(
    path: "b\n.o", key: .raw(digest.reversed()), level: .runtime,
    reasons: [
      Note(
        "21 sections differ with every build", at: Place(path: "b\n.o", section: ".gnu.lto_x", offset: 64)),
      Note("a build directory stays: \u{1b}[2J", at: Place(path: "b\n.o", member: "x")),
    ])
  private static let failed = KeyReport(
    path: "c.whl", level: .full, errors: [ScrubError("needs 4 bytes, 2 left", at: Place(path: "c.whl"))])

  private static func engine(_ reports: [KeyReport]) -> Engine {
    var engine = Engine.samples(witness: Witness())
    engine.keys = { _, _, _, _ in reports }
    return engine
  }

  @Test(arguments: ["text", "json", "json-lines"]) func output(_ format: String) throws {
    let arguments = ["key", "--output-format", format, "a.so", "b.o", "c.whl"]
    let run = Run(arguments, engine: Self.engine([Self.clean, Self.raw, Self.failed]), terminal: true)
    try Golden.expect(run, of: arguments, is: "key-\(format)")
  }

  /// One line for each path of the stream, and the worst of all as exit code.
  @Test(arguments: ["text", "json-lines"]) func batch(_ format: String) throws {
    let arguments = ["key", "--stdin0", "--output-format", format, "--level", "runtime", "--isolated"]
    func run(_ reports: [KeyReport]) -> Run {
      var engine = Self.engine([])
      engine.keyStream = { _, level, _, report in
        #expect(level == .runtime)
        for each in reports { report(each) }
      }
      return Run(arguments, engine: engine)
    }
    try Golden.expect(run([Self.raw, Self.failed, Self.clean]), of: arguments, is: "key-batch-\(format)")
    #expect(run([]).code == 0 && run([Self.clean]).code == 0)
    #expect(run([Self.clean, Self.raw, Self.clean]).code == 3)
    #expect(run([Self.failed, Self.raw, Self.clean]).code == 2)
  }

  @Test func theOldNameOfTheOptionLeadsToTheNew() {
    let run = Run(["key", "--format", "json", "x"], engine: Self.engine([Self.clean]))
    #expect(run.code == 2 && run.output.isEmpty)
    #expect(run.error.contains("--output-format"), "\(run.error)")
    let help = Run(["key", "--help"], engine: Self.engine([]))
    #expect(!help.output.contains(" --format"), "\(help.output)")
  }

  @Test func exitCodes() {
    func code(_ reports: [KeyReport]) -> Int32 { Run(["key", "x"], engine: Self.engine(reports)).code }
    #expect(code([Self.clean]) == 0)
    #expect(code([Self.clean, Self.raw]) == 3)
    #expect(code([Self.raw, Self.failed, Self.clean]) == 2)
  }

  @Test func optionsReachTheKeys() throws {
    let seen = Mutex<(Options, KeyLevel, Keys.Kind, [String])?>(nil)
    var engine = Self.engine([])
    engine.keys = { options, level, kind, paths in
      seen.withLock { $0 = (options, level, kind, paths) }
      return []
    }
    let run = Run(
      [
        "key", "--isolated", "--level", "runtime", "--as", "i", "-j", "3", "--layout", "slot", "--build-id",
        "keep",
        "--fix-rpath", "--resign", "adhoc", "--drop-debug-map", "--pyc-header", "clamp", "--pyc-canonical",
        "--prefix", "/b", "-", "x",
      ], engine: engine, environment: ["SOURCE_DATE_EPOCH": "17"])
    #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
    let (options, level, kind, paths) = try #require(seen.withLock { $0 })
    #expect(level == .runtime && kind == .preprocessed && paths == ["-", "x"])
    #expect(options.layout == .slot && options.buildID == .keep && options.fixRunPath && options.dropDebugMap)
    #expect(options.resign == .adHoc && options.bytecode.header == .clamp && options.bytecode.isCanonical)
    #expect(options.sourceDateEpoch == 17 && options.workers.jobs == 3)
  }

  @Test(arguments: [
    ["key"], ["key", ""], ["key", "-", "-"], ["key", "-j", "0", "x"], ["key", "--level", "some", "x"],
    ["key", "--output-format", "html", "x"], ["key", "--stdin0", "x"],
    ["key", "--stdin0", "--output-format", "json"], ["key", "--pyc-header", "clamp", "x"],
    ["key", "-w", "d", "x"],
  ])
  func refused(_ arguments: [String]) {
    let run = Run(arguments, engine: Self.engine([Self.clean]))
    #expect(run.code == 2 && run.output.isEmpty && !run.error.isEmpty)
  }
}
