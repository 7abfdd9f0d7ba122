"""Prints the copyright file of the Debian package, or with --built-using the field that names linked sources.

The texts that every Debian system has are referred to, as Debian asks.
"""

from __future__ import annotations

import sys
from pathlib import Path

from . import notices, programs
from .errors import CannotBuild
from .linked import ARCHIVES, expression

ROOT = Path(__file__).resolve().parents[3]
RULE = "\n" + "-" * 78 + "\n"


def text() -> str:
    licenses = notices.licenses(ROOT, programs.scratch(ROOT))
    swift = next(name for name in licenses if Path(name).stem.split("+")[0].startswith("swift-argument-parser"))
    exception = licenses[swift].decode()
    parts = [
        "wheelscrub is under the Apache License 2.0: /usr/share/common-licenses/Apache-2.0.\n"
        "Copyright: the wheelscrub developers.\n\n"
        f"With what is linked in the licence is:\n{expression()}\n",
        licenses["linked/SOURCES.txt"].decode(),
        # The licence itself is the one above.
        "Swift's runtime and swift-argument-parser: Apache License 2.0, with this exception.\n\n"
        + exception[exception.index("## Runtime Library Exception") :],
    ]
    for name, content in licenses.items():
        common = Path("/usr/share/common-licenses", Path(name).stem).exists()
        if not common and name not in ("LICENSE", "linked/SOURCES.txt", swift):
            parts.append(f"{Path(name).stem}\n\n{content.decode()}")
    return RULE.join(parts)


def built_using() -> str:
    found = {notices.source_of(notices.package_of(archive.name)) for archive in ARCHIVES}
    return ", ".join(f"{name} (= {version})" for name, version in sorted(found))


try:
    print(built_using() if "--built-using" in sys.argv else text())
except CannotBuild as error:
    sys.exit(f"wheelscrub: {error}")
