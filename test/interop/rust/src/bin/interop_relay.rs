//! Passes the DataFrames of one arena on to another: `interop_relay FROM TO`.

use std::error::Error;
use std::time::Duration;

use qadataswap::{SharedDataFrame, SharedMemoryConfig};
use qadataswap_interop::arguments;

fn main() -> Result<(), Box<dyn Error>> {
    let [from, to] = arguments("interop_relay FROM TO");
    let from = SharedMemoryConfig::new(from).with_wait(Duration::from_secs(60));
    let mut writer = SharedDataFrame::create_writer(SharedMemoryConfig::new(to).with_size_mb(32))?;
    for frame in SharedDataFrame::create_reader(from)? {
        writer.write(&frame?)?;
    }
    writer.finish(None)?;
    Ok(())
}
