"""Crates that differ in one thing never get each other's library from a cache that they share.

usage: rust_false_hits.py LAUNCHER SCCACHE RUSTC DIRECTORY

Each case is built four times, in a new random directory each time: one kind of tree, the other, and both again, when the
cache has them. Each library is linked and run, and says which tree it was made from. The settings of sccache are in the
environment.
"""

import os
import pathlib
import random
import string
import subprocess
import sys

launcher, cache, rustc, top = sys.argv[1:]
chance = random.Random(1)
MACRO = """extern crate proc_macro;
#[proc_macro] pub fn value(_: proc_macro::TokenStream) -> proc_macro::TokenStream { %s.parse().unwrap() }
"""
READS = MACRO % 'std::fs::read_to_string(format!("%s"%s)).unwrap()'
VALUE = "pub fn value() -> u32 { %s }\n"


class Tree:
    """A package in a random directory, as pip and cargo lay it out."""

    def __init__(self, variant):
        name = "".join(chance.choices(string.ascii_lowercase + string.digits, k=8))
        digits = "".join(chance.choices("0123456789abcdef", k=32))
        self.root = f"{top}/pip-wheel-{name}/pkg_{digits}"
        self.n = variant
        for directory in ("src", "out", "deps", "native"):
            os.makedirs(f"{self.root}/{directory}")
        pathlib.Path(self.root, "deps/CACHEDIR.TAG").write_text("")
        self.arguments = []
        self.variables = {}
        self.edition = "2021"

    def write(self, name, text):
        path = pathlib.Path(self.root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def lib(self, expression, before=""):
        self.write("src/lib.rs", before + VALUE % expression)

    def run(self, words, wrapped=True):
        environment = {**os.environ, "CARGO_MANIFEST_DIR": self.root, "OUT_DIR": self.root + "/out",
                       "CARGO_PKG_VERSION": "1.0.0", **self.variables}
        if not wrapped:
            environment["WHEELSCRUB_RUSTC"] = "0"
            environment["WHEELSCRUB_RUSTC_CACHE"] = ""
        outcome = subprocess.run(words, cwd=self.root, env=environment, capture_output=True, text=True)
        if outcome.returncode:
            raise RuntimeError(f"{words}: {outcome.stderr}")
        return outcome.stdout

    def crate(self, name, source, *more, kind="lib", wrapped=True):
        emit = "dep-info,metadata,link" if kind == "lib" else "link"
        self.run([launcher, rustc, "--crate-name", name, f"--edition={self.edition}", source, "--crate-type", kind,
                  f"--emit={emit}", "-C", "metadata=" + name, "--out-dir", self.root + "/deps", "-L",
                  f"dependency={self.root}/deps", "--cap-lints", "allow", *more], wrapped)

    def dependency(self, name, text, *more, kind="lib"):
        self.write(f"{name}.rs", text)
        self.crate(name, f"{name}.rs", *more, kind=kind, wrapped=kind == "lib")
        return f"{self.root}/deps/lib{name}.{'rlib' if kind == 'lib' else 'so'}"

    def macro(self, text):
        self.arguments += ["--extern", "mac=" + self.dependency("mac", text, kind="proc-macro")]

    def archive(self, directory="native"):
        self.write("n.c", f"int native(void) {{ return {self.n}; }}\n")
        subprocess.run(["gcc", "-c", "n.c", "-o", "n.o"], cwd=self.root, check=True)
        subprocess.run(["ar", "crD", f"{directory}/libn.a", "n.o"], cwd=self.root, check=True)
        self.arguments += ["-L", f"native={self.root}/{directory}"]

    def link(self, target, name):
        os.symlink(target, f"{self.root}/{name}")


NATIVE = 'extern "C" { fn native() -> i32; }\n'
cases = {}


def case(function):
    cases[function.__name__] = function


@case
def the_source(t):
    t.lib(t.n)


@case
def a_module(t):
    t.lib("m::V", "mod m;\n")
    t.write("src/m.rs", f"pub const V: u32 = {t.n};\n")


@case
def a_module_in_another_place(t):
    t.lib("m::V", "mod m;\n")
    t.write("src/m.rs" if t.n == 1 else "src/m/mod.rs", f"pub const V: u32 = {t.n};\n")


@case
def a_module_with_a_path(t):
    t.lib("m::V", '#[path = "../far/other.rs"] mod m;\n')
    t.write("far/other.rs", f"pub const V: u32 = {t.n};\n")


@case
def a_linked_module(t):
    t.lib("m::V", "mod m;\n")
    t.write("far/one.rs", "pub const V: u32 = 1;\n")
    t.write("far/two.rs", "pub const V: u32 = 2;\n")
    t.link("../far/one.rs" if t.n == 1 else "../far/two.rs", "src/m.rs")


@case
def included_code(t):
    t.lib('include!("v.in")')
    t.write("src/v.in", str(t.n))


@case
def included_text(t):
    t.lib('include_str!("../v.txt").trim().parse().unwrap()')
    t.write("v.txt", str(t.n))


@case
def included_bytes(t):
    t.lib('include_bytes!("../v.txt")[0] as u32 - 48')
    t.write("v.txt", str(t.n))


@case
def made_code(t):
    t.lib('include!(concat!(env!("OUT_DIR"), "/v.rs"))')
    t.write("out/v.rs", str(t.n))


@case
def text_of_the_package(t):
    t.lib('include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/v")).trim().parse().unwrap()')
    t.write("v", str(t.n))


@case
def a_variable(t):
    t.lib('env!("MINE").parse().unwrap()')
    t.variables["MINE"] = str(t.n)


@case
def a_variable_that_may_be_missing(t):
    t.lib('if option_env!("MINE").is_some() { 2 } else { 1 }')
    if t.n == 2:
        t.variables["MINE"] = ""


@case
def a_version(t):
    t.lib('if env!("CARGO_PKG_VERSION") == "1.0.0" { 1 } else { 2 }')
    t.variables["CARGO_PKG_VERSION"] = f"{t.n}.0.0"


@case
def a_variable_with_a_directory(t):
    t.lib('include!(concat!(env!("MADE"), "/v.rs"))')
    t.variables["MADE"] = f"{t.root}/out/{t.n}"
    t.write("out/1/v.rs", "1")
    t.write("out/2/v.rs", "2")


@case
def a_feature(t):
    t.lib('if cfg!(feature = "two") { 2 } else { 1 }')
    t.arguments += ["--cfg", f'feature="{"two" if t.n == 2 else "one"}"']


@case
def a_condition(t):
    t.lib("if cfg!(two) { 2 } else { 1 }")
    t.arguments += ["--cfg", "two"] if t.n == 2 else []


@case
def an_edition(t):
    t.lib('if std::any::type_name_of_val(&[7u8].into_iter().next().unwrap()) == "u8" { 2 } else { 1 }')
    t.edition = "2021" if t.n == 2 else "2018"


@case
def debug_assertions(t):
    t.lib("if cfg!(debug_assertions) { 2 } else { 1 }")
    t.arguments += ["-C", f"debug-assertions={'on' if t.n == 2 else 'off'}"]


@case
def overflow_checks(t):
    t.lib("std::panic::catch_unwind(|| std::hint::black_box(255u8) + 1).map(|_| 1).unwrap_or(2)")
    t.arguments += ["-C", f"overflow-checks={'on' if t.n == 2 else 'off'}"]


@case
def target_features(t):
    t.lib('if cfg!(target_feature = "sse4.2") { 2 } else { 1 }')
    t.arguments += ["-C", f"target-feature={'+' if t.n == 2 else '-'}sse4.2"]


@case
def a_dependency(t):
    t.lib("dep::V")
    t.arguments += ["--extern", "dep=" + t.dependency("dep", f"pub const V: u32 = {t.n};\n")]


@case
def the_dependency_of_one(t):
    t.lib("mid::value::<u32>()")
    deep = t.dependency("deep", f"pub fn value<T>() -> u32 {{ {t.n} }}\n")
    t.arguments += ["--extern", "mid=" + t.dependency("mid", "pub use deep::value;\n", "--extern", "deep=" + deep)]


@case
def names_of_dependencies(t):
    t.lib("a::V")
    one = t.dependency("one", "pub const V: u32 = 1;\n")
    two = t.dependency("two", "pub const V: u32 = 2;\n")
    a, b = (one, two) if t.n == 1 else (two, one)
    t.arguments += ["--extern", "a=" + a, "--extern", "b=" + b]


@case
def a_static_library(t):
    t.lib("unsafe { native() as u32 }", NATIVE)
    t.archive()
    t.arguments += ["-l", "static=n"]


@case
def a_static_library_as_a_whole(t):
    t.lib("unsafe { native() as u32 }", NATIVE)
    t.archive()
    t.arguments += ["-l", "static:+whole-archive=n"]


@case
def a_static_library_of_an_attribute(t):
    t.lib("unsafe { native() as u32 }", '#[link(name = "n", kind = "static")] ' + NATIVE)
    t.archive()


@case
def a_static_library_in_the_output(t):
    t.lib("unsafe { native() as u32 }", '#[link(name = "n", kind = "static")] ' + NATIVE)
    t.archive("out")


@case
def a_macro(t):
    t.lib("mac::value!()")
    t.macro(MACRO % f'"{t.n}"')


@case
def what_a_macro_reads(t):
    t.lib("mac::value!()")
    t.write("v", str(t.n))
    t.macro(READS % ("{}/v", ', std::env::var("CARGO_MANIFEST_DIR").unwrap()'))


@case
def what_a_macro_reads_where_it_runs(t):
    t.lib("mac::value!()")
    t.write("src/v", str(t.n))
    t.macro(READS % ("src/v", ""))


@case
def what_a_macro_reads_of_the_output(t):
    t.lib("mac::value!()")
    t.write("out/v", str(t.n))
    t.macro(READS % ("{}/v", ', std::env::var("OUT_DIR").unwrap()'))


@case
def what_a_macro_does_not_find(t):
    t.lib("mac::value!()")
    t.macro(MACRO % '(if std::path::Path::new("src/v").exists() { "2" } else { "1" })')
    if t.n == 2:
        t.write("src/v", "")


@case
def what_a_macro_reads_that_another_crate_hands_on(t):
    t.lib("hand::value!()")
    t.write("v", str(t.n))
    macro = t.dependency("mac", READS % ("{}/v", ', std::env::var("CARGO_MANIFEST_DIR").unwrap()'), kind="proc-macro")
    t.arguments += ["--extern", "hand=" + t.dependency("hand", "pub use mac::value;\n", "--extern", "mac=" + macro)]


@case
def what_the_assembler_reads(t):
    t.lib("unsafe { NUMBER as u32 - 48 }", """
std::arch::global_asm!(".section .rodata\\n.global NUMBER\\nNUMBER: .incbin \\"src/v\\"\\n.text\\n");
extern "C" { static NUMBER: u8; }
""")
    t.write("src/v", str(t.n))


wrong = []
checks = 0
for name, function in cases.items():
    for variant in (1, 2, 1, 2):
        tree = Tree(variant)
        try:
            function(tree)
            tree.crate("value", "src/lib.rs", *tree.arguments)
            tree.write("main.rs", 'fn main() { print!("{}", value::value()) }\n')
            tree.run([rustc, "--edition=2021", "main.rs", "-o", "deps/main", "-L", tree.root + "/deps", "-L",
                      tree.root + "/native", "--extern", f"value={tree.root}/deps/libvalue.rlib"])
            told = tree.run([tree.root + "/deps/main"])
            depfile = pathlib.Path(tree.root, "deps/value.d").read_text()
            library = pathlib.Path(tree.root, "deps/libvalue.rlib").read_bytes()
            if told != str(variant):
                wrong.append(f"{name}: {told}, not {variant}")
            if "/wheelscrub/" in depfile or "src/lib.rs" not in depfile:
                wrong.append(f"{name}: the depfile says {depfile}")
            if tree.root.encode() in library:
                wrong.append(f"{name}: the library holds its directory")
        except RuntimeError as error:
            wrong.append(f"{name}: {error}")
        checks += 1
print("\n".join(wrong))
print(f"{len(cases)} cases, {checks} libraries, {len(wrong)} wrong")
sys.exit(1 if wrong or len(cases) < 30 else 0)
