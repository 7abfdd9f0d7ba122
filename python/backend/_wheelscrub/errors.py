"""What the backend says in one line."""


class CannotBuild(Exception):
    """Why no wheel can be built here, and what would help."""
