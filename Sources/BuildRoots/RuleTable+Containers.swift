extension Rule {
  /// RC1xx: where RECORD and the wheel disagree.
  public static let records = [
    noRecord, missingRow, extraRow, wrongHash, wrongSize, weakHash, noHash, badRow, ownRow, outsideRow,
    hashForm,
    signatureRow, noSize,
  ]

  public static let noRecord = record(
    101, "no-record", .error, "the wheel has no RECORD, or more than one",
    "build the wheel with a tool that writes RECORD: python -m build, wheel pack")
  public static let missingRow = record(
    102, "missing-row", .error,
    "a file was added after RECORD was written; pip uninstall will leave it behind")
  public static let extraRow = record(
    103, "extra-row", .warning, "a file was removed after RECORD was written, or has several rows")
  public static let wrongHash = record(
    104, "wrong-hash", .error, "a file was changed after RECORD was written, by patchelf, strip or sed")
  public static let wrongSize = record(
    105, "wrong-size", .error, "a file was changed after RECORD was written, by patchelf, strip or sed")
  public static let weakHash = record(
    106, "weak-hash", .warning, "RECORD was written with MD5 or SHA-1, which the wheel format forbids")
  public static let noHash = record(
    107, "no-hash", .warning, "the row of a file has no hash, or a placeholder such as sha256=0")
  public static let badRow = record(
    108, "bad-row", .error,
    "RECORD is not UTF-8 CSV with three fields in each row: it starts with a byte order mark, has an empty line, or a size that is not a plain number"
  )
  public static let ownRow = record(
    109, "own-row", .warning, "RECORD's own row is missing, or has a hash, which cannot be correct")
  public static let outsideRow = record(
    110, "outside-row", .error, "a row points outside the directory that packages are installed into",
    "remove the row; wheelscrub never follows such a path")
  public static let hashForm = record(
    111, "hash-form", .error,
    "a hash is correct but spelled with a trailing =, or with + and /; installer and wheel unpack reject it")
  public static let signatureRow = record(
    112, "signature-row", .error,
    "RECORD lists RECORD.jws or RECORD.p7s, which are signatures of RECORD itself; installer rejects it")
  public static let noSize = record(
    113, "no-size", .warning,
    "a row has a hash but no size; installer --validate-record all rejects it")

  private static func record(
    _ number: Int, _ slug: String, _ severity: Severity, _ cause: String,
    _ cure: String = "modify files before RECORD is written, or run wheelscrub record update afterwards"
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
    101, "data-descriptor", "the zip was streamed, so the sizes of a member follow its data",
    "write the zip to a seekable file, or run wheelscrub fix, which removes data descriptors")
  public static let archiveComment = zip(
    102, "comment", "a tool stored a signature or label in the archive comment",
    "pack without a comment, or run wheelscrub fix, which removes it")
  public static let strayData = zip(
    103, "stray-data", "there are bytes before, between or after the members that belong to none of them")
  public static let duplicateName = zip(
    104, "duplicate-name", "two members have the same name, and extractors disagree about which one wins")
  public static let headerMismatch = zip(
    105, "header-mismatch", "a member's local header contradicts the central directory")
  public static let compressionMethod = zip(
    106, "compression-method", "a member is neither stored nor deflated; PyPI and many installers reject it",
    "pack members stored or deflated")
  public static let unsafeName = zip(
    107, "unsafe-name",
    "a name is absolute, escapes the directory, or means different files on different systems",
    "use plain relative paths with / as the separator")
  public static let extraField = zip(
    108, "extra-field", "an extra field is truncated, duplicated, or contradicts the header")
  public static let symbolicLink = zip(
    109, "symbolic-link", "pip installs a symbolic link as a text file, unzip as a link",
    "pack the file that the link points to")
  public static let encrypted = zip(
    110, "encrypted", "a member is encrypted, or uses a zip feature that installers lack",
    "pack without encryption")
  public static let overlap = zip(
    111, "overlap", "members overlap, as in a zip bomb", "pack with another tool")
  public static let impossibleSize = zip(
    112, "impossible-size", "a member claims a size that its data cannot expand to", "pack with another tool")

  private static func zip(
    _ number: Int, _ slug: String, _ cause: String,
    _ cure: String = "repack the wheel: wheel unpack, then wheel pack"
  ) -> Rule {
    Rule(
      code: "ZP\(number)", slug: slug, origin: "zip", cause: cause, cure: cure,
      link: "https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/",
      severity: number == 109 ? .warning : .error)
  }
}
