import BuildRoots
import Testing

/// Every row of the table of paths seen in real builds: text, then the roots as `code name root`.
@Suite struct GrammarTests {
  @Test(arguments: [
    // pip wheel, pip install: two random parts, one before pip 20.3, six mixed letters under Python 2.
    ("/tmp/pip-wheel-ab12cd34/cbor_\(hash)/cbor/x.c", "BP101 cbor /tmp/pip-wheel-ab12cd34/cbor_\(hash)"),
    ("/tmp/pip-wheel-ab12cd34/cbor/x.c", "BP101 pip-wheel /tmp/pip-wheel-ab12cd34"),
    ("/tmp/pip-build-U8pSsr/cbor/x.c", "BP101 pip /tmp/pip-build-U8pSsr"),
    ("/tmp/pip-build-_1abcd2e/cbor/x.c", "BP101 pip-build /tmp/pip-build-_1abcd2e"),
    ("/tmp/pip-install-ab12cd34/my_pkg_\(hash)", "BP102 my_pkg /tmp/pip-install-ab12cd34/my_pkg_\(hash)"),
    ("/tmp/pip-install-ab12cd34/cbor/x.c", "BP102 pip-install /tmp/pip-install-ab12cd34"),
    ("/tmp/pip-install-Ab12_d/cbor/x.c", "BP102 pip /tmp/pip-install-Ab12_d"),
    ("/tmp/pip-req-build-ab12cd34/src/x.c", "BP103 pip-req-build /tmp/pip-req-build-ab12cd34"),
    (
      "/tmp/pip-build-env-ab12cd34/overlay/lib/numpy/core.h",
      "BP104 pip-build-env /tmp/pip-build-env-ab12cd34"
    ),
    ("/tmp/pip-modern-metadata-ab12cd34/x", "BP105 pip-modern-metadata /tmp/pip-modern-metadata-ab12cd34"),
    (
      "/tmp/pip-ephem-wheel-cache-ab12cd34/x",
      "BP105 pip-ephem-wheel-cache /tmp/pip-ephem-wheel-cache-ab12cd34"
    ),
    ("/tmp/pip-unpack-ab12cd34/x", "BP105 pip-unpack /tmp/pip-unpack-ab12cd34"),
    ("/tmp/pip-standalone-pip-ab12cd34/x", "BP105 pip-standalone-pip /tmp/pip-standalone-pip-ab12cd34"),
    ("/tmp/pip-unpacked-wheel-ab12cd34/x.py", "BP105 pip-unpacked-wheel /tmp/pip-unpacked-wheel-ab12cd34"),
    ("/tmp/pip-target-ab12cd34/lib/python/x.py", "BP105 pip-target /tmp/pip-target-ab12cd34"),
    // python -m build
    ("/tmp/build-env-ab12cd34/lib/numpy.h", "BP106 build-env /tmp/build-env-ab12cd34"),
    ("/tmp/build-via-sdist-ab12cd34/x-1.0/x.c", "BP106 build-via-sdist /tmp/build-via-sdist-ab12cd34"),
    // cibuildwheel
    ("/tmp/cibw-run-ab12cd34/cp311/x", "BP107 cibw-run /tmp/cibw-run-ab12cd34"),
    ("/tmp/cibw-sdist-ab12cd34/x", "BP107 cibw-sdist /tmp/cibw-sdist-ab12cd34"),
    // uv
    ("/root/.cache/uv/sdists-v9/.tmpAbC12d/x-1.0/x.c", "BP108 uv /root/.cache/uv/sdists-v9/.tmpAbC12d"),
    ("/root/.cache/uv/builds-v0/.tmpAbC12d/lib", "BP108 uv /root/.cache/uv/builds-v0/.tmpAbC12d"),
    (
      "/root/.cache/uv/sdists-v9/pypi/cbor/1.0.0/Ab-_12cdEF34gh56/src/x.c",
      "BP108 cbor /root/.cache/uv/sdists-v9/pypi/cbor/1.0.0/Ab-_12cdEF34gh56"
    ),
    (
      "/c/uv/sdists-v6/index/0123456789abcdef/cbor/1.0/Ab12cdEF34gh56ijk_-lm/src",
      "BP108 cbor /c/uv/sdists-v6/index/0123456789abcdef/cbor/1.0/Ab12cdEF34gh56ijk_-lm"
    ),
    (
      "/c/uv/sdists-v9/path/0123456789abcdef/Ab12cdEF34gh56ij/src/x.c",
      "BP108 uv /c/uv/sdists-v9/path/0123456789abcdef/Ab12cdEF34gh56ij"
    ),
    // meson-python
    ("/src/.mesonpy-ab12cd34/x.c", "BP109 mesonpy /src/.mesonpy-ab12cd34"),
    ("./.mesonpy-ab12cd34/x.c", "BP109 mesonpy ./.mesonpy-ab12cd34"),
    (".mesonpy-ab12cd34/x.c", "BP109 mesonpy .mesonpy-ab12cd34 relative"),
    // tempfile and the back ends that use it
    ("/tmp/tmpab12cd34/x.c", "BP110 tmp /tmp/tmpab12cd34"),
    ("/tmpab12cd34/x.c", "BP110 tmp /tmpab12cd34"),
    ("/tmp/pdm-build-ab12cd34/x.c", "BP110 pdm-build /tmp/pdm-build-ab12cd34"),
    ("/src/.tmp-cbor-pep517-ab12cd34/x.c", "BP110 cbor /src/.tmp-cbor-pep517-ab12cd34"),
    // macOS
    (
      "/private/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/x",
      "BP111 tmp /private/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T"
    ),
    (
      "/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/pip-install-0hd9c5me/cbor_\(hash)/x.c",
      "BP102 cbor /var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/pip-install-0hd9c5me/cbor_\(hash)"
    ),
    // compilers, Bazel, Nix
    (
      "/private/tmp/gccA13-20231019-4815-1x2y3z/gcc-13.2.0/libgcc/x.c",
      "BP112 gcc /private/tmp/gccA13-20231019-4815-1x2y3z"
    ),
    (
      "/home/u/.cache/bazel/_bazel_u/0f/sandbox/linux-sandbox/42/execroot/_main/x.cc",
      "BP113 bazel /home/u/.cache/bazel/_bazel_u/0f/sandbox/linux-sandbox/42/execroot"
    ),
    (
      "/private/tmp/nix-build-python3.11-cbor-1.0.drv-0/x",
      "BP114 python3.11-cbor-1.0 /private/tmp/nix-build-python3.11-cbor-1.0.drv-0"
    ),
    ("/private/tmp/nix-build-cbor-1/x", "BP114 cbor /private/tmp/nix-build-cbor-1"),
    ("/tmp/nix-shell-1234-0/x", "BP114 nix /tmp/nix-shell-1234-0"),
    // mktemp, Rust's tempfile, compilers' objects
    ("/tmp/tmp.GRTcangx9D/lib.rs", "BP115 tmp /tmp/tmp.GRTcangx9D"),
    (
      "/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/tmp.AbCdEfGhIj/x.c",
      "BP115 tmp /var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/tmp.AbCdEfGhIj"
    ),
    ("/tmp/tmp.kPbGLo/x.c", "BP115 tmp /tmp/tmp.kPbGLo"),
    (
      "/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/tmp.kPbGLoaB/x.c",
      "BP115 tmp /var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/tmp.kPbGLoaB"
    ),
    ("/__w/c/c/tmpwheelhouse/.tmpmbdRiZ/c-1/src/x.rs", "BP116 rs /__w/c/c/tmpwheelhouse/.tmpmbdRiZ"),
    ("/x/.tmpAbC12d/x", "BP116 rs /x/.tmpAbC12d"),
    ("/tmp/rustcAb3dEf/lib.rmeta", "BP116 rustc /tmp/rustcAb3dEf"),
    (
      "/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/rustcAbCdEf/x.o",
      "BP116 rustc /var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/rustcAbCdEf"
    ),
    ("/tmp/cargo-installAb3dEf/release/x.rs", "BP116 cargo /tmp/cargo-installAb3dEf"),
    (
      "/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/x-30fe27.o",
      "BP117 x /var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/x-30fe27.o"
    ),
    ("/tmp/x-30fe27.o", "BP117 x /tmp/x-30fe27.o"),
    ("/tmp/ccAbC12d.ltrans0.ltrans.o", "BP117 cc /tmp/ccAbC12d.ltrans0.ltrans.o"),
    ("/tmp/tmpxft_00007fed_00000000-6_k.cudafe1.cpp", "BP117 nvcc /tmp/tmpxft_00007fed_00000000"),
    // build systems and package managers
    ("/tmp/go-build632438867/b001/_cgo_gotypes.go", "BP118 go /tmp/go-build632438867"),
    ("/tmp/guix-build-ffmpeg-8.0.drv-0/x.c", "BP119 ffmpeg-8.0 /tmp/guix-build-ffmpeg-8.0.drv-0"),
    ("/build/python3.11-aB3d9Z/python3.11-3.11.2/x.c", "BP120 python3.11 /build/python3.11-aB3d9Z"),
    (
      "/b/spack-stage/spack-stage-py-numpy-1.26.4-yvwxzwo4td2qelzt2w7taftoseigkbra/spack-src/x.c",
      "BP121 py-numpy-1.26.4 /b/spack-stage/spack-stage-py-numpy-1.26.4-yvwxzwo4td2qelzt2w7taftoseigkbra"
    ),
    (
      "/tmp/bld/rattler-build_libcudf_1741893456/work/x.cu",
      "BP122 libcudf /tmp/bld/rattler-build_libcudf_1741893456"
    ),
    (
      "/opt/conda/conda-bld/numpy_1700000000000/work/x.c",
      "BP122 numpy /opt/conda/conda-bld/numpy_1700000000000"
    ),
    (
      "/private/tmp/openssl@3-20240131-4815-1x2y3z/x.c",
      "BP123 openssl@3 /private/tmp/openssl@3-20240131-4815-1x2y3z"
    ),
    (
      "/tmp/python-build.20240131120000.4815/Python-3.12.1/x.c",
      "BP124 python /tmp/python-build.20240131120000.4815"
    ),
    ("/tmp/easy_install-ab12cd34/demo-1.0/x.c", "BP125 easy_install /tmp/easy_install-ab12cd34"),
    (
      "/home/runner/work/_temp/0f0e0d0c-1234-4abc-8def-001122334455/x.c",
      "BP126 runner /home/runner/work/_temp/0f0e0d0c-1234-4abc-8def-001122334455"
    ),
    ("/tmp/hatch-ab12cd34/x.c", "BP127 hatch /tmp/hatch-ab12cd34"),
    ("/tmp/my.build.aB3d9Z/x.c", "BP127 my.build /tmp/my.build.aB3d9Z"),
    ("/tmp/pip-other-ab12cd34/x", "BP127 pip-other /tmp/pip-other-ab12cd34"),
    (
      "/Users/a/Library/Developer/Xcode/DerivedData/App-abcdefghijklmnopqrstuvwxyzab/Build/x.m",
      "BP128 App /Users/a/Library/Developer/Xcode/DerivedData/App-abcdefghijklmnopqrstuvwxyzab"
    ),
    ("/tmp/pants-sandbox-Ab3dEf/x.c", "BP129 pants /tmp/pants-sandbox-Ab3dEf"),
    (
      "/b/CMakeFiles/CMakeScratch/TryCompile-Ab3dEf/x.c",
      "BP129 cmake /b/CMakeFiles/CMakeScratch/TryCompile-Ab3dEf"
    ),
    (
      "/home/conan/.conan2/p/b/osgeae1dc417d448ff/p/lib/osgdb.so",
      "BP130 conan /home/conan/.conan2/p/b/osgeae1dc417d448ff"
    ),
    (
      "C:/Users/filip/.conan2/p/b/kuba-14c029297b09d/p",
      "BP130 conan /Users/filip/.conan2/p/b/kuba-14c029297b09d"
    ),
    ("/tmp/RtmpIgYty7/remotes70f7468ca1a2/x.c", "BP131 r /tmp/RtmpIgYty7"),
    ("/tmp/RtmpcxY7ur/Rinst159d52acc223/scMAGeCK/x.c", "BP131 r /tmp/RtmpcxY7ur/Rinst159d52acc223"),
    (
      "/root/.cpanm/work/1384896259.21932/DBD-mysql-4.025/x.c",
      "BP132 cpanm /root/.cpanm/work/1384896259.21932"
    ),
    ("/private/tmp/d20230604-26670-14qkhv4/readline/x.c", "BP133 rb /private/tmp/d20230604-26670-14qkhv4"),
    (
      "/home/njlr/.cache/bazel/_bazel_njlr/71a88baea652242b320fc8af0b10a821/execroot/__main__/x.cc",
      "BP113 bazel /home/njlr/.cache/bazel/_bazel_njlr/71a88baea652242b320fc8af0b10a821"
    ),
    (
      "/private/var/tmp/_bazel_me/8ee85edf92444b362c5b4a2791e34f8a/sandbox/darwin-sandbox/6/execroot/_main/x.cc",
      "BP113 bazel /private/var/tmp/_bazel_me/8ee85edf92444b362c5b4a2791e34f8a/sandbox/darwin-sandbox/6/execroot"
    ),
    ("/tmp/pdm-build-env-ab12cd34-shared/x.h", "BP110 pdm-build-env /tmp/pdm-build-env-ab12cd34-shared"),
    ("/tmp/pip-_ab1cd2e-build/x.c", "BP105 pip /tmp/pip-_ab1cd2e-build"),
    // Text glued on: Rust's strings have no NUL between them.
    ("/tmp/pip-req-build-ab12cd34src/lib.rs", "BP103 pip-req-build /tmp/pip-req-build-ab12cd34"),
    ("/tmp/pip-wheel-ab12cd34/demo_\(hash)abc", "BP101 demo /tmp/pip-wheel-ab12cd34/demo_\(hash)"),
  ])
  func row(_ row: (text: String, expected: String)) { #expect(found(in: row.text) == [row.expected]) }

  @Test(arguments: [
    // A missing character, capitals, another word.
    "/tmp/pip-req-build-ab12cd3/x", "/tmp/pip-req-build-AB12CD34/x",
    "/tmp/pip-req-build-variables", "/x/xpip-req-build-ab12cd34/x",
    "pip-install-requirements.txt", "/src/pip-wheel-metadata/x", "pip-install-packages",
    "/x/pip-build-script",
    "/src/pip-other-ab12cd34/x",
    // The module tempfile's prefix begins ordinary names.
    "tmp_buffer1", "tmp_buffer1\0tmpab12cd34", "_tmpab12cd34", "x.tmpab12cd34", "/src/tmpvariable/x",
    "/src/tmp_folders/x.c", "/src/tmpab12cd345", "/src/tmpab12cd3", "my/build_env-ab12cd34",
    "build-env-ab12cd34",
    // Nearly macOS, Bazel, Nix, uv.
    "/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/C/x", "/var/folders/7h/short/T/x", "/var/folders",
    "/x/sandbox/linux-sandbox/x/execroot", "/x/sandbox/3/execroot", "/x/sandboxes/a/3/execroot/",
    "/nix-build-3", "/nix-build-x-y", "/uv/sdists-v9/pypi/cbor/1.0.0/short/src",
    "/x/.tmpAbC12de/x", "/x/.tmpfolder/x", "/x/.tmpAbC/x", "x.tmpAbC12d", "/usr/gcc-20231019/x",
    "/tmp/gccA13-2023-4815-1x",
    // Names that people give, below a directory for temporary files too.
    "/tmp/my-python38/x", "/tmp/run-20240131/x", "/tmp/test-fooBar/x", "/tmp/my_variable1/x",
    "/tmp/v1.2-python/x",
    "/tmp/hatch-ab12cd34", "/src/hatch-ab12cd34/x", "/tmp/ccache.conf", "/tmp/rustc-1.80/x",
    "/tmp/go-build/x",
    "/src/x-30fe27.o", "/build/cbor-module/x", "/build/cbor-1.2.3b/x", "/x/build/cbor-aB3d9Z/x",
    "/build//cbor-aB3d9Z/x",
    "/x/.conan2/p/zlib95420566fc0dd/s/x", "/x/.conan2/p/b/zlib/x", "/src/RtmpIgYty7/x",
    "/x/.cpanm/work/build/x",
    "/tmp/d20230604/x", "/src/d20230604-26670-14qkhv4/x", "/x/.cache/bazel/_bazel_me/install/x",
    "/x/_temp/x/y", "/tmp/rattler-build_x_17/y", "/tmp/spack-stage-x-short/y",
    "", "/", "p-", "-", "/t", "tmp", "/tmp", "/tmp/tmp", "pip-wheel-",
  ])
  func falseFriend(_ text: String) { #expect(found(in: text) == []) }

  @Test func everyRuleIsExercised() {
    #expect(Rule.random.map(\.code) == (101...133).map { "BP\($0)" })
    #expect(Rule.all.map(\.code) == Rule.all.map(\.code).sorted())
    #expect(Set(Rule.all.map(\.code)).count == Rule.all.count)
    #expect(Set(Rule.all.map(\.slug)).count == Rule.all.count)
    #expect(Rule.named("BP104")?.slug == "pip-build-env")
    #expect(Rule.named("uv")?.code == "BP108")
    #expect(Rule.named("BP999") == nil)
    for rule in Rule.all {
      // The others are about places and containers, not about looks, and what is left of a root looks like nothing.
      let hasLooks = ["BP1", "BP2", "BP3"].contains(rule.family.code) && rule != .residue
      #expect(rule.shapes.isEmpty == !hasLooks)
      #expect(!rule.cure.isEmpty && !rule.cause.isEmpty && rule.link.hasPrefix("https://"))
      #expect(rule.code.hasPrefix(rule.family.code))
    }
    #expect(Rule.named("BP101")?.shapes.first == "/pip-wheel-XXXXXXXX[/<name>_<32 hex>]")
  }
}
