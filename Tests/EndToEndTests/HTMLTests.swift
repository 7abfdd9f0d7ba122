import Foundation
import Testing

private let browser = Tools.firstInstalled(["chromium", "chromium-browser", "google-chrome"])

/// The page of `--output-format html`, in a browser without a screen.
@Suite(
  .enabled(if: browser != nil, "no headless browser: Debian has chromium"), .serialized,
  .timeLimit(.minutes(60)))
struct HTMLTests {
  /// The document as it stands after the page's own script has run.
  private func dom(_ page: String, _ fragment: String = "") async throws -> String {
    let profile = try Workspace.shared.scratch("browser")
    let outcome = try await Tools.run(
      try #require(browser),
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(profile)",
        "--virtual-time-budget=30000",
      ]
        + ["--dump-dom", "file://\(page)\(fragment)"], limit: 240)
    guard outcome.succeeded else { throw ToolFailure(description: String(outcome.transcript.suffix(2000))) }
    return outcome.output
  }

  /// How many findings the page says that it shows.
  private func shown(_ dom: String) -> Int? {
    dom.firstMatch(of: /data-ready="(\d+)"/).flatMap { Int($0.1) }
  }

  /// The text of an element without markup in it.
  private func text(of id: String, in dom: String) -> Substring? {
    dom.range(of: "id=\"\(id)\"").flatMap { dom[$0.upperBound...].firstMatch(of: /[^>]*>([^<]*)</)?.1 }
  }

  private func page(of path: String) async throws -> String {
    let page = try Workspace.shared.scratch("page") + "/report.html"
    let check = try await wheelscrub(["check", "--output-format", "html", "-o", page, path])
    #expect(check.status == 1, "\(check.transcript)")
    return page
  }

  @Test
  func `a real wheel's page shows its findings`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("cythonish")[0]
    let concise = try await wheelscrub(["check", "-q", "--output-format", "concise", wheel])
    let count = concise.output.lines.count
    let dom = try await dom(page(of: wheel))
    #expect(shown(dom) == count)
    // The same string in several members is one row, which says how many they are.
    let counts = dom.matches(of: /class="row" data-count="(\d+)"/).compactMap { Int($0.1) }
    #expect(counts.reduce(0, +) == count)
    #expect(dom.contains("<mark>/"))
    #expect(text(of: "shown", in: dom) == "\(count) findings")
  }

  /// 25,000 roots in 25 files, in strings that want to be markup.
  static let big = Task {
    let directory = try Workspace.shared.scratch("many")
    for file in 0..<25 {
      let strings = (0..<1000).map { index in
        ".asciz \"/tmp/pip-wheel-ab12cd34/x_0123456789abcdef0123456789abcdef/</script><b>\(index)</b>.c\"\n"
      }
      let source = "\(directory)/\(file).s"
      try (".section .rodata\n" + strings.joined()).write(toFile: source, atomically: false, encoding: .utf8)
      try await Tools.output(of: "gcc", ["-shared", "-nostdlib", "-o", "\(directory)/_\(file).so", source])
      // A file of a directory like any other: it would be searched as well.
      try FileManager.default.removeItem(atPath: source)
    }
    return directory
  }

  @Test
  func `25,000 findings can be searched`() async throws {
    let page = try await page(of: Self.big.value)
    let all = try await dom(page)
    #expect(shown(all) == 25_000)
    // Not all of them become elements at once.
    #expect(all.components(separatedBy: "class=\"row\"").count - 1 == 100)
    #expect(text(of: "more", in: all)?.hasPrefix("Show 100 more of 900") == true)
    #expect(all.contains("and 24 other places"))
    #expect(all.components(separatedBy: "class=\"tile\"").count - 1 == 25)
    // Nothing of a string became an element.
    #expect(!all.replacing(/<script.*?<\/script>/.dotMatchesNewlines(), with: "").contains("<b>7</b>"))

    #expect(shown(try await dom(page, "#text=%3Eb%3E77%3C")) == 0)
    #expect(shown(try await dom(page, "#text=b%3E77%3C")) == 25)
    #expect(shown(try await dom(page, "#text=_7.so+b%3E77%3C")) == 1)
    #expect(shown(try await dom(page, "#severity=error")) == 0)
    #expect(shown(try await dom(page, "#family=BP1&fixable=yes&severity=warning")) == 25_000)
    #expect(shown(try await dom(page, "#rule=BP102")) == 0)
  }

  /// No tile stands for what did not fit: directories, distributions and ranges of names do.
  @Test
  func `three hundred wheels are a map without a rest`() async throws {
    let directory = try Workspace.shared.scratch("wheels")
    let script = """
      import sys, zipfile
      root = "/tmp/pip-wheel-ab12cd34/x_0123456789abcdef0123456789abcdef"
      for number in range(300):
          name = "%s/p%03d-1.0-py3-none-any.whl" % (sys.argv[1], number)
          with zipfile.ZipFile(name, "w") as wheel:
              wheel.writestr("p%03d/a.py" % number, "x = '%s/a.c'\\n" % root)
      """
    try await Tools.output(of: "python3", ["-c", script, directory])
    let dom = try await dom(page(of: directory), "#theme=dark")
    let tiles = dom.matches(of: /class="tile"[^>]*data-count="(\d+)"/).compactMap { Int($0.1) }
    #expect(tiles.reduce(0, +) == shown(dom) && tiles.count <= 60 && (tiles.max() ?? 0) <= 30, "\(tiles)")
    #expect(dom.contains("and 299 other places"))
    let check = try await wheelscrub(["check", "--statistics", directory])
    #expect(check.output.lines.count <= 10, "one summary under a screen long")
  }

  /// A policy that forbids everything but its own program: what the browser refuses, it would write into its log.
  @Test
  func `a page needs nothing from anywhere`() async throws {
    let page = try await page(of: Self.big.value)
    let log = try Workspace.shared.scratch("net") + "/net.json"
    let profile = try Workspace.shared.scratch("browser")
    let outcome = try await Tools.run(
      try #require(browser),
      ["--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(profile)", "--log-net-log=\(log)"]
        + [
          "--disable-background-networking", "--disable-component-update", "--no-first-run",
          "--enable-logging=stderr",
        ]
        + ["--virtual-time-budget=30000", "--dump-dom", "file://\(page)#theme=dark"], limit: 240)
    #expect(shown(outcome.output) == 25_000)
    #expect(outcome.output.contains("data-theme=\"dark\""))
    for complaint in ["Content Security Policy", "Uncaught", "Refused to"] {
      #expect(!outcome.errors.contains(complaint), "\(outcome.errors)")
    }
    // The renderer's own requests carry the page as their initiator.
    let requests = try String(contentsOfFile: log, encoding: .utf8)
    #expect(!requests.contains("\"initiator\":\"file://\"") && !requests.contains("\"initiator\":\"null\""))
  }
}
