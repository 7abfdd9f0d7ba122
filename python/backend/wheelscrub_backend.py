"""The PEP 517 backend: builds the static programs and packs them. Nothing but Python and Swift is needed."""

from __future__ import annotations

import os
import sys
import tarfile
from pathlib import Path

from _wheelscrub import metadata, programs, wheel
from _wheelscrub.errors import CannotBuild

ROOT = Path(__file__).resolve().parents[2]


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_sdist(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    try:
        tag = programs.platform_tag()
        built = programs.build(ROOT)
        return wheel.write(ROOT, Path(wheel_directory), tag, built)
    except CannotBuild as error:
        # One line, without the traceback that pip would show.
        sys.exit(f"wheelscrub: {error}")


def build_sdist(sdist_directory, config_settings=None):
    name = f"wheelscrub-{metadata.version(ROOT)}"
    path = Path(sdist_directory) / f"{name}.tar.gz"
    epoch = metadata.epoch()

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = epoch
        member.mode = 0o755 if member.mode & 0o100 or member.isdir() else 0o644
        return member

    import gzip
    import io

    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, epoch) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            texts = {"PKG-INFO": metadata.text(ROOT), "COMMIT": metadata.commit(ROOT) + "\n"}
            for member, text in texts.items():
                info = tarfile.TarInfo(f"{name}/{member}")
                info.size = len(text.encode())
                archive.addfile(plain(info), io.BytesIO(text.encode()))
            for relative in metadata.sources(ROOT):
                if relative not in texts:
                    archive.add(ROOT / relative, f"{name}/{relative}", recursive=False, filter=plain)
    return path.name


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    print(os.path.join(sys.argv[1], build_wheel(sys.argv[1])))
