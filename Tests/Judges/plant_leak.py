"""Plants a build root into the strings of a wheel's signed images, and hashes their pages again.

usage: plant_leak.py WHEEL RESULT

For wheels that leak nothing: a certificate's signature is true no more, but everything else of the images is. Prints
the names of the members that were changed.
"""

import re
import sys
import zipfile

import macho
from repack import repack

ROOT = b"/private/tmp/pip-req-build-ab12cd34/module.c"


def plant(content):
    data = bytearray(content)
    for part in macho.slices(content):
        places = [
            (start, size) for *_, sections in part.segments() for name, start, size in sections if name == "__cstring"
        ]
        if not part.signature or not places:
            return None
        (start, size), = places
        # A text long enough, and of one line: what the program does with it does not matter here.
        text = re.compile(rb"(?<=\0)[ -~]{%d,}\0" % len(ROOT)).search(part.data, start, start + size)
        if not text:
            return None
        at = part.start + text.start()
        room = text.end() - text.start() - 1
        data[at : at + room] = ROOT + b"x" * (room - len(ROOT))
    macho.reseal(data)
    return bytes(data)


if __name__ == "__main__":
    wheel, result = sys.argv[1:]
    replaced = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            planted = plant(content) if macho.is_image(content) else None
            if planted:
                replaced[name] = planted
    repack(wheel, result, replaced)
    print("\n".join(replaced))
    sys.exit(0 if replaced else 1)
