import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct PathRelocationsTests {
  private func relocated(_ path: String, _ texts: String...) throws -> String? {
    try PathRelocations(texts).relocated(Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `whole components only, and the longest first`() throws {
    #expect(try relocated("/tmp/a/bin/python", "/tmp/a=/opt/app") == "/opt/app/bin/python")
    #expect(try relocated("/tmp/a", "/tmp/a/=/opt/app/") == "/opt/app")
    #expect(try relocated("/tmp/a/b", "//tmp//a=//opt//app") == "/opt/app/b")
    #expect(try relocated("/tmp/ab/bin", "/tmp/a=/opt/app") == nil)
    #expect(try relocated("/x/tmp/a", "/tmp/a=/opt/app") == nil)
    #expect(try relocated("/tmp/a/b/c", "/tmp/a=/one", "/tmp/a/b=/two") == "/two/c")
    #expect(try relocated("/tmp/a/bb/c", "/tmp/a=/one", "/tmp/a/b=/two") == "/one/bb/c")
    #expect(try relocated("/tmp/stage/usr/bin", "/tmp/stage=/") == "/usr/bin")
    #expect(try relocated("/tmp/stage", "/tmp/stage=/") == "/")
    #expect(try relocated("/tmp/my env/bin", "/tmp/my env=/opt/x") == "/opt/x/bin")
  }

  @Test(arguments: [
    (["/tmp/a"], "needs the form OLD=NEW"), (["a=/b"], "needs an absolute path for OLD"),
    (["/a=b"], "needs an absolute path for NEW"), (["/a="], "needs an absolute path for NEW"),
    (["=/a"], "needs an absolute path for OLD"), (["/=/a"], "relocates the root directory"),
    (["/a/../b=/c"], "without . and .. for OLD"), (["/a=/b/./c"], "without . and .. for NEW"),
    (["/a=/a/b"], "a second run would relocate it again"), (["/a=/a"], "a second run"),
    (["/a=/b", "/b=/c"], "/b lies in /b, so a second run"), (["/a=/b", "/a=/c"], "names already"),
    (["/a=/my env"], "nothing has to be quoted"), (["/a=/b$c"], "nothing has to be quoted"),
    (["/a=/tmp/pip-install-ab12cd34"], "random build root (BP102)"),
  ])
  func refused(_ row: (texts: [String], message: String)) {
    #expect {
      try PathRelocations(row.texts)
    } throws: { error in
      let text = (error as? RelocationError)?.description ?? ""
      return text.contains(row.message) && !text.contains("\n")
    }
  }
}
