import BuildRoots
import Glibc

/// What ripgrep looks for: the fixed beginnings of the rules' components.
let literals: [String] = {
  var heads: [String] = []
  for shape in Rule.all.flatMap(\.shapes) {
    // As far as the first part that varies; `/tmp` alone would be no search.
    let head = String(shape.dropFirst().prefix { !"X<*[".contains($0) })
    if !heads.contains(head) { heads.append(head == "tmp" ? "/tmp" : head) }
  }
  return heads.filter { !$0.isEmpty }
}()

/// Plants roots in copies of the files, then runs the rows one after the other, five times.
func compare(files: [String]) throws {
  let directory = "/tmp/search-\(getpid())"
  mkdir(directory, 0o700)
  var copies: [String] = []
  var planted = 0
  for (index, file) in files.enumerated() {
    var bytes = try Mapping(file).bytes()
    planted += plant(in: &bytes)
    let copy = "\(directory)/\(index)"
    try write(bytes, to: copy)
    copies.append(copy)
  }
  defer {
    for copy in copies { unlink(copy) }
    rmdir(directory)
  }

  let program = "/proc/self/exe"
  let patterns = literals.flatMap { ["-e", $0] }
  let rows: [(name: String, argv: [String], counts: Bool)] = [
    ("read(2) loop, no search", [program, "--read"] + copies, false),
    ("BuildRootSearch", [program, "--roots"] + copies, true),
    (
      "rg --mmap, \(literals.count) literals",
      ["rg", "--mmap", "-aIF", "--no-filename", "--count-matches"] + patterns + copies, false
    ),
    (
      "rg --no-mmap, the same",
      ["rg", "--no-mmap", "-aIF", "--no-filename", "--count-matches"] + patterns + copies,
      false
    ),
  ]
  var times = [[Double]](repeating: [], count: rows.count)
  var found = [Int](repeating: 0, count: rows.count)
  for round in 0..<6 {
    for (index, row) in rows.enumerated() {
      let (seconds, hits) = try run(row.argv)
      found[index] = hits
      // The first round only fills the page cache.
      if round > 0 { times[index].append(seconds) }
    }
  }
  // Independent of our matching: ripgrep with one regular expression for the roots that were planted.
  let expression = #"/tmp/pip-wheel-[a-z0-9_]{8}/planted_[0-9a-f]{32}"#
  let (_, peer) = try run(
    ["rg", "--mmap", "-aI", "--no-filename", "--count-matches", "-e", expression] + copies)
  let baseline = try files.reduce(0) { try $0 + Mapping($1).countRoots() }

  let medians = times.map { $0.sorted()[$0.count / 2] }
  print("CPU seconds (user + system), median of 5 interleaved runs; ratio to BuildRootSearch in brackets")
  for (index, row) in rows.enumerated() {
    let ratio = medians[index] / medians[1]
    let agree =
      row.counts
      ? "\(found[index]) roots = \(planted) planted + \(baseline) there before, rg finds \(peer): "
        + (found[index] == planted + baseline && peer == planted ? "agree" : "DIFFER") : ""
    print("\(fixed(medians[index])) s  (\(fixed(ratio)))  \(row.name)  \(agree)")
  }
  print(
    "BuildRootSearch / read loop \(fixed(medians[1] / medians[0])), / rg --mmap \(fixed(medians[1] / medians[2]))"
  )
}

/// Writes a root over every 400,000th byte or so; returns how many.
private func plant(in bytes: inout [UInt8]) -> Int {
  let root = Array("\0/tmp/pip-wheel-ab12cd34/planted_0123456789abcdef0123456789abcdef/x.c\0".utf8)
  var planted = 0
  for offset in stride(from: 1000, to: bytes.count - root.count, by: 400_009) {
    bytes.replaceSubrange(offset..<offset + root.count, with: root)
    planted += 1
  }
  return planted
}

private func write(_ bytes: [UInt8], to path: String) throws(Failure) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
  guard descriptor >= 0 else { throw Failure("open", path) }
  defer { close(descriptor) }
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes {
      Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
    }
    guard count > 0 else { throw Failure("write", path) }
    written += count
  }
}

func fixed(_ value: Double) -> String {
  let thousandths = Int((value * 1000).rounded())
  return "\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())"
}
