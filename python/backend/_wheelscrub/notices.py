"""What is linked into the programs: licences, and a bill of materials (CycloneDX 1.5, PEP 770)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from .errors import CannotBuild
from .programs import ARCHIVES

# Debian's packages: their archives, the C library, and what the compiler adds.
_COMPILER = {"libc.a": "libc6-dev", "libstdc++.a": "libstdc++", "libgcc.a": "libgcc"}
# Sources of Swift packages, and their pinned versions.
SWIFT_PACKAGES = {
    "swift-argument-parser": ("1.8.2", "https://github.com/apple/swift-argument-parser", "Apache-2.0"),
    "TOMLKit": ("0.6.0", "https://github.com/LebJe/TOMLKit", "MIT"),
}


def _packages() -> list[str]:
    """Debian's packages that own the archives; the compiler's have its version in their name."""
    names = set()
    for archive in [*ARCHIVES, *_COMPILER]:
        path = subprocess.run(["gcc", f"-print-file-name={archive}"], capture_output=True, text=True).stdout.strip()
        owner = subprocess.run(["dpkg-query", "-S", os.path.realpath(path)], capture_output=True, text=True).stdout
        if not owner:
            raise CannotBuild(f"no package owns {path}: its licence is not known; build on Debian or Ubuntu")
        names.add(owner.split(":")[0])
    return sorted(names)


def _source(package: str) -> tuple[str, str]:
    query = ["dpkg-query", "-W", "-f", "${source:Package} ${source:Version}", package]
    name, version = subprocess.run(query, check=True, capture_output=True, text=True).stdout.split()
    return name, version


def _swift() -> Path:
    return Path(os.path.realpath(shutil.which(os.environ.get("SWIFT", "swift")) or "swift")).parents[1]


def licenses(root: Path) -> dict[str, bytes]:
    """By the name below dist-info/licenses."""
    found = {"LICENSE": (root / "LICENSE").read_bytes()}
    rows = []
    for package in _packages():
        name, version = _source(package)
        found[f"linked/{package}.txt"] = Path(f"/usr/share/doc/{package}/copyright").read_bytes()
        rows.append(f"{name} {version}: https://snapshot.debian.org/package/{name}/{version}/")
    for name in ("GPL-2", "GPL-3", "LGPL-2.1", "LGPL-3"):
        # The copyright files refer to these.
        found[f"linked/{name}.txt"] = Path(f"/usr/share/common-licenses/{name}").read_bytes()
    found["linked/swift.txt"] = (_swift() / "share" / "swift" / "LICENSE.txt").read_bytes()
    scratch = Path(os.environ.get("WHEELSCRUB_SCRATCH", root / ".build-static"))
    for name in SWIFT_PACKAGES:
        folder = scratch / "wheelscrub" / "checkouts" / name
        texts = sorted(folder.glob("LICENSE*"))
        if not texts:
            raise CannotBuild(f"{folder} has no LICENSE")
        found[f"linked/{name}.txt"] = texts[0].read_bytes()
    sources = "\n".join(sorted(set(rows)))
    found["linked/SOURCES.txt"] = f"""\
The programs are linked statically with these libraries. Their sources:

{sources}

glibc, libelf (elfutils) and libdwarf are under the LGPL: you may change them and link the program again. The program's own
source is all that this needs: change the archive (libelf.a, libdwarf.a, libc.a), and run `make wheel` in an unpacked
sdist of this version.
""".encode()
    return dict(sorted(found.items()))


def sbom(version: str) -> str:
    """Deterministic: no serial number and no time."""
    components = []
    for package in _packages():
        name, found = _source(package)
        reference = f"pkg:deb/debian/{name}@{found.replace('+', '%2B').replace(':', '%3A').replace('~', '~')}"
        components.append({"type": "library", "bom-ref": reference, "name": name, "version": found, "purl": reference})
    for name, (found, address, license) in SWIFT_PACKAGES.items():
        reference = f"pkg:swift/{address.removeprefix('https://')}@{found}"
        components.append(
            {
                "type": "library", "bom-ref": reference, "name": name, "version": found, "purl": reference,
                "licenses": [{"license": {"id": license}}],
            }
        )  # fmt: skip
    unique = {component["bom-ref"]: component for component in components}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": "wheelscrub", "name": "wheelscrub", "version": version,
                "purl": f"pkg:pypi/wheelscrub@{version}",
            }
        },
        "components": [unique[reference] for reference in sorted(unique)],
    }  # fmt: skip
    return json.dumps(document, indent=2, sort_keys=True) + "\n"
