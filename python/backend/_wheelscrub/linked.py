"""The table of what is linked into the programs, and under which licence (SPDX)."""

from __future__ import annotations

from typing import NamedTuple

#: Of our own sources.
OWN_LICENSE = "Apache-2.0"


class Archive(NamedTuple):
    """A static library of the system."""

    name: str
    #: The Debian package that has it; None for the compiler's, whose names hold its version.
    package: str | None
    license: str


class Source(NamedTuple):
    """A Swift package that is compiled with ours. Package.swift pins the same version."""

    name: str
    version: str
    address: str
    license: str


ARCHIVES = (
    Archive("libelf.a", "libelf-dev", "GPL-2.0-or-later OR LGPL-3.0-or-later"),
    Archive("libdwarf.a", "libdwarf-dev", "LGPL-2.1-only AND BSD-2-Clause"),
    Archive("libdeflate.a", "libdeflate-dev", "MIT"),
    Archive("libz.a", "zlib1g-dev", "Zlib"),
    Archive("libzstd.a", "libzstd-dev", "BSD-3-Clause AND MIT"),
    Archive("liblzma.a", "liblzma-dev", "LicenseRef-Public-Domain"),
    Archive("libbz2.a", "libbz2-dev", "bzip2-1.0.6"),
    Archive("liblz4.a", "liblz4-dev", "BSD-2-Clause"),
    Archive("libnettle.a", "nettle-dev", "GPL-2.0-or-later OR LGPL-3.0-or-later"),
    Archive("libc.a", "libc6-dev", "LGPL-2.1-or-later"),
    Archive("libstdc++.a", None, "GPL-3.0-or-later WITH GCC-exception-3.1"),
    Archive("libgcc.a", None, "GPL-3.0-or-later WITH GCC-exception-3.1"),
)

SOURCES = (
    Source("swift-argument-parser", "1.8.2", "https://github.com/apple/swift-argument-parser",
           "Apache-2.0 WITH Swift-exception"),
    # With toml++, which is a file of it.
    Source("TOMLKit", "0.6.0", "https://github.com/LebJe/TOMLKit", "MIT"),
)  # fmt: skip

#: The standard library, its concurrency, dispatch and FoundationEssentials. The last has a part of e2fsprogs' libuuid.
SWIFT_LICENSE = "Apache-2.0 WITH Swift-exception AND BSD-3-Clause"


def expression() -> str:
    """The licence of the wheel: of our sources and of all that is linked in."""
    given = [OWN_LICENSE, SWIFT_LICENSE, *(one.license for one in (*ARCHIVES, *SOURCES))]
    terms = {f"({term})" if " OR " in term else term for one in given for term in one.split(" AND ")}
    return " AND ".join(sorted(terms, key=lambda term: (term.strip("(").lower(), term)))
