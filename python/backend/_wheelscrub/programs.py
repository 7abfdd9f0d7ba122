"""Builds the static programs with Swift, without anything that differs from build to build."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
from pathlib import Path

from . import metadata
from .errors import CannotBuild

ARCHITECTURES = ("x86_64", "aarch64")
# The names of archives that the linker asks for, and the package that has each.
ARCHIVES = {
    "libelf.a": "libelf-dev",
    "libdwarf.a": "libdwarf-dev",
    "libdeflate.a": "libdeflate-dev",
    "libz.a": "zlib1g-dev",
    "libzstd.a": "libzstd-dev",
    "liblzma.a": "liblzma-dev",
    "libbz2.a": "libbz2-dev",
    "liblz4.a": "liblz4-dev",
    "libcrypto.a": "libssl-dev",
}


def platform_tag() -> str:
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in ARCHITECTURES:
        raise CannotBuild(
            f"cannot be built on {platform.system()} {machine}: use Linux on {' or '.join(ARCHITECTURES)}, "
            "or a container of one of these"
        )
    glibc = f"manylinux_2_17_{machine}.manylinux2014_{machine}"
    return f"{glibc}.musllinux_1_1_{machine}"


def build(root: Path) -> dict[str, Path]:
    """Both programs, stripped, by name; debug info lies beside them as NAME.debug."""
    swift = os.environ.get("SWIFT", "swift")
    if shutil.which(swift) is None:
        raise CannotBuild(
            "no wheel fits this machine, and building one needs Swift 6.3 or later in PATH: https://www.swift.org/install"
        )
    _require_archives()
    scratch = Path(os.environ.get("WHEELSCRUB_SCRATCH", root / ".build-static"))
    output = scratch / "programs"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    # Not -Xswiftc for both: the launcher is embedded Swift, for which there is no static standard library.
    static = ["--static-swift-stdlib", "-Xswiftc", "-static-executable"]
    built = {}
    for name, flags in (("wheelscrub", static), ("wheelscrub-cc", [])):
        built[name] = _link(root, scratch / name, swift, name, flags)
    for name, path in built.items():
        built[name] = _finish(path, output / name, built["wheelscrub"])
    return built


def _require_archives() -> None:
    missing = []
    for name, package in ARCHIVES.items():
        answer = _run(["gcc", f"-print-file-name={name}"]).strip()
        if not os.path.isabs(answer):
            missing.append(package)
    if missing:
        raise CannotBuild(f"static libraries are missing: apt-get install {' '.join(missing)}, or run scripts/setup")


def _link(root: Path, scratch: Path, swift: str, name: str, flags: list[str]) -> Path:
    common = ["-c", "release", "--disable-index-store", "--package-path", str(root), "--scratch-path", str(scratch)]
    # Directories as they are named in debug info and in #file; the longest is mapped first.
    maps = []
    for directory, stable in ((scratch, "/build/wheelscrub/.build"), (root, "/build/wheelscrub")):
        maps += ["-Xswiftc", "-file-prefix-map", "-Xswiftc", f"{directory}={stable}"]
        maps += ["-Xcc", f"-ffile-prefix-map={directory}={stable}"]
    maps += ["-Xlinker", "--build-id=none"] if name == "wheelscrub-cc" else ["-Xlinker", "--build-id=sha1"]
    environment = {**os.environ, "WHEELSCRUB_COMMIT": metadata.commit(root)}
    command = [swift, "build", *common, "--product", name, *flags, *maps]
    done = subprocess.run(command, env=environment)
    if done.returncode:
        raise CannotBuild(f"swift build failed with {done.returncode}; its errors are above")
    return scratch / "release" / name


def _finish(program: Path, output: Path, scrub: Path) -> Path:
    """Keeps debug info apart and seals the program: two builds give the same bytes."""
    whole = output.with_name(output.name + ".whole")
    shutil.copy(program, whole)
    _forget_module_hashes(whole)
    debug = output.with_name(output.name + ".debug")
    _run(["objcopy", "--only-keep-debug", str(whole), str(debug)])
    _run(["strip", "--strip-all", "-o", str(output), str(whole)])
    whole.unlink()
    _run([str(scrub), "fix", "--in-place", "-q", str(debug), str(output)])
    _run(["objcopy", f"--add-gnu-debuglink={debug}", str(output)])
    return output


def _forget_module_hashes(path: Path) -> None:
    """Zeros .swift_modhash: it hashes how the compiler was called, and nothing reads it once it is linked."""
    with open(path, "r+b") as file:
        header = file.read(64)
        (start,) = struct.unpack_from("<Q", header, 0x28)
        size, count, names = struct.unpack_from("<HHH", header, 0x3A)
        rows = []
        for index in range(count):
            file.seek(start + index * size)
            rows.append(struct.unpack("<IIQQQQIIQQ", file.read(64)))
        file.seek(rows[names][4])
        strings = file.read(rows[names][5])
        for row in rows:
            name = strings[row[0] : strings.index(b"\0", row[0])]
            if name == b".swift_modhash":
                file.seek(row[4])
                file.write(bytes(row[5]))


def _run(command: list[str]) -> str:
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    except FileNotFoundError:
        raise CannotBuild(f"{command[0]} is missing: apt-get install gcc binutils, or run scripts/setup") from None
    except subprocess.CalledProcessError as error:
        raise CannotBuild(f"{' '.join(command)} failed with {error.returncode}") from None
