import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// A damaged wheel through the whole way: refused or fixed, and on an error nothing is written.
@Suite struct WheelMutationTests {
  @Test func mutations() throws {
    let scratch = FileManager.default.temporaryDirectory.appending(
      path: "wheelscrub-mutations-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let wheel = try makeWheel(in: scratch)
    let input = Array(try Data(contentsOf: wheel))
    let path = scratch.appending(path: "mutant.whl").path
    let output = scratch.appending(path: "out.whl").path
    // Headers and directory are a small part of the file, and most of what can lie.
    let directory = input.count - 400..<input.count
    var (errors, results) = (0, 0)
    try Mutation.each(of: input, times: 2000, seed: 11, focus: [0..<200, directory]) { mutant, name in
      try Data(mutant).write(to: URL(filePath: path))
      try? FileManager.default.removeItem(atPath: output)
      let input = InputFile(path: path, relativePath: "mutant.whl", isExplicit: true)
      let report = Scrub(Options()).fix(input, to: .file(output))
      let isWritten = FileManager.default.fileExists(atPath: output)
      #expect(isWritten == report.errors.isEmpty, name)
      if report.errors.isEmpty { results += 1 } else { errors += 1 }
    }
    #expect(errors > 0 && results > 0 || !Mutation.triesAll)
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path).filter {
      $0.contains("wheelscrub-")
    }
    #expect(left.isEmpty, "\(left)")
  }

  /// A small wheel with one leaking extension and a true RECORD, written by CPython.
  private func makeWheel(in scratch: URL) throws -> URL {
    let image = scratch.appending(path: "_m.so")
    try Data(try Compiler.sharedLibrary("gcc", ["-nostdlib"], sources: Sources.quiet)).write(to: image)
    let wheel = scratch.appending(path: "m-1.0-py3-none-any.whl")
    let script = """
      import base64, hashlib, sys, zipfile
      rows = []
      with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
          def add(name, data):
              z.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
              digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
              rows.append(f"{name},sha256={digest},{len(data)}")
          add("m/__init__.py", b"from ._m import part\\n")
          add("m/_m.so", open(sys.argv[2], "rb").read())
          add("m-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\\n")
          rows.append("m-1.0.dist-info/RECORD,,")
          z.writestr(zipfile.ZipInfo("m-1.0.dist-info/RECORD", (2024, 1, 1, 0, 0, 0)), "\\n".join(rows) + "\\n")
      """
    try Compiler.run("/usr/bin/python3", ["-c", script, wheel.path, image.path], in: scratch)
    return wheel
  }
}
