extension Rule {
  /// RC1xx: what RECORD says and the wheel has not.
  public static let records = [
    noRecord, missingRow, extraRow, wrongHash, wrongSize, weakHash, noHash, badRow, ownRow, outsideRow,
    hashForm,
    signatureRow, noSize,
  ]

  public static let noRecord = record(
    101, "no-record", .error, "the wheel was packed without RECORD, or with more than one",
    "pack with a tool that writes it: python -m build, wheel pack")
  public static let missingRow = record(
    102, "missing-row", .error, "a file was added after RECORD was written; uninstalling leaves it behind")
  public static let extraRow = record(
    103, "extra-row", .warning, "a file was removed after RECORD was written, or has several rows")
  public static let wrongHash = record(
    104, "wrong-hash", .error, "a file was changed after RECORD was written, by patchelf, strip or sed")
  public static let wrongSize = record(
    105, "wrong-size", .error, "a file was changed after RECORD was written, by patchelf, strip or sed")
  public static let weakHash = record(
    106, "weak-hash", .warning, "RECORD was written with MD5 or SHA-1, which the wheel format forbids")
  public static let noHash = record(
    107, "no-hash", .warning, "a row has no hash, or a placeholder such as sha256=0")
  public static let badRow = record(
    108, "bad-row", .error,
    "RECORD is no CSV of three fields in UTF-8, begins with a byte order mark, has an empty line, or a size that is no plain number"
  )
  public static let ownRow = record(
    109, "own-row", .warning, "RECORD's own row is missing, or has a hash that cannot be true")
  public static let outsideRow = record(
    110, "outside-row", .error, "a row leads out of the directory that packages are installed to",
    "remove the row; wheelscrub never follows it")
  public static let hashForm = record(
    111, "hash-form", .error,
    "a hash is right, but has = at its end or + and / in it: installer and wheel unpack refuse it")
  public static let signatureRow = record(
    112, "signature-row", .error,
    "RECORD lists RECORD.jws or RECORD.p7s, which are made of RECORD: installer refuses it")
  public static let noSize = record(
    113, "no-size", .warning,
    "a row of a wheel has a hash and no size: installer --validate-record all refuses it")

  private static func record(
    _ number: Int, _ slug: String, _ severity: Severity, _ cause: String,
    _ cure: String = "change files before RECORD is written, or run wheelscrub record update"
  ) -> Rule {
    Rule(
      code: "RC\(number)", slug: slug, origin: "RECORD", cause: cause, cure: cure,
      link: "https://packaging.python.org/specifications/recording-installed-packages/", severity: severity)
  }

  /// ZP1xx: zips that PyPI rejects, or that extractors read differently.
  public static let zips = [
    dataDescriptor, archiveComment, strayData, duplicateName, headerMismatch, compressionMethod, unsafeName,
    extraField, symbolicLink, encrypted, overlap, impossibleSize,
  ]

  public static let dataDescriptor = zip(
    101, "data-descriptor", "the zip was written to a stream, so sizes stand behind the data",
    "pack with a tool that can seek, or run wheelscrub fix, which writes none")
  public static let archiveComment = zip(
    102, "comment", "a tool signed or labelled the zip in its comment",
    "pack without a comment, or run wheelscrub fix, which writes none")
  public static let strayData = zip(
    103, "stray-data", "bytes before, between or behind the members belong to none of them")
  public static let duplicateName = zip(
    104, "duplicate-name", "a file was added twice; extractors disagree about which one counts")
  public static let headerMismatch = zip(
    105, "header-mismatch", "a member's own header and the directory of the zip contradict each other")
  public static let compressionMethod = zip(
    106, "compression-method", "a member is neither stored nor deflated; PyPI and many installers refuse it",
    "pack with stored or deflated members")
  public static let unsafeName = zip(
    107, "unsafe-name",
    "a name is absolute, leaves the directory, or is spelled so that systems differ about it",
    "name members with plain relative paths and /")
  public static let extraField = zip(
    108, "extra-field", "an extra field is cut, occurs twice or contradicts the header")
  public static let symbolicLink = zip(
    109, "symbolic-link", "pip writes a link as a text file, unzip as a link",
    "pack the file that the link leads to")
  public static let encrypted = zip(
    110, "encrypted", "a member is encrypted, or uses a feature that installers have not",
    "pack without encryption")
  public static let overlap = zip(
    111, "overlap", "members share bytes, as in a zip bomb", "pack with another tool")
  public static let impossibleSize = zip(
    112, "impossible-size", "a member claims a size that its data cannot have", "pack with another tool")

  private static func zip(
    _ number: Int, _ slug: String, _ cause: String,
    _ cure: String = "pack again: wheel unpack, then wheel pack"
  ) -> Rule {
    Rule(
      code: "ZP\(number)", slug: slug, origin: "zip", cause: cause, cure: cure,
      link: "https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/",
      severity: number == 109 ? .warning : .error)
  }
}
