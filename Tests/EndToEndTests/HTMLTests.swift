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
    #expect(dom.components(separatedBy: "class=\"row\"").count - 1 == count)
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
    #expect(text(of: "more", in: all)?.hasPrefix("Show 100 more of 24,900") == true)
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
