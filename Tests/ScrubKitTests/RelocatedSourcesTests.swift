import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Bytecode of sources that a relocation writes anew goes, because it would keep the old directory as a constant.
@Suite struct RelocatedSourcesTests {
  private static let finder = "__editable___foo_1_0_finder"
  private static let cached = "__pycache__/\(finder).cpython-311.pyc"
  private static let hard = "__pycache__/\(finder).cpython-311.opt-1.pyc"

  /// A directory for distributions with a finder, compiled with a header of this kind, and its RECORD.
  private func tree(_ mode: String, record: Bool = true) throws -> (Scratch, String) {
    let scratch = Scratch()
    let root = try AtomicWrite.realPath(scratch.path)
    let source = Array("MAPPING = {'foo': '\(root)/src/foo'}\n".utf8)
    _ = scratch.file("site-packages/\(Self.finder).py", source)
    _ = scratch.file("site-packages/other.py", Array("x = 1\n".utf8))
    try scratch.python(
      """
      import os, py_compile, sys
      mode = getattr(py_compile.PycInvalidationMode, sys.argv[1])
      os.chdir("site-packages")
      for name in (sys.argv[2], "other"):
          py_compile.compile(name + ".py", invalidation_mode=mode, doraise=True,
                             cfile="__pycache__/" + name + ".cpython-311.pyc", dfile=name + ".py")
      os.link("__pycache__/" + sys.argv[2] + ".cpython-311.pyc", "__pycache__/" + sys.argv[2] + ".cpython-311.opt-1.pyc")
      """, mode, Self.finder)
    _ = scratch.file("site-packages/foo-1.0.dist-info/METADATA")
    if record {
      let digest = RecordHash.sha256.digest(Bytes(source))
      let rows =
        "\(Self.finder).py,sha256=\(digest),\(source.count)\n\(Self.cached),,\n\(Self.hard),,\nother.py,,\n"
      _ = scratch.file("site-packages/foo-1.0.dist-info/RECORD", Array(rows.utf8))
    }
    return (scratch, root)
  }

  private func fix(
    _ paths: [String], _ root: String, to destination: Destination = .inPlace,
    _ header: BytecodeOptions.Header = .keep
  ) throws -> [FileReport] {
    var options = Options()
    options.relocations = try PathRelocations(["\(root)=/srv/app"])
    options.bytecode.header = header
    let inputs = Tree.expand(paths)
    #expect(inputs.errors.isEmpty)
    let work = TreeScrub(inputs.files, options: options)
    var reports = inputs.files.indices.map { index in
      work.isInvolved(index)
        ? work.fix(index, to: destination) : Scrub(options).fix(inputs.files[index], to: destination)
    }
    let records = work.commit(&reports) { _ in destination }
    return reports + records
  }

  private func exists(_ scratch: Scratch, _ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(scratch.path)/site-packages/\(name)")
  }

