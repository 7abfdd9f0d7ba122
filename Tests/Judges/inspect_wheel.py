"""Prints as JSON what a zip says of its members, read with Python's zipfile and zlib.

usage: inspect_wheel.py WHEEL
"""

import hashlib
import json
import struct
import sys
import zipfile
import zlib


def compressed_bytes(data, info):
    name_size, extra_size = struct.unpack_from("<HH", data, info.header_offset + 26)
    start = info.header_offset + 30 + name_size + extra_size
    return data[start : start + info.compress_size]


def as_cpython_deflates(content):
    deflater = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -15)
    return deflater.compress(content) + deflater.flush()


def inspect(path):
    with open(path, "rb") as file:
        data = file.read()
    members = []
    with zipfile.ZipFile(path) as wheel:
        broken = wheel.testzip()
        for info in wheel.infolist():
            raw = compressed_bytes(data, info)
            content = wheel.read(info)
            deflated = info.compress_type == zipfile.ZIP_DEFLATED
            members.append(
                {
                    "name": info.filename,
                    "attributes": info.external_attr,
                    "method": info.compress_type,
                    "system": info.create_system,
                    "flags": info.flag_bits,
                    "extra": len(info.extra),
                    "time": "%04d-%02d-%02dT%02d:%02d:%02d" % info.date_time,
                    "content": hashlib.sha256(content).hexdigest(),
                    "compressed": hashlib.sha256(raw).hexdigest(),
                    "asCPython": not deflated or raw == as_cpython_deflates(content),
                }
            )
        comment = len(wheel.comment)
    return {"broken": broken, "comment": comment, "members": members}


if __name__ == "__main__":
    json.dump(inspect(sys.argv[1]), sys.stdout)
