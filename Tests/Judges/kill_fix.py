#!/usr/bin/env python3
"""Kills `wheelscrub fix --in-place` and looks at what the next run makes of it.

    kill_fix.py WHEELSCRUB random N [SEED]   N kills at random moments, half of a tree, half of a wheel
    kill_fix.py WHEELSCRUB calls             one kill at each call that changes a directory or a file (needs strace)

After one more run every file must be what an undisturbed run makes of it, with its mode, no other name may be there, and
RECORD must be true. Prints the seed; exits with 1 at the first that is not so.
"""

import base64, csv, hashlib, os, py_compile, random, re, shutil, signal, subprocess, sys, tempfile, time, zipfile

CALLS = ["mkdir", "rmdir", "unlinkat", "fsync", "syncfs", "renameat", "linkat", "utimensat", "fchmod", "flock", "write",
         "openat"]
ROOT = "/tmp/pip-target-ab12cd_4/lib/python"


def digest(content):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def distribution(name, modules):
    """Names and contents of an installed distribution whose bytecode names a temporary directory."""
    files = {}
    with tempfile.TemporaryDirectory() as work:
        for number in range(modules):
            source = f"{work}/m.py"
            with open(source, "w") as file:
                file.write("".join(f"def f{i}(x): return x + {i * number}\n" for i in range(20)))
            os.utime(source, (1600000000, 1600000000))
            target = f"{name}/m{number}.py"
            files[target] = open(source, "rb").read()
            py_compile.compile(source, f"{work}/m.pyc", dfile=f"{ROOT}/{target}", doraise=True)
            cached = f"{name}/__pycache__/m{number}.{sys.implementation.cache_tag}.pyc"
            files[cached] = open(f"{work}/m.pyc", "rb").read()
    info = f"{name}-1.0.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = "".join(f"{path},{digest(content)},{len(content)}\n" for path, content in files.items())
    files[f"{info}/RECORD"] = (rows + f"{info}/RECORD,,\n").encode()
    return files


def make_tree(directory, modules):
    for number in range(3):
        for path, content in distribution(f"pkg{number}", modules).items():
            place = f"{directory}/site-packages/{path}"
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(content)
            os.utime(place, (1600000000, 1600000000))
            os.chmod(place, 0o640 if path.endswith("0.py") else 0o644)


def make_wheel(directory, modules):
    os.makedirs(directory)
    with zipfile.ZipFile(f"{directory}/pkg-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in distribution("pkg", 3 * modules).items():
            wheel.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), content)


def state(directory):
    found = {}
    for parent, directories, files in os.walk(directory):
        for name in directories + files:
            path = os.path.join(parent, name)
            status = os.lstat(path)
            content = open(path, "rb").read() if os.path.isfile(path) else b""
            found[os.path.relpath(path, directory)] = (status.st_mode, hashlib.sha256(content).hexdigest())
    return found


def wrong_rows(directory):
    for parent, _, files in os.walk(directory):
        if "RECORD" not in files:
            continue
        for path, hash, size in csv.reader(open(f"{parent}/RECORD", newline="")):
            content = open(os.path.join(parent, "..", path), "rb").read()
            if hash and (digest(content) != hash or len(content) != int(size)):
                yield path


class Judge:
    def __init__(self, program, work, modules):
        self.program, self.work, self.dirty, self.finished = os.path.abspath(program), work, 0, 0
        self.expected, self.length = {}, {}
        for kind, make in ("tree", make_tree), ("wheel", make_wheel):
            make(f"{work}/{kind}", modules)
            place = self.copy(kind)
            start = time.monotonic()
            self.fix(place)
            self.length[kind] = time.monotonic() - start
            self.expected[kind] = state(place)
            assert self.expected[kind] != state(f"{work}/{kind}"), "nothing to fix"

    def copy(self, kind):
        place = f"{self.work}/copy"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(f"{self.work}/{kind}", place)
        return place

    def command(self, place):
        return [self.program, "fix", "--in-place", "--isolated", place]

    def fix(self, place):
        result = subprocess.run(self.command(place), capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"exit {result.returncode}: {result.stdout}{result.stderr}")
        return result.stdout + result.stderr

    def judge(self, kind, place, what):
        before = state(place)
        if any(".wheelscrub-" in path for path in before):
            self.dirty += 1
        # What reads must not see it.
        seen = subprocess.run([self.program, "record", "verify", "-q", place], capture_output=True, text=True)
        if seen.returncode == 2:
            sys.exit(f"{what}: record verify: {seen.stdout}{seen.stderr}")
        if "finished what" in self.fix(place):
            self.finished += 1
        after = state(place)
        if after != self.expected[kind]:
            names = [path for path in after.keys() | self.expected[kind] if after.get(path) != self.expected[kind].get(path)]
            sys.exit(f"{what}: not as undisturbed: {sorted(names)[:10]}")
        if rows := list(wrong_rows(place)):
            sys.exit(f"{what}: RECORD is wrong about {rows[:10]}")


def at_random(judge, count, seed):
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    killed = 0
    for number in range(count):
        kind = ("tree", "wheel")[number % 2]
        place = judge.copy(kind)
        process = subprocess.Popen(judge.command(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, judge.length[kind]))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        judge.judge(kind, place, f"kill {number}")
    print(f"{count} kills, {killed} before the end, {judge.dirty} left something, {judge.finished} were finished")


def at_calls(judge):
    total = 0
    for kind in "tree", "wheel":
        for call in CALLS:
            number = 0
            while True:
                # One step each for names, wide ones for what happens once a file.
                number += 1 if call not in ("openat", "write", "flock") else 7
                place = judge.copy(kind)
                trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                         "-e", f"inject={call}:signal=KILL:when={number}"]
                status = subprocess.run(trace + judge.command(place), capture_output=True).returncode
                if status == 0:
                    break
                total += 1
                judge.judge(kind, place, f"{kind}, {call} {number}")
            print(f"{kind}: {call}, {number - 1}", flush=True)
    print(f"{total} kills, {judge.dirty} left something, {judge.finished} were finished")


def main():
    program, mode, *rest = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        judge = Judge(program, work, 6 if mode == "calls" else 20)
        if mode == "calls":
            at_calls(judge)
        else:
            at_random(judge, int(rest[0]), int(rest[1]) if rest[1:] else random.randrange(1 << 32))


if __name__ == "__main__":
    main()
