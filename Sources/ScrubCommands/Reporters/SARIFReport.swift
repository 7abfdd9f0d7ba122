import BuildRoots
import Formats
import ScrubKit

/// Static Analysis Results Interchange Format 2.1.0 (OASIS): each file is an artifact, a member of a wheel or an
/// archive is a logical location in it.
enum SARIFReport {
  /// GitHub rejects a run with more.
  static let limit = 25_000

  static func document(_ outcome: Outcome) -> JSONValue {
    let all = outcome.reports.flatMap { outcome.listed($0) }
    // If not all fit, errors are kept; each kind keeps its order.
    let listed =
      all.count <= limit
      ? all
      : Array(
        (all.filter { $0.rule.severity == .error } + all.filter { $0.rule.severity != .error }).prefix(limit))
    let rules = Set(listed.map(\.rule)).sorted { $0.code < $1.code }
    let ruleIndex = Dictionary(uniqueKeysWithValues: zip(rules.map(\.code), rules.indices))
    let paths = outcome.reports.map(\.path)
    let artifactIndex = Dictionary(zip(paths, paths.indices)) { first, _ in first }
    var fingerprints = Fingerprints()
    let results = listed.map { finding in
      result(
        finding, rule: ruleIndex[finding.rule.code] ?? 0, artifact: artifactIndex[finding.place.path],
        fingerprints.next(for: finding))
    }
    let driver: [(String, JSONValue)] = [
      ("name", .string(Version.name)), ("version", .string(Version.text)),
      ("semanticVersion", .string(Version.semantic)), ("rules", .array(rules.map(descriptor))),
    ]
    let run: [(String, JSONValue)] = [
      ("tool", .object([("driver", .object(driver))])),
      ("invocations", .array([invocation(outcome, leftOut: all.count - listed.count)])),
      ("artifacts", .array(paths.map { .object([("location", location(of: $0, index: nil))]) })),
      ("results", .array(results)),
    ]
    return .object([
      ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")), ("version", .string("2.1.0")),
      ("runs", .array([.object(run)])),
    ])
  }

  private static func result(
    _ finding: Finding, rule: Int, artifact: Int?, _ fingerprint: String
  ) -> JSONValue {
    var facts: [(String, JSONValue)] = [
      ("section", .optional(finding.place.section)),
      ("offset", finding.place.offset.map { .unsigned($0) } ?? .null),
      ("context", .optional(finding.context)), ("fixable", .bool(finding.isFixable)),
    ]
    if let use = finding.rootUse {
      facts += [
        ("root", .string(use.root)), ("text", .string(use.text)), ("replacement", .string(use.replacement)),
      ]
    }
    return .object([
      ("ruleId", .string(finding.rule.code)), ("ruleIndex", .count(rule)),
      ("level", .string(finding.rule.severity.rawValue)), ("message", message(FindingText(finding).sentence)),
      ("locations", .array([place(finding.place, artifact: artifact)])),
      // GitHub computes its own from the source lines, which a binary does not have.
      ("partialFingerprints", .object([("maskedString/v1", .string(fingerprint))])),
      ("properties", .object(facts)),
    ])
  }

  private static func place(_ place: Place, artifact: Int?) -> JSONValue {
    let physical: [(String, JSONValue)] = [
      ("artifactLocation", location(of: place.path, index: artifact)),
      // GitHub does not show a result without a line; byte offsets inside a compressed member mean nothing outside it.
      ("region", .object([("startLine", .count(1))])),
    ]
    var parts: [(String, JSONValue)] = [("physicalLocation", .object(physical))]
    if let member = place.member {
      let name = member.split(separator: "/").last.map(String.init) ?? member
      parts.append(
        (
          "logicalLocations",
          .array([
            .object([
              ("name", .string(Escape.terminalSafe(name))),
              ("fullyQualifiedName", .string(Escape.terminalSafe(member))), ("kind", .string("resource")),
            ])
          ])
        ))
    }
    return .object(parts)
  }

  private static func descriptor(_ rule: Rule) -> JSONValue {
    var help = "\(rule.cause). How to stop it: \(rule.cure)."
    if rule.cause.isEmpty || rule.cure.isEmpty { help = rule.origin }
    let title = rule.family.title
    var parts: [(String, JSONValue)] = [
      ("id", .string(rule.code)), ("name", .string(rule.slug)),
      ("shortDescription", message("\(title): \(rule.origin == title ? rule.slug : rule.origin)")),
      ("fullDescription", message(help)), ("help", message(help)),
    ]
    if rule.link.hasPrefix("https://") { parts.append(("helpUri", .string(rule.link))) }
    parts += [
      ("defaultConfiguration", .object([("level", .string(rule.severity.rawValue))])),
      (
        "properties",
        .object([
          ("tags", .array([.string(rule.family.code)])),
          ("documentation", .string(rule.documentation)),
        ])
      ),
    ]
    return .object(parts)
  }

  private static func invocation(_ outcome: Outcome, leftOut: Int) -> JSONValue {
    var notifications: [JSONValue] = outcome.allErrors.map { error in
      var parts: [(String, JSONValue)] = [
        ("level", .string("error")), ("message", message(Escape.terminalSafe(error.description))),
      ]
      if !error.place.path.isEmpty {
        parts.append(("locations", .array([place(error.place, artifact: nil)])))
      }
      return .object(parts)
    }
    if leftOut > 0 {
      let text = "\(Count.text(leftOut, "result")) left out: a run may hold \(limit)"
      notifications.append(.object([("level", .string("warning")), ("message", message(text))]))
    }
    return .object([
      ("executionSuccessful", .bool(!outcome.hasErrors)),
      ("exitCode", .integer(Int64(ExitStatus(of: outcome).rawValue))),
      ("toolExecutionNotifications", .array(notifications)),
    ])
  }

  private static func message(_ text: String) -> JSONValue { .object([("text", .string(text))]) }

  private static func location(of path: String, index: Int?) -> JSONValue {
    var parts: [(String, JSONValue)] = [("uri", .string(uri(path)))]
    if let index { parts.append(("index", .count(index))) }
    return .object(parts)
  }

  /// The path as a URI reference (RFC 3986): absolute ones with their scheme, relative ones without.
  static func uri(_ path: String) -> String {
    let relative = path.hasPrefix("./") ? path.dropFirst(2) : path[...]
    let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
    let encoded = relative.utf8.reduce(into: "") { text, byte in
      if unreserved.contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return path.hasPrefix("/") ? "file://\(encoded)" : encoded
  }
}
