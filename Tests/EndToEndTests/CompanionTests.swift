import Foundation
import Testing

/// Files that belong together, as debuggers and elfutils find them: by debug link, by build-id, by dwo_id.
@Suite(.timeLimit(.minutes(60)))
struct CompanionTests {
  static let root = "/build/pip-req-build"

  /// Runs a script in a new directory named as pip's, with the matrix's sources in `town/`, and removes it. What it
  /// leaves in `$OUT` stays.
  private func build(_ script: String, below parent: String) async throws -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    let random = String((0..<8).map { _ in letters.randomElement()! })
    let root = "\(Workspace.shared.path)/\(parent)/pip-req-build-\(random)"
    let output = try Workspace.shared.scratch("companions")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Workspace.repository + "/fixtures/matrix", toPath: root + "/town")
    try await Tools.output(of: "/bin/sh", ["-ec", script], in: root, environment: ["OUT": output])
    try FileManager.default.removeItem(atPath: root)
    return output
  }

  private static let parents = ["t0", "t1", "a-temporary-directory/with-a-longer-name"]

  private static let pair = """
    gcc -g -O1 -fPIC -shared -nostdlib -Wl,--build-id=sha1 -I "$PWD/town/include" "$PWD/town/town.c" -o town.so
    objcopy --only-keep-debug town.so town.so.debug
    objcopy --strip-debug --add-gnu-debuglink=town.so.debug town.so
    id=$(readelf -n town.so | sed -n 's/.*Build ID: //p')
    dir="$OUT/debug/.build-id/$(echo $id | cut -c1-2)"
    mkdir -p "$OUT/lib/.debug" "$dir"
    cp town.so "$OUT/lib"
    cp town.so.debug "$OUT/lib/.debug"
    cp town.so.debug "$dir/$(echo $id | cut -c3-).debug"
    """

  private func tree(_ directory: String) async throws -> String {
    try await Tools.output(
      of: "/bin/sh", ["-c", "find . -type f | LC_ALL=C sort | xargs sha256sum"], in: directory)
  }

  private func gdb(_ commands: [String], _ file: String) async throws -> Outcome {
    try await Tools.run("gdb", ["-nx", "-batch"] + commands.flatMap { ["-ex", $0] } + [file])
  }

  /// Installed ones: a look tells the rows of RECORD that the fix writes, names made of the build-id and all.
  @Test
  func `a look tells what RECORD will say`() async throws {
    let top = try await build(Self.pair, below: "t0")
    let record = """
      import base64, hashlib, os, sys
      os.chdir(sys.argv[1]); os.mkdir("x-1.dist-info")
      with open("x-1.dist-info/RECORD", "w") as record:
          for place, _, names in sorted(os.walk(".")):
              for name in names:
                  if name == "RECORD": continue
                  data = open(os.path.join(place, name), "rb").read()
                  digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
                  record.write(f"{os.path.join(place, name)[2:]},sha256={digest},{len(data)}\\n")
          record.write("x-1.dist-info/RECORD,,\\n")
      """
    try await Tools.output(of: Tools.python, ["-c", record, top])
    let path = top + "/x-1.dist-info/RECORD"
    let look = try await wheelscrub(["fix", "--diff", top])
    let fix = try await wheelscrub(["fix", "--in-place", top])
    #expect(look.status == 1 && fix.succeeded, "\(look.transcript)\(fix.transcript)")
    let said = look.output.components(separatedBy: "--- \(path)").last?.lines ?? []
    let rows = try String(contentsOfFile: path, encoding: .utf8).lines.filter { !$0.hasSuffix(",,") }
    #expect(
      said.filter { $0.hasPrefix("+") && $0.contains(",sha256=") }.map { String($0.dropFirst()) } == rows)
    #expect(rows.count == 3)
    let verify = try await wheelscrub(["record", "verify", top])
    #expect(verify.succeeded, "\(verify.transcript)")
  }

  @Test
  func `an image and its debug files become one and find each other`() async throws {
    var trees: Set<String> = []
    for parent in Self.parents {
      let top = try await build(Self.pair, below: parent)
      let before = try await Tools.run("eu-elflint", ["--gnu-ld", top + "/lib/town.so"])
      let outcome = try await wheelscrub(["fix", "--in-place", top])
      #expect(outcome.succeeded, "\(outcome.transcript)")
      trees.insert(try await tree(top))
      let again = try await wheelscrub(["fix", "--check", top])
      #expect(again.succeeded && again.output.contains("Nothing to fix in 3 files"), "\(again.transcript)")

      let image = top + "/lib/town.so"
      let byLink = try await gdb(["set debug-file-directory /nonexistent", "info line town_people"], image)
      #expect(byLink.output.contains("\(Self.root)/town/town.c"), "\(byLink.transcript)")
      #expect(!byLink.errors.contains("CRC"), "\(byLink.transcript)")

      let alone = try Workspace.shared.scratch("alone") + "/town.so"
      try FileManager.default.copyItem(atPath: image, toPath: alone)
      let byID = try await Tools.run(
        "gdb",
        [
          "-nx", "-batch", "-iex", "set debug-file-directory \(top)/debug", "-ex", "info line town_people",
          alone,
        ])
      #expect(byID.output.contains("\(Self.root)/town/town.c"), "\(byID.transcript)")

      let unstrip = try await Tools.output(of: "eu-unstrip", ["-n", "-e", image])
      #expect(unstrip.contains("/lib/.debug/town.so.debug"), "\(unstrip)")
      let whole = try Workspace.shared.scratch("whole") + "/town.so"
      try await Tools.output(of: "eu-unstrip", [image, top + "/lib/.debug/town.so.debug", "-o", whole])
      let after = try await Tools.run("eu-elflint", ["--gnu-ld", image])
      #expect(after.errorLines.count <= before.errorLines.count, "\(after.transcript)")
    }
    #expect(trees.count == 1)
  }

  @Test
  func `both output directories and previews know pairs`() async throws {
    let top = try await build(Self.pair, below: "t0")
    let before = try await tree(top)
    let preview = try await wheelscrub(["fix", "--diff", top])
    #expect(preview.status == 1, "\(preview.transcript)")
    #expect(preview.output.contains("debuglink CRC-32"), "\(preview.transcript)")
    let output = try Workspace.shared.scratch("out")
    let outcome = try await wheelscrub(
      ["fix", "-w", output, top + "/lib/town.so", top + "/lib/.debug/town.so.debug"])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(try names(in: output) == ["town.so", "town.so.debug"])
    let found = try await gdb(["info line town_people"], output + "/town.so")
    #expect(found.output.contains("\(Self.root)/town/town.c"), "\(found.transcript)")
    #expect(try await tree(top) == before)

    // With one of the two cut, neither is written.
    let debug = top + "/lib/.debug/town.so.debug"
    try await Tools.output(of: "truncate", ["-s", "3000", debug])
    let cut = try await tree(top + "/lib")
    let refused = try await wheelscrub(["fix", "--in-place", top + "/lib"])
    #expect(refused.status == 2, "\(refused.transcript)")
    #expect(try await tree(top + "/lib") == cut)
  }

  @Test(arguments: ["gcc", "clang"], [4, 5])
  func `debuggers find split units again`(_ compiler: String, _ version: Int) async throws {
    let script = """
      \(compiler) -g -gdwarf-\(version) -gsplit-dwarf -O2 -fPIC -c -I "$PWD/town/include" "$PWD/town/town.c" -o town.o
      \(compiler) -shared -nostdlib town.o -o town.so
      cp town.so town.dwo "$OUT"
      timeout 60 \(MatrixBuilder.dwp ?? "false") -e town.so -o town.so.dwp
      cp town.so.dwp "$OUT"
      """
    let top = try await build(script, below: "t0")
    let original = top + "/original.dwo"
    try FileManager.default.copyItem(atPath: top + "/town.dwo", toPath: original)
    let outcome = try await wheelscrub(
      ["fix", "--in-place"] + ["town.so", "town.dwo", "town.so.dwp"].map { "\(top)/\($0)" })
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(outcome.output.contains("dwo_id"), "\(outcome.transcript)")

    // people_in is inlined: only the split unit knows of it. gdb 13 crashes on packages of DWARF 5, original ones
    // too.
    let image = top + "/town.so"
    let symbolizer = try #require(
      Tools.firstInstalled(["llvm-symbolizer-16", "llvm-symbolizer-18", "llvm-symbolizer"]))
    let row = try #require(
      try await Tools.output(of: "nm", [image]).lines.first { $0.hasSuffix(" town_people") })
    let start = try #require(UInt64(row.prefix(16), radix: 16))
    let addresses = (0..<48).map { "0x" + String(start + $0, radix: 16) }
    func frames() async throws -> String {
      try await Tools.output(of: symbolizer, ["--obj=\(image)", "--inlines"] + addresses, in: top)
    }
    try FileManager.default.moveItem(atPath: top + "/town.dwo", toPath: top + "/aside.dwo")
    #expect(try await frames().contains("people_in\n\(Self.root)/town/town.c"), "by package")
    try FileManager.default.removeItem(atPath: top + "/town.so.dwp")
    #expect(try await !frames().contains("people_in"), "with nothing")

    func gdb() async throws -> Outcome {
      try await Tools.run(
        "gdb", ["-nx", "-batch", "-ex", "info line people_in", "-ex", "ptype struct town", "town.so"], in: top
      )
    }
    // With its old id, gdb does not take the file for the unit's.
    try FileManager.default.copyItem(atPath: original, toPath: top + "/town.dwo")
    let lost = try await gdb()
    #expect((lost.output + lost.errors).contains("Could not find DWO CU"), "\(lost.transcript)")
    try FileManager.default.removeItem(atPath: top + "/town.dwo")
    try FileManager.default.moveItem(atPath: top + "/aside.dwo", toPath: top + "/town.dwo")
    let found = try await gdb()
    #expect(found.output.contains("\(Self.root)/town/town.c"), "\(found.transcript)")
    #expect(found.output.contains("struct street streets[3]"), "\(found.transcript)")
    #expect(!(found.output + found.errors).contains("Could not find DWO"), "\(found.transcript)")
  }
}
