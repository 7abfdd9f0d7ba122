"""Plants build roots over the ordinary strings of a 64-bit ELF image.

usage: plant_strings.py IMAGE RESULT [COUNT]

A root takes the first bytes of a string that is longer, or all of it: then nothing of the string is left behind the
root, and a constant that was the string's tail now ends inside a path. COUNT strings (40), spread over all of .rodata.
Prints how many of each kind were planted.
"""

import re
import struct
import sys

ROOT = b"/tmp/pip-wheel-k3v9x1mq/demo_5d41402abc4b2a76b9719d911017c592"


def sections(data):
    """Type, flags, address, offset and size of each section."""
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    for index in range(count):
        yield struct.unpack_from("<IQQQQ", data, table + index * size + 4)


def rodata(data):
    """Where .rodata and its like lie in the file: loaded, neither written nor run."""
    for kind, flags, _, offset, length in sections(data):
        if kind == 1 and flags & 7 == 2:
            yield offset, offset + length


def plant(data, count=40):
    """Changes `data`, and returns each root's offset and text, and whether the string ends with it."""
    places = []
    for start, end in rodata(data):
        for text in re.finditer(rb"(?<=\0)[ -~]{%d,}(?=\0)" % len(ROOT), bytes(data[start:end])):
            places.append((start + text.start(), start + text.end()))
    planted = []
    for start, end in places[:: max(1, len(places) // count)][:count]:
        length = end - start
        # One byte more than a root is a root and a slash.
        is_whole = length < 120 and start % 3 != 0 and length != len(ROOT) + 1
        path = ROOT
        if is_whole and length - len(ROOT) > 1:
            # A directory in front of it that is as long as needed.
            path = b"/" + b"d" * (length - len(ROOT) - 1) + ROOT
        planted.append((start, path, is_whole))
        if not is_whole:
            path += b"/"
        data[start : start + len(path)] = path
    return planted


def main():
    image, result = sys.argv[1:3]
    data = bytearray(open(image, "rb").read())
    planted = plant(data, int(sys.argv[3]) if len(sys.argv) > 3 else 40)
    open(result, "wb").write(data)
    print(sum(is_whole for _, _, is_whole in planted), sum(not is_whole for _, _, is_whole in planted))


if __name__ == "__main__":
    main()
