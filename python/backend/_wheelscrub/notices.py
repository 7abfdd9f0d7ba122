"""The licences of what is linked into the programs, collected from where each part came from."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from .errors import CannotBuild
from .linked import ARCHIVES, SOURCES

#: The texts that Debian's copyright files refer to.
_COMMON = ("Apache-2.0", "GPL-2", "GPL-3", "LGPL-2.1", "LGPL-3")


@lru_cache(maxsize=None)
def package_of(archive: str) -> str:
    """The system's package that owns the archive which is linked."""
    path = subprocess.run(["gcc", f"-print-file-name={archive}"], capture_output=True, text=True).stdout.strip()
    # dpkg knows a file by one name, and /lib is a link to /usr/lib.
    for name in (os.path.realpath(path), path):
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    raise CannotBuild(f"no package owns {path}, so its licence is not known: build on Debian or Ubuntu")


@lru_cache(maxsize=None)
def source_of(package: str) -> tuple[str, str]:
    """The name and version of the source that a package was built from."""
    query = ["dpkg-query", "-W", "-f", "${source:Package} ${source:Version}", package]
    name, version = subprocess.run(query, check=True, capture_output=True, text=True).stdout.split()
    return name, version


def swift_version() -> str:
    said = subprocess.run([os.environ.get("SWIFT", "swift"), "--version"], capture_output=True, text=True)
    found = re.search(r"Swift version (\S+)", said.stdout + said.stderr)
    return found[1] if found else "unknown"


def _toolchain() -> Path:
    return Path(os.path.realpath(shutil.which(os.environ.get("SWIFT", "swift")) or "swift")).parents[1]


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotBuild(f"the text of a licence is missing: {path}: {error.strerror}") from None


def _comment(path: Path, begin: str, end: str) -> bytes:
    """A notice that only a header has, without the marks of a comment."""
    lines = _text(path).decode().splitlines()
    first = next((index for index, line in enumerate(lines) if begin in line), None)
    last = next((index for index, line in enumerate(lines) if first is not None and index > first and end in line), None)
    if first is None or last is None:
        raise CannotBuild(f"{path} no longer begins with its licence")
    return "".join(re.sub(r"^\s*(//|\*) ?", "", line) + "\n" for line in lines[first:last]).encode()


def licenses(root: Path, scratch: Path) -> dict[str, bytes]:
    """By their names below dist-info/licenses."""
    found = {"LICENSE": _text(root / "LICENSE")}
    packages = {package_of(archive.name) for archive in ARCHIVES}
    for package in packages:
        found[f"linked/{package}.txt"] = _text(Path("/usr/share/doc") / package / "copyright")
    for name in _COMMON:
        found[f"linked/{name}.txt"] = _text(Path("/usr/share/common-licenses") / name)
    found["linked/swift.txt"] = _text(_toolchain() / "share" / "swift" / "LICENSE.txt")
    shims = _toolchain() / "lib" / "swift_static" / "_FoundationCShims"
    found["linked/swift-foundation-uuid.txt"] = _comment(shims / "uuid.h", "Copyright", "%End-Header%")
    checkouts = scratch / "wheelscrub" / "checkouts"
    for source in SOURCES:
        texts = sorted((checkouts / source.name).glob("LICENSE*"))
        if not texts:
            raise CannotBuild(f"the text of a licence is missing: {checkouts / source.name}/LICENSE*")
        found[f"linked/{source.name}.txt"] = _text(texts[0])
    header = checkouts / "TOMLKit" / "Sources" / "CTOML" / "Sources" / "toml.hpp"
    found["linked/tomlplusplus.txt"] = _comment(header, "MIT License", "//-----")
    found["linked/SOURCES.txt"] = _sources(packages).encode()
    return _once(found)


def _once(texts: dict[str, bytes]) -> dict[str, bytes]:
    """The same text under one name, which has both: gcc's packages, Swift's, and the Apache License itself."""
    names: dict[bytes, list[str]] = {}
    for name, text in sorted(texts.items()):
        names.setdefault(text, []).append(name)
    merged = {}
    for text, same in names.items():
        stems = [Path(name).stem for name in same]
        merged["LICENSE" if "LICENSE" in same else f"linked/{'+'.join(stems)}.txt"] = text
    return dict(sorted(merged.items()))


def _sources(packages: set[str]) -> str:
    rows = {
        f"{name} {version}: https://snapshot.debian.org/package/{name}/{version}/"
        for name, version in map(source_of, packages)
    }
    rows |= {f"{source.name} {source.version}: {source.address}" for source in SOURCES}
    rows.add(f"swift {swift_version()}: https://github.com/swiftlang/swift")
    listed = "\n".join(sorted(rows))
    return f"""\
The programs are linked statically with these libraries. Their sources:

{listed}

glibc, libelf (elfutils) and libdwarf are under the LGPL: you may change them and link the programs again. The programs' own
source is all that this needs: put your archive (libc.a, libelf.a, libdwarf.a) in place of the system's, and run
`make wheel` in the unpacked sdist of this version.
"""
