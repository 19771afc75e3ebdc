//! What every writing surface promises, with the reader in another process.

use std::time::Duration;

use arrow_array::RecordBatch;
use libtest_mimic::Trial;
use qadataswap::aio::AsyncWriter;
use qadataswap::{
    ArenaState, Error, OnFull, Result, RingWriter, SharedMemoryArena, SharedMemoryConfig, Writer,
};
use tokio::runtime::Runtime;

use crate::peer::Peer;
use crate::surface::{SOON, batch, large_batch};
use crate::{Outcome, support, trial};

trait Sink {
    fn write(&mut self, batch: &RecordBatch, timeout: Duration) -> Result<Option<u64>>;
    fn finish(&mut self) -> Result<()>;
    fn unread(&self) -> u64;
}

type Open = fn(&SharedMemoryConfig) -> Result<Box<dyn Sink>>;

/// A sentence of the contract, and the check that holds a surface to it.
type Check = (&'static str, fn(Open) -> Outcome);

pub fn trials() -> Vec<Trial> {
    let surfaces: [(&str, Open); 3] = [
        ("bytes", |config| Ok(Box::new(Bytes(RingWriter::create(config)?)))),
        ("record batches", |config| Ok(Box::new(Batches(Writer::create(config)?)))),
        ("async", Async::open),
    ];
    let contract: [Check; 7] = [
        ("a write waits for the slowest reader, and times out without losing anything", back_pressure),
        ("a writer whose reader is killed goes on", reader_killed),
        ("drop-newest leaves out what does not fit, and counts it", drop_newest),
        ("finish waits for a first reader, and not until it has read everything", finish),
        ("finish waits for nobody once a reader came, however much is unread", finish_after_reader),
        ("finish waits for nobody where nothing was written", finish_empty),
        ("finish waits for nobody under a policy that loses batches anyway", finish_losing),
    ];
    let mut trials = Vec::new();
    for (sentence, test) in contract {
        for (name, open) in surfaces {
            trials.push(trial(format!("{name}: {sentence}"), move || test(open)));
        }
    }
    trials.push(trial("the policy error makes a write into a full ring fail", fail_when_full));
    trials.push(trial("a finish without a reader times out, and leaves the arena for one", finish_in_time));
    trials.push(trial("try_write writes what fits and says what does not", try_write));
    trials
}

const LIMIT: Duration = Duration::from_millis(20);

fn small_ring(test: &str) -> SharedMemoryConfig {
    SharedMemoryConfig::new(support::name(test)).with_size_bytes(1 << 18)
}

fn back_pressure(open: Open) -> Outcome {
    let config = small_ring("pressure");
    let mut sink = open(&config)?;
    let mut peer = Peer::start();
    assert_eq!(peer.ask(&format!("attach {}", config.name())), "ok");
    let mut written = 0;
    let error = loop {
        match sink.write(&large_batch(written), LIMIT) {
            Ok(sequence) => assert_eq!(sequence, Some(written as u64)),
            Err(error) => break error,
        }
        written += 1;
    };
    assert_eq!(error.code(), "ERR_QADS_TIMED_OUT");
    assert!((2..8).contains(&written), "{written} batches of 64 KiB in a ring of 256 KiB");
    assert_eq!(sink.unread(), written as u64);
    // What timed out was not written: the next one has its sequence.
    peer.tell(&format!("read {}", written + 1));
    assert_eq!(sink.write(&large_batch(100), SOON)?, Some(written as u64));
    let values: Vec<_> = (0..written).chain([100]).map(|value| value.to_string()).collect();
    assert_eq!(peer.answer(), format!("ok {}", values.join(" ")));
    Ok(())
}

fn reader_killed(open: Open) -> Outcome {
    let config = small_ring("reaped");
    let mut sink = open(&config)?;
    let mut peer = Peer::start();
    assert_eq!(peer.ask(&format!("attach {}", config.name())), "ok");
    while sink.write(&large_batch(0), LIMIT).is_ok() {}
    let mut other = Peer::start();
    assert_eq!(other.ask(&format!("attach {}", config.name())), "ok");
    other.tell("read 20");
    // The first reader still blocks, until it is gone.
    assert_eq!(sink.write(&large_batch(1), LIMIT).expect_err("a full ring").code(), "ERR_QADS_TIMED_OUT");
    peer.kill();
    for value in 0..20 {
        sink.write(&large_batch(value), SOON)?;
    }
    assert!(other.answer().starts_with("ok "));
    Ok(())
}

fn drop_newest(open: Open) -> Outcome {
    let config = small_ring("newest").with_on_full(OnFull::DropNewest);
    let mut sink = open(&config)?;
    let mut peer = Peer::start();
    assert_eq!(peer.ask(&format!("attach {}", config.name())), "ok");
    let written = (0..10).map_while(|value| sink.write(&large_batch(value), SOON).expect("no error")).count();
    assert!((2..8).contains(&written));
    assert!(peer.ask(&format!("read {written}")).starts_with("ok 0 1"));
    assert_eq!(SharedMemoryArena::new(config.name()).inspect()?.dropped_newest, 1);
    assert_eq!(sink.write(&large_batch(50), SOON)?, Some(written as u64));
    assert_eq!(peer.ask("read 1"), "ok 50");
    Ok(())
}

fn finish(open: Open) -> Outcome {
    let config = small_ring("finish");
    let arena = SharedMemoryArena::new(config.name());
    let finished = std::thread::spawn(move || -> Result<()> {
        let mut sink = open(&config)?;
        sink.write(&batch(1), SOON)?;
        sink.write(&batch(2), SOON)?;
        sink.finish()
    });
    while !matches!(arena.inspect(), Ok(info) if info.state == ArenaState::Ended) {
        std::thread::yield_now();
    }
    assert!(!finished.is_finished(), "nobody came");
    let mut peer = Peer::start();
    assert_eq!(peer.ask(&format!("attach {}", arena.name())), "ok");
    // The writer goes, and what the peer has not read stays.
    finished.join().expect("no panic")?;
    assert!(!arena.inspect()?.writer_alive);
    assert_eq!(peer.ask("read 3"), "ok 1 2 end");
    assert_eq!(peer.ask("detach"), "ok");
    assert!(!arena.exists()?);
    Ok(())
}

fn finish_after_reader(open: Open) -> Outcome {
    let config = small_ring("came");
    let mut sink = open(&config)?;
    let mut slow = Peer::start();
    assert_eq!(slow.ask(&format!("attach {}", config.name())), "ok");
    sink.write(&batch(1), SOON)?;
    sink.write(&batch(2), SOON)?;
    assert_eq!(slow.ask("read 1"), "ok 1");
    sink.finish()?;
    sink.finish()?;
    assert_eq!(slow.ask("read 2"), "ok 2 end");
    Ok(())
}

fn finish_empty(open: Open) -> Outcome {
    let config = small_ring("empty");
    open(&config)?.finish()?;
    assert!(!SharedMemoryArena::new(config.name()).exists()?);
    Ok(())
}

fn finish_losing(open: Open) -> Outcome {
    for policy in [OnFull::DropOldest, OnFull::DropNewest, OnFull::Error] {
        let config = small_ring("losing").with_on_full(policy);
        let mut sink = open(&config)?;
        sink.write(&batch(1), SOON)?;
        sink.finish()?;
        assert!(!SharedMemoryArena::new(config.name()).exists()?);
    }
    Ok(())
}

fn finish_in_time() -> Outcome {
    let config = small_ring("alone");
    let mut writer = Writer::create(&config)?;
    writer.write(&batch(1))?;
    let error = writer.finish(LIMIT).expect_err("nobody came");
    assert_eq!(error.code(), "ERR_QADS_TIMED_OUT");
    assert!(error.message().contains("no reader came"), "{error}");
    let mut reader = SharedMemoryArena::create_reader(&config)?;
    writer.finish(LIMIT)?;
    assert_eq!((reader.read(SOON)?, reader.read(SOON)?), (Some(batch(1)), None));
    Ok(())
}

fn fail_when_full() -> Outcome {
    let config = small_ring("full").with_on_full(OnFull::Error);
    let mut writer = Writer::create(&config)?;
    let _reader = SharedMemoryArena::create_reader(&config)?;
    let error = (0..10).find_map(|value| writer.write(&large_batch(value)).err()).expect("a full ring");
    assert_eq!(error.code(), "ERR_QADS_FULL");
    Ok(())
}

fn try_write() -> Outcome {
    let config = small_ring("try");
    let mut writer = Writer::create(&config)?;
    let mut reader = SharedMemoryArena::create_reader(&config)?;
    let written =
        (0..10).take_while(|value| writer.try_write(&large_batch(*value)).expect("no error")).count();
    assert!((2..8).contains(&written));
    assert!(reader.read(SOON)?.is_some());
    assert!(writer.try_write(&large_batch(10))?);
    Ok(())
}

struct Bytes(RingWriter);

impl Sink for Bytes {
    fn write(&mut self, batch: &RecordBatch, timeout: Duration) -> Result<Option<u64>> {
        let mut file =
            arrow_ipc::writer::FileWriter::try_new(Vec::new(), batch.schema_ref()).expect("a schema");
        file.write(batch).expect("a batch");
        let bytes = file.into_inner().expect("memory");
        // A claim that is dropped is given back.
        if self.0.claim(bytes.len() as u64, timeout)?.is_none() {
            return Ok(None);
        }
        let Some(mut claim) = self.0.claim(bytes.len() as u64 + 100, timeout)? else { return Ok(None) };
        claim[..bytes.len()].copy_from_slice(&bytes);
        claim.commit_first(bytes.len() as u64, batch.num_rows() as u64).map(Some)
    }

    fn finish(&mut self) -> Result<()> {
        self.0.finish(SOON)
    }

    fn unread(&self) -> u64 {
        self.0.stats().expect("stats").unread
    }
}

struct Batches(Writer);

impl Sink for Batches {
    fn write(&mut self, batch: &RecordBatch, timeout: Duration) -> Result<Option<u64>> {
        self.0.write_timeout(batch, timeout)
    }

    fn finish(&mut self) -> Result<()> {
        self.0.finish(SOON)
    }

    fn unread(&self) -> u64 {
        self.0.stats().expect("stats").unread
    }
}

struct Async {
    writer: AsyncWriter,
    // After what was made in it.
    runtime: Runtime,
}

impl Async {
    fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Sink>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let writer = runtime.block_on(async { AsyncWriter::create(config) })?;
        Ok(Box::new(Self { writer, runtime }))
    }
}

impl Sink for Async {
    fn write(&mut self, batch: &RecordBatch, timeout: Duration) -> Result<Option<u64>> {
        let Self { writer, runtime } = self;
        let write = runtime.block_on(async { tokio::time::timeout(timeout, writer.write(batch)).await });
        write.unwrap_or_else(|_| Err(Error::TimedOut(format!("timed out after {timeout:?}"))))
    }

    fn finish(&mut self) -> Result<()> {
        let Self { writer, runtime } = self;
        runtime.block_on(writer.finish())
    }

    fn unread(&self) -> u64 {
        self.writer.get_ref().stats().expect("stats").unread
    }
}
