//! The delivery contract (order, loss, end, abort, death, time-outs, the life of a batch) with real processes, for
//! every way to read and write.
//!
//! The other process of a test is this program too, started with `--peer`: it obeys one line at a time.

mod holding;
mod lifecycle;
mod peer;
mod reading;
mod succession;
#[path = "../support/mod.rs"]
mod support;
mod surface;
mod writing;

use libtest_mimic::{Arguments, Failed, Trial};

/// What a test comes to.
type Outcome = Result<(), Failed>;

/// A test whose name is a sentence.
fn trial(name: impl Into<String>, test: impl FnOnce() -> Outcome + Send + 'static) -> Trial {
    Trial::test(name, test)
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("--peer") {
        return peer::obey();
    }
    let trials =
        [reading::trials(), writing::trials(), lifecycle::trials(), holding::trials(), succession::trials()];
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect());
    // What peers left that were killed.
    support::remove_names();
    conclusion.exit();
}
