//! Adds up the ticks of an arena: `tick_reader NAME`. Waits for the arena to appear.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int16Type, UInt32Type};
use qadataswap::{SharedMemoryArena, SharedMemoryConfig};
use qadataswap_example::argument;

fn main() -> Result<(), Box<dyn Error>> {
    let name = argument(1, "tick_reader NAME");
    let config = SharedMemoryConfig::new(name).with_wait(Duration::from_secs(60));
    let reader = SharedMemoryArena::create_reader(config)?;
    let (mut rows, mut by_symbol) = (0, BTreeMap::<String, (f64, u64)>::new());
    for batch in reader {
        // Views of shared memory; the batch's space is given back when the last of them goes.
        let batch = batch?;
        let column = |name: &str| {
            batch
                .column_by_name(name)
                .ok_or_else(|| format!("no column {name}"))
        };
        let symbols = column("symbol")?.as_dictionary::<Int16Type>();
        let names = symbols.values().as_string::<i32>();
        let prices = column("price")?.as_primitive::<Float64Type>().values();
        let volumes = column("volume")?.as_primitive::<UInt32Type>().values();
        let mut totals = vec![(0.0, 0); names.len()];
        for ((&key, price), &volume) in symbols.keys().values().iter().zip(prices).zip(volumes) {
            let (turnover, total) = &mut totals[key as usize];
            *turnover += price * f64::from(volume);
            *total += u64::from(volume);
        }
        for (name, (turnover, volume)) in names.iter().flatten().zip(totals) {
            let total = by_symbol.entry(name.to_owned()).or_default();
            total.0 += turnover;
            total.1 += volume;
        }
        rows += batch.num_rows();
    }
    println!("{rows} rows read");
    for (symbol, (turnover, volume)) in by_symbol {
        println!(
            "{symbol}: volume {volume}, average price {:.4}",
            turnover / volume as f64
        );
    }
    Ok(())
}
