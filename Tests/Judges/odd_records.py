"""Wheels whose RECORD is odd in one way each, and what installers make of them.

usage: odd_records.py DIR [TOOL...]

Writes DIR/CASE/pkg-1.0-py3-none-any.whl for each case and prints one line a case: CASE, then TOOL=accepts or
TOOL=refuses for each tool: wheel (wheel unpack), installer (--validate-record all), pip, or the path of a uv.
A tool that is not there, or too old to look, is left out.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

INFO = "pkg-1.0.dist-info"
FILES = {
    "pkg/__init__.py": b"x = 1\n",
    "pkg/b.py": b"y = [2, 3]\n" * 7,
    INFO + "/METADATA": b"Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n",
    INFO + "/WHEEL": b"Wheel-Version: 1.0\nGenerator: odd\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
TARGET = "pkg/b.py"
OWN = INFO + "/RECORD,,"


def digest(data, algorithm="sha256"):
    return base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).decode().rstrip("=")


def row(path, data=None, algorithm="sha256"):
    data = FILES[path] if data is None else data
    return "%s,%s=%s,%d" % (path, algorithm, digest(data, algorithm), len(data))


def rows(target=None, *, own=OWN, extra=()):
    """All rows; `target` stands for the one of TARGET, and None means as it should be."""
    lines = [row(path) for path in FILES if path != TARGET]
    lines.insert(1, row(TARGET) if target is None else target)
    return [line for line in lines if line] + list(extra) + ([own] if own else [])


def text(lines, end="\n"):
    return "".join(line + end for line in lines).encode()


B = FILES[TARGET]
D = digest(B)
STANDARD = base64.b64encode(hashlib.sha256(B).digest()).decode().rstrip("=")
HEX = hashlib.sha256(B).hexdigest()
assert "-" in D or "_" in D, "choose a content whose digest tells the alphabets apart"


def last_bits():
    """The same digest with bits in its last character that stand for nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return D[:-1] + alphabet[alphabet.index(D[-1]) | 1]


