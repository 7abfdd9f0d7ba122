import Formats
import ScrubKit

/// `0x0123456789abcdef`, padded to the number's size.
enum Hex {
  static func text<Number: FixedWidthInteger>(_ number: Number) -> String {
    let digits = String(number, radix: 16)
    return "0x" + String(repeating: "0", count: Number.bitWidth / 4 - digits.count) + digits
  }
}

/// The changes by `fix`, in the form of a unified diff: a header for each member, a hunk for each place.
enum Diff {
  static func lines(_ changes: [Change]) -> [Line] {
    var lines: [Line] = []
    var file: String?
    for change in changes {
      if change.place.file != file {
        file = change.place.file
        lines += ["\("--- \(change.place.file)", .path)", "\("+++ \(change.place.file)", .path)"]
      }
      lines += hunk(change)
    }
    return lines
  }

  private static func hunk(_ change: Change) -> [Line] {
    switch change.kind {
    case .string(let before, let after):
      replaced(change.place.position, before, after)
    case .table(let strings, let oldSize, let newSize):
      // A rebuilt table has no line-by-line difference that a reader could use: its order changes too.
      [
        Line(
          stringLiteral: "# \(named(change.place, "string table")): rebuilt, "
            + "\(Count.text(strings, "string")), \(oldSize) -> \(newSize) bytes")
      ]
    case .runPath(let before, let after):
      replaced(named(change.place, "run path"), before, after)
    case .buildID(let before, let after):
      replaced(named(change.place, "build-id"), "build-id \(before)", "build-id \(after)")
    case .uuid(let before, let after):
      replaced(named(change.place, "UUID"), "uuid \(before)", "uuid \(after)")
    case .codeSignature(let before, let after):
      replaced(named(change.place, "code signature"), "cdhash \(before)", "cdhash \(after)")
    case .objectTimes(let count):
      [Line(stringLiteral: "# symbol table: \(Count.text(count, "time")) of object files cleared")]
    case .debugMap(let stabs):
      [Line(stringLiteral: "# symbol table: debug map removed, \(Count.text(stabs, "stab"))")]
    case .bytecodeHeader(let before, let after):
      replaced(named(change.place, "header"), before, after)
    case .canonical(let oldSize, let newSize):
      [Line(stringLiteral: "# \(named(change.place, "objects")): canonical, \(oldSize) -> \(newSize) bytes")]
    case .trailing(let size):
      [Line(stringLiteral: "# \(Count.text(size, "byte")) behind the code object removed")]
    case .removed: ["# removed: its source changes, and Python compiles it anew"]
    case .splitID(let before, let after):
      replaced(named(change.place, "dwo_id"), "dwo_id \(Hex.text(before))", "dwo_id \(Hex.text(after))")
    case .debugLink(let before, let after):
      replaced(
        named(change.place, "debuglink"), "debuglink CRC-32 \(Hex.text(before))",
        "debuglink CRC-32 \(Hex.text(after))")
    case .name(let before, let after):
      replaced(named(change.place, "name"), "name \(before)", "name \(after)")
    case .recordRow(let before, let after):
      replaced(named(change.place, "row"), before, after)
    case .time(let before, let after):
      replaced(named(change.place, "time"), "modified \(before)", "modified \(after)")
    case .packing(let aspect, let count): [Line(stringLiteral: "# \(Self.text(aspect, count))")]
    case .dropped:
      ["# dropped: it signs the RECORD that has changed"]
    }
  }

  private static func text(_ aspect: Change.Packing, _ count: Int) -> String {
    switch aspect {
    case .order: "\(Count.text(count, "member")) in canonical order"
    case .time: "\(Count.text(count, "time")) set"
    case .mode: "\(Count.text(count, "mode")) set"
    case .headers: "\(Count.text(count, "header")) reduced to what a reader needs"
    case .compression: "\(Count.text(count, "member")) deflated again"
    case .directories: "\(count) directory \(count == 1 ? "entry" : "entries") removed"
    case .record: "RECORD: \(Count.text(count, "row")) in canonical form"
    }
  }

  private static func replaced(_ title: String, _ before: String, _ after: String?) -> [Line] {
    let lines: [Line] = ["\("@@ \(title) @@", .frame)", "\("-\(before)", .removed)"]
    return lines + (after.map { ["\("+\($0)", .added)"] } ?? [])
  }

  private static func named(_ place: Place, _ fallback: String) -> String {
    place.position.isEmpty ? fallback : place.position
  }
}
