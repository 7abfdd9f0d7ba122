"""Builds the static programs with Swift, without anything that differs from build to build."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import struct
import subprocess
from pathlib import Path

from . import image, metadata
from .errors import CannotBuild
from .linked import ARCHIVES

ARCHITECTURES = ("x86_64", "aarch64")
#: Where swift.org builds what is linked statically.
SWIFT_BUILDERS = "/home/build-user"


def platform_tag() -> str:
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in ARCHITECTURES:
        raise CannotBuild(
            f"cannot be built on {platform.system()} {machine}: use Linux on {' or '.join(ARCHITECTURES)}, "
            "or a container of one of these"
        )
    glibc = f"manylinux_2_17_{machine}.manylinux2014_{machine}"
    return f"{glibc}.musllinux_1_1_{machine}"


def scratch(root: Path) -> Path:
    """Where Swift builds. An absolute path, because it is mapped to another one."""
    return Path(os.environ.get("WHEELSCRUB_SCRATCH") or root / ".build-static").absolute()


def build(root: Path, scratch: Path) -> dict[str, Path]:
    """The programs, stripped, by name; debug info lies beside them as NAME.debug."""
    swift = os.environ.get("SWIFT", "swift")
    if shutil.which(swift) is None:
        raise CannotBuild(
            "no swift in PATH: building from source needs Swift 6.3 or later, https://www.swift.org/install"
        )
    _require_archives()
    output = scratch / "programs"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    # Not -Xswiftc for all: the launchers are embedded Swift, for which there is no static standard library.
    static = ["--static-swift-stdlib", "-Xswiftc", "-static-executable"]
    built = {}
    for name, flags in (("wheelscrub", static), ("wheelscrub-cc", []), ("wheelscrub-rustc", [])):
        built[name] = _link(root, scratch / name, swift, name, flags)
    scrubber = built["wheelscrub"]
    return {name: _finish(path, output / name, scrubber) for name, path in built.items()}


def _require_archives() -> None:
    missing = []
    for archive in ARCHIVES:
        answer = _run(["gcc", f"-print-file-name={archive.name}"]).strip()
        if not os.path.isabs(answer):
            missing.append(archive.package or "g++")
    if missing:
        raise CannotBuild(f"static libraries are missing: apt-get install {' '.join(missing)}, or run scripts/setup")


def _link(root: Path, scratch: Path, swift: str, name: str, flags: list[str]) -> Path:
    common = ["-c", "release", "--disable-index-store", "--package-path", str(root), "--scratch-path", str(scratch)]
    # Directories as they are named in debug info and in #file. The second is where the first would put it by default;
    # of two that fit, the compilers take the last.
    maps = []
    for directory, stable in ((root, "/build/wheelscrub"), (scratch.parent, "/build/wheelscrub/.build-static")):
        maps += ["-Xswiftc", "-file-prefix-map", "-Xswiftc", f"{directory}={stable}"]
        maps += ["-Xcc", f"-ffile-prefix-map={directory}={stable}"]
    # Debug info would name modules of C in Swift's cache, by a hash of where they lie.
    maps += ["-Xswiftc", "-Xfrontend", "-Xswiftc", "-no-clang-module-breadcrumbs"]
    maps += ["-Xlinker", "--build-id=sha1"]
    # A fortieth of the wheel: equal functions once, and no table for finding frames, which are registered at the start.
    maps += ["-Xlinker", "--icf=safe", "-Xlinker", "--no-eh-frame-hdr"]
    environment = {**os.environ, "WHEELSCRUB_COMMIT": metadata.commit(root)}
    command = [swift, "build", *common, "--product", name, *flags, *maps]
    done = subprocess.run(command, env=environment)
    if done.returncode:
        raise CannotBuild(f"swift build failed with {done.returncode}; its errors are above")
    return scratch / "release" / name


def _finish(program: Path, output: Path, scrubber: Path) -> Path:
    """Keeps debug info apart and seals the program: two builds give the same bytes."""
    whole = output.with_name(output.name + ".whole")
    debug = output.with_name(output.name + ".debug")
    shutil.copy(program, whole)
    # It hashes how the compiler was called, and nothing reads it once it is linked.
    image.overwrite(whole, ".swift_modhash", bytes)
    image.overwrite(whole, ".note.gnu.build-id", lambda size: None if size < 36 else _note(bytes(20)))
    _run(["strip", "--strip-all", "-o", str(output), str(whole)])
    _run(["objcopy", "--only-keep-debug", str(whole), str(debug)])
    whole.unlink()
    # What we tell others to do: Swift's runtime was built in somebody's home, and says so when it stops. Before the sealing,
    # and without the debug info, which would otherwise count in the build-id.
    renamed = ["--map", f"{SWIFT_BUILDERS}=/build/swift"]
    _run([str(scrubber), "fix", "--quiet", "--isolated", "--in-place", "--build-id", "keep", *renamed, str(output)])
    # The linker hashed what was overwritten; the new build-id is that of what runs.
    identity = hashlib.sha1(output.read_bytes()).digest()
    for path in (output, debug):
        image.overwrite(path, ".note.gnu.build-id", lambda size: None if size < 36 else _note(identity))
    # No .gnu_debuglink: its checksum would make what is shipped depend on debug info that is not. Debuggers go by build-id.
    return output


def _note(identity: bytes) -> bytes:
    """NT_GNU_BUILD_ID, gABI "Note Section"."""
    return struct.pack("<III4s", 4, len(identity), 3, b"GNU\0") + identity


def _run(command: list[str]) -> str:
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    except FileNotFoundError:
        raise CannotBuild(f"{command[0]} is missing: apt-get install gcc binutils, or run scripts/setup") from None
    except subprocess.CalledProcessError as error:
        raise CannotBuild(f"{' '.join(command)} failed with {error.returncode}") from None
