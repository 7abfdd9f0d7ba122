"""Packs the sources: what git knows, and the commit, so that what is built from them says where it is from."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

from . import metadata


def write(root: Path, directory: Path) -> str:
    """Returns the sdist's name."""
    directory.mkdir(parents=True, exist_ok=True)
    name = f"wheelscrub-{metadata.version(root)}"
    path = directory / f"{name}.tar.gz"
    unfinished = directory / f".{path.name}.{os.getpid()}"
    texts = {"PKG-INFO": metadata.text(root), "COMMIT": metadata.commit(root) + "\n"}
    try:
        with open(unfinished, "wb") as file, gzip.GzipFile("", "wb", 9, file, metadata.epoch()) as packed:
            with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
                for member, text in texts.items():
                    content = text.encode()
                    entry = tarfile.TarInfo(f"{name}/{member}")
                    entry.size = len(content)
                    archive.addfile(_plain(entry), io.BytesIO(content))
                for relative in metadata.sources(root):
                    if relative not in texts:
                        archive.add(root / relative, f"{name}/{relative}", recursive=False, filter=_plain)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path.name


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without what differs from checkout to checkout."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = metadata.epoch()
    member.mode = 0o755 if member.mode & 0o100 or member.isdir() else 0o644
    return member
