import Foundation
import Testing

/// docs/situations.md: what people complain of ends as the page says.
@Suite(.timeLimit(.minutes(60)))
struct SituationTests {
  /// One section of the page.
  struct Situation: Sendable, CustomTestStringConvertible {
    var title: String
    var steps: [Example]
    var testDescription: String { title }
  }

  /// What pip finds: the sdist of a C extension, and pure wheels.
  private static let links = Task {
    let links = try Workspace.shared.scratch("links")
    try await Tools.output(of: Tools.python, [Workspace.repository + "/fixtures/make-distributions", links])
    let sdist = try await WheelBuilder.shared.sdist("plainc")
    try FileManager.default.copyItem(
      atPath: sdist, toPath: links + "/" + (sdist as NSString).lastPathComponent)
    return links
  }

  static let situations: [Situation] = {
    let page = Workspace.repository + "/docs/situations.md"
    let text = (try? String(contentsOfFile: page, encoding: .utf8)) ?? ""
    return text.components(separatedBy: "\n## ").dropFirst().map { section in
      Situation(title: section.components(separatedBy: "\n")[0], steps: Example.all(in: section))
    }
  }()

  @Test
  func `every section of the page has something to run`() {
    #expect(Self.situations.count >= 9)
    for situation in Self.situations { #expect(situation.steps.count >= 3, "\(situation)") }
  }

  @Test(arguments: situations)
  func `the page is true`(_ situation: Situation) async throws {
    let directory = try Workspace.shared.scratch("situation")
    let links = try await Self.links.value
    try FileManager.default.copyItem(
      atPath: links + "/plainc-1.0.tar.gz", toPath: directory + "/plainc-1.0.tar.gz")
    if situation.title.hasPrefix("electrum") { try await makeApplications(in: directory) }
    // pip takes "no" for a value of the option without the "no": 0 means without isolation.
    let pip = [
      "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": links, "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_CACHE_DIR": "1",
    ]
    for step in situation.steps {
      let fault = try await step.fault(in: directory, environment: pip)
      #expect(fault == nil, "\(situation): \(fault ?? "")")
    }
    guard situation.title.hasPrefix("electrum") else { return }
    for product in MachProduct.all {
      try MachJudges.signatures(
        "\(directory)/first.app/\(modules)/\(product.path)", isSigned: product.seal != .unsigned,
        identifier: "town.so")
    }
    try MachJudges.signatures(
      "\(directory)/first.app/\(frameworks)/libtown.dylib", isSigned: true, identifier: "libtown.dylib")
  }

  private let frameworks = "Contents/Frameworks"
  private let modules = "Contents/Resources/lib/python/town"

  /// Two builds of one application, as a Mac's directories for temporary files would have them.
  private func makeApplications(in directory: String) async throws {
    for (index, name) in ["first.app", "second.app"].enumerated() {
      let build = try await MachBuilder.shared.builds(MachSource())[index]
      let application = "\(directory)/\(name)"
      for (place, files) in [
        (modules, MachProduct.all.map { "\(build)/\($0.testDescription)" }),
        (frameworks, ["\(build)\(MachBuilder.libraries)/libtown.dylib"]),
      ] {
        try FileManager.default.createDirectory(
          atPath: "\(application)/\(place)", withIntermediateDirectories: true)
        try await Tools.output(of: "cp", ["-a"] + files + ["\(application)/\(place)"])
      }
    }
  }
}
