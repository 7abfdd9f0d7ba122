/// A command that ends in a compile, taken apart: `[LAUNCHER...] COMPILER ARGS...`.
struct Command {
  /// What stands before the compiler; empty or one cache.
  var launchers: [Bytes]
  /// Nil where no compiler could be told from its launchers: then `words` is all that is known.
  var compiler: Bytes?
  /// What the compiler is called with.
  var arguments: [Bytes]
  /// The command without ourselves.
  var words: [Bytes]
  var cache: Cache? { launchers.first.flatMap { Cache($0) } }

  /// - Parameter words: a launcher or compiler first.
  init(_ words: [Bytes]) {
    launchers = []
    arguments = []
    self.words = []
    var index = 0
    while index < words.count {
      let word = words[index]
      let name = lastComponent(of: word)
      if name.isText("wheelscrub-cc") || word.isText("--") {
        // Build systems put launchers before a compiler that already has them.
        index += 1
      } else if name.isText("wheelscrub"), index + 1 < words.count, words[index + 1].isText("cc") {
        index += 2
      } else if let cache = Cache(word), index + 1 < words.count, words[index + 1].first != Ascii.hyphen {
        if !launchers.contains(where: { Cache($0) == cache }) { launchers.append(word) }
        index += 1
      } else {
        break
      }
    }
    self.words = launchers + words[index...]
    // Two caches, one behind the other: nobody has tried.
    guard index < words.count, launchers.count <= 1, Cache(words[index]) == nil else { return }
    compiler = words[index]
    arguments = Array(words[(index + 1)...])
  }
}
