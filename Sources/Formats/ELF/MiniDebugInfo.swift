internal import CElf

/// `.gnu_debugdata`: a small ELF image with the symbols that strip removed, compressed with xz ("MiniDebugInfo" in
/// gdb's manual). Fedora's packages have it. It is searched; nothing in it is rewritten.
package enum MiniDebugInfo {
  package static let reason =
    "it stands in an image that xz compressed inside this one, which is not rewritten; prevent with "
    + "-ffile-prefix-map=<build directory>=., or remove the section: objcopy --remove-section=.gnu_debugdata"

  /// The regions of the embedded image, each named like `.gnu_debugdata!.strtab`.
  /// - Throws: if the xz data is damaged.
  package static func regions(of section: ElfImage.Section, in image: ElfImage) throws(ScrubError) -> [Region]
  {
    do throws(ScrubError) {
      let content = try Inflate.xz(try image.content(of: section))
      let whole = Region(name: "", section: nil, content: content, fileRange: nil)
      // An image embedded in the embedded one is treated as bytes: each level would multiply the work. False headers do
      // not matter either; those in published wheels have kept the segments of the image they were made from. Only the
      // names of the places are lost.
      let inner = (try? ElfImage(content).ownRegions()) ?? [whole]
      return inner.map { region in
        Region(
          name: region.name.isEmpty ? section.name : "\(section.name)!\(region.name)", kind: .other,
          section: section.index,
          content: region.content, fileRange: nil, enclosure: reason)
      }
    } catch {
      let inside = error.place.section.map { "\(section.name)!\($0)" } ?? section.name
      throw ScrubError(error.message, section: inside, offset: error.place.offset, kind: error.kind)
    }
  }
}

extension ElfImage.Section {
  package var isMiniDebugInfo: Bool { name == ".gnu_debugdata" && fileRange != nil }
}
