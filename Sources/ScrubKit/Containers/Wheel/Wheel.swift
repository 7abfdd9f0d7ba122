import Formats

/// A wheel, read-only: a zip whose directory, local headers and layout agree. Anything that two zip readers could
/// understand differently is refused with one error.
struct Wheel: Sendable {
  let file: MappedFile
  /// In the order of the central directory.
  let members: [Member]
  /// Indices of `members` in the order of their data in the file.
  let fileOrder: [Int]
  /// Indices of `members` by name; needed because String treats different Unicode spellings as equal.
  private let places: [String: [Int]]
  /// Indices of all members that could be compiled from a source, by its name (PEP 3147).
  private let bytecode: [String: [Int]]

  var path: String { file.path }

  static func open(_ path: String) throws(ScrubError) -> Wheel { try Wheel(MappedFile.open(path)) }

  init(_ file: MappedFile) throws(ScrubError) {
    var defects = ZipDefects.strict
    try self.init(file, &defects)
  }

  /// - Parameter defects: strict or tolerant. If tolerant, ambiguities are recorded, and members that cannot be read
  ///   are marked.
  init(_ file: MappedFile, _ defects: inout ZipDefects) throws(ScrubError) {
    self.file = file
    do throws(ScrubError) { (members, fileOrder) = try Self.read(file.bytes, &defects) } catch {
      throw error.inside(path: file.path)
    }
    places = Dictionary(grouping: members.indices) { [members] in members[$0].name }
    var bytecode: [String: [Int]] = [:]
    for (index, member) in members.enumerated() {
      if let source = PythonSource.path(ofBytecode: member.name) {
        bytecode[source, default: []].append(index)
      }
    }
    self.bytecode = bytecode
  }

  static func read(_ bytes: Bytes) throws(ScrubError) -> (members: [Member], fileOrder: [Int]) {
    var defects = ZipDefects.strict
    return try read(bytes, &defects)
  }

  /// The members of the zip in `bytes` and their order in it.
  static func read(
    _ bytes: Bytes, _ defects: inout ZipDefects
  ) throws(ScrubError) -> (members: [Member], fileOrder: [Int]) {
    // The end records locate the directory.
    let end = try ZipEnd(bytes, &defects)
    // The directory describes the members.
    let directory = try ZipDirectory.members(bytes, end, &defects)
    // The local headers must agree with it, and fill the file.
    let (members, order) = try ZipLayout.complete(
      directory, bytes, directoryOffset: end.directoryOffset, &defects)
    // A symbolic link is content that points elsewhere.
    for member in members where member.isSymbolicLink && !member.isUnreadable {
      defects.remark(.symbolicLink, "is a symbolic link", member: member.name)
      do throws(ScrubError) { try checkLink(member) } catch { try defects.note(.symbolicLink, error) }
    }
    return (members, order)
  }

  func member(named name: String) -> Member? {
    places[name]?.lazy.map { members[$0] }.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// What was compiled from the source, in directory order.
  func bytecode(of source: Member) -> [Member] {
    (bytecode[source.name] ?? []).map { members[$0] }.filter { member in
      PythonSource.path(ofBytecode: member.name)?.utf8.elementsEqual(source.name.utf8) == true
    }
  }

  /// Members whose time `fix` changes for this SOURCE_DATE_EPOCH, in directory order; times as `YYYY-MM-DDTHH:MM:SS`.
  func lateMembers(epoch: Int64) -> [(member: Member, before: String, after: String)] {
    let clamp = TimeClamp(epoch: epoch)
    return members.filter(clamp.isLate).map { member in
      (member, max(member.time, member.localTime).description, clamp.dos.description)
    }
  }

  /// A longer target, which no system accepts, is not a link.
  private static let longestTarget: UInt64 = 4096

  private static func checkLink(_ member: Member) throws(ScrubError) {
    guard member.uncompressedSize <= longestTarget else {
      throw ScrubError("symbolic link has \(member.uncompressedSize) bytes", at: Place(member: member.name))
    }
    let target = try member.content().array()
    guard MemberName.staysInside(target: target, ofLinkNamed: member.name) else {
      let shown = String(decoding: target, as: UTF8.self).debugDescription
      throw ScrubError("symbolic link to \(shown) leaves the wheel", at: Place(member: member.name))
    }
  }
}
