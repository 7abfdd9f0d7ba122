import Foundation

/// The files of one cell: originals and what `fix` made of them.
struct MatrixImages: Sendable {
  /// By combination, and then one for each directory that it could be built in: A, B, C.
  var originals: [MatrixCombination: [String]] = [:]
  var fixed: [MatrixCombination: [String]] = [:]
  /// What compiler or linker said where they built nothing.
  var refusals: [MatrixCombination: String] = [:]
}

/// Builds and fixes each cell of the matrix once a test run.
actor MatrixBuilder {
  static let shared = MatrixBuilder()

  /// Where cells are compiled; A and B have the same length.
  static let parents = ["t0", "t1", "a-temporary-directory/with-a-much-longer-name/than-the-others"]

  /// As many as the smallest machine has cores.
  private let slots = Slots(2)
  private var cells: [MatrixCell: Task<MatrixImages, any Error>] = [:]

  func images(of cell: MatrixCell) async throws -> MatrixImages {
    let task =
      cells[cell]
      ?? Task {
        await self.slots.take()
        do {
          let images = try await self.make(cell)
          await self.slots.give()
          return images
        } catch {
          await self.slots.give()
          throw error
        }
      }
    cells[cell] = task
    return try await task.value
  }

  private func make(_ cell: MatrixCell) async throws -> MatrixImages {
    var images = MatrixImages()
    let top = try Workspace.shared.scratch("matrix-" + cell.testDescription)
    for isLoaded in [false, true] {
      for (letter, parent) in zip(["A", "B", "C"], Self.parents) {
        let name = letter + (isLoaded ? "-loaded" : "-quiet")
        let output = "\(top)/\(name)"
        try await build(cell, isLoaded: isLoaded, below: parent, to: output)
        let built = try names(in: output).filter { !$0.hasSuffix(".error") }
        let fixed = "\(top)/fixed-\(name)"
        if !built.isEmpty { try await fix(built.map { "\(output)/\($0)" }, to: fixed) }
        for combination in cell.combinations where combination.isLoaded == isLoaded {
          if built.contains(combination.product) {
            images.originals[combination, default: []].append("\(output)/\(combination.product)")
            images.fixed[combination, default: []].append("\(fixed)/\(combination.product)")
          } else {
            let errors = ["all", combination.product].compactMap {
              try? String(contentsOfFile: "\(output)/\($0).error", encoding: .utf8)
            }
            images.refusals[combination] = errors.joined()
          }
        }
      }
    }
    return images
  }

  /// Compiles and links in a new directory that is named as pip's, and removes it.
  private func build(_ cell: MatrixCell, isLoaded: Bool, below parent: String, to output: String) async throws
  {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    let random = String((0..<8).map { _ in letters.randomElement()! })
    let root = "\(Workspace.shared.path)/\(parent)/pip-req-build-\(random)"
    for directory in [root, output] {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(
      atPath: Workspace.repository + "/fixtures/matrix", toPath: root + "/town")
    try await Tools.output(
      of: "/bin/sh", ["-c", Self.script],
      in: root,
      environment: [
        "CC": cell.compiler, "CXX": cell.cxxCompiler ?? "",
        "FLAGS": (cell.flags + (isLoaded ? ["-DLOADED_PATH"] : [])).joined(separator: " "),
        "LINKERS": cell.isCross ? "" : MatrixCell.linkers.joined(separator: " "),
        "OBJCOPY": cell.feature == "zstd" ? Self.objcopy ?? "false" : "",
        "DWP": cell.feature == "split" ? Self.dwp ?? "false" : "",
        "GNU_DWP": cell.products.contains("dwp") ? "dwp" : "",
        "OBJECT": cell.products.contains("object") ? "yes" : "", "OUT": output,
      ])
    try FileManager.default.removeItem(atPath: root)
  }

  private func fix(_ files: [String], to output: String) async throws {
    let outcome = try await wheelscrub(["fix", "-w", output, "--verify", "full"] + files)
    guard outcome.succeeded else { throw ToolFailure(description: outcome.transcript) }
  }

  static let objcopy = Tools.firstInstalled(["llvm-objcopy-16", "llvm-objcopy-18", "llvm-objcopy"])
  static let dwp = Tools.firstInstalled(["llvm-dwp-16", "llvm-dwp-18", "llvm-dwp"])

  /// Every product under its own name in $OUT, or `<product>.error`. One script a directory: starting a program
  /// from here costs more than linking does.
  private static let script = """
    compile() {
      $CC $FLAGS -c -I "$PWD/town/include" "$PWD/town/town.c" -o town.o || return
      [ -z "$CXX" ] || $CXX $FLAGS -fno-exceptions -fno-rtti -c -I "$PWD/town/include" "$PWD/town/census.cc" \\
        -o census.o
    }
    # Under one name whatever the product: gold writes the output's name into version definitions.
    link() {
      linker=$1; shift
      $CC $FLAGS -nostdlib -shared -Wl,--build-id=sha1 "$@" -o libtown.so *.o || return
      if [ -n "$OBJCOPY" ]; then
        "$OBJCOPY" --compress-debug-sections=zstd libtown.so || return
      fi
      cp libtown.so "$OUT/$linker"
    }
    compile 2> "$OUT/all.error" || exit 0
    if [ -n "$LINKERS" ]; then
      for linker in $LINKERS; do link $linker -fuse-ld=$linker 2> "$OUT/$linker.error"; done
    else
      link bfd 2> "$OUT/bfd.error"
    fi
    [ -z "$OBJECT" ] || cp town.o "$OUT/object"
    if [ -n "$DWP" ]; then
      cp town.dwo census.dwo "$OUT"
      link bfd -fuse-ld=bfd
      "$DWP" -e libtown.so -o town.dwp 2> "$OUT/llvm-dwp.error" && cp town.dwp "$OUT/llvm-dwp"
      if [ -n "$GNU_DWP" ]; then
        "$GNU_DWP" -e libtown.so -o gnu.dwp 2> "$OUT/dwp.error" && cp gnu.dwp "$OUT/dwp"
      fi
    fi
    exit 0
    """
}
