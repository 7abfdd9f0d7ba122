/// Byte order is a value at the edge (ELF gABI `EI_DATA`), never a branch in the logic.
public enum ByteOrder: Sendable, Hashable {
  case little
  case big
}
