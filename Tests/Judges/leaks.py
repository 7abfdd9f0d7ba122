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
    # Where Homebrew built gcc and its libraries: date, process, a number in base 36.
    rb"|(?P<compiler>/tmp/gcc[A-Za-z0-9]*-)(?P<built>[0-9]{8}-[0-9]+-[a-z0-9]+)(?![A-Za-z0-9_])"
)


def scrubbed(before, after):
    """Whether `after` is `before` with each root, whatever it begins with, as a stable one; fillers allowed."""
    if before == after:
        return True
    tokens = []
    for token in TOKEN.finditer(before):
        # pip's directory right below the one for temporary files: one root.
        if tokens and token.start() - tokens[-1][1] <= 1:
            tokens[-1] = (tokens[-1][0], token.end())
        else:
            tokens.append(token.span())
    if not tokens:
        return False
    # What stands between roots stays; a root begins somewhere in it. Directories inside of each other are one
    # root or two.
    return any(_matches(before, after, chosen) for chosen in (tokens, tokens[-1:]))


def _matches(before, after, tokens):
    pattern, literals, end = b"", [], 0
    for start, stop in tokens:
        pattern += rb"(.*?)/build/[A-Za-z0-9_.+-]+/*"
        literals.append(before[end:start])
        end = stop
    found = re.fullmatch(pattern + re.escape(before[end:]), after, re.S)
    # A separator may have gone with the filler.
    return bool(found) and all(
        literal.lstrip(b"/").startswith(kept.lstrip(b"/")) for literal, kept in zip(literals, found.groups())
    )