  @Test(arguments: ["TIMESTAMP", "CHECKED_HASH", "UNCHECKED_HASH"], [true, false])
  func `bytecode goes, and RECORD says so`(mode: String, record: Bool) throws {
    for header in BytecodeOptions.Header.allCases where header != .clamp {
      let (scratch, root) = try tree(mode, record: record)
      // A look changes nothing and says it.
      let preview = try fix([scratch.path], root, to: .nowhere, header)
      #expect(preview.count { $0.changes.map(\.kind) == [.removed] } == 2)
      #expect(exists(scratch, Self.cached) && exists(scratch, Self.hard))

      let reports = try fix([scratch.path], root, header)
      #expect(reports.allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty }, "\(reports)")
      #expect(!exists(scratch, Self.cached) && !exists(scratch, Self.hard))
      #expect(exists(scratch, "__pycache__/other.cpython-311.pyc"))
      let source = Array("MAPPING = {'foo': '/srv/app/src/foo'}\n".utf8)
      #expect(scratch.read("site-packages/\(Self.finder).py") == source)
      if record {
        let digest = RecordHash.sha256.digest(Bytes(source))
        #expect(
          String(decoding: scratch.read("site-packages/foo-1.0.dist-info/RECORD"), as: UTF8.self)
            == "\(Self.finder).py,sha256=\(digest),\(source.count)\nother.py,,\n")
      }
      // Nothing is stale that was not, and there is nothing left to do.
      for input in Tree.expand([scratch.path]).files {
        #expect(Scrub(Options()).check(input).findings.filter { $0.rule.code.hasPrefix("PY1") }.isEmpty)
      }
      #expect(try fix([scratch.path], root, header).allSatisfy { $0.changes.isEmpty && $0.writtenTo == nil })
    }
  }

  @Test func `a source whose bytecode was not given stays`() throws {
    let (scratch, root) = try tree("UNCHECKED_HASH")
    let source = scratch.read("site-packages/\(Self.finder).py")
    let path = "\(scratch.path)/site-packages/\(Self.finder).py"
    let reports = try fix([path], root)
    #expect(reports.flatMap(\.unfixable).map(\.rule) == [.pathFile])
    #expect(scratch.read("site-packages/\(Self.finder).py") == source && exists(scratch, Self.cached))
    // With all of it: the same as the directory.
    let all = [path] + [Self.cached, Self.hard].map { "\(scratch.path)/site-packages/\($0)" }
    #expect(try fix(all, root).allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty })
    #expect(!exists(scratch, Self.cached) && scratch.read("site-packages/\(Self.finder).py") != source)
  }

  @Test func `results beside the tree leave the tree alone`() throws {
    let (scratch, root) = try tree("CHECKED_HASH")
    let output = Scratch()
    var options = Options()
    options.relocations = try PathRelocations(["\(root)=/srv/app"])
    let inputs = Tree.expand(["\(scratch.path)/site-packages"])
    let work = TreeScrub(inputs.files, options: options)
    func destination(_ file: InputFile) -> Destination { .file("\(output.path)/\(file.relativePath)") }
    var reports = inputs.files.indices.map { work.fix($0, to: destination(inputs.files[$0])) }
    _ = work.commit(&reports, to: destination)
    #expect(reports.allSatisfy { $0.errors.isEmpty })
    #expect(exists(scratch, Self.cached))
    #expect(output.read("\(Self.finder).py").starts(with: Array("MAPPING = {'foo': '/srv/app".utf8)))
    let names = try FileManager.default.contentsOfDirectory(atPath: output.path + "/__pycache__")
    #expect(names == ["other.cpython-311.pyc"])
  }

  /// A module with a first line for an interpreter is one too.
  @Test func `scripts that are modules`() throws {
    let scratch = Scratch()
    let root = try AtomicWrite.realPath(scratch.path)
    _ = scratch.file("site-packages/tool.py", Array("#!\(root)/bin/python\nx = 1\n".utf8))
    try scratch.python(
      "import py_compile; py_compile.compile('site-packages/tool.py', doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)"
    )
    let reports = try fix([scratch.path], root)
    #expect(reports.allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty })
    #expect(scratch.read("site-packages/tool.py") == Array("#!/srv/app/bin/python\nx = 1\n".utf8))
    #expect(!exists(scratch, "__pycache__"))
  }

  @Test func `links into the directory follow`() throws {
    let scratch = Scratch()
    let root = try AtomicWrite.realPath(scratch.path)
    let manager = FileManager.default
    _ = scratch.file("tree/pkg/x.py", [])
    for (name, target) in [
      ("tree/pkg/a.py", "\(root)/src/a.py"), ("tree/relative", "pkg"), ("tree/other", "/usr/bin/python3"),
    ] {
      try manager.createSymbolicLink(atPath: "\(scratch.path)/\(name)", withDestinationPath: target)
    }
    var options = Options()
    options.relocations = try PathRelocations(["\(root)=/srv/app"])
    let preview = TreeLinks.relocate(scratch.path, options: options, writes: false)
    #expect(preview.changes.count == 1 && preview.findings.map(\.isFixable) == [true])
    func targets() throws -> [String] {
      try ["tree/pkg/a.py", "tree/relative", "tree/other"].map {
        try manager.destinationOfSymbolicLink(atPath: "\(scratch.path)/\($0)")
      }
    }
    #expect(try targets() == ["\(root)/src/a.py", "pkg", "/usr/bin/python3"])
    let report = TreeLinks.relocate(scratch.path, options: options, writes: true)
    #expect(report.errors.isEmpty && report.changes.count == 1)
    #expect(try targets() == ["/srv/app/src/a.py", "pkg", "/usr/bin/python3"])
    #expect(TreeLinks.relocate(scratch.path, options: options, writes: true).isUnchanged)
  }
}

extension FileReport {
  fileprivate var isUnchanged: Bool { changes.isEmpty && findings.isEmpty && errors.isEmpty }
}
