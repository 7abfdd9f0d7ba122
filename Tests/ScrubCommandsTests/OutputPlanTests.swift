import Foundation
import ScrubCommands
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct OutputPlanTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The engine with inputs in our directory: path below it, and place below `-w`.
  private func engine(_ inputs: [(path: String, relativePath: String)], _ witness: Witness) -> Engine {
    var engine = Engine.samples(inputs.map { FileReport(path: path($0.path)) }, witness: witness)
    let files = inputs.map {
      InputFile(path: path($0.path), relativePath: $0.relativePath, isExplicit: true)
    }
    engine.expand = { _ in (files, [], []) }
    return engine
  }

  private func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  private func touch(_ name: String) throws {
    let file = URL(filePath: path(name))
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("x".utf8).write(to: file)
  }

  @Test func writesBelowTheDirectory() throws {
    let witness = Witness()
    let run = Run(
      ["fix", "x", "-w", path("new/out/")],
      engine: engine([("x.whl", "x.whl"), ("site/pkg/_a.so", "pkg/_a.so")], witness))
    #expect(run.code == 0)
    #expect(
      witness.calls == [
        .fix(path("x.whl"), .file(path("new/out/x.whl")), nil),
        .fix(path("site/pkg/_a.so"), .file(path("new/out/pkg/_a.so")), nil),
      ])
    #expect(FileManager.default.fileExists(atPath: path("new/out/pkg")))
    #expect(run.output.contains("unchanged \(path("x.whl")) -> \(path("new/out/x.whl"))\n"))
  }

  @Test(arguments: [["-w", "out"], ["-w", "out", "--check"]])
  func twoInputsForOneOutputAreRefused(_ flags: [String]) {
    let witness = Witness()
    let flags = flags.map { $0 == "out" ? path("out") : $0 }
    let run = Run(
      ["fix", "x"] + flags, engine: engine([("a/x.whl", "x.whl"), ("b/x.whl", "x.whl")], witness))
    #expect(run.code == 2)
    let inputs = "\(path("a/x.whl")) and \(path("b/x.whl"))"
    #expect(run.error == "error: \(path("out/x.whl")): would be written twice, from \(inputs)\n")
    #expect(witness.calls.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: path("out")))
  }

  @Test func oneFileNamedTwiceIsRefusedInPlace() throws {
    try touch("dist/x.whl")
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: path("dist"))
    for other in ["dist/x.whl", "dist/../dist/x.whl", "link/x.whl"] {
      let witness = Witness()
      let run = Run(
        ["fix", "x", "--in-place"],
        engine: engine([("dist/x.whl", "x.whl"), (other, "x.whl")], witness))
      #expect(run.code == 2)
      #expect(run.error.contains("would be written twice"))
      #expect(witness.calls.isEmpty)
    }
    #expect(
      Run(["fix", "x", "--check"], engine: engine([("dist/x.whl", "x"), ("dist/x.whl", "x")], Witness()))
        .code == 0)
  }

  @Test func anInputIsNeverAnOutput() throws {
    try touch("dist/x.whl")
    let witness = Witness()
    let run = Run(
      ["fix", "x", "-w", path("dist/.")], engine: engine([("dist/x.whl", "x.whl")], witness))
    #expect(run.code == 2)
    #expect(run.error.contains("is an input"))
    #expect(witness.calls.isEmpty)
  }

  @Test func aDirectoryThatCannotBeMadeIsOneError() throws {
    try touch("file")
    let witness = Witness()
    let run = Run(
      ["fix", "x", "-w", path("file/out")],
      engine: engine([("x.whl", "x.whl"), ("y.whl", "y.whl")], witness))
    #expect(run.code == 2)
    #expect(run.error.split(separator: "\n").count == 1)
    #expect(run.error.contains("file: cannot create the directory: "))
    #expect(witness.calls.isEmpty)
  }

  @Test func aSubdirectoryThatCannotBeMadeStopsOneFile() throws {
    try touch("out/pkg")
    let witness = Witness()
    let run = Run(
      ["fix", "x", "-w", path("out")],
      engine: engine([("s/pkg/_a.so", "pkg/_a.so"), ("x.whl", "x.whl")], witness))
    #expect(run.code == 2)
    #expect(run.error == "error: \(path("out/pkg")): cannot create the directory: File exists\n")
    #expect(witness.calls == [.fix(path("x.whl"), .file(path("out/x.whl")), nil)])
  }
}
