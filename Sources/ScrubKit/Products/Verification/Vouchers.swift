import Formats

/// What determines a file's expected content: rows of RECORD, or a package manager that compared it.
struct Vouchers: Sendable {
  /// What is known about one content.
  enum Trust: Hashable, Sendable {
    case verified
    /// It differs from what it should be.
    case modified(String)
    /// Nothing determines what it should be.
    case unknown(String)
  }

  /// A row of an installed RECORD, by its file.
  private struct Row: Sendable {
    var claim: RecordClaim
    /// `name-1.0.dist-info/RECORD`.
    var record: String
    /// The directory that RECORD's directory lies in, without links.
    var root: String
  }

  /// A row whose file the walk did not find.
  struct Absent: Sendable {
    var real: String
    var record: String
  }

  private var rows: [[UInt8]: [Row]] = [:]
  /// The RECORDs themselves and their signatures, which have no hash.
  private var records: Set<[UInt8]> = []
  private(set) var errors: [ScrubError] = []
  private(set) var notes: [Note] = []
  /// From a package manager's lines.
  var complained: [[UInt8]: ManagerLine.Complaint] = [:]
  var verified: Set<[UInt8]> = []
  /// Whether there are any lines.
  var hasManager = false

  /// Reads every RECORD in an install root.
  mutating func addRecords(in root: String, shownAs path: String) {
    let names = InstallRoot.entries(of: root).filter { $0.hasSuffix(".dist-info") }
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let place = "\(root)/\(name)/RECORD"
      do throws(ScrubError) {
        guard try FileIdentity(path: place) != nil else { continue }
        let record = try InstalledRecord(place, installedPath: "\(name)/RECORD")
        add(record.content, root: root, name: "\(name)/RECORD", shownAs: "\(path)/\(name)/RECORD")
      } catch { errors.append(error) }
    }
  }

  private mutating func add(_ record: Record, root: String, name: String, shownAs path: String) {
    var outside: [String] = []
    for number in record.rows.indices {
      guard let claim = RecordClaim(record, row: number), !claim.path.isEmpty else {
        let offset = UInt64(record.rows[number].whole.lowerBound)
        errors.append(ScrubError("row needs a path and 3 fields", at: Place(path: path, offset: offset)))
        continue
      }
      if claim.isOutside {
        outside.append(claim.path)
      } else {
        rows[Array("\(root)/\(claim.path)".utf8), default: []].append(
          Row(claim: claim, record: name, root: root))
      }
    }
    for suffix in ["", ".jws", ".p7s"] { records.insert(Array("\(root)/\(name)\(suffix)".utf8)) }
    if let note = RecordClaim.note(onOutside: outside, at: Place(path: path)) { notes.append(note) }
  }

  /// Whether a row names the file; RECORD itself counts.
  func lists(_ real: String) -> Bool {
    let key = Array(real.utf8)
    return rows[key] != nil || records.contains(key)
  }

  /// Whether it is a RECORD of which no other RECORD has a hash.
  func isRecord(_ real: String) -> Bool {
    let key = Array(real.utf8)
    return records.contains(key) && decisive(key).allSatisfy(\.claim.isEmpty)
  }

  /// Rows of files that are not among these, except for rows of a RECORD that itself belongs to another distribution:
  /// whoever bundled its packages left files out, and the outer RECORD determines which must exist.
  func absent(from files: Set<[UInt8]>) -> [Absent] {
    rows.filter { !files.contains($0.key) && !records.contains($0.key) }
      .compactMap { key, rows in
        rows.first { !isVendored($0) }.map {
          Absent(real: String(decoding: key, as: UTF8.self), record: $0.record)
        }
      }
      .sorted { $0.real.utf8.lexicographicallyPrecedes($1.real.utf8) }
  }

  private func isVendored(_ row: Row) -> Bool {
    rows[Array("\(row.root)/\(row.record)".utf8)]?.contains { !$0.root.utf8.elementsEqual(row.root.utf8) }
      == true
  }

  /// The rows about a file in the outermost directory: a RECORD further in could come from anyone.
  private func decisive(_ key: [UInt8]) -> [Row] {
    let all = rows[key] ?? []
    let outermost = all.map(\.root.utf8.count).min()
    return all.filter { $0.root.utf8.count == outermost }
  }

  /// What is known about a file with this content.
  ///
  /// - Parameter isPackaged: the package manager complains about a file compiled from it. Then the package has the
  ///   source too, and the manager would have reported it if it differed.
  func trust(_ real: String, _ content: Bytes, isPackaged: Bool = false) -> Trust {
    let key = Array(real.utf8)
    switch complained[key] {
    case .changed?: return .modified("the package manager has another checksum")
    case .unreadable?: return .unknown("the package manager could not read it")
    case .missing?, .attributes?, nil: break
    }
    var weak: String?
    var wrong: String?
    for row in decisive(key) {
      // A matching hash is right, whatever its form.
      let doubts = row.claim.doubts(about: content, needsSize: false).filter { $0 != .hashForm }
      if doubts.isEmpty { return .verified }
      switch doubts[0] {
      case .noHash: weak = weak ?? "\(row.record) has no hash of it"
      case .weakHash: weak = weak ?? "\(row.record) has only a hash of \(row.claim.algorithm)"
      case .wrongHash: wrong = wrong ?? "\(row.record) has another hash"
      case .wrongSize, .badSize, .noSize, .hashForm: wrong = wrong ?? "\(row.record) has another size"
      }
    }
    // Another RECORD may list the same file, but nothing says that it is right.
    if let wrong { return .modified(wrong) }
    if verified.contains(key) { return .verified }
    // A manager that lists matching files would have listed it.
    if isPackaged, verified.isEmpty { return .verified }
    return .unknown(weak ?? (hasManager ? "the package manager does not list it" : "no RECORD lists it"))
  }
}
