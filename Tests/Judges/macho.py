"""Mach-O images as the judges see them: header, load commands, symbols, code signature; nothing of wheelscrub's.

Little-endian images, thin or fat. Errors are exceptions: a judge that cannot read says so by failing.
"""

import hashlib
import struct

UUID, SYMTAB, SIGNATURE = 0x1B, 0x2, 0x1D
STAB_TIMES = (0x66, 0x32)  # N_OSO, N_AST
HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}


def is_image(data):
    magic = bytes(data[:4])
    if magic in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"):
        return True
    # Java's classes have the magic of fat files; their version follows.
    return magic == b"\xca\xfe\xba\xbe" and struct.unpack(">I", data[4:8])[0] <= 30 and _is_little(data)


def _is_little(data):
    offset = struct.unpack(">I", data[16:20])[0]
    return bytes(data[offset : offset + 4]) in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")


class Command:
    def __init__(self, kind, offset, size):
        self.kind, self.offset, self.size = kind, offset, size


class Slice:
    """One architecture. Offsets count from the slice's start; `data` is a copy of its bytes."""

    def __init__(self, data, start, size):
        self.start, self.size = start, size
        self.data = data = bytes(data[start : start + size])
        self.is64 = data[0] == 0xCF
        _, self.cpu, self.subtype, self.kind, count, room = struct.unpack("<6I", data[:24])
        self.commands = []
        offset = 32 if self.is64 else 28
        self.commands_end = offset + room
        for _ in range(count):
            kind, size = struct.unpack_from("<II", data, offset)
            assert size >= 8 and offset + size <= self.commands_end
            self.commands.append(Command(kind, offset, size))
            offset += size

    def command(self, kind):
        found = [command for command in self.commands if command.kind == kind]
        assert len(found) <= 1, "load command %x is there %d times" % (kind, len(found))
        return found[0] if found else None

    def field(self, command, index):
        return struct.unpack_from("<I", self.data, command.offset + 4 * index)[0]

    @property
    def uuid(self):
        """Offset and bytes; None without."""
        command = self.command(UUID)
        return command and (command.offset + 8, self.data[command.offset + 8 : command.offset + 24])

    @property
    def signature(self):
        """Offset and size; None where unsigned."""
        command = self.command(SIGNATURE)
        return command and (self.field(command, 2), self.field(command, 3))

    @property
    def symbol_table(self):
        """symoff, nsyms, stroff, strsize."""
        command = self.command(SYMTAB)
        return command and struct.unpack_from("<4I", self.data, command.offset + 8)

    def symbols(self):
        """(offset, name, type, section, description, value) of each."""
        if not self.symbol_table:
            return
        offset, count, strings, size = self.symbol_table
        layout = struct.Struct("<IBBHQ" if self.is64 else "<IBBHI")
        for index in range(count):
            at = offset + index * layout.size
            name, kind, section, description, value = layout.unpack_from(self.data, at)
            assert name < max(size, 1), "symbol %d has its name outside of the table" % index
            end = self.data.index(b"\0", strings + name)
            yield at, self.data[strings + name : end], kind, section, description, value

    @property
    def symbol_size(self):
        return 16 if self.is64 else 12

    def segments(self):
        """(name, command, offset, size, sections); a section is (name, offset, size)."""
        for command in self.commands:
            if command.kind != (0x19 if self.is64 else 0x1):
                continue
            at = command.offset
            name = self.data[at + 8 : at + 24].rstrip(b"\0").decode()
            offset, size = struct.unpack_from(*(("<QQ", self.data, at + 40) if self.is64 else ("<II", self.data, at + 32)))
            count = struct.unpack_from("<I", self.data, at + (64 if self.is64 else 48))[0]
            sections = []
            for index in range(count):
                entry = at + (72 if self.is64 else 56) + index * (80 if self.is64 else 68)
                title = self.data[entry : entry + 16].rstrip(b"\0").decode()
                length = struct.unpack_from("<Q" if self.is64 else "<I", self.data, entry + (40 if self.is64 else 36))[0]
                begin = struct.unpack_from("<I", self.data, entry + (48 if self.is64 else 40))[0]
                sections.append((title, begin, length))
            yield name, command, offset, size, sections

    def directories(self):
        """Offset of each CodeDirectory and its fields, as a dictionary."""
        if not self.signature:
            return
        start, _ = self.signature
        _, _, count = struct.unpack_from(">III", self.data, start)
        for index in range(count):
            _, offset = struct.unpack_from(">II", self.data, start + 12 + 8 * index)
            at = start + offset
            if struct.unpack_from(">I", self.data, at)[0] != 0xFADE0C02:
                continue
            hashes, name, specials, pages, limit = struct.unpack_from(">5I", self.data, at + 16)
            size, kind, _, shift = self.data[at + 36 : at + 40]
            end = self.data.index(b"\0", at + name)
            yield {
                "hashes": at + hashes, "pages": pages, "limit": limit, "size": size, "kind": kind,
                "page": 1 << shift, "name": (at + name, self.data[at + name : end]),
            }

    def slack(self):
        """Where the signature's unused rest lies, as (start, end)."""
        start, size = self.signature
        return start + struct.unpack_from(">I", self.data, start + 4)[0], start + size


def slices(data):
    if bytes(data[:4]) != b"\xca\xfe\xba\xbe":
        return [Slice(data, 0, len(data))]
    count = struct.unpack(">I", data[4:8])[0]
    entries = [struct.unpack_from(">5I", data, 8 + 20 * index) for index in range(count)]
    return [Slice(data, offset, size) for _, _, offset, size, _ in entries]


def reseal(data):
    """Hashes every page of every CodeDirectory again, in place; all else of the signatures stays."""
    for part in slices(data):
        for directory in part.directories():
            algorithm, size = HASHES[directory["kind"]]
            for page in range(directory["pages"]):
                start = page * directory["page"]
                end = min(start + directory["page"], directory["limit"])
                digest = hashlib.new(algorithm, part.data[start:end]).digest()[:size]
                at = part.start + directory["hashes"] + page * size
                data[at : at + size] = digest
