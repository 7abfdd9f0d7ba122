import Foundation

@testable import Formats
@testable import ScrubKit

/// Files that belong together, built in a random directory and moved to a place of their own.
enum Builds {
  /// Builds in a directory named as pip's and keeps what `script` leaves in `$OUT`.
  /// - Parameter longer: bytes that the directory's name is longer by.
  static func run(
    _ script: String, in scratch: Scratch, to name: String, sources: [String: String] = Sources.quiet,
    longer: Int = 0
  ) throws {
    let base = URL(filePath: scratch.path).appending(path: "build")
    let root = try Compiler.randomRoot(
      under: longer > 0 ? base.appending(path: String(repeating: "x", count: longer)) : base)
    for (file, text) in sources { try Data(text.utf8).write(to: root.appending(path: file)) }
    let output = "\(scratch.path)/\(name)"
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    try Compiler.run("sh", ["-e", "-c", "OUT='\(output)'\n" + script], in: root)
    try FileManager.default.removeItem(at: base)
  }

  /// A library and what `objcopy --only-keep-debug` takes out of it: in `.debug/`, or named after its build-id.
  static let pair = """
    gcc -g -O1 -fPIC -shared -nostdlib -Wl,--build-id=sha1 "$PWD/part.c" "$PWD/whole.c" -o x.so
    objcopy --only-keep-debug x.so x.so.debug
    objcopy --strip-debug --add-gnu-debuglink=x.so.debug x.so
    id=$(readelf -n x.so | sed -n 's/.*Build ID: //p')
    mkdir -p "$OUT/.debug" "$OUT/.build-id/$(echo $id | cut -c1-2)"
    cp x.so "$OUT"
    cp x.so.debug "$OUT/.debug"
    cp x.so.debug "$OUT/.build-id/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-).debug"
    """

  /// Objects, `.dwo` files, a library, an archive and a package.
  static func split(_ compiler: String, _ flags: String) -> String {
    """
    for unit in part whole; do
      \(compiler) -g -O1 -fPIC -gsplit-dwarf \(flags) -c "$PWD/$unit.c" -o $unit.o
    done
    \(compiler) -shared -nostdlib -Wl,--build-id=sha1 part.o whole.o -o x.so
    ar rcD libx.a part.o whole.o
    timeout 60 $(command -v llvm-dwp-16 || command -v llvm-dwp) -e x.so -o x.so.dwp
    cp *.o *.dwo *.so *.a *.dwp "$OUT"
    """
  }
}

extension Scratch {
  /// Every file below `directory`, by its path there.
  func contents(of directory: String) -> [String: [UInt8]] {
    let top = "\(path)/\(directory)"
    var files: [String: [UInt8]] = [:]
    for name in FileManager.default.enumerator(atPath: top)?.allObjects as? [String] ?? [] {
      // Nil for a directory.
      if let data = try? Data(contentsOf: URL(filePath: "\(top)/\(name)")) { files[name] = [UInt8](data) }
    }
    return files
  }

  /// Fixes everything below a directory as one command line would.
  @discardableResult
  func fix(_ paths: [String], options: Options = Options(), to output: String? = nil) -> [FileReport] {
    let files = Tree.expand(paths.map { "\(path)/\($0)" }).files
    let destination: @Sendable (InputFile) -> Destination = { [path] file in
      output.map { .file("\(path)/\($0)/\(file.relativePath)") } ?? .inPlace
    }
    let run = FixRun(files, options: options)
    var reports = run.run({ files, work in files.map(work) }, to: destination)
    _ = run.commit(&reports, to: destination)
    return reports
  }

  /// Packs a directory as the package `m` of a wheel, in CPython's words.
  func pack(_ directory: String, as wheel: String) throws {
    try python(
      """
      import base64, hashlib, os, sys, zipfile
      rows = []
      with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
          def add(name, data):
              z.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
              digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
              rows.append(f"{name},sha256={digest},{len(data)}")
          for top, _, files in sorted(os.walk(sys.argv[2])):
              for file in sorted(files):
                  path = os.path.join(top, file)
                  add("m/" + os.path.relpath(path, sys.argv[2]), open(path, "rb").read())
          rows.append("m-1.0.dist-info/RECORD,,")
          z.writestr(zipfile.ZipInfo("m-1.0.dist-info/RECORD", (2024, 1, 1, 0, 0, 0)), "\\n".join(rows) + "\\n")
      """, "\(path)/\(wheel)", "\(path)/\(directory)")
  }
}
