/// A command that ends in rustc, taken apart: `[CACHE] RUSTC ARGS...`, as cargo starts RUSTC_WRAPPER.
struct RustCommand {
  /// sccache, where the command itself names it.
  var cache: Bytes?
  /// Nil for every other program, clippy-driver and rustdoc too.
  var compiler: Bytes?
  /// What rustc is called with.
  var arguments: [Bytes]
  /// The command without ourselves.
  var words: [Bytes]

  /// - Parameter words: a cache or the compiler first.
  init(_ words: [Bytes]) {
    // RUSTC_WRAPPER and RUSTC_WORKSPACE_WRAPPER may both be us.
    let words = Array(words.drop { lastComponent(of: $0).isText("wheelscrub-rustc") })
    self.words = words
    arguments = []
    var rest = words[...]
    if let first = rest.first, lastComponent(of: first).isText("sccache"), rest.count > 1 {
      rest = rest.dropFirst()
      while let next = rest.first, lastComponent(of: next).isText("wheelscrub-rustc") {
        rest = rest.dropFirst()
      }
      cache = first
      self.words = [first] + rest
    }
    guard let word = rest.first, lastComponent(of: word).isText("rustc") else { return }
    compiler = word
    arguments = Array(rest.dropFirst())
  }
}
