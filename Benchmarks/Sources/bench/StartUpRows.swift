import Glibc

extension Bench {
  /// What a start takes before anything is done, for the program that the wheel holds. Some 2 ms, so a hundred rounds.
  func startUp(_ program: String?) throws -> [Row] {
    let name = "start-up"
    guard let program, access(program, X_OK) == 0 else {
      return [.skipped(name, missing: "static program", by: "make static")]
    }
    // The binary that pip installs: in PATH there may be a version manager's script.
    let find = "import ruff; print(ruff.find_ruff_bin())"
    let found = try run(Command("python3", "-c", find), quiet: true)
    guard found.status == 0, let ruff = found.output.split(separator: "\n").last.map(String.init) else {
      return [.skipped(name, missing: "ruff", by: "pip install ruff")]
    }
    let (medians, last) = try interleaved(
      [Command(program, "--version"), Command(ruff, "--version")], rounds: 100)
    let works = last.allSatisfy { $0.status == 0 && $0.output.contains(".") }
    return [
      Row(
        name: name, command: "wheelscrub --version", peer: "ruff --version", ratio: medians[0] / medians[1],
        target: 1.2, note: " (\(fixed(medians[0] * 1000)) and \(fixed(medians[1] * 1000)) ms)",
        outputs: works ? "agree: each says its version" : "DIFFER")
    ]
  }
}
