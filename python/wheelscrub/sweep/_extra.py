"""Imports what `wheelscrub[sweep]` installs. The package itself needs none of it."""

from __future__ import annotations

import importlib
from typing import Any


class MissingExtra(Exception):
    """A package of the extra is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f'a sweep needs the Python package {name} (Python 3.10 or later): pip install "wheelscrub[sweep]"'
        )


def module(name: str) -> Any:
    """The module, untyped, because not all of these packages have types.

    Raises MissingExtra if its package is not installed.
    """
    package = name.partition(".")[0]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise MissingExtra(package) from None
