"""Checks all wheels of an index, a bucket or a directory, and makes tables of the results.

`pip install "wheelscrub[sweep]"` installs what this needs: Dask distributes the work, fsspec reads the bytes, and pyarrow
writes Parquet. docs/scale.md describes the use and the tables.
"""

from __future__ import annotations

from ._extra import MissingExtra
from .artifact import Artifact
from .settings import Settings

__all__ = ["Artifact", "MissingExtra", "Settings"]
