"""Loads the .pyc files of two directories with this interpreter and compares them, code object by code object.

usage: compare_bytecode.py BEFORE AFTER PREFIX

Everything must be equal but co_filename, which must be PREFIX and the path of the source. Runs on CPython 3.6.
"""
import marshal
import os
import sys
import types

PLAIN = [
    "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_nlocals", "co_stacksize", "co_flags",
    "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_name", "co_qualname",
    "co_firstlineno", "co_lnotab", "co_linetable", "co_exceptiontable",
]


def equal_constants(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, types.CodeType):
        compare(one, other)
        return True
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(equal_constants, one, other))
    if isinstance(one, frozenset):
        return sorted(map(repr, one)) == sorted(map(repr, other))
    # -0.0 and nan too.
    return repr(one) == repr(other)


def compare(one, other):
    for name in PLAIN:
        if getattr(one, name, None) != getattr(other, name, None):
            raise SystemExit("%s: %s of %s differs" % (path, name, one.co_name))
    if not equal_constants(one.co_consts, other.co_consts):
        raise SystemExit("%s: constants of %s differ" % (path, one.co_name))
    if hasattr(one, "co_lines") and list(one.co_lines()) != list(other.co_lines()):
        raise SystemExit("%s: lines of %s differ" % (path, one.co_name))
    filenames.add(other.co_filename)
    objects.add(id(other.co_filename))


def load(path):
    with open(path, "rb") as file:
        content = file.read()
    return marshal.loads(content[12 if sys.version_info < (3, 7) else 16:])


import warnings

warnings.simplefilter("ignore", DeprecationWarning)
before, after, prefix = sys.argv[1:]
count = 0
for top, _, names in os.walk(before):
    for name in sorted(names):
        if not name.endswith(".pyc"):
            continue
        path = os.path.relpath(os.path.join(top, name), before)
        filenames, objects = set(), set()
        compare(load(os.path.join(before, path)), load(os.path.join(after, path)))
        parts = path.split(os.sep)
        if len(parts) > 1 and parts[-2] == "__pycache__":
            del parts[-2]
            parts[-1] = parts[-1].split(".")[0] + ".pyc"
        expected = prefix + "/".join(parts)[:-1]
        if filenames != {expected}:
            raise SystemExit("%s: names are %r, should be %r" % (path, filenames, expected))
        if len(objects) != 1:
            raise SystemExit("%s: the name is %d objects" % (path, len(objects)))
        count += 1
print(count)
