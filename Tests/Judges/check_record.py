"""Checks a wheel's RECORD against its members, with the standard library and with `installer` where it is there.

usage: check_record.py WHEEL

One line a problem; exit 1 if there is one.
"""

import base64
import csv
import hashlib
import io
import sys
import zipfile


def encoded(digest):
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def problems(path):
    with zipfile.ZipFile(path) as wheel:
        names = [name for name in wheel.namelist() if not name.endswith("/")]
        (record,) = [name for name in names if name.endswith(".dist-info/RECORD")]
        text = wheel.read(record).decode()
        rows = {}
        for row in csv.reader(io.StringIO(text, newline="")):
            if len(row) != 3:
                yield "a row of %d columns: %r" % (len(row), row)
                continue
            if row[0] in rows:
                yield "%s is listed twice" % row[0]
            rows[row[0]] = row
        for name in names:
            if name not in rows:
                yield "%s is not listed" % name
        for name, (_, seal, size) in rows.items():
            if name == record:
                if seal or size:
                    yield "RECORD seals itself"
                continue
            if name not in names:
                yield "%s is listed and not there" % name
                continue
            data = wheel.read(name)
            algorithm, _, value = seal.partition("=")
            if algorithm not in ("sha256", "sha384", "sha512"):
                yield "%s has the hash %r" % (name, algorithm)
            elif encoded(hashlib.new(algorithm, data).digest()) != value:
                yield "%s has another %s" % (name, algorithm)
            if size != str(len(data)):
                yield "%s has %d bytes, listed are %s" % (name, len(data), size)
        yield from second_opinion(wheel, text, record)


def second_opinion(wheel, text, record):
    try:
        from installer.records import RecordEntry, parse_record_file
    except ImportError:
        return
    for row in parse_record_file(text.splitlines()):
        entry = RecordEntry.from_elements(*row)
        name = row[0]
        if name != record and not entry.validate(wheel.read(name)):
            yield "installer: %s does not match" % name


if __name__ == "__main__":
    found = list(problems(sys.argv[1]))
    print("\n".join(found))
    sys.exit(1 if found else 0)
