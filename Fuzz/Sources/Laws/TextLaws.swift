import BuildRoots

@testable import ScrubCommands

/// Three texts with a NUL between them: a configuration, the definition of a pattern or map, and what is searched.
enum TextLaws {
  static func hold(for input: [UInt8]) throws(Violation) {
    let texts = input.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    configuration(texts[0])
    let definition = texts.count > 1 ? String(decoding: texts[1], as: UTF8.self) : ""
    let rules = [try? Rule.pattern(definition), try? Rule.map(definition)].compactMap(\.self)
    for own in [[], rules] {
      // A prefix that could become a root of the user's own is refused.
      guard let map = try? RootMap(rules: own + Rule.random + Rule.hosts) else { continue }
      try search(texts.count > 2 ? texts[2] : texts[0], map)
    }
  }

  /// Settings or an error.
  private static func configuration(_ text: [UInt8]) {
    let workspace = Workspace()
    let path = workspace.write(text, to: "wheelscrub.toml")
    _ = try? ConfigurationFile(path, isExplicit: true)?.settings()
  }

  private static func search(_ text: [UInt8], _ map: RootMap) throws(Violation) {
    var end = 0
    for root in map.roots(in: text.span) {
      try require(
        root.range.lowerBound >= end && root.range.upperBound <= text.count, "a root at \(root.range)")
      try require(
        map.replacement(for: root).count <= root.range.count, "a root at \(root.range) becomes longer")
      end = root.range.upperBound
    }
    if let padded = map.padded(text.span) {
      try require(padded.count == text.count, "the text gets another length")
      try require(!map.containsRoot(padded.span), "a root is left in what was padded")
    }
    if let clean = map.clean(text.span) {
      try require(!map.containsRoot(clean.span), "a root is left in what was cleaned")
    }
  }
}
