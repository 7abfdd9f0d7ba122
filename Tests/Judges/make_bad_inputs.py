"""Makes broken copies of a good wheel and of the extension module in it.

usage: make_bad_inputs.py WHEEL OUTPUT_DIR

Every file is written below OUTPUT_DIR; its name says what is wrong with it. All must be refused.
"""

import base64
import hashlib
import io
import pathlib
import re
import struct
import sys
import zipfile


def members(path):
    with zipfile.ZipFile(path) as wheel:
        return [(info.filename, wheel.read(info)) for info in wheel.infolist()]


def zipped(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in entries:
            wheel.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def row(name, data):
    seal = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return "%s,sha256=%s,%d" % (name, seal, len(data))


def resealed(entries):
    """The entries with a RECORD that is true of them."""
    record = next(name for name, _ in entries if name.endswith("/RECORD"))
    rows = [row(name, data) for name, data in entries if name != record] + [record + ",,"]
    text = ("\n".join(rows) + "\n").encode()
    return [(name, text if name == record else data) for name, data in entries]


def edited_record(entries, edit):
    return [(name, edit(data.decode()).encode() if name.endswith("/RECORD") else data) for name, data in entries]


def patched_headers(data, local, central):
    """Overwrites fields of the first member's headers: {offset: (format, value)}."""
    data = bytearray(data)
    at = data.index(b"PK\1\2")
    for offset, (layout, value) in central.items():
        struct.pack_into(layout, data, at + offset, value)
    for offset, (layout, value) in local.items():
        struct.pack_into(layout, data, offset, value)
    return bytes(data)


def elf_cases(image):
    assert image[:6] == b"\x7fELF\x02\x01", "a 64-bit little-endian image is needed"
    section_table, = struct.unpack_from("<Q", image, 0x28)
    size, count = struct.unpack_from("<HH", image, 0x3A)

    def patch(layout, offset, value):
        data = bytearray(image)
        struct.pack_into(layout, data, offset, value)
        return bytes(data)

    debug = None
    names_index, = struct.unpack_from("<H", image, 0x3E)
    names_at, = struct.unpack_from("<Q", image, section_table + names_index * size + 0x18)
    for index in range(count):
        header = section_table + index * size
        name, = struct.unpack_from("<I", image, header)
        if image[names_at + name :].startswith(b".debug_line\0"):
            debug = header
    yield "section-table-beyond-end", patch("<Q", 0x28, len(image) + 0x1000)
    yield "section-table-wraps", patch("<Q", 0x28, 0xFFFFFFFFFFFFFFC0)
    yield "section-beyond-end", patch("<Q", debug + 0x18, len(image) + 0x10)
    yield "section-size-lies", patch("<Q", debug + 0x20, 0x7FFFFFFFFFFFFFFF)
    yield "cut-in-header", image[:40]
    yield "cut-in-the-middle", image[: len(image) // 2]
    yield "cut-9000", image[:9000]
    yield "cut-by-one", image[:-1]


def wheel_cases(path, image_name, image):
    whole = pathlib.Path(path).read_bytes()
    entries = members(path)
    # The image comes first, so that the headers patched below are those of a member that must be read.
    good = zipped(sorted(entries, key=lambda entry: entry[0] != image_name))
    yield "not-a-zip", b"this is no wheel\n" * 40
    yield "empty", b""
    for part in (4, 40, len(whole) // 4, len(whole) // 2, len(whole) - 200, len(whole) - 22, len(whole) - 1):
        yield "cut-at-%d" % part, whole[:part]
    yield "no-record", zipped([entry for entry in entries if not entry[0].endswith("/RECORD")])
    yield "record-row-cut", zipped(edited_record(entries, lambda text: text.replace(",sha256=", ",")))
    yield "record-quote-open", zipped(edited_record(entries, lambda text: '"' + text))
    yield "record-unknown-hash", zipped(edited_record(entries, lambda text: text.replace("sha256=", "sha1024=")))
    yield "record-wrong-hash", zipped(
        edited_record(entries, lambda text: re.sub("sha256=.{6}", "sha256=AAAAAA", text)))
    yield "record-wrong-size", zipped(
        edited_record(entries, lambda text: re.sub(r",(\d+)$", r",1\1", text, flags=re.M)))
    yield "record-not-utf8", zipped(
        [(name, b"\xff\xfe" + data if name.endswith("/RECORD") else data) for name, data in entries])
    yield "duplicate-name", zipped(resealed(entries + [entries[0]]))
    names = {"parent": "../escaped.py", "absolute": "/escaped.py", "climbing": "pkg/../../escaped.py"}
    for label, name in names.items():
        yield "name-" + label, zipped(resealed(entries + [(name, b"")]))
    # zipfile would cut the name at the NUL, so it is put there afterwards.
    yield "name-with-nul", zipped(resealed(entries + [("nulZname.py", b"")])).replace(b"nulZ", b"nul\0")
    yield "encrypted", patched_headers(good, {6: ("<H", 1)}, {8: ("<H", 1)})
    yield "method-unknown", patched_headers(good, {8: ("<H", 97)}, {10: ("<H", 97)})
    yield "ratio-bomb", patched_headers(good, {22: ("<I", 0xFFFFFFF0)}, {24: ("<I", 0xFFFFFFF0)})
    yield "local-central-differ", patched_headers(good, {22: ("<I", 7)}, {})
    yield "checksum-wrong", patched_headers(good, {14: ("<I", 1)}, {16: ("<I", 1)})
    yield "directory-beyond-end", good[:-6] + struct.pack("<I", len(good)) + good[-2:]
    for label, broken in elf_cases(image):
        swapped = [(name, broken if name == image_name else data) for name, data in entries]
        yield "image-" + label, zipped(resealed(swapped))


if __name__ == "__main__":
    wheel, output = sys.argv[1], pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    image_name, image = next(entry for entry in members(wheel) if entry[1].startswith(b"\x7fELF"))
    for label, data in wheel_cases(wheel, image_name, image):
        (output / (label + ".whl")).write_bytes(data)
    for label, data in elf_cases(image):
        (output / (label + ".so")).write_bytes(data)
