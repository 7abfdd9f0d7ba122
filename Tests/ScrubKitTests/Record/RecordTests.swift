import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct RecordTests {
  static let old = Bytes(Array("old".utf8))
  static let new = Bytes(Array("new content".utf8))
  static let oldHash = RecordHash.sha256.digest(old)
  static let newHash = RecordHash.sha256.digest(new)

  private func record(_ text: String) throws(ScrubError) -> Record {
    try Record(Bytes(Array(text.utf8)), name: "x-1.dist-info/RECORD")
  }

  private func updated(_ text: String, _ member: String = "x.so") throws(ScrubError) -> String {
    let record = try record(text)
    let change = try record.change(of: member, from: Self.old, to: Self.new)
    return String(decoding: record.applying([change]).array(), as: UTF8.self)
  }

  private func updateError(_ text: String, _ member: String = "x.so") -> String? {
    errorText { () throws(ScrubError) in _ = try updated(text, member) }
  }

  /// The hash is base64url of SHA-256 of "old", as Python's base64 and hashlib give it.
  @Test func hashValue() { #expect(Self.oldHash == "y6BrVzb69n5UsHtWHq6UOV53TFF6fZEKVDaeEmPM-9Q") }

  /// Everything but hash and size of the one row stays, whatever it looks like.
  @Test(arguments: [
    "a.py,sha256=0,0\n@\nx-1.dist-info/RECORD,,\n",
    "a.py,sha256=0,0\r\n@\r\nx-1.dist-info/RECORD,,\r\n",
    "@\nlast,,",
    "first,,\n@",
    "\n\n\"a,b\",md5=xyz,1\r\n@\n\"quoted \"\"name\"\"\",,\n",
    "only one field\n@\r\ntoo,many,fields,here\n\u{0}odd,,\n",
  ])
  func onlyOneRowChanges(_ template: String) throws {
    let old = template.replacing("@", with: "x.so,sha256=\(Self.oldHash),3")
    let new = template.replacing("@", with: "x.so,sha256=\(Self.newHash),11")
    #expect(try updated(old) == new)
  }

  @Test func quotingAndPaddingOfTheRow() throws {
    #expect(
      try updated("\"x.so\",\"sha256=\(Self.oldHash)\",\"3\"\r\n")
        == "\"x.so\",\"sha256=\(Self.newHash)\",\"11\"\r\n")
    #expect(try updated("x.so,sha256=\(Self.oldHash)=,3\n") == "x.so,sha256=\(Self.newHash),11\n")
    #expect(try updated("x.so,sha256=\(Self.oldHash),\n") == "x.so,sha256=\(Self.newHash),\n")
    #expect(
      try updated("\"a \"\"b\"\", c.so\",sha256=\(Self.oldHash),3\n", "a \"b\", c.so")
        == "\"a \"\"b\"\", c.so\",sha256=\(Self.newHash),11\n")
    #expect(
      try updated("été.so,sha256=\(Self.oldHash),3\n", "été.so") == "été.so,sha256=\(Self.newHash),11\n")
  }

  @Test(arguments: RecordHash.allCases)
  func algorithmIsKept(_ hash: RecordHash) throws {
    #expect(hash.digest(Self.old).count == hash.length)
    #expect(
      try updated("x.so,\(hash.rawValue)=\(hash.digest(Self.old)),3\n")
        == "x.so,\(hash.rawValue)=\(hash.digest(Self.new)),11\n")
  }

  @Test func rowsThatCannotChange() {
    let place = "x-1.dist-info/RECORD: 0x0: row of x.so"
    #expect(updateError("a.py,,\n") == "x-1.dist-info/RECORD: has no row for x.so, which changes")
    let good = "x.so,sha256=\(Self.oldHash),3\n"
    #expect(updateError(good + good) == "x-1.dist-info/RECORD: has 2 rows for x.so, which changes")
    #expect(updateError("x.so,sha256=\(Self.newHash),3\n") == "\(place) has a hash that its content has not")
    #expect(updateError("x.so,sha256=\(Self.oldHash),4\n") == "\(place) says 4 bytes, its content has 3")
    #expect(updateError("x.so,sha256=0,3\n") == "\(place) has a sha256 hash of 1 characters, needs 43")
    #expect(
      updateError("x.so,md5=FJ2ZRA,3\n") == "\(place) has a md5 hash, needs one of sha256, sha384, sha512")
    #expect(updateError("x.so,,\n") == "\(place) has no hash, needs one of sha256, sha384, sha512")
    #expect(updateError("x.so,sha256=\(Self.oldHash)\n") == "\(place) needs 3 fields, has 2")
  }

  @Test(arguments: [
    ("a,\"b", "0x2: quoted field does not end"), ("\"a\"b,,\n", "0x3: text behind a closing quote"),
    ("a,b,c\rd,e,f\n", "0x5: carriage return without line feed"),
  ])
  func malformed(_ text: String, _ expected: String) {
    #expect(
      errorText { () throws(ScrubError) in _ = try record(text) } == "x-1.dist-info/RECORD: \(expected)")
  }

  @Test func severalChangesAndRemovals() throws {
    let record = try record(
      "b.so,sha256=\(Self.oldHash),3\r\nx-1.dist-info/RECORD.jws,,\r\na.so,sha256=\(Self.oldHash),3\r\n")
    let changes =
      try ["a.so", "b.so"].map { try record.change(of: $0, from: Self.old, to: Self.new) }
      + record.removal(of: "x-1.dist-info/RECORD.jws") + record.removal(of: "x-1.dist-info/RECORD.p7s")
    #expect(changes.map(\.before)[2] == "x-1.dist-info/RECORD.jws,,")
    #expect(
      String(decoding: record.applying(changes).array(), as: UTF8.self)
        == "b.so,sha256=\(Self.newHash),11\r\na.so,sha256=\(Self.newHash),11\r\n")
  }

  @Test func location() throws {
    func locate(_ names: String...) throws(ScrubError) -> String {
      let bytes = Bytes(TestZip(names.map { TestZip.Entry($0, "x") }).bytes())
      return try Record.locate(Wheel.read(bytes).members).name
    }
    #expect(try locate("RECORD", "a/x.dist-info/RECORD", "x.dist-info/RECORD") == "x.dist-info/RECORD")
    #expect(
      errorText { () throws(ScrubError) in _ = try locate("RECORD") }
        == "has no RECORD: needs one *.dist-info/RECORD")
    #expect(
      errorText { () throws(ScrubError) in _ = try locate("a.dist-info/RECORD", "b.dist-info/RECORD") }
        == "has 2 RECORDs: a.dist-info/RECORD, b.dist-info/RECORD")
  }

  @Test func signatures() throws {
    let names = [
      "x-1.dist-info/RECORD", "x-1.dist-info/RECORD.jws", "x-1.dist-info/RECORD.p7s", "RECORD.jws",
    ]
    let members = try Wheel.read(Bytes(TestZip(names.map { TestZip.Entry($0) }).bytes())).members
    #expect(try record("").signatures(among: members).map(\.name) == Array(names[1...2]))
  }
}