# Name: RECORD's bytes, and members to add.
CASES = {
    "sound": (text(rows()), {}),
    "crlf": (text(rows(), "\r\n"), {}),
    "no-last-newline": (text(rows())[:-1], {}),
    "quoted": (text(rows('"%s","sha256=%s","%d"' % (TARGET, D, len(B)))), {}),
    "sha512": (text(rows(row(TARGET, algorithm="sha512"))), {}),
    "padding": (text(rows("%s,sha256=%s=,%d" % (TARGET, D, len(B)))), {}),
    "standard-alphabet": (text(rows("%s,sha256=%s,%d" % (TARGET, STANDARD, len(B)))), {}),
    "hex": (text(rows("%s,sha256=%s,%d" % (TARGET, HEX, len(B)))), {}),
    "last-bits": (text(rows("%s,sha256=%s,%d" % (TARGET, last_bits(), len(B)))), {}),
    "short": (text(rows("%s,sha256=%s,%d" % (TARGET, D[:20], len(B)))), {}),
    "empty-digest": (text(rows("%s,sha256=,%d" % (TARGET, len(B)))), {}),
    "no-equals": (text(rows("%s,sha256,%d" % (TARGET, len(B)))), {}),
    "colon": (text(rows("%s,sha256:%s,%d" % (TARGET, D, len(B)))), {}),
    "upper-case": (text(rows("%s,SHA256=%s,%d" % (TARGET, D, len(B)))), {}),
    "md5": (text(rows(row(TARGET, algorithm="md5"))), {}),
    "sha1": (text(rows(row(TARGET, algorithm="sha1"))), {}),
    "sha224": (text(rows(row(TARGET, algorithm="sha224"))), {}),
    "unknown-algorithm": (text(rows("%s,crc32=%s,%d" % (TARGET, D, len(B)))), {}),
    "no-hash": (text(rows("%s,,%d" % (TARGET, len(B)))), {}),
    "no-hash-no-size": (text(rows("%s,," % TARGET)), {}),
    "no-size": (text(rows("%s,sha256=%s," % (TARGET, D))), {}),
    "wrong-hash": (text(rows(row(TARGET, B[::-1]))), {}),
    "wrong-size": (text(rows("%s,sha256=%s,%d" % (TARGET, D, len(B) + 1))), {}),
    "size-is-text": (text(rows("%s,sha256=%s,many" % (TARGET, D))), {}),
    "size-is-hex": (text(rows("%s,sha256=%s,%s" % (TARGET, D, hex(len(B))))), {}),
    "size-with-plus": (text(rows("%s,sha256=%s,+%d" % (TARGET, D, len(B)))), {}),
    "size-with-zero": (text(rows("%s,sha256=%s,0%d" % (TARGET, D, len(B)))), {}),
    "size-with-space": (text(rows("%s,sha256=%s, %d" % (TARGET, D, len(B)))), {}),
    "size-negative": (text(rows("%s,sha256=%s,-%d" % (TARGET, D, len(B)))), {}),
    "size-with-underscore": (text(rows("%s,sha256=%s,7_7" % (TARGET, D))), {}),
    "size-with-fraction": (text(rows("%s,sha256=%s,%d.0" % (TARGET, D, len(B)))), {}),
    "two-columns": (text(rows("%s,sha256=%s" % (TARGET, D))), {}),
    "one-column": (text(rows(TARGET)), {}),
    "four-columns": (text(rows(row(TARGET) + ",")), {}),
    "semicolons": (text(rows(row(TARGET).replace(",", ";"))), {}),
    "empty-path": (text(rows(extra=[",sha256=%s,%d" % (D, len(B))])), {}),
    "missing-row": (text(rows("")), {}),
    "twice": (text(rows(extra=[row(TARGET)])), {}),
    "twice-and-one-wrong": (text(rows(extra=[row(TARGET, b"z")])), {}),
    "not-there": (text(rows(extra=[row("pkg/gone.py", b"gone")])), {}),
    "directory": (text(rows(extra=["pkg/,,"])), {}),
    "directory-without-slash": (text(rows(extra=["pkg,,"])), {}),
    "dot": (text(rows("./" + row(TARGET))), {}),
    "double-slash": (text(rows(row(TARGET).replace("/", "//", 1))), {}),
    "backslash": (text(rows(row(TARGET).replace("/", "\\", 1))), {}),
    "absolute": (text(rows("/" + row(TARGET))), {}),
    "parent": (text(rows("pkg/../" + row(TARGET))), {}),
    "parent-extra": (text(rows(extra=["../../bin/x,,"])), {}),
    "case": (text(rows(row(TARGET).replace("pkg/b", "pkg/B", 1))), {}),
    "spaces": (text(rows(row(TARGET).replace(",", ", "))), {}),
    "own-row-missing": (text(rows(own=None)), {}),
    "own-row-twice": (text(rows(extra=[OWN])), {}),
    "own-row-with-hash": (text(rows(own=INFO + "/RECORD,sha256=%s,77" % D)), {}),
    "own-row-with-size": (text(rows(own=INFO + "/RECORD,,77")), {}),
    "own-row-short": (text(rows(own=INFO + "/RECORD")), {}),
    "jws": (text(rows(extra=[row(INFO + "/RECORD.jws", b"{}")])), {INFO + "/RECORD.jws": b"{}"}),
    "jws-empty-row": (text(rows(extra=[INFO + "/RECORD.jws,,"])), {INFO + "/RECORD.jws": b"{}"}),
    "p7s": (text(rows(extra=[row(INFO + "/RECORD.p7s", b"{}")])), {INFO + "/RECORD.p7s": b"{}"}),
    "jws-without-file": (text(rows(extra=[INFO + "/RECORD.jws,,"])), {}),
    "jws-not-listed": (text(rows()), {INFO + "/RECORD.jws": b"{}"}),
    "byte-order-mark": (b"\xef\xbb\xbf" + text(rows()), {}),
    "utf-16": (text(rows()).decode().encode("utf-16"), {}),
    "not-utf-8": (text(rows(extra=["pkg/x.py,,"])).replace(b"pkg/x", b"pkg/\xff"), {}),
    "empty-line": (text(rows()).replace(b"\n", b"\n\n", 1), {}),
    "empty-line-at-the-end": (text(rows()) + b"\n", {}),
    "empty-line-at-the-start": (b"\n" + text(rows()), {}),
    "comment": (b"# files\n" + text(rows()), {}),
    "header": (b"path,hash,size\n" + text(rows()), {}),
    "carriage-returns": (text(rows(), "\r"), {}),
    "open-quote": (text(rows('"%s,sha256=%s,%d' % (TARGET, D, len(B)))), {}),
    "quote-and-text": (text(rows('"pkg"/b.py,sha256=%s,%d' % (D, len(B)))), {}),
    "nul": (text(rows(extra=["pkg/\0,,"])), {}),
    "empty": (b"", {}),
}


def write(directory, name):
    record, members = CASES[name]
    path = os.path.join(directory, name)
    os.makedirs(path, exist_ok=True)
    path = os.path.join(path, "pkg-1.0-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as wheel:
        for member, data in {**FILES, **members, INFO + "/RECORD": record}.items():
            wheel.writestr(zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0)), data)
    return path


def runs(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def accepts(tool, path):
    """None where the tool is not there."""
    with tempfile.TemporaryDirectory() as scratch:
        if tool == "wheel":
            try:
                import wheel  # noqa: F401
            except ImportError:
                return None
            return runs([sys.executable, "-m", "wheel", "unpack", "-d", scratch, path])
        if tool == "installer":
            try:
                from installer.sources import WheelFile
            except ImportError:
                return None
            if not hasattr(WheelFile, "validate_record"):
                return None
            try:
                with WheelFile.open(path) as source:
                    source.validate_record(validate_contents=True)
            except Exception:
                return False
            return True
        if tool == "pip":
            return runs(
                [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-compile"]
                + ["--target", scratch + "/t", path]
            )
        return runs([tool, "pip", "install", "-q", "--no-index", "--no-deps", "--no-cache", "--target", scratch + "/t", path])


def main(directory, *tools):
    shutil.rmtree(directory, ignore_errors=True)
    for name in CASES:
        path = write(directory, name)
        answers = [(os.path.basename(tool), accepts(tool, path)) for tool in tools]
        print(name, *("%s=%s" % (tool, "accepts" if yes else "refuses") for tool, yes in answers if yes is not None))


if __name__ == "__main__":
    main(*sys.argv[1:])
