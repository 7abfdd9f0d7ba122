"""Packs a wheel whose bytes depend on nothing but its members."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from . import archive, metadata, notices, sbom


def write(root: Path, scratch: Path, directory: Path, platform: str, programs: dict[str, Path]) -> str:
    """Returns the wheel's name."""
    version = metadata.version(root)
    info = f"wheelscrub-{version}.dist-info"
    licenses = notices.licenses(root, scratch)
    members: dict[str, bytes] = {}
    executable = set()
    for path in sorted((root / "python" / "wheelscrub").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            members[f"wheelscrub/{path.relative_to(root / 'python' / 'wheelscrub')}"] = path.read_bytes()
    for name, path in programs.items():
        member = f"wheelscrub-{version}.data/scripts/{name}"
        members[member] = path.read_bytes()
        executable.add(member)
    for name, content in licenses.items():
        members[f"{info}/licenses/{name}"] = content
    members[f"{info}/sboms/wheelscrub.cdx.json"] = sbom.document(version).encode()
    members[f"{info}/METADATA"] = metadata.text(root, list(licenses)).encode()
    members[f"{info}/entry_points.txt"] = metadata.entry_points(root).encode()
    tags = "".join(f"Tag: py3-none-{name}\n" for name in platform.split("."))
    members[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: wheelscrub\nRoot-Is-Purelib: false\n{tags}".encode()
    members = dict(sorted(members.items()))
    record = "".join(f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in members.items())
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()

    name = f"wheelscrub-{version}-py3-none-{platform}.whl"
    directory.mkdir(parents=True, exist_ok=True)
    # Whoever interrupts this leaves no half of a wheel under its name.
    unfinished = directory / f".{name}.{os.getpid()}"
    packed = [archive.Member(member, content, member in executable) for member, content in members.items()]
    try:
        unfinished.write_bytes(archive.pack(packed, metadata.zip_time()))
        os.replace(unfinished, directory / name)
    finally:
        unfinished.unlink(missing_ok=True)
    return name


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
