import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What is opened to be searched: source distributions, conda packages, wheels in wheels; and zips that are no wheels.
@Suite struct PackageSearchTests {
  private static let root = TestPayload.root
  private static let leak = "x = '\(root)/src/a.c'\n"
  private let scratch = Scratch()

  private func python(_ script: String) throws {
    try scratch.python(
      """
      import io, tarfile, zipfile
      LEAK = \"\"\"\(Self.leak)\"\"\"
      def tar(path, files, mode="w:gz"):
          with tarfile.open(path, mode) as archive:
              for name, content in files.items():
                  info = tarfile.TarInfo(name)
                  content = content if isinstance(content, bytes) else content.encode()
                  info.size = len(content)
                  archive.addfile(info, io.BytesIO(content))
          return open(path, "rb").read()
      def zip(path, files, head=b""):
          with open(path, "wb") as file:
              file.write(head)
              with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                  for name, content in files.items(): archive.writestr(name, content)
          return open(path, "rb").read()
      \(script)
      """)
  }

  private func check(_ name: String) -> FileReport {
    Scrub(Options()).check(InputFile(explicit: scratch.path + "/" + name))
  }

  private func places(_ report: FileReport) -> [String] {
    report.findings.map { "\($0.place.member ?? "") \($0.place.section ?? "")" }
  }

  @Test(arguments: ["gz", "bz2", "xz"]) func `source distributions are searched, and stay as they are`(
    _ compression: String
  ) throws {
    try python(
      "tar('x-1.tar.\(compression)', {'x-1/PKG-INFO': 'Name: x', 'x-1/a.py': LEAK}, 'w:\(compression)')")
    let name = "x-1.tar.\(compression)"
    let report = check(name)
    #expect(places(report) == ["x-1/a.py "], "\(report)")
    #expect(report.errors.isEmpty)
    #expect(report.findings.allSatisfy { !$0.isFixable })
    let before = scratch.read(name)
    let fixed = Scrub(Options()).fix(
      InputFile(explicit: scratch.path + "/" + name), to: .file(scratch.path + "/out"))
    #expect(fixed.errors.isEmpty && fixed.writtenTo != nil)
    #expect(scratch.read("out") == before)
  }

