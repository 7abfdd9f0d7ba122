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


def rodata(data):
    """Where .rodata and its like lie in the file: loaded, neither written nor run."""
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    for index in range(count):
        _, kind, flags, _, offset, length = struct.unpack_from("<IIQQQQ", data, table + index * size)
        if kind == 1 and flags & 7 == 2:
            yield offset, offset + length


def main():
    image, result = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    data = bytearray(open(image, "rb").read())
    places = []
    for start, end in rodata(data):
        for text in re.finditer(rb"(?<=\0)[ -~]{%d,}(?=\0)" % len(ROOT), bytes(data[start:end])):
            places.append((start + text.start(), start + text.end()))
    whole = front = 0
    for start, end in places[:: max(1, len(places) // count)][:count]:
        length = end - start
        if length < 120 and start % 3:
            # A directory in front of it that is as long as needed.
            spare = length - len(ROOT)
            path = (b"/" + b"d" * (spare - 1) + ROOT) if spare > 1 else ROOT
            whole += 1
        else:
            path = ROOT + b"/"
            front += 1
        data[start : start + len(path)] = path
    open(result, "wb").write(data)
    print(whole, front)


main()
