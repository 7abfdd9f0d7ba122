import Formats

/// What one line of a package manager's check says. All formats are tried, so that the user need not specify one.
enum ManagerLine: Hashable, Sendable {
  enum Complaint: Hashable, Sendable {
    /// The content differs from the package's.
    case changed
    case missing
    /// The manager could not read it.
    case unreadable
    /// The content matches the package's; time, mode or owner does not.
    case attributes(String)
  }

  case complaint(Complaint, path: String, isConfiguration: Bool)
  /// The manager compared it, and it matches.
  case verified(path: String)
  /// Progress and headings.
  case nothing
  case odd

  /// - Parameter line: without its terminator.
  init(_ line: Substring) {
    let text = line.trimmingBlanks()
    self =
      Self.pkg(text) ?? Self.debsums(text) ?? Self.rpm(text) ?? Self.bare(text)
      ?? (Self.isNothing(text) ? .nothing : .odd)
    // Paths of files in packages are absolute; one with `..` belongs to no package.
    if let path, !Self.isPlain(path) { self = .odd }
  }

  var path: String? {
    switch self {
    case .complaint(_, let path, _), .verified(let path): path
    case .nothing, .odd: nil
    }
  }

  private static func isPlain(_ path: String) -> Bool {
    path.utf8.first == 0x2f && path.utf8.count < 4096 && !path.utf8.contains(0)
      && !path.utf8.split(separator: 0x2f).contains { $0.elementsEqual([0x2e, 0x2e]) }
  }

  private static func changed(_ path: Substring, _ complaint: Complaint = .changed) -> ManagerLine {
    .complaint(complaint, path: String(path), isConfiguration: false)
  }
}

extension ManagerLine {
  /// FreeBSD, `pkg check -sa` (pkg, src/event.c): `name-1.2: checksum mismatch for /path`. If standard error goes to
  /// the same pipe, progress dots may precede it. The daily mail has `name-1.2: /path`.
  private static func pkg(_ line: Substring) -> ManagerLine? {
    if let path = line.after(": checksum mismatch for ") { return changed(path) }
    if let path = line.after(": missing file /") {
      // debsums prints almost the same.
      if line.hasPrefix("debsums: ") { return nil }
      return changed("/" + path, .missing)
    }
    guard let colon = line.firstRange(of: ": /"), !line.hasPrefix("/"), !line.hasPrefix("debsums"),
      !line[..<colon.lowerBound].contains(" ")
    else { return nil }
    let path = line[line.index(colon.lowerBound, offsetBy: 2)...]
    // `pkg check -m`: `name-1.2: /path [perm] 0644 -> 0600`.
    if path.contains(" -> "), let bracket = path.firstRange(of: " ["), let end = path.firstRange(of: "] "),
      bracket.upperBound < end.lowerBound
    {
      return changed(
        path[..<bracket.lowerBound], .attributes(String(path[bracket.upperBound..<end.lowerBound])))
    }
    return changed(path)
  }

  /// Debian, `debsums`: `/path  OK`, `/path FAILED`, and on standard error with `-s` or `-x`
  /// `debsums: changed file /path (from name package)`.
  private static func debsums(_ line: Substring) -> ManagerLine? {
    if line.hasPrefix("/") {
      // A file from a package that replaces another one is right as well.
      for word in [" OK", " REPLACED"] where line.hasSuffix(word) {
        return .verified(path: String(line.dropLast(word.count).trimmingBlanks()))
      }
      if line.hasSuffix(" FAILED") { return changed(line.dropLast(7).trimmingBlanks()) }
      return nil
    }
    guard let rest = line.after("debsums: ", isPrefix: true) else { return nil }
    if let path = rest.after("changed file ", isPrefix: true) { return changed(path.withoutOrigin()) }
    if let path = rest.after("missing file ", isPrefix: true) {
      return changed(path.withoutOrigin(), .missing)
    }
    // `can't open name file /path (Permission denied)`.
    if rest.hasPrefix("can't open ") || rest.hasPrefix("can't check "), let path = rest.after(" file ") {
      return changed(path.withoutParenthesis(), .unreadable)
    }
    return nil
  }

