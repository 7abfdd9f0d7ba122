import BuildRoots
import Glibc

/// Input made to be slow: 8 MB of one thing, and a quarter of it. Linear means a ratio of about 4.
func hardCases() {
  let hash = "0123456789abcdef0123456789abcdef"
  let units = [
    "\0", "p-", "/", "a", "pip-", "/t", "p-r/", "ip-", "/tmp", "/tmpab12cd34", "/tmp/tmpab12cd34", "a/",
    "sandbox/",
    "nix-build-", "/.tmp-a-pep517-", "sdists-v9/", "/tmp/pip-install-ab12cd34/x_\(hash)", "lib.rs/tmp/",
    "/var/folders/7h/", "/lib.rs/tmp/tmpab12cd34", "pip-req-build-ab12cd34 ", "/tmpvariable", "/sandbox/a/1/",
    "/tmp/gcca-20231019-1", "//////////tmpvariable", "self-made non-zero ",
  ]
  for unit in units {
    let (small, large) = (seconds(unit, 2 << 20), seconds(unit, 8 << 20))
    print("\(fixed(8.388 / 1000 / large)) GB/s  x\(fixed(large / small))  \(unit == "\0" ? "NUL" : unit)")
  }
}

private func seconds(_ unit: String, _ size: Int) -> Double {
  let unit = Array(unit.utf8)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(size + unit.count)
  while bytes.count < size { bytes += unit }
  var best = Double.infinity
  for _ in 0..<3 {
    let start = clock()
    var roots = 0
    RootMap.default.forEachRoot(in: bytes.span) { _ in roots += 1 }
    best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
  }
  return best
}
