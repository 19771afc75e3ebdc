//! Compiles the native core and its C ABI into this crate.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let native = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("native");
    let mut core = cc::Build::new();
    core.cpp(true)
        .std("c++17")
        .include(&native)
        .define("_GNU_SOURCE", None)
        .define("QADS_VERSION", format!("\"{}\"", env!("CARGO_PKG_VERSION")).as_str())
        .flag("-fvisibility=hidden")
        // Also in debug builds: the ring is the hot path of tests and programs alike.
        .opt_level(2)
        .warnings(false);
    for sanitizer in sanitizers() {
        core.flag(format!("-fsanitize={sanitizer}")).flag("-fno-omit-frame-pointer");
        if sanitizer == "thread" {
            // ThreadSanitizer does not model fences; see native/cmake/qads_options.cmake.
            core.flag_if_supported("-Wno-tsan");
        }
    }
    for folder in ["core", "ipc", "capi"] {
        let folder = native.join(folder);
        core.files(sources(&folder));
        // Cargo looks at every file below it.
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    core.compile("qadataswap_core");

    cc::Build::new().file("src/sys/abi.c").include(&native).opt_level(2).compile("qadataswap_abi");
    println!("cargo::rerun-if-changed=src/sys/abi.c");
    println!("cargo::rerun-if-changed=build.rs");
    // shm_open, sem_* and dlopen live in librt, libpthread and libdl before glibc 2.34.
    println!("cargo::rustc-link-lib=rt");
    println!("cargo::rustc-link-lib=pthread");
    println!("cargo::rustc-link-lib=dl");
}

/// The source files that the folder's `CMakeLists.txt` names: `set(…_SOURCES a.cpp b.cpp)` is the one list of them.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let path = folder.join("CMakeLists.txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let list = text.split_once("_SOURCES").and_then(|(_, rest)| rest.split_once(')'));
    let names = list.unwrap_or_else(|| panic!("{} has no list of sources", path.display())).0;
    names.split_whitespace().map(|name| folder.join(name)).collect()
}

/// What `-Zsanitizer` asks of the Rust code: the core must be instrumented the same way, or its accesses are invisible.
fn sanitizers() -> Vec<String> {
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let words = flags.split('\x1f').filter_map(|flag| {
        let flag = flag.strip_prefix("-Z").unwrap_or(flag);
        flag.strip_prefix("sanitizer=").map(str::to_owned)
    });
    words.collect()
}
