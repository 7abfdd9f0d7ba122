/// Gives paths below a random directory the names that they have through a link at a stable place.
struct StableNames {
  /// A random directory and its link.
  struct Link: Equatable {
    var root: Bytes
    var link: Bytes
  }
  var links: [Link]

  /// sccache's key holds every variable of cargo's, and what rustc says that the crate asks for.
  static func isHashed(_ name: Bytes) -> Bool { name.hasPrefix("CARGO_") || name.isText("OUT_DIR") }

  func path(_ path: Bytes) -> Bytes {
    for link in links where isInside(path, link.root) { return link.link + path.dropped(link.root.count) }
    return path
  }

  func arguments(of compile: RustCompile) -> [Bytes] {
    var arguments = compile.arguments
    for place in compile.paths + [compile.sourcePath] {
      let old = arguments[place.argument]
      arguments[place.argument] = Bytes(old[..<place.offset]) + path(old.dropped(place.offset))
    }
    return arguments
  }

  /// Every variable that is a path, and each path in those that caches hash. Lists of paths are for other programs.
  func environment(_ original: Environment) -> Environment {
    original.map { name, value in
      if Self.isHashed(name) { return links.reduce(value) { replaced($1.root, by: $1.link, in: $0) } }
      return Self.isKept(name) || value.contains(UInt8(ascii: ":")) ? value : path(value)
    }
  }

  private static func isKept(_ name: Bytes) -> Bool {
    let kept: [StaticString] = ["PWD", "OLDPWD", "HOME", "TMPDIR", "PATH", "LD_LIBRARY_PATH", "_"]
    return kept.contains { name.isText($0) }
  }
}

/// The text with another path for each that is or begins with `old`; a longer name is another path.
func replaced(_ old: Bytes, by new: Bytes, in text: Bytes) -> Bytes {
  guard !old.isEmpty, text.count >= old.count else { return text }
  var result: Bytes = []
  var index = 0
  while index < text.count {
    let end = index + old.count
    if text[index] == old[0], end <= text.count, text[index..<end].elementsEqual(old),
      end == text.count || endsPath(text[end])
    {
      result += new
      index = end
    } else {
      result.append(text[index])
      index += 1
    }
  }
  return result
}

/// Whether a path before this byte is whole.
private func endsPath(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
    UInt8(ascii: "+"), 0x80...:
    false
  default: true
  }
}
