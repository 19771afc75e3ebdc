//! Sends the record batches of an Arrow IPC file through an arena: `send_file NAME FILE.arrow`.

use std::error::Error;
use std::fs::File;

use arrow_ipc::reader::FileReader;
use qadataswap::{SharedMemoryArena, SharedMemoryConfig};
use qadataswap_example::argument;

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "send_file NAME FILE.arrow";
    let (name, path) = (argument(1, usage), argument(2, usage));
    let mut writer =
        SharedMemoryArena::create_writer(SharedMemoryConfig::new(name).with_size_mb(64))?;
    for batch in FileReader::try_new_buffered(File::open(path)?, None)? {
        writer.write(&batch?)?;
    }
    writer.finish(None)?;
    Ok(())
}
