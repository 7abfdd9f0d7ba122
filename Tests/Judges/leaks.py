"""Random names of directories as the judges know them: written from what is seen in published wheels."""

import re

R8 = rb"[a-z0-9_]{8}"
KINDS = (
    rb"pip-(?:wheel|install|req-build|build-env|build|modern-metadata|ephem-wheel-cache|unpack|standalone-pip)-"
    rb"|cibw-(?:run|sdist)-|build-env-|build-via-sdist-"
)
# The random directory, then pip's second one; or a Mac's directory for temporary files.
TOKEN = re.compile(
    rb"(?P<kind>(?<=/)(?:" + KINDS + rb"))(?P<random>" + R8 + rb")(?![A-Za-z0-9_])"
    rb"(?:(?P<project>/[A-Za-z0-9][A-Za-z0-9_.-]*_)(?P<hash>[0-9a-f]{32})(?![A-Za-z0-9_]))?"
    rb"|(?P<folders>/var/folders/)(?P<user>[a-z0-9_]{2}/[a-z0-9_]{30})(?P<rest>/T(?:/tmp(?P<temporary>" + R8 + rb"))?)(?![A-Za-z0-9_])"
)


def scrubbed(before, after):
    """Whether `after` is `before` with its root, whatever that begins with, as a stable one; fillers allowed."""
    if before == after:
        return True
    tokens = list(TOKEN.finditer(before))
    if not tokens:
        return False
    # The root may end at the last token, or at an earlier one if the rest was left for a reason: only the
    # last is allowed here, because nothing random may stay.
    rest = before[tokens[-1].end() :]
    found = re.fullmatch(rb"(.*?)/build/[A-Za-z0-9_.+-]+/*" + re.escape(rest), after, re.S)
    return bool(found) and before.startswith(found.group(1)) and len(found.group(1)) <= tokens[0].start()
