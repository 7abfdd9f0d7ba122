import ScrubKit

/// What must hold for one file, whatever its bytes claim: the promises of `fix`, `check` and `key` to each other.
struct FileLaws {
  /// What the file is called, because names decide what some files are.
  let name: String

  func hold(for input: [UInt8]) throws(Violation) {
    let workspace = Workspace()
    let file = named(workspace.write(input, to: name))
    let fixed = Scrub(Options()).fix(file, to: .file(workspace.path + "/fixed-" + name))
    let checked = Scrub(Options()).check(file)
    guard fixed.errors.isEmpty else {
      try require(workspace.names() == [name], "an error, and written all the same: \(workspace.names())")
      return
    }
    try require(workspace.names() == ["fixed-" + name, name].sorted(), "left behind: \(workspace.names())")
    try require(checked.errors.isEmpty, "fix has no error, check has \(checked.errors)")
    try require(workspace.read(name) == input, "the input changed")
    let output = workspace.read("fixed-" + name) ?? []

    // Fixing twice is fixing once. A copy has the input's name: it is a part of what bytecode says.
    let again = Workspace()
    let second = named(again.write(output, to: name))
    let refixed = Scrub(Options()).fix(second, to: .file(again.path + "/fixed-" + name))
    try require(refixed.errors.isEmpty, "fix refuses what it wrote: \(refixed.errors)")
    try require(again.read("fixed-" + name) == output, "fix changes what it wrote: \(refixed.changes)")

    // What fix calls clean is clean for check.
    let rechecked = Scrub(Options()).check(second)
    try require(rechecked.errors.isEmpty, "check refuses what fix wrote: \(rechecked.errors)")
    if fixed.unfixable.isEmpty {
      try require(rechecked.findings.isEmpty, "fix left nothing, check finds \(rechecked.findings)")
    }

    // Keys before and after are one, but for raw ones.
    for level in KeyLevel.allCases {
      let before = key(file, level)
      let after = key(second, level)
      // Members that fix leaves as they are it need not read; key must.
      try require(
        before.errors.isEmpty == after.errors.isEmpty, "an error in one: \(before.errors) \(after.errors)")
      guard before.errors.isEmpty, !before.isRaw else { continue }
      try require(
        before.key == after.key, "\(level) key \(before.key!) becomes \(after.key!): \(after.reasons)")
    }
  }

  private func named(_ path: String) -> InputFile {
    InputFile(path: path, relativePath: name, isExplicit: true)
  }

  private func key(_ file: InputFile, _ level: KeyLevel) -> KeyReport {
    Keys(Options(), level: level).run([file.path])[0]
  }
}
