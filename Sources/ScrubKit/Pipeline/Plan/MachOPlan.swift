internal import BuildRoots
import Formats

/// The plan for one Mach-O image: fully decided before a byte is touched.
struct MachOPlan: ImagePlan {
  var inPlace: [InPlaceEdit] = []
  /// One for each group of debug sections.
  var debug: [DebugPlan] = []
  /// One for each hit.
  var fates: [Finding.Fate] = []
  /// The layout of the debug sections; compact only in the file of a dSYM bundle.
  var layout = Options.Layout.slot
  let paths: LoadPathPlan
  /// The new symbol table and its strings; nil if they keep their place and size.
  var symbols: SymbolTablePlan?
  /// Indices of stabs whose modification time is set to 0.
  var times: [Int] = []
  /// Whether an ad hoc signature replaces one made with a key.
  var resigns = false
  private var ownNotes: [Note] = []

  var isEmpty: Bool {
    inPlace.isEmpty && !debug.contains { $0.redirects } && symbols == nil && paths.removed.isEmpty
  }

  var notes: [Note] { debug.flatMap(\.notes) + ownNotes }

  func relabel(_ findings: inout [Finding]) {
    debug.relabel(&findings)
    paths.relabel(&findings)
  }

  /// A plan that leaves every hit, with a reason.
  init(_ image: MachOImage, regions: [Region], unfixable hits: [Hit], because reason: String) {
    paths = LoadPathPlan(image, regions: regions, hits: hits, remove: false)
    fates = hits.map { _ in .left(reason: reason) }
    paths.revise(&fates)
  }

  /// - Parameter hits: all roots of the image, in `regions`; not empty.
  init(
    _ image: MachOImage, regions: [Region], hits: [Hit], debug groups: [DwarfSections], options: Options,
    fix: Bool
  ) throws(ScrubError) {
    paths = LoadPathPlan(image, regions: regions, hits: hits, remove: fix && options.fixRunPath)
    let signature = try image.readSignature()
    resigns = signature?.hasIdentity ?? false

    // Debug sections.
    let canCompact = MachOLayout.canCompact(image)
    layout = options.layout == .compact && canCompact ? .compact : .slot
    debug = try DebugTablePlanner.plans(
      image, groups, options.roots, layout, regions: regions, hits: hits, builds: fix)
    inPlace = debug.flatMap(\.shares)

    // The symbol table and its strings.
    let symbols = try image.symbols()
    let stringsLeak = hits.contains { regions[$0.region].kind == .table(.stringTable) }
    if stringsLeak || options.dropDebugMap {
      do throws(ScrubError) {
        self.symbols = try SymbolTablePlanner(
          image: image, symbols: symbols, signature: signature, roots: options.roots
        ).plan(dropStabs: options.dropDebugMap, rebuild: stringsLeak && options.layout == .compact)
      } catch {
        guard error.kind == .notUnderstood else { throw error }
        let what = options.dropDebugMap ? "the debug map stays" : "the string table was edited in place"
        ownNotes.append(Note("\(error.message); \(what)", at: error.place, divergence: .debugInfo))
      }
    }

    // Hit by hit.
    decide(image, regions, hits, options.roots)
    paths.revise(&fates)
    let inline = Convergence.inlineLength(regions, hits, fates) { region in
      guard let section = region.section.map({ image.sections[$0] }) else { return false }
      return section.debugName.map { !Convergence.isDebugTable($0) } ?? false
    }
    ownNotes += [inline].compactMap { $0 }

    // Times of object files, wherever a root was found: they belong to the same build.
    if !isEmpty {
      times = symbols.indices.filter { index in
        symbols[index].hasTime && symbols[index].value != 0 && !(self.symbols?.isDropped(index) ?? false)
      }
    }
  }

  private mutating func decide(
    _ image: MachOImage, _ regions: [Region], _ hits: [Hit], _ roots: RootMap
  ) {
    let fatesInTables = debug.fates(of: hits, in: regions)
    let soundness = Soundness(image, regions: regions, hits: hits, roots: roots)
    for (index, hit) in hits.enumerated() {
      let region = regions[hit.region]
      let isInTable = region.kind == .table(.stringTable) && symbols?.strings != nil
      if let fate = fatesInTables[index] ?? (isInTable ? .rebuilt : nil) ?? soundness.fate(of: index) {
        fates.append(fate)
        continue
      }
      fates.append(.inPlace)
      guard !paths.owns(index), let file = region.fileRange else { continue }
      let start = file.lowerBound + hit.root.range.lowerBound
      inPlace.append(
        InPlaceEdit(
          section: region.section,
          offset: start - (region.section.map { Int(image.sections[$0].offset) } ?? 0),
          replacement: roots.padding(for: hit.root)))
    }
  }
}

extension MachOImage {
  func readSignature() throws(ScrubError) -> CodeSignature? {
    guard let signature else { return nil }
    return try CodeSignature(bytes[signature.range])
  }

  /// Why no byte of the image may change; nil if it may.
  func obstacle(_ options: Options) -> String? {
    if isEncrypted { return "the image is encrypted" }
    if let obstacle = signatureObstacle { return obstacle }
    guard options.resign != .adHoc, (try? readSignature())??.hasIdentity ?? false else { return nil }
    return "the image is signed with a key, and the signature would not survive; --resign adhoc replaces it"
  }

  /// Why the hashes of the signature cannot be recomputed; nil if they can, or if there is no signature.
  var signatureObstacle: String? {
    guard let place = signature else { return nil }
    do throws(ScrubError) {
      guard let signature = try readSignature() else { return nil }
      if let obstacle = signature.obstacle { return obstacle }
      for directory in signature.directories {
        guard directory.codeLimit <= UInt64(place.range.lowerBound),
          directory.codeSlotCount == CodeDirectory.pages(Int(directory.codeLimit), directory.pageSize)
        else { return "the code directory does not cover the image" }
      }
      return nil
    } catch {
      return "the code signature cannot be made anew: \(error)"
    }
  }
}
