internal import BuildRoots
import Formats

/// Reads an edited `.pyc` again: every object must be unchanged, except for the file names.
struct BytecodeVerifier {
  let before: BytecodeImage
  let after: BytecodeImage
  let plan: BytecodePlan
  let header: BytecodeHeader
  /// The expected bytes after the code object.
  let trailing: Bytes
  let roots: RootMap

  func verify(isCanonical: Bool) throws(ScrubError) {
    guard after.header == header else { throw failure("header differs", 0) }
    guard after.trailing == trailing else { throw failure("what stands behind the objects differs", 0) }
    if isCanonical { try compareMeaning() } else { try compareObjects() }
  }

  /// Compares the meaning of a file whose objects are shared anew.
  private func compareMeaning() throws(ScrubError) {
    for rename in plan.renames where roots.containsRoot(rename.after.span) {
      throw failure("build root left", rename.object)
    }
    var graph = MarshalGraph(sharesEverything: true)
    guard graph.add(before, names: plan.names) == graph.add(after, names: [:]) else {
      throw failure("objects differ", 0)
    }
  }

  /// Compares the objects one by one, each at its place.
  private func compareObjects() throws(ScrubError) {
    // References may have traded places with their targets; objects have not.
    guard before.objects.count == after.objects.count else { throw failure("number of objects differs", 0) }
    let renamed = plan.names
    for rename in plan.renames {
      if roots.containsRoot(rename.after.span) { throw failure("build root left", rename.object) }
    }
    for index in before.objects.indices {
      if let text = renamed[index] {
        guard after.objects[after.resolved(index)].type.isString, after.text(index) == text else {
          throw failure("file name is not what was planned", index)
        }
      } else if !isSame(index) {
        throw failure("object differs", index)
      }
    }
    try oneNameEach()
  }

  /// Fields that were one object still are.
  private func oneNameEach() throws(ScrubError) {
    for rename in plan.renames {
      let objects = Set(rename.fields.map { after.resolved($0) })
      if objects.count != 1 { throw failure("file name is no longer one object", rename.object) }
    }
  }

  private func isSame(_ index: Int) -> Bool {
    let (old, new) = (before.resolved(index), after.resolved(index))
    let (one, other) = (before.objects[old], after.objects[new])
    // Containers stay in place, and so do the references to them.
    guard one.type == other.type, one.isReferable == other.isReferable, one.count == other.count else {
      return false
    }
    if old == new, one.end != other.end { return false }
    if old != new, !one.type.isString { return false }
    return before.marshal[one.payload] == after.marshal[other.payload]
  }

  private func failure(_ message: String, _ object: Int) -> ScrubError {
    ScrubError(
      "result would be wrong: \(message)", section: "marshal", offset: UInt64(before.objects[object].start))
  }
}
