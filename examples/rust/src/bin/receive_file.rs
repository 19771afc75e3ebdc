//! Writes what comes through an arena to an Arrow IPC file: `receive_file NAME FILE.arrow`. Batches of one schema.

use std::error::Error;
use std::fs::File;
use std::time::Duration;

use arrow_ipc::writer::FileWriter;
use qadataswap::{SharedMemoryArena, SharedMemoryConfig};
use qadataswap_example::argument;

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "receive_file NAME FILE.arrow";
    let (name, path) = (argument(1, usage), argument(2, usage));
    let config = SharedMemoryConfig::new(name).with_wait(Duration::from_secs(60));
    let mut reader = SharedMemoryArena::create_reader(config)?;
    let Some(first) = reader.read(None)? else {
        return Err("the arena ended without a batch, so there is no schema for a file".into());
    };
    let mut file = FileWriter::try_new_buffered(File::create(path)?, first.schema_ref())?;
    file.write(&first)?;
    for batch in reader {
        file.write(&batch?)?;
    }
    file.finish()?;
    Ok(())
}
