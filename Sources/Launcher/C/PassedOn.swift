/// Options for the preprocessor or the assembler alone, `-Wp,...` and `-Wa,...`. Caches look into few of them, so each
/// piece between the commas has to be one that is known.
enum PassedOn {
  /// Nil if this passes nothing on.
  static func meaning(of argument: Bytes) -> Meaning? {
    if argument.hasPrefix("-Wp,") { return preprocessor(argument) }
    guard argument.hasPrefix("-Wa,") else { return nil }
    let pieces = argument.dropped(4).pieces(between: comma)
    return pieces.allSatisfy(isForAssembler) ? .plain : .stop(.passedOn)
  }

  /// A depfile, macros, or what names the target of a depfile.
  private static func preprocessor(_ argument: Bytes) -> Meaning {
    let pieces = argument.dropped(4).pieces(between: comma)
    if pieces.count == 2, pieces[0].isText("-MD") || pieces[0].isText("-MMD") {
      return .path(at: 4 + pieces[0].count + 1)
    }
    if pieces.count == 2, pieces[0].isText("-MT") || pieces[0].isText("-MQ") { return .plain }
    let isMacro = pieces.count == 1 && (pieces[0].hasPrefix("-D") || pieces[0].hasPrefix("-U"))
    return isMacro || pieces.count == 1 && pieces[0].isText("-MP") ? .plain : .stop(.passedOn)
  }

  /// What changes the object only. `--MD` and `-a=` write files, `--debug-prefix-map` maps, `-I` searches.
  private static func isForAssembler(_ piece: Bytes) -> Bool {
    guard piece.hasPrefix("--") else { return false }
    return !assemblerStops.contains { piece.hasPrefix($0) }
  }

  private static let assemblerStops: [StaticString] = [
    "--MD", "--debug-prefix-map", "--defsym", "--dump-config", "--listing", "--statistics", "--help",
    "--version", "--target-help", "--itbl", "--hash-size",
  ]
  private static let comma = UInt8(ascii: ",")
}
