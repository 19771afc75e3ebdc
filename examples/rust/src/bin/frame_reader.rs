//! Sums up the DataFrames of an arena with polars: `frame_reader NAME`. One line a column.

use std::error::Error;
use std::time::Duration;

use polars_core::frame::DataFrame;
use qadataswap::{SharedDataFrame, SharedMemoryConfig};
use qadataswap_example::argument;

fn main() -> Result<(), Box<dyn Error>> {
    let name = argument(1, "frame_reader NAME");
    let config = SharedMemoryConfig::new(name).with_wait(Duration::from_secs(60));
    let mut whole: Option<DataFrame> = None;
    for frame in SharedDataFrame::create_reader(config)? {
        // Stacking shares the frames' memory, so that all of it stays where it was written.
        match &mut whole {
            None => whole = Some(frame?),
            Some(whole) => drop(whole.vstack_mut(&frame?)?),
        }
    }
    let whole = whole.unwrap_or_default();
    println!("{} rows", whole.height());
    for column in whole.columns() {
        let series = column.as_materialized_series();
        let sum = if series.dtype().is_primitive_numeric() {
            series.sum::<f64>()?.to_string()
        } else {
            "-".into()
        };
        println!(
            "{}: {}, {} null, sum {sum}",
            series.name(),
            series.dtype(),
            series.null_count()
        );
    }
    Ok(())
}
