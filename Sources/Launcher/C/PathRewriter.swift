/// Gives a compile's paths without the random directories in them.
struct PathRewriter {
  let directory: Bytes
  /// Whether the working directory itself is a random one. Elsewhere nothing is written: it is the user's.
  let isRandom: Bool

  /// The arguments with other paths where that is possible.
  ///
  /// - Parameter hits: for each path of the compile whether a random directory stands in it.
  func rewrite(_ compile: Compile, _ hits: [RootedPath?]) -> [Bytes] {
    var arguments = rewriteAll(compile, hits)
    if compile.outputIsTarget, let output = compile.outputPath {
      arguments[output.argument] = compile.arguments[output.argument]
    }
    return arguments
  }

  private func rewriteAll(_ compile: Compile, _ hits: [RootedPath?]) -> [Bytes] {
    var arguments = compile.arguments
    var foreign: [Int] = []
    var realRoots = [Bytes?](repeating: nil, count: hits.count)
    for index in hits.indices {
      guard let hit = hits[index], let real = realPath(of: hit) else { continue }
      realRoots[index] = real
      guard isInside(directory, real) else {
        foreign.append(index)
        continue
      }
      let path = relativePath(from: directory, root: real, rest: hit.rest)
      replace(compile.paths[index], with: path, in: &arguments)
    }
    guard !foreign.isEmpty, let place = placeForLinks(compile, arguments) else { return arguments }
    for index in foreign where !compile.paths[index].isOutput {
      guard let hit = hits[index], let real = realRoots[index],
        let link = link(to: real, called: hit.name, in: place)
      else { continue }
      replace(compile.paths[index], with: link + hit.rest, in: &arguments)
    }
    return arguments
  }

  private func realPath(of hit: RootedPath) -> Bytes? {
    // What the working directory begins with, which has no links in it, has none either.
    isInside(directory, hit.root) ? hit.root : System.realPath(hit.root)
  }

  /// A path takes another's place only if it leads to the same file, or to none as well.
  private func replace(_ path: Compile.Path, with new: Bytes, in arguments: inout [Bytes]) {
    let old = arguments[path.argument]
    let text = old.dropped(path.offset)
    let identity = System.identity(of: new)
    guard System.identity(of: text) == identity else { return }
    if identity == nil {
      // Not there yet: the directory decides.
      guard System.identity(of: parent(of: text)) == System.identity(of: parent(of: new)) else { return }
    }
    arguments[path.argument] = Bytes(old[..<path.offset]) + new
  }

  /// The directory of the object, if it is one that the build made and that can be named without a random part.
  private func placeForLinks(_ compile: Compile, _ arguments: [Bytes]) -> Bytes? {
    guard isRandom else { return nil }
    var place = Bytes(".")
    if let output = compile.outputPath {
      place = parent(of: arguments[output.argument].dropped(output.offset))
    }
    guard place.first != Ascii.slash, RootedPath(place) == nil, let real = System.realPath(place),
      RootedPath(real) != nil
    else { return nil }
    return place
  }

  /// `place/.wheelscrub/<name>`, which leads to the root; nil where it cannot be made.
  private func link(to root: Bytes, called name: Bytes, in place: Bytes) -> Bytes? {
    let prefix = place.isText(".") ? [] : place + [Ascii.slash]
    let folder = prefix + Bytes(".wheelscrub")
    guard System.makeDirectory(folder) else { return nil }
    // Other roots of the same kind get the next names.
    for number in 1...9 {
      let path =
        folder + [Ascii.slash] + name
        + (number == 1 ? [] : [Ascii.hyphen, UInt8(ascii: "0") + UInt8(number)])
      switch System.makeLink(to: root, at: path) {
      case .new: return path
      case .existed: if System.link(at: path) == root { return path }
      case .failed: return nil
      }
    }
    return nil
  }
}
