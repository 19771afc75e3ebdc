//! What the tests share.

// Each test program uses a part of it.
#![allow(dead_code)]

#[cfg(feature = "arrow")]
#[path = "../../src/arrow/sample.rs"]
pub mod sample;

use std::sync::atomic::{AtomicU32, Ordering};

use qadataswap::SharedMemoryConfig;

/// An arena name that no other test, and no other run of the tests, has.
pub fn name(test: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("rust-{test}{}{number}", mark())
}

/// What the names of this process have in them.
fn mark() -> String {
    format!("-{}-", std::process::id())
}

/// Removes the arenas of the names that were given out and that are still there.
#[cfg(feature = "arrow")]
pub fn remove_names() {
    for name in qadataswap::SharedMemoryArena::list().expect("the names of arenas") {
        if name.starts_with("rust-") && name.contains(&mark()) {
            qadataswap::SharedMemoryArena::new(&name).unlink().expect("a name to remove");
        }
    }
}

/// A small arena of its own.
pub fn config(test: &str) -> SharedMemoryConfig {
    SharedMemoryConfig::new(name(test)).with_size_mb(4)
}
