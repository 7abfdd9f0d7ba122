"""wheelscrub makes native Python extensions independent of the directory they were built in."""

from ._find_bin import find_bin

__all__ = ["find_bin"]
