//! Keeps what comes through the arenas of `send`, one file a batch: `interop_receive PREFIX FOLDER TARGET`.

use std::error::Error;
use std::fs::{File, read_to_string};
use std::path::Path;
use std::time::Duration;

use arrow_ipc::writer::FileWriter;
use qadataswap::{Reader, SharedMemoryArena, SharedMemoryConfig};
use qadataswap_interop::{arguments, outcome};

fn receive(reader: Reader, target: &Path, case: &str) -> Result<(), Box<dyn Error>> {
    for (number, batch) in reader.enumerate() {
        let batch = batch?;
        let path = target.join(format!("{case}.{number}.arrow"));
        let mut file = FileWriter::try_new_buffered(File::create(path)?, batch.schema_ref())?;
        file.write(&batch)?;
        file.finish()?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let [prefix, folder, target] = arguments("interop_receive PREFIX FOLDER TARGET");
    for case in read_to_string(Path::new(&folder).join("cases.txt"))?.lines() {
        let config =
            SharedMemoryConfig::new(format!("{prefix}.{case}")).with_wait(Duration::from_secs(60));
        let reader = SharedMemoryArena::create_reader(config)?;
        println!(
            "{}",
            outcome(case, &receive(reader, Path::new(&target), case))
        );
    }
    Ok(())
}
