extension Rule {
  /// A root defined by the user, `NAME=REGEX`: the part of a path that is a root, component by component. With a
  /// leading `/`, it matches only where a path begins. It becomes `prefix/NAME`.
  ///
  /// Each component is matched completely by a `LinearRegex`; the first one begins with at least two literal
  /// characters, because the search needs something to look for.
  public static func pattern(_ definition: String) throws(PatternError) -> Rule {
    guard let (name, text) = split(definition), !name.isEmpty, !text.isEmpty else {
      throw PatternError("pattern \"\(definition)\" needs the form NAME=REGEX")
    }
    guard name.utf8.allSatisfy({ ByteSet.name.contains($0) }), name != ".", name != ".." else {
      throw PatternError("pattern name \"\(name)\" may have A-Z a-z 0-9 . _ + - only")
    }
    let (components, isAnchored) = try parse(text)
    guard let head = components.first?.head, head.count >= 2,
      head.allSatisfy({ isPathByte($0) && $0 < 0x80 && $0 != slash })
    else {
      throw PatternError("pattern \"\(text)\" needs two plain characters at its beginning to search for")
    }
    // `.`, and a pattern that would match nothing else, is not a directory of its own.
    guard components.allSatisfy({ $0.minimumLength > 0 }) else {
      throw PatternError("pattern \"\(text)\" has a part that may be empty")
    }
    return Rule(
      code: "BP901", slug: "pattern", origin: name, cause: "the configuration names such directories",
      cure: "map the prefix where it is built, as with CFLAGS=-ffile-prefix-map", link: buildPath,
      patterns: [
        Pattern(name: name, components: components, needsSlash: true, isAnchored: isAnchored)
      ])
  }

  /// A path that the user maps to another, `OLD=NEW`, like `-ffile-prefix-map`, but component by component.
  public static func map(_ definition: String) throws(PatternError) -> Rule {
    guard let (old, new) = split(definition) else {
      throw PatternError("map \"\(definition)\" needs the form OLD=NEW, such as /opt/sdk=/sdk")
    }
    func refuse(_ why: String) -> PatternError { PatternError("map \"\(definition)\" \(why)") }
    func bytes(_ path: String) -> [UInt8] {
      var bytes = Array(path.utf8)
      while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
      return bytes
    }
    let (from, to) = (bytes(old), bytes(new))
    guard from.first == slash, from.count > 2 else {
      throw refuse("needs an absolute path in front of =, found \"\(old)\"")
    }
    guard to.first == slash && to.count > 1 || to == Array(".".utf8) else {
      throw refuse("needs an absolute path or . behind =, found \"\(new)\"")
    }
    for (half, bytes) in [("in front of", from), ("behind", to)] {
      guard bytes.allSatisfy({ $0 < 0x80 && isPathByte($0) }) else {
        throw refuse("may have A-Z a-z 0-9 / . _ + - @ ~ % only \(half) =")
      }
    }
    let components = from.dropFirst().split(separator: slash, omittingEmptySubsequences: false).map(
      Array.init)
    guard !components.contains(where: { $0.isEmpty || $0 == Array(".".utf8) || $0 == Array("..".utf8) })
    else {
      throw refuse("has a component in front of = that is empty, . or ..")
    }
    guard components[0].count > 1 else {
      throw refuse("needs two characters in the first component in front of =")
    }
    guard to.count <= from.count else {
      throw refuse(
        "would make paths longer: what stands behind = has \(to.count - from.count) bytes more than what stands in front"
      )
    }
    return Rule(
      code: "BP902", slug: "map", origin: "--map", cause: "the configuration maps this path",
      cure: "map the prefix where it is built, as with CFLAGS=-ffile-prefix-map", link: buildPath,
      patterns: [
        Pattern(
          name: "map",
          components: components.map { text in
            var component: Component = []
            component.atoms = [.literal(text)]
            return component
          }, needsSlash: true, rank: .host, target: .path(to), isAnchored: true)
      ])
  }

  private static func split(_ definition: String) -> (String, String)? {
    guard let index = definition.firstIndex(of: "=") else { return nil }
    return (String(definition[..<index]), String(definition[definition.index(after: index)...]))
  }

  /// The components, and whether a `/` precedes them.
  static func parse(_ text: String) throws(PatternError) -> ([Component], isAnchored: Bool) {
    var parts = try self.components(text)
    let isAnchored = parts.first?.isEmpty == true
    if isAnchored { parts.removeFirst() }
    var components: [Component] = []
    for part in parts { components.append(try component(part)) }
    return (components, isAnchored)
  }

  /// The parts between slashes; groups and classes must not contain slashes.
  private static func components(_ text: String) throws(PatternError) -> [String] {
    var parts = [""]
    var depth = 0
    var isEscaped = false
    for character in text {
      if character == "/" {
        guard depth == 0 else {
          throw PatternError(
            "pattern \"\(text)\" has a / inside a group or class; each part of a path stands alone")
        }
        parts.append("")
        continue
      }
      if !isEscaped {
        if "([".contains(character) { depth += 1 }
        if ")]".contains(character) { depth -= 1 }
      }
      isEscaped = character == "\\" && !isEscaped
      parts[parts.count - 1].append(character)
    }
    if parts.count > 1, parts.last == "" { parts.removeLast() }
    return parts
  }

  private static func component(_ part: String) throws(PatternError) -> Component {
    let node = try RegexParser.parse(part)
    let (head, rest) = node.literalHead
    var component: Component = []
    if !head.isEmpty { component.atoms.append(.literal(head)) }
    if !rest.isEmpty { component.atoms.append(.regex(try LinearRegex(rest, source: part))) }
    return component
  }
}

extension AllowedPath {
  public init(_ text: String) throws(PatternError) {
    self.text = text
    do throws(PatternError) {
      let (components, isAnchored) = try Rule.parse(text)
      guard !components.isEmpty else { throw PatternError("pattern is empty") }
      pattern = Pattern(name: "", components: components, isAnchored: isAnchored)
    } catch {
      throw PatternError("allowed path: \(error.description)")
    }
  }
}
