"""The PEP 517 backend: builds the static programs and packs them. Nothing but Python, Swift and the system is needed."""

from __future__ import annotations

import sys
from pathlib import Path

from _wheelscrub import metadata, programs, sdist, wheel
from _wheelscrub.errors import CannotBuild

ROOT = Path(__file__).resolve().parents[2]


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_sdist(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _in_one_line(_wheel, Path(wheel_directory))


def build_sdist(sdist_directory, config_settings=None):
    return _in_one_line(sdist.write, ROOT, Path(sdist_directory))


def _wheel(directory: Path) -> str:
    # The longest step comes last: first all that could make it useless.
    tag = programs.platform_tag()
    directory.mkdir(parents=True, exist_ok=True)
    scratch = programs.scratch(ROOT)
    return wheel.write(ROOT, scratch, directory, tag, programs.build(ROOT, scratch))


def _in_one_line(step, *arguments):
    """What went wrong, without the traceback that pip would show."""
    try:
        return step(*arguments)
    except CannotBuild as error:
        sys.exit(f"wheelscrub: {error}")
    except OSError as error:
        sys.exit(f"wheelscrub: {error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit("wheelscrub: interrupted; the same command goes on from there")


if __name__ == "__main__":
    names = {"wheel": build_wheel, "sdist": build_sdist}
    if len(sys.argv) != 3 or sys.argv[1] not in names:
        sys.exit("usage: wheelscrub_backend.py wheel|sdist DIRECTORY")
    print(Path(sys.argv[2]) / names[sys.argv[1]](sys.argv[2]))
