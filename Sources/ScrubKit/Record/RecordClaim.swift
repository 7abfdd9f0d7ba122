/// What one row of RECORD says about a file, and whether it is so.
struct RecordClaim: Sendable {
  /// Index of the row.
  let row: Int
  let path: String
  let algorithm: String
  /// Without padding.
  let digest: String
  let size: String

  /// Nil where the row has not three fields.
  init?(_ record: Record, row: Int) {
    let fields = record.rows[row].fields
    guard fields.count == 3 else { return nil }
    self.row = row
    path = record.text(fields[0])
    let parts = record.text(fields[1]).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    algorithm = parts.first.map(String.init) ?? ""
    var digest = parts.count == 2 ? parts[1] : ""
    while digest.last == "=" { digest.removeLast() }
    self.digest = String(digest)
    size = record.text(fields[2])
  }

  /// Neither hash nor size, as RECORD's own row has it.
  var isEmpty: Bool { algorithm.isEmpty && digest.isEmpty && size.isEmpty }

  enum Doubt: Hashable, Sendable {
    case noHash
    case weakHash
    case wrongHash(claimed: String, actual: String)
    case wrongSize(claimed: String, actual: String)
    case badSize
  }

  /// Everything in which the claim is not true, or not worth its bytes.
  func doubts(about content: Bytes) -> [Doubt] {
    var doubts: [Doubt] = []
    if let known = RecordHash(rawValue: algorithm) {
      if digest.utf8.count != known.length {
        doubts.append(.noHash)
      } else {
        let actual = known.digest(content)
        if actual != digest {
          doubts.append(
            .wrongHash(claimed: "\(algorithm)=\(digest)", actual: "\(algorithm)=\(actual)"))
        }
      }
    } else {
      doubts.append(algorithm.isEmpty ? .noHash : .weakHash)
    }
    if !size.isEmpty, size != String(content.count) {
      doubts.append(
        UInt64(size) == nil ? .badSize : .wrongSize(claimed: size, actual: String(content.count)))
    }
    return doubts
  }

  /// What is said of paths that lead out of it; nil where there are none.
  static func note(onOutside paths: [String], at place: Place) -> Note? {
    guard let first = paths.first else { return nil }
    let others = paths.count > 1 ? " and \(paths.count - 1) more rows lead" : " leads"
    return Note("\(first)\(others) out of the directory; not followed", at: place)
  }

  /// Whether the path leads out of the directory that RECORD is about.
  var isOutside: Bool {
    path.utf8.first == 0x2f || path.utf8.split(separator: 0x2f).contains { $0.elementsEqual([0x2e, 0x2e]) }
  }
}
