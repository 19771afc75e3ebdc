//! Batches that are kept: where their bytes are, and that holding them stalls nobody.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use libtest_mimic::Trial;
use qadataswap::{Reader, SharedMemoryArena, SharedMemoryConfig, Verify, Writer};

use crate::peer::Peer;
use crate::surface::{SOON, batch, large_batch, value_of};
use crate::{Outcome, support, trial};

pub fn trials() -> Vec<Trial> {
    #[cfg_attr(not(feature = "polars"), allow(unused_mut))]
    let mut trials = vec![
        trial("all batches ever read through a small ring can be kept", all_kept),
        trial("arrays lie in the shared segment and nothing is copied", in_place),
        trial("small batches are copied, and counted", small_copied),
        trial("a lease ends with the last array that shares its bytes, on any thread", released),
        trial("a slot can be kept as bytes", bytes_kept),
    ];
    #[cfg(feature = "polars")]
    trials.push(trial("the columns of a DataFrame lie in the shared segment", frames_in_place));
    trials
}

/// Where this process has mapped the arena.
fn mappings(name: &str) -> Vec<Range<usize>> {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("a list of mappings");
    let ours = maps.lines().filter(|line| line.contains(&format!("qads-arena.{name}")));
    let range = |line: &str| {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        Some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
    };
    ours.map(|line| range(line).expect("two addresses")).collect()
}

fn is_shared(name: &str, address: *const i64) -> bool {
    mappings(name).iter().any(|range| range.contains(&(address as usize)))
}

fn values(batch: &RecordBatch) -> &[i64] {
    batch.column(0).as_primitive::<Int64Type>().values()
}

fn all_kept() -> Outcome {
    let name = support::name("all");
    // Sixteen batches of 64 KiB fit.
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut reader = Reader::attach(&*name)?;
    peer.tell("write-large 0 400");
    peer.tell("end");
    let all: Vec<RecordBatch> = reader.by_ref().collect::<qadataswap::Result<_>>()?;
    assert_eq!(all.len(), 400);
    let stats = reader.stats()?;
    assert!(stats.evacuations >= 300, "{stats:?}");
    assert_eq!((stats.leases, stats.bytes_copied), (400, 0));
    reader.close();
    for (expected, batch) in (0..).zip(&all) {
        assert!(values(batch).iter().all(|&value| value == expected), "batch {expected} changed");
    }
    drop(all);
    assert_eq!(reader.stats()?.leases, 0);
    Ok(())
}

fn in_place() -> Outcome {
    let name = support::name("place");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut reader = Reader::attach(&*name)?;
    assert_eq!(peer.ask("write-large 0 3"), "ok");
    for expected in 0..3 {
        let batch = reader.read(SOON)?.expect("not the end");
        assert_eq!(value_of(&batch), expected);
        assert!(is_shared(&name, values(&batch).as_ptr()));
    }
    let next = reader.stats()?;
    assert_eq!((next.batches, next.bytes_copied), (3, 0));
    Ok(())
}

fn small_copied() -> Outcome {
    // Where values are verified, a small batch is copied before that.
    let config = support::config("small").with_verify(Verify::Metadata);
    let mut writer = Writer::create(&config)?;
    let mut reader = Reader::attach(&config)?;
    writer.write(&batch(1))?;
    let slot = reader.next_batch(SOON)?.expect("not the end").info().bytes;
    assert_eq!(reader.stats()?.bytes_copied, 0, "looking at it in place copies nothing");
    writer.write(&batch(2))?;
    let batch = reader.read(SOON)?.expect("not the end");
    assert_eq!(reader.stats()?.bytes_copied, slot);
    assert!(!is_shared(config.name(), values(&batch).as_ptr()));
    Ok(())
}

fn released() -> Outcome {
    let config = support::config("released");
    let mut writer = Writer::create(&config)?;
    let mut reader = Reader::attach(&config)?;
    writer.write(&large_batch(1))?;
    let batch = reader.read(SOON)?.expect("not the end");
    let column = batch.column(0).slice(10, 5);
    drop(batch);
    assert_eq!(reader.stats()?.leases, 1);
    std::thread::spawn(move || drop(column)).join().expect("no panic");
    assert_eq!(reader.stats()?.leases, 0);
    assert_eq!(SharedMemoryArena::new(config.name()).inspect()?.readers[0].pin, None);
    Ok(())
}

fn bytes_kept() -> Outcome {
    let config = SharedMemoryConfig::new(support::name("bytes")).with_size_bytes(1 << 18);
    let mut writer = Writer::create(&config)?;
    let mut reader = Reader::attach(&config)?;
    let mut leases = Vec::new();
    for value in 0..20 {
        writer.write(&large_batch(value))?;
        let peeked = reader.ring_mut().peek(SOON)?.expect("not the end");
        assert_eq!(peeked.info().sequence, value as u64);
        let before = peeked.to_vec();
        leases.push((peeked.take()?, before));
    }
    assert!(leases.iter().all(|(lease, before)| **lease == **before));
    Ok(())
}

#[cfg(feature = "polars")]
fn frames_in_place() -> Outcome {
    let name = support::name("frames");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut reader = qadataswap::SharedDataFrame::create_reader(&*name)?;
    assert_eq!(peer.ask("write-large 0 1"), "ok");
    let frame = reader.read(SOON)?.expect("not the end");
    let column = frame.column("n").expect("the column").i64().expect("integers").clone();
    let address = column.cont_slice().expect("one chunk without nulls").as_ptr();
    assert!(is_shared(&name, address));
    assert_eq!(reader.reader().stats()?.bytes_copied, 0);
    drop(frame);
    assert_eq!(reader.reader().stats()?.leases, 1, "the column keeps the lease");
    drop(column);
    assert_eq!(reader.reader().stats()?.leases, 0);
    Ok(())
}
