"""Where pip put the program."""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import Iterator


def find_bin(name: str = "wheelscrub") -> str:
    """The path of the installed program.

    Raises FileNotFoundError, which lists where it looked.
    """
    looked: list[str] = []
    for directory in _directories():
        path = os.path.join(directory, name)
        if path in looked:
            continue
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        looked.append(path)
    places = "".join(f"\n  {path}" for path in looked)
    raise FileNotFoundError(f"the program {name} is not installed; looked for:{places}")


def _directories() -> Iterator[str]:
    # The environment that runs this, which is a virtual one inside of a venv.
    yield sysconfig.get_path("scripts")

    # The installation that a virtual environment was made from, whose packages it may see.
    yield sysconfig.get_path("scripts", vars={"base": sys.base_prefix})

    # pip install --target DIR and --prefix DIR, and the overlays of isolated builds: from where this file lies.
    package = os.path.dirname(os.path.abspath(__file__))
    site = os.path.dirname(package)
    yield os.path.join(site, "bin")
    if os.path.basename(site) in ("site-packages", "dist-packages"):
        yield os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(site))), "bin")

    # pip install --user.
    if sys.version_info >= (3, 10):
        yield sysconfig.get_path("scripts", scheme=sysconfig.get_preferred_scheme("user"))
    else:
        yield sysconfig.get_path("scripts", scheme="posix_user")
