"""Makes the wheel that another build of the same source would have given: other random letters of the same length,
other times of objects, another UUID, signatures that are true again.

usage: make_twin.py WHEEL BASE TWIN

BASE is the same wheel written by CPython's zipfile, TWIN the other one. Only images with a leak get a twin: the others
of a wheel come from somewhere else. Prints the names of the members that differ.
"""

import hashlib
import struct
import sys
import zipfile

import leaks
import macho
from repack import repack


def other(old, letters):
    """Another text of the same length, the same for the same text: as all files of one build share a directory."""
    stream = hashlib.shake_256(b"twin" + old).digest(len(old))
    return bytes(letters[byte % len(letters)] for byte in stream)


def rename(match):
    letters = b"abcdefghijklmnopqrstuvwxyz0123456789_"
    groups = match.groupdict()
    if groups["kind"]:
        hashed = groups["project"] + other(groups["hash"], b"0123456789abcdef") if groups["hash"] else b""
        return groups["kind"] + other(groups["random"], letters) + hashed
    if groups["compiler"]:
        return groups["compiler"] + b"-".join(other(part, b"123456789") for part in groups["built"].split(b"-"))
    user, folder = groups["user"].split(b"/")
    rest = b"/T/tmp" + other(groups["temporary"], letters) if groups["temporary"] else groups["rest"]
    return groups["folders"] + other(user, letters) + b"/" + other(folder, letters) + rest


def twin(data):
    data = bytearray(leaks.TOKEN.sub(rename, data))
    uuids = {}
    for part in macho.slices(data):
        for at, _, kind, _, _, value in part.symbols():
            if kind in macho.STAB_TIMES and value:
                layout = "<Q" if part.is64 else "<I"
                struct.pack_into(layout, data, part.start + at + 8, value + 86_399)
        if part.uuid:
            at, old = part.uuid
            new = bytearray(other(old, bytes(range(256))))
            new[6], new[8] = new[6] & 0x0F | 0x40, new[8] & 0x3F | 0x80
            data[part.start + at : part.start + at + 16] = new
            uuids[old.hex().encode()] = bytes(new).hex().encode()
    for part in macho.slices(data):
        for directory in part.directories():
            at, name = directory["name"]
            for old, new in uuids.items():
                name = name.replace(b"-55554944" + old, b"-55554944" + new)
            data[part.start + at : part.start + at + len(name)] = name
        if part.signature:
            # What an earlier signature left there.
            start, end = part.slack()
            if any(part.data[start:end]):
                data[part.start + start : part.start + end] = other(part.data[start:end], bytes(range(1, 256)))
    macho.reseal(data)
    return bytes(data)


if __name__ == "__main__":
    wheel, base, result = sys.argv[1:]
    replaced = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if macho.is_image(content) and leaks.TOKEN.search(content):
                replaced[name] = twin(content)
    repack(wheel, base, {})
    repack(wheel, result, replaced)
    print("\n".join(replaced))
