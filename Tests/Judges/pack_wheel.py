"""Packs files into a wheel with a true RECORD, the same bytes for the same files.

usage: pack_wheel.py DIRECTORY WHEEL NAME...
"""

import base64
import hashlib
import os
import sys
import zipfile

TIME = (2022, 2, 2, 2, 2, 2)


def add(wheel, rows, name, data):
    info = zipfile.ZipInfo(name, TIME)
    info.external_attr = 0o100755 << 16 if name.endswith(".so") else 0o100644 << 16
    wheel.writestr(info, data, zipfile.ZIP_DEFLATED)
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    rows.append("%s,sha256=%s,%d" % (name, digest, len(data)))


if __name__ == "__main__":
    directory, target, *names = sys.argv[1:]
    rows = []
    with zipfile.ZipFile(target, "w") as wheel:
        for name in names:
            path = os.path.join(directory, name)
            files = [path]
            if os.path.isdir(path):
                files = sorted(os.path.join(top, file) for top, _, inner in os.walk(path) for file in inner)
            for file in files:
                with open(file, "rb") as stream:
                    add(wheel, rows, "town/" + os.path.relpath(file, directory), stream.read())
        tag = "Wheel-Version: 1.0\nGenerator: town\nRoot-Is-Purelib: false\nTag: cp311-cp311-macosx_11_0_universal2\n"
        add(wheel, rows, "town-1.0.dist-info/WHEEL", tag.encode())
        add(wheel, rows, "town-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: town\nVersion: 1.0\n")
        rows.append("town-1.0.dist-info/RECORD,,\n")
        info = zipfile.ZipInfo("town-1.0.dist-info/RECORD", TIME)
        info.external_attr = 0o100644 << 16
        wheel.writestr(info, "\n".join(rows), zipfile.ZIP_DEFLATED)
