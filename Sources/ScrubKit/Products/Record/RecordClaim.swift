import Formats

/// What one row of RECORD says about a file, and whether it is true.
struct RecordClaim: Sendable {
  /// Index of the row.
  let row: Int
  let path: String
  let algorithm: String
  /// As written in the row, which may not be the required spelling.
  let digest: String
  let size: String

  /// Nil if the row does not have three fields.
  init?(_ record: Record, row: Int) {
    let fields = record.rows[row].fields
    guard fields.count == 3 else { return nil }
    self.row = row
    path = record.text(fields[0])
    let parts = record.text(fields[1]).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    algorithm = parts.first.map(String.init) ?? ""
    digest = parts.count == 2 ? String(parts[1]) : ""
    size = record.text(fields[2])
  }

  /// Whether it has neither hash nor size, like RECORD's own row.
  var isEmpty: Bool { algorithm.isEmpty && digest.isEmpty && size.isEmpty }

  enum Doubt: Hashable, Sendable {
    case noHash
    case weakHash
    /// The right hash, in a form that installers do not read.
    case hashForm
    case wrongHash(claimed: String, actual: String)
    case wrongSize(claimed: String, actual: String)
    case noSize
    case badSize
  }

  /// Everything in the claim that is false or useless.
  /// - Parameter needsSize: in a wheel; installed files may omit the size.
  func doubts(about content: Bytes, needsSize: Bool) -> [Doubt] {
    var doubts: [Doubt] = []
    if let known = RecordHash(rawValue: algorithm) {
      if plainDigest.utf8.count != known.length {
        doubts.append(.noHash)
      } else {
        let actual = known.digest(content)
        if actual != plainDigest {
          doubts.append(
            .wrongHash(claimed: "\(algorithm)=\(digest)", actual: "\(algorithm)=\(actual)"))
        } else if actual != digest {
          doubts.append(.hashForm)
        }
      }
    } else {
      doubts.append(algorithm.isEmpty ? .noHash : .weakHash)
    }
    if size.isEmpty {
      // Without a hash, the row is as good as empty, which is already reported.
      if needsSize, !algorithm.isEmpty { doubts.append(.noSize) }
    } else if size != String(content.count) {
      doubts.append(isPlainSize ? .wrongSize(claimed: size, actual: String(content.count)) : .badSize)
    }
    return doubts
  }

  /// The intended hash, without padding, in the URL-safe alphabet (RFC 4648, section 5).
  private var plainDigest: String {
    var digest = digest[...]
    while digest.utf8.last == 0x3d { digest.removeLast() }
    return String(
      decoding: digest.utf8.map { $0 == 0x2b ? 0x2d : $0 == 0x2f ? 0x5f : $0 }, as: UTF8.self)
  }

  /// Only digits, without leading zeros.
  private var isPlainSize: Bool {
    size.utf8.allSatisfy { (0x30...0x39).contains($0) } && (size.utf8.count == 1 || size.utf8.first != 0x30)
  }

  /// A note on paths that lead out of the directory; nil if there are none.
  static func note(onOutside paths: [String], at place: Place) -> Note? {
    guard let first = paths.first else { return nil }
    let others = paths.count > 1 ? " and \(paths.count - 1) more rows lead" : " leads"
    return Note("\(first)\(others) out of the directory; not followed", at: place)
  }

  /// Whether the path leads out of the directory that RECORD describes.
  var isOutside: Bool {
    path.utf8.first == 0x2f || path.utf8.split(separator: 0x2f).contains { $0.elementsEqual([0x2e, 0x2e]) }
  }
}
