import BuildRoots
import Formats
import ScrubKit

/// Names for findings that a rebuild does not change: two builds of one source in two random directories get the same
/// ones. Random roots are masked everywhere, versions of wheels are omitted, and offsets do not count, because they
/// depend on the length of the roots. Identical findings are numbered.
struct Fingerprints {
  private var seen: [String: Int] = [:]

  /// The fingerprint of the next finding of a run, 32 hex digits; no two findings of one run share one.
  mutating func next(for finding: Finding) -> String {
    let key = Self.key(finding)
    let number = seen[key, default: 0]
    seen[key] = number + 1
    return String(TextHash.sha256("\(key)\u{0}\(number)").prefix(32))
  }

  /// The stable parts of a finding: rule, file, member, section and the string with its roots masked.
  static func key(_ finding: Finding) -> String {
    let file = FileName(finding.place.path)
    let member = finding.place.member.map { masked(file.withoutVersion($0)) } ?? ""
    return [
      finding.rule.code, masked(file.stable), member, section(finding.place.section ?? ""),
      string(finding, file),
    ]
    .joined(separator: "\u{0}")
  }

  /// A file as fingerprints know it, the same for the next version of a wheel.
  static func file(_ path: String) -> String { masked(FileName(path).stable) }

  /// `.rodata+0x1c4 (zstd)` as `.rodata (zstd)`: where a payload begins is an offset too.
  private static func section(_ name: String) -> String {
    var parts = name.split(separator: "+0x", omittingEmptySubsequences: false)
    for index in parts.indices.dropFirst() {
      let rest = parts[index].drop { $0.isHexDigit }
      if rest.hasPrefix(" (") { parts[index] = rest } else { parts[index] = "+0x" + parts[index] }
    }
    return masked(parts.joined())
  }

  /// The text with every random root replaced by its stable form.
  static func masked(_ text: String) -> String {
    RootMap.default.clean(Array(text.utf8).span).map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  /// The text around the root, with the root itself masked by its rule's code: host roots and those of the user's own
  /// patterns have no stable form here.
  private static func string(_ finding: Finding, _ file: FileName) -> String {
    if let defect = finding.defect { return masked(file.withoutVersion(defect.message)) }
    let parts = Excerpt.parts(of: finding)
    // The reader cuts a long text after a fixed number of original bytes, so its ends shift with the roots' length.
    let before = masked(parts.before).suffix(48)
    let after = masked(parts.after).prefix(64)
    return "\(before)<\(finding.rule.code)>\(after)"
  }
}

/// The name of a reported file, and the part of it that the next build keeps.
private struct FileName {
  /// For a wheel its name, without version and build number; for any other file its path.
  let stable: String
  /// `name-1.0`, as wheels spell it in directories; empty for other files.
  private let versioned: String
  private let name: String

  init(_ path: String) {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    let parts = last.split(separator: "-", omittingEmptySubsequences: false)
    // The wheel's file name convention: name-version[-build]-python-abi-platform.whl.
    if last.hasSuffix(".whl"), (5...6).contains(parts.count) {
      name = String(parts[0])
      versioned = "\(parts[0])-\(parts[1])"
      stable = ([parts[0]] + parts.suffix(3)).joined(separator: "-")
    } else {
      name = ""
      versioned = ""
      stable = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    }
  }

  /// `x-1.0.dist-info/RECORD` as `x.dist-info/RECORD`.
  func withoutVersion(_ text: String) -> String {
    versioned.isEmpty
      ? text
      : text.split(separator: versioned + ".", omittingEmptySubsequences: false).joined(separator: name + ".")
  }
}