  /// `rpm -Va` and `dpkg --verify`: nine letters, one for each check, `.` passed, `?` not done; then the kind of file
  /// and its path. `missing` may replace the letters. Eight letters before rpm 4.7.
  private static func rpm(_ line: Substring) -> ManagerLine? {
    guard let blank = line.firstIndex(of: " ") else { return nil }
    let word = line[..<blank]
    var rest = line[blank...].trimmingBlanks()
    var isConfiguration = false
    if !rest.hasPrefix("/") {
      guard let kind = rest.first, kind.isASCII, kind.isLetter, rest.dropFirst().hasPrefix(" ") else {
        return nil
      }
      isConfiguration = kind == "c"
      rest = rest.dropFirst().trimmingBlanks()
    }
    guard rest.hasPrefix("/") else { return nil }
    if word == "missing" {
      return .complaint(
        .missing, path: String(rest.withoutParenthesis()), isConfiguration: isConfiguration)
    }
    let flags = Array(word.utf8)
    // S size, M mode, 5 digest, D device, L link, U user, G group, T time, P capabilities.
    let letters = Array("SM5DLUGTP".utf8)
    guard (8...9).contains(flags.count),
      zip(flags, letters).allSatisfy({ $0 == $1 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "?") })
    else { return nil }
    let path = String(rest.withoutState())
    if flags.allSatisfy({ $0 == UInt8(ascii: ".") }) { return .verified(path: path) }
    let complaint: Complaint =
      switch flags[2] {
      case UInt8(ascii: "5"): .changed
      case UInt8(ascii: "?"): .unreadable
      // Only a link has no digest; its target is its content.
      default: flags[4] == UInt8(ascii: "L") ? .changed : .attributes(String(word))
      }
    return .complaint(complaint, path: path, isConfiguration: isConfiguration)
  }

  /// `debsums -c`: only the path.
  private static func bare(_ line: Substring) -> ManagerLine? { line.hasPrefix("/") ? changed(line) : nil }

  /// Lines without relevance.
  private static func isNothing(_ line: Substring) -> Bool {
    if line.isEmpty { return true }
    return ["Checking all packages", "Checking for packages with mismatched checksums"].contains {
      guard let rest = line.after($0, isPrefix: true) else { return false }
      return rest.utf8.allSatisfy { Array(": .%0123456789done".utf8).contains($0) }
    }
  }
}

extension Substring {
  fileprivate func trimmingBlanks() -> Substring {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    guard let first = utf8.firstIndex(where: { !isBlank($0) }),
      let last = utf8.lastIndex(where: { !isBlank($0) })
    else { return Substring() }
    return self[first...last]
  }

  /// The text after the first occurrence.
  fileprivate func after(_ text: String, isPrefix: Bool = false) -> Substring? {
    if isPrefix { return hasPrefix(text) ? dropFirst(text.count) : nil }
    return firstRange(of: text).map { self[$0.upperBound...] }
  }

  fileprivate func firstRange(of text: String) -> Range<Index>? {
    let (bytes, wanted) = (utf8, Array(text.utf8))
    var start = bytes.startIndex
    while let first = bytes[start...].firstIndex(of: wanted[0]) {
      if bytes[first...].starts(with: wanted) {
        return first..<bytes.index(first, offsetBy: wanted.count)
      }
      start = bytes.index(after: first)
    }
    return nil
  }

  /// Without ` (observed:… expected:…) (from name package)`.
  fileprivate func withoutOrigin() -> Substring {
    var path = self
    if hasSuffix(" package)"), let range = path.lastRange(of: " (from ") { path = path[..<range] }
    if path.hasSuffix(")"), let range = path.lastRange(of: " (observed:") { path = path[..<range] }
    return path
  }

  /// Without a reason in parentheses at the end.
  fileprivate func withoutParenthesis() -> Substring {
    guard hasSuffix(")"), let start = lastRange(of: " (") else { return self }
    return self[..<start]
  }

  /// Without the state that rpm adds.
  fileprivate func withoutState() -> Substring {
    let states = [
      " (replaced)", " (no state)", " (not installed)", " (net shared)", " (wrong color)", " (unknown state)",
    ]
    return states.first { hasSuffix($0) }.map { dropLast($0.count) } ?? self
  }

  private func lastRange(of text: String) -> Index? {
    let wanted = Array(text.utf8)
    var position = utf8.endIndex
    while let start = utf8[..<position].lastIndex(of: wanted[0]) {
      if utf8[start...].starts(with: wanted) { return start }
      position = start
    }
    return nil
  }
}
