"""Overwrites a section of a 64-bit little-endian ELF file that our own linker has just made."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Callable, Optional

NOBITS = 8


def overwrite(path: Path, section: str, content: Callable[[int], Optional[bytes]]) -> None:
    """Gives the section what `content` makes of its size in bytes; leaves it where that is None."""
    with open(path, "r+b") as file:
        header = file.read(64)
        (table,) = struct.unpack_from("<Q", header, 0x28)
        size, count, names = struct.unpack_from("<HHH", header, 0x3A)
        rows = []
        for index in range(count):
            file.seek(table + index * size)
            rows.append(struct.unpack("<IIQQQQIIQQ", file.read(64)))
        file.seek(rows[names][4])
        strings = file.read(rows[names][5])
        for row in rows:
            name = strings[row[0] : strings.index(b"\0", row[0])]
            if name != section.encode() or row[1] == NOBITS:
                continue
            new = content(row[5])
            if new is not None:
                assert len(new) == row[5], (path, section)
                file.seek(row[4])
                file.write(new)
