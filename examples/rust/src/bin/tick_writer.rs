//! Writes ticks into an arena: `tick_writer NAME BATCHES [READERS]`. Begins when so many readers are there.

use std::error::Error;
use std::time::Duration;

use qadataswap::{SharedMemoryArena, SharedMemoryConfig};
use qadataswap_example::{argument, ticks};

const ROWS: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "tick_writer NAME BATCHES [READERS]";
    let (name, batches) = (argument(1, usage), argument(2, usage).parse::<u64>()?);
    let readers = std::env::args()
        .nth(3)
        .map_or(Ok(1), |readers| readers.parse::<u64>())?;
    let mut writer =
        SharedMemoryArena::create_writer(SharedMemoryConfig::new(name).with_size_mb(16))?;
    while writer.stats()?.readers < readers {
        std::thread::sleep(Duration::from_millis(1));
    }
    for number in 0..batches {
        // Waits here for the slowest reader, in whatever process and language it is.
        writer.write(&ticks(number * ROWS, ROWS)?)?;
    }
    writer.finish(None)?;
    println!("{} rows written", batches * ROWS);
    Ok(())
}
