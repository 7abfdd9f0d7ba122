/// The way from one directory to a path below one of its parents.
///
/// - Parameters:
///   - directory: without symbolic links, as `getcwd` gives it.
///   - root: one of its parents or itself, in the same spelling.
///   - rest: what follows the root in the path: empty, or from a `/` on. It is kept as it is, `..`
///     and doubled slashes too, because what it passes may be a link.
/// - Returns: a path that cannot be taken for an option or a response file.
func relativePath(from directory: Bytes, root: Bytes, rest: Bytes) -> Bytes {
  let down = components(directory.dropped(root.count))
  var remaining = rest
  var common = 0
  // Only plain names of the directory itself, which no link can lead elsewhere.
  while common < down.count, let name = leadingComponent(remaining), name.text == down[common] {
    remaining = remaining.dropped(name.end)
    common += 1
  }
  // A path that goes on with `/` only: `-B` wants that.
  let isDirectory = remaining.last == Ascii.slash
  remaining = Bytes(remaining.drop { $0 == Ascii.slash })
  var path: Bytes = []
  for _ in common..<down.count { path += Bytes("../") }
  path += remaining
  if path.isEmpty { return Bytes(isDirectory ? "./" : ".") }
  if remaining.isEmpty, !isDirectory { path.removeLast() }
  if path.first == Ascii.hyphen || path.first == UInt8(ascii: "@") { path = Bytes("./") + path }
  return path
}

private func components(_ path: Bytes) -> [Bytes] { path.pieces(between: Ascii.slash).filter { !$0.isEmpty } }

/// The first name of `/name/...`, and where it ends.
private func leadingComponent(_ path: Bytes) -> (text: Bytes, end: Int)? {
  var start = 0
  while start < path.count, path[start] == Ascii.slash { start += 1 }
  guard start > 0 else { return nil }
  var end = start
  while end < path.count, path[end] != Ascii.slash { end += 1 }
  return end > start ? (Bytes(path[start..<end]), end) : nil
}