  @Test func `a package in a package, and what is damaged in one`() throws {
    try python(
      """
      inner = zip('inner.whl', {'pkg/a.py': LEAK, 'inner-1.dist-info/RECORD': ''})
      tar('x-1.tar.gz', {'x-1/PKG-INFO': '', 'x-1/vendor/inner.whl': inner, 'x-1/broken.zip': inner[:-9],
                         'x-1/broken.so': b'\\x7fELF' + LEAK.encode()})
      zip('outer.whl', {'inner.whl': inner, 'o-1.dist-info/RECORD': ''})
      zip('x.conda', {'metadata.json': '{}',
                      'pkg-x.tar.zst': b'', 'info-x.tar.gz': tar('i.tar.gz', {'info/index.json': LEAK})})
      """)
    let report = check("x-1.tar.gz")
    #expect(report.errors.isEmpty)
    #expect(
      Set(places(report)).isSuperset(of: ["x-1/vendor/inner.whl!pkg/a.py ", "x-1/broken.so "]), "\(report)")
    #expect(places(report).contains { $0.hasPrefix("x-1/broken.zip") })
    let skipped = report.notes.filter(\.isSkip).map { "\($0.place.member ?? ""): \($0.message)" }
    #expect(skipped.count == 2, "\(skipped)")
    #expect(places(check("outer.whl")).contains("inner.whl!pkg/a.py "))
    #expect(places(check("x.conda")) == ["info-x.tar.gz!info/index.json "])
  }

  /// Deeper than anybody nests by intent.
  /// Each costs what its bytes explain: what they share is for those that cost more.
  @Test func `many small compressed files are no work`() throws {
    try python(
      """
      import gzip, zipfile
      with zipfile.ZipFile('many.zip', 'w') as z:
          for number in range(400): z.writestr(f'{number}.csv.gz', gzip.compress(b'1,2,3\\n' * 200))
      """)
    let report = check("many.zip")
    #expect(report.errors.isEmpty && report.findings.isEmpty, "\(report.errors)")
  }

  @Test func `depth is bounded`() throws {
    try python(
      """
      content = {'a.py': LEAK}
      for depth in range(9): content = {'n.tar.gz': tar('deep.tar.gz', content)}
      """)
    let report = check("deep.tar.gz")
    #expect(
      report.errors.isEmpty && report.notes.contains { $0.isSkip && $0.message.contains("the limit is 4") })
  }

  @Test func `zips that are no wheels are fixed, without a RECORD`() throws {
    let so = try Compiler.leaking(scratch)
    try python(
      """
      so = open('\(so)', 'rb').read()
      zip('x.zip', {'pkg/a.so': so})
      zip('x.egg', {'EGG-INFO/PKG-INFO': '', 'pkg/a.so': so})
      zip('x.pyz', {'__main__.py': '', 'pkg/a.so': so}, b'#!/usr/bin/env python3\\n')
      """)
    for name in ["x.zip", "x.egg", "x.pyz"] {
      let found = check(name)
      #expect(!found.findings.isEmpty && found.errors.isEmpty, "\(name): \(found)")
      var options = Options()
      options.isCanonical = true
      let path = scratch.path + "/" + name
      let key = Keys(Options(), level: .full).run([path])[0].key
      let fixed = Scrub(options).fix(InputFile(explicit: path), to: .inPlace)
      #expect(fixed.errors.isEmpty && fixed.writtenTo == path, "\(name): \(fixed)")
      #expect(check(name).findings.isEmpty)
      #expect(Keys(Options(), level: .full).run([path])[0].key == key, "the key is that of the result")
      try scratch.python("import sys, zipfile; assert zipfile.ZipFile(sys.argv[1]).testzip() is None", path)
    }
    #expect(scratch.read("x.pyz").starts(with: Array("#!/usr/bin/env python3\n".utf8)))
    try scratch.run("python3", "x.pyz")
  }

  /// Hashes of what they hold are in them.
  @Test func `zips with hashes of their members are searched`() throws {
    let so = try Compiler.leaking(scratch)
    try python(
      """
      so = open('\(so)', 'rb').read()
      zip('x.pex', {'PEX-INFO': '{}', 'pkg/a.so': so}, b'#!/usr/bin/env python3\\n')
      zip('shiv.pyz', {'site-packages/x-1.dist-info/RECORD': '', 'site-packages/a.so': so})
      zip('x-1.zip', {'x-1/PKG-INFO': '', 'x-1/a.so': so})
      zip('twice.zip', {'a.so': so})
      with zipfile.ZipFile('twice.zip', 'a') as archive: archive.writestr('a.so', so)
      """)
    for name in ["x.pex", "shiv.pyz", "x-1.zip", "twice.zip"] {
      let before = scratch.read(name)
      let fixed = Scrub(Options()).fix(InputFile(explicit: scratch.path + "/" + name), to: .inPlace)
      #expect(!fixed.findings.isEmpty && fixed.unfixable.count == fixed.findings.count, "\(name): \(fixed)")
      #expect(fixed.errors.isEmpty && fixed.writtenTo == nil && scratch.read(name) == before)
    }
  }

  @Test func `in a directory packages count by their content and their names`() throws {
    try python(
      """
      zip('dist/x.egg', {'a.py': LEAK})
      zip('dist/data.npz', {'a.npy': LEAK})
      tar('dist/x-1.tar.gz', {'x-1/a.py': LEAK})
      tar('dist/x-1.tar', {'x-1/a.py': LEAK}, 'w')
      zip('dist/x.pyz', {'__main__.py': LEAK}, b'#!/usr/bin/env python3\\n')
      open('dist/no.tar.gz', 'w').write('text')
      zip('lib/site-packages/x-1.dist-info/x.zip', {'a.py': LEAK})
      """.replacingOccurrences(
        of: "zip('dist/x.egg'",
        with:
          "import os; os.makedirs('dist'); os.makedirs('lib/site-packages/x-1.dist-info')\nzip('dist/x.egg'"))
    let found = Tree.explore([scratch.path]).files
    let counted = Set(found.filter { !$0.isOther }.map(\.relativePath))
    #expect(counted == ["dist/x.egg", "dist/x-1.tar.gz", "dist/x-1.tar", "dist/x.pyz"])
    for file in found where file.relativePath != "dist/no.tar.gz" {
      #expect(Scrub(Options()).check(file).findings.count == 1, "\(file.relativePath)")
    }
  }

  @Test func `an Alpine package is refused with advice`() throws {
    try python("tar('x.apk', {'.SIGN.RSA.key': '', '.PKGINFO': 'pkgname = x'})")
    #expect(check("x.apk").errors.first?.message.contains("tar -xzf") == true)
    _ = scratch.file("new.apk", Array("ADBd....".utf8))
    #expect(check("new.apk").errors.first?.message.contains("apk extract") == true)
  }
}

extension Compiler {
  /// A shared object with a root in its debug info.
  fileprivate static func leaking(_ scratch: Scratch) throws -> String {
    let source = scratch.file("s/x.c", Array("int x(void) { return 1; }\n".utf8))
    let path = scratch.path + "/s/x.so"
    try scratch.run(
      "gcc", "-g", "-shared", "-fPIC", "-nostdlib", "-ffile-prefix-map=\(scratch.path)=\(TestPayload.root)",
      source,
      "-o", path)
    return path
  }
}
