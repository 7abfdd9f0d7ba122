/// A working directory at a stable place that holds what the true one holds: a link for each name, through the link to
/// the random directory. A compiler that runs in it writes and reads the same files by the same relative names, and
/// `getcwd` says nothing random.
enum WorkingMirror {
  /// - Parameters:
  ///   - rest: the true directory below the random one: empty, or from a `/` on.
  /// - Returns: nil where it cannot be made.
  static func make(in slot: Slot, rest: Bytes) -> Bytes? {
    let folder = slot.directory + Bytes("/cwd")
    let path = folder + [Ascii.slash] + name(rest)
    guard System.makePrivateDirectory(folder), System.makePrivateDirectory(path) else { return nil }
    let wanted = plainNames(in: slot.link + rest)
    let present = plainNames(in: path)
    // Names that another build had may be there still. Other compiles of this one do the same at once.
    for name in present where !wanted.contains(name) { _ = System.remove(path + [Ascii.slash] + name) }
    for name in wanted where !present.contains(name) {
      let target = Bytes("../../root") + rest + [Ascii.slash] + name
      if System.makeLink(to: target, at: path + [Ascii.slash] + name) == .failed { return nil }
    }
    return path
  }

  /// One name for each directory, none of which is that of another.
  static func name(_ rest: Bytes) -> Bytes {
    var name = Bytes("%")
    for byte in rest.dropFirst() {
      switch byte {
      case Ascii.slash: name += Bytes("%2F")
      case UInt8(ascii: "%"): name += Bytes("%25")
      default: name.append(byte)
      }
    }
    return name
  }

  private static func plainNames(in directory: Bytes) -> [Bytes] {
    System.names(in: directory).filter { !$0.isText(".") && !$0.isText("..") }
  }
}
