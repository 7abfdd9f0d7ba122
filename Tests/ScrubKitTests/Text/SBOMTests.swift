import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct SBOMTests {
  private static let serials = [
    "1e0d3e4c-7e0f-4c2b-9f2e-1f0c00f0a001", "9b2f9c1a-0c1d-4e2f-8a3b-4c5d6e7f8091",
  ]
  private static let stable = "3e671687-395b-5f6e-a7d0-1b2c3d4e5f60"

  private func canonical(_ text: String) -> String {
    let bytes = Bytes(Array(text.utf8))
    let sbom = SBOM(epoch: 1_700_000_000, prefix: Array("/build".utf8))
    let result = SBOM.applying(sbom.edits(of: bytes), to: bytes)
    // A second time there is nothing to do.
    #expect(sbom.edits(of: result).isEmpty)
    return String(decoding: result.array(), as: UTF8.self)
  }

  private static func cycloneDX(_ serial: String, _ time: String, _ directory: String) -> String {
    """
    {
      "bomFormat": "CycloneDX",
      "serialNumber": "urn:uuid:\(serial)",
      "specVersion": "1.5",
      "metadata": {"timestamp": "\(time)", "component": {"name": "wsx", "bom-ref": "path+file://\(directory)#wsx@1.0"}},
      "components": [{"bom-ref": "path+file://\(directory)/inner#0.1", "name": "é"}],
      "dependencies": [{"ref": "path+file://\(directory)#wsx@1.0", "dependsOn": ["path+file://\(directory)/inner#0.1"]}]
    }

    """
  }

  @Test func `CycloneDX as JSON`() throws {
    let one = canonical(Self.cycloneDX(Self.serials[0], "2026-01-02T03:04:05.123456789Z", "/work/a"))
    let other = canonical(Self.cycloneDX(Self.serials[1], "2026-11-02T03:04:05Z", "/srv/other/checkout"))
    #expect(one == other)
    #expect(!one.contains("serialNumber") && one.contains("\"timestamp\": \"2023-11-14T22:13:20Z\""))
    #expect(
      one.contains(
        "\"ref\": \"path+file:///build/wsx#wsx@1.0\", \"dependsOn\": [\"path+file:///build/wsx/inner#0.1\"]"))
    // Valid, and all else as it was.
    let json = try #require(try JSONSerialization.jsonObject(with: Data(one.utf8)) as? [String: Any])
    #expect(json["specVersion"] as? String == "1.5" && one.contains("\"name\": \"é\""))
    #expect(one.hasPrefix("{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\""))
  }

  @Test func `a serial number that is not random stays`() {
    let text = Self.cycloneDX(Self.stable, "2023-11-14T22:13:20Z", "/build/wsx")
    #expect(canonical(text) == text)
  }

  @Test func `the last and the only member`() {
    let serial = "\"serialNumber\":\"urn:uuid:\(Self.serials[0])\""
    #expect(canonical("{\"bomFormat\":\"CycloneDX\", \(serial)}") == "{\"bomFormat\":\"CycloneDX\"}")
    #expect(canonical("{\(serial), \"bomFormat\":\"CycloneDX\"}") == "{\"bomFormat\":\"CycloneDX\"}")
    // What is no bill of materials keeps it.
    #expect(canonical("{\(serial)}") == "{\(serial)}")
  }

  @Test func `CycloneDX as XML`() {
    func xml(_ serial: String, _ time: String) -> String {
      """
      <?xml version="1.0"?>
      <bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:\(serial)" version="1">
        <metadata><timestamp>\(time)</timestamp></metadata>
      </bom>

      """
    }
    let texts = [xml(Self.serials[0], "2026-01-02T03:04:05Z"), xml(Self.serials[1], "2025-01-02T03:04:05Z")]
      .map(canonical)
    #expect(texts[0] == texts[1])
    #expect(
      texts[0].contains("bom/1.5\" version=\"1\">") && texts[0].contains("<timestamp>2023-11-14T22:13:20Z<"))
  }

  @Test func `SPDX, whose namespace has to exist`() throws {
    func json(_ serial: String, _ time: String, _ name: String = "x") -> String {
      "{\"spdxVersion\":\"SPDX-2.3\",\"name\":\"\(name)\",\"documentNamespace\":\"https://x.test/\(name)-\(serial)\","
        + "\"creationInfo\":{\"created\":\"\(time)\",\"creators\":[]}}"
    }
    let one = canonical(json(Self.serials[0], "2026-01-02T03:04:05Z"))
    #expect(one == canonical(json(Self.serials[1], "2025-01-02T03:04:05Z")))
    // Of another document it is another one.
    func uuid(_ text: String) -> Substring? {
      text.split(separator: "\"").first { $0.hasPrefix("https:") }?.suffix(36)
    }
    #expect(
      uuid(one) != nil && uuid(one) != uuid(canonical(json(Self.serials[1], "2025-01-02T03:04:05Z", "y"))))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(one.utf8)) as? [String: Any])
    let namespace = try #require(object["documentNamespace"] as? String)
    #expect(
      UUID(uuidString: String(namespace.suffix(36))) != nil && namespace.suffix(36).dropFirst(14).first == "5"
    )

    func tags(_ serial: String, _ time: String) -> String {
      "SPDXVersion: SPDX-2.3\nDocumentName: x\nDocumentNamespace: https://x.test/x-\(serial)\nCreated: \(time)\n"
    }
    let lines = canonical(tags(Self.serials[0], "2026-01-02T03:04:05Z"))
    #expect(lines == canonical(tags(Self.serials[1], "2025-01-02T03:04:05Z")))
    #expect(lines.contains("\nCreated: 2023-11-14T22:13:20Z\n") && !lines.contains(Self.serials[0]))
  }

  @Test func `cut and hostile documents are left or read to their end`() {
    let text = Self.cycloneDX(Self.serials[0], "2026-01-02T03:04:05Z", "/work/a")
    let sbom = SBOM(epoch: 0, prefix: Array("/build".utf8))
    for count in 0..<text.utf8.count {
      let bytes = Bytes(Array(text.utf8.prefix(count)))
      _ = SBOM.applying(sbom.edits(of: bytes), to: bytes)
    }
    for odd in [
      "path+file:///", "{\"bomFormat\":\"CycloneDX\",\"a\":\"path+file:///\"}", "SPDXVersion:",
      " serialNumber=\"",
    ] {
      let bytes = Bytes(Array(odd.utf8))
      #expect(SBOM.applying(sbom.edits(of: bytes), to: bytes) == bytes)
    }
  }
}
