//! Sends every file of a folder through an arena of its own: `interop_send FOLDER PREFIX`.

use std::error::Error;
use std::fs::{File, read_to_string};
use std::path::Path;

use arrow_ipc::reader::FileReader;
use qadataswap::{SharedMemoryArena, SharedMemoryConfig, Writer};
use qadataswap_interop::{arguments, outcome};

fn send(path: &Path, writer: &mut Writer) -> Result<(), Box<dyn Error>> {
    for batch in FileReader::try_new_buffered(File::open(path)?, None)? {
        let batch = batch?;
        writer.write(&batch)?;
        if batch.num_rows() >= 8 {
            writer.write(&batch.slice(3, 5))?;
        }
        writer.write(&batch.slice(0, 0))?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let [folder, prefix] = arguments("interop_send FOLDER PREFIX");
    let folder = Path::new(&folder);
    for case in read_to_string(folder.join("cases.txt"))?.lines() {
        let path = folder.join(format!("{case}.arrow"));
        let size_mb = if path.metadata()?.len() > 1 << 20 {
            32
        } else {
            1
        };
        let config = SharedMemoryConfig::new(format!("{prefix}.{case}")).with_size_mb(size_mb);
        let mut writer = SharedMemoryArena::create_writer(config)?;
        writer.wait_drained(true, None)?;
        let sent = send(&path, &mut writer);
        println!("{}", outcome(case, &sent));
        match sent {
            Ok(()) => writer.finish(None)?,
            Err(error) => writer.abort(&error.to_string())?,
        }
    }
    Ok(())
}
