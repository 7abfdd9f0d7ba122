"""Packs one wheel as other tools and settings do, has each fixed, and compares: canonical.py PROGRAM WHEEL SCRATCH

Prints `variants N, hashes 1, trees M` and each difference; ends with 1 if there is one. Wheels are packed by Python's zipfile in
several ways, `wheel pack` and Info-ZIP; installed by pip and `installer`, before and after."""
import csv, hashlib, io, os, random, shutil, subprocess, sys, zipfile

program, source, scratch = sys.argv[1:]
name = os.path.basename(source)
problems = []
os.environ.pop("SOURCE_DATE_EPOCH", None)


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode != 0:
        problems.append(f"{' '.join(command)}: {result.returncode} {result.stdout[-300:]} {result.stderr[-300:]}")
    return result


def record(rows, end, seed):
    rows = rows[:]
    if seed is not None:
        random.Random(seed).shuffle(rows)
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def pack(path, seed=None, end="\n", directories=False, umask=0o022, method=zipfile.ZIP_DEFLATED, level=6, year=2024,
         comment=b"", system=3):
    with zipfile.ZipFile(source) as old:
        members = [(info, old.read(info)) for info in old.infolist() if not info.is_dir()]
    if seed is not None:
        random.Random(seed).shuffle(members)
    with zipfile.ZipFile(path, "w") as new:
        if directories:
            for directory in sorted({os.path.dirname(info.filename) for info, _ in members} - {""}):
                info = zipfile.ZipInfo(directory + "/", (year, 5, 6, 7, 8, 10))
                info.external_attr = 0o40755 << 16 | 0x10
                new.writestr(info, b"")
        for old, data in members:
            if old.filename.endswith(".dist-info/RECORD"):
                data = record(list(csv.reader(io.StringIO(data.decode(), newline=""))), end, seed)
            info = zipfile.ZipInfo(old.filename, (year, 5, 6, 7, 8, 10))
            executable = old.external_attr >> 16 & 0o111
            info.external_attr = (0o100000 | (0o777 if executable else 0o666) & ~umask) << 16
            info.create_system, info.comment = system, comment
            new.writestr(info, data, method, level if method == zipfile.ZIP_DEFLATED else None)


def variants():
    made = []

    def directory(label):
        path = os.path.join(scratch, "in", label)
        os.makedirs(path)
        made.append(os.path.join(path, name))
        return made[-1]

    shutil.copy(source, directory("as-built"))
    pack(directory("plain"))
    for number, umask in enumerate((0o022, 0o077, 0o002)):
        pack(directory(f"umask-{umask:03o}"), number, umask=umask, year=2020 + number)
    pack(directory("crlf"), 5, "\r\n")
    pack(directory("directories"), 6, directories=True)
    pack(directory("stored"), 7, method=zipfile.ZIP_STORED)
    pack(directory("level-9"), 8, level=9)
    pack(directory("comments"), 9, comment=b"why")
    unpacked = os.path.join(scratch, "unpacked")
    with zipfile.ZipFile(source) as wheel:
        for info in wheel.infolist():
            path = wheel.extract(info, unpacked)
            if info.external_attr >> 16 & 0o111:
                os.chmod(path, 0o755)
    if shutil.which("zip"):
        run("zip", "-q", "-r", directory("info-zip"), ".", cwd=unpacked)
    if subprocess.run([sys.executable, "-c", "import wheel"]).returncode == 0:
        target = directory("wheel-pack")
        run(sys.executable, "-m", "wheel", "pack", "--dest-dir", os.path.dirname(target), unpacked)
    return made


def tree(directory):
    """Modes and contents, but for what `fix` changes and what says where the wheel was."""
    found = {}
    for top, _, files in os.walk(directory):
        for file in files:
            path = os.path.join(top, file)
            relative = os.path.relpath(path, directory)
            mutable = relative.endswith((".so", "/RECORD", "/direct_url.json", ".pyc"))
            content = None if mutable else open(path, "rb").read()
            found[relative] = (os.stat(path).st_mode & 0o111, content)
    return found


def installed(wheel, label):
    target = os.path.join(scratch, "installed", label)
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--no-index", "--target", target + "-pip", wheel)
    trees = {"pip": tree(target + "-pip")}
    if subprocess.run([sys.executable, "-c", "import installer"]).returncode == 0:
        run(sys.executable, "-m", "installer", "--destdir", target + "-installer", "--no-compile-bytecode", wheel)
        trees["installer"] = tree(target + "-installer")
    return trees


wheels = variants()
before = [installed(wheel, f"{number}-before") for number, wheel in enumerate(wheels)]
for wheel in wheels:
    run(program, "fix", "--isolated", "--canonical", "--in-place", "-q", wheel)
hashes = {hashlib.sha256(open(wheel, "rb").read()).hexdigest(): wheel for wheel in wheels}
if len(hashes) != 1:
    problems.append(f"hashes differ: {hashes}")
after = [installed(wheel, f"{number}-after") for number, wheel in enumerate(wheels)]
trees = 0
for wheel, one, other in zip(wheels, before, after):
    for who in one:
        trees += 1
        if one[who] != other[who]:
            problems.append(f"{who} installs something else of {wheel}")
print(f"variants {len(wheels)}, hashes {len(hashes)}, trees {trees}")
print("\n".join(problems))
sys.exit(bool(problems))
