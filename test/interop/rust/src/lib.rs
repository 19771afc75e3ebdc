//! What the programs have in common.

use std::error::Error;

/// The program's arguments, or how it is called.
pub fn arguments<const N: usize>(usage: &str) -> [String; N] {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    arguments.try_into().unwrap_or_else(|_| {
        eprintln!("usage: {usage}");
        std::process::exit(2)
    })
}

/// The line that tells the test what became of a case.
pub fn outcome(case: &str, result: &Result<(), Box<dyn Error>>) -> String {
    let Err(error) = result else {
        return format!("{case}\tok\t");
    };
    let code = error
        .downcast_ref::<qadataswap::Error>()
        .map_or("arrow", |error| error.code());
    let message = error.to_string();
    let words: Vec<&str> = message.split_whitespace().collect();
    format!("{case}\t{code}\t{}", words.join(" "))
}
