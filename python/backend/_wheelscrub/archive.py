"""A zip whose bytes depend on nothing but its members: neither on Python's zlib nor on a clock."""

from __future__ import annotations

import ctypes
import struct
import zlib

from .errors import CannotBuild

#: Set by APPNOTE 4.4: version 2.0 of the format, made on Unix, deflated; names are UTF-8.
_VERSION, _UNIX, _DEFLATED, _UTF8 = 20, 3, 8, 1 << 11


class Member:
    def __init__(self, name: str, content: bytes, executable: bool) -> None:
        self.name = name
        self.content = content
        self.mode = 0o100755 if executable else 0o100644


def pack(members: list[Member], time: tuple[int, ...]) -> bytes:
    """In the order given; `time` is year, month, day, hour, minute, second."""
    year, month, day, hour, minute, second = time
    stamp = struct.pack("<HH", hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day)
    deflate = _deflater()
    body, directory = bytearray(), bytearray()
    for member in members:
        name = member.name.encode()
        data = deflate(member.content)
        sizes = struct.pack("<III", zlib.crc32(member.content), len(data), len(member.content))
        common = struct.pack("<HHH", _VERSION, _UTF8, _DEFLATED) + stamp + sizes + struct.pack("<HH", len(name), 0)
        directory += b"PK\1\2" + struct.pack("<BB", _VERSION, _UNIX) + common
        directory += struct.pack("<HHHII", 0, 0, 0, member.mode << 16, len(body)) + name
        body += b"PK\3\4" + common + name + data
    count = len(members)
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)


def _deflater():
    """libdeflate at its highest level, which the programs are linked with as well: 4 % smaller than zlib's."""
    try:
        library = ctypes.CDLL("libdeflate.so.0")
    except OSError:
        raise CannotBuild("libdeflate.so.0 is missing: apt-get install libdeflate-dev, or run scripts/setup") from None
    library.libdeflate_alloc_compressor.restype = ctypes.c_void_p
    library.libdeflate_deflate_compress_bound.restype = ctypes.c_size_t
    library.libdeflate_deflate_compress_bound.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    compress = library.libdeflate_deflate_compress
    compress.restype = ctypes.c_size_t
    compress.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    # One for all members; it lives as long as the process.
    compressor = library.libdeflate_alloc_compressor(12)

    def deflate(content: bytes) -> bytes:
        bound = library.libdeflate_deflate_compress_bound(compressor, len(content))
        buffer = ctypes.create_string_buffer(bound)
        size = compress(compressor, content, len(content), buffer, bound)
        if size == 0:
            raise CannotBuild(f"libdeflate cannot compress {len(content)} bytes")
        return buffer.raw[:size]

    return deflate
