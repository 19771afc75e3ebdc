//! From one arena of a name to the next, with the writers in other processes.

use std::time::Duration;

use futures_core::Stream;
use libtest_mimic::Trial;
use qadataswap::aio::AsyncReader;
use qadataswap::{
    Departure, Error, Reader, Reconnect, Result, RingReader, SharedMemoryArena, SharedMemoryConfig,
};

use crate::peer::Peer;
use crate::surface::{SOON, batch, value_of};
use crate::{Outcome, support, trial};

/// Values as they come, `None` at the end.
trait Source: Send {
    fn value(&mut self) -> Result<Option<i64>>;
    fn reader(&self) -> &Reader;
}

type Open = fn(&SharedMemoryConfig) -> Result<Box<dyn Source>>;

/// A sentence of the contract, and the check that holds a surface to it.
type Check = (&'static str, fn(Open) -> Outcome);

pub fn trials() -> Vec<Trial> {
    let surfaces: [(&str, Open); 3] = [
        ("read", |config| Ok(Box::new(Read(Reader::attach(config)?)))),
        ("iteration", |config| Ok(Box::new(Iteration(Reader::attach(config)?)))),
        ("stream", Streamed::open),
    ];
    let contract: [Check; 4] = [
        ("a writer that was killed or aborted is followed by the next of the name", after_failure),
        ("an arena that ended is never read again, while another reader drains it", never_again),
        ("without `always` the end stays the end", ended),
        ("an arena of the same generation is known for another by its time", same_generation),
    ];
    let mut trials = Vec::new();
    for (sentence, test) in contract {
        for (name, open) in surfaces {
            trials.push(trial(format!("{name}: {sentence}"), move || test(open)));
        }
    }
    trials.push(trial("waiting for the next arena times out, and goes on after that", timed_out));
    trials
}

fn config(test: &str, reconnect: Reconnect) -> SharedMemoryConfig {
    SharedMemoryConfig::new(support::name(test)).with_reconnect(reconnect)
}

fn writer(config: &SharedMemoryConfig, first: i64, count: i64) -> Peer {
    let mut peer = Peer::writer(&format!("{} 1024 block", config.name()));
    assert_eq!(peer.ask(&format!("write {first} {count}")), "ok");
    peer
}

fn after_failure(open: Open) -> Outcome {
    let config = config("failure", Reconnect::AfterFailure);
    let mut first = writer(&config, 0, 2);
    let mut source = open(&config)?;
    let id = source.reader().id();
    assert_eq!(source.value()?, Some(0));
    first.kill();
    // Which readers keep in being.
    let old = RingReader::attach(config.name())?;
    let mut second = writer(&config, 10, 1);
    assert_eq!((source.value()?, source.value()?), (Some(1), Some(10)));
    assert!(matches!(source.reader().departure(), Some(Departure::Failed(Error::WriterDied(_)))));
    assert_ne!(source.reader().id(), id);
    assert_eq!(source.reader().last_info().map(|info| info.sequence), Some(0));
    assert_eq!(second.ask("abort enough"), "ok");
    drop((second, old));
    let mut third = writer(&config, 20, 1);
    assert_eq!(source.value()?, Some(20));
    let aborted = Departure::Failed(Error::WriterAborted("enough".into()));
    assert_eq!(source.reader().departure(), Some(&aborted));
    assert_eq!(third.ask("end"), "ok");
    assert_eq!((source.value()?, source.value()?), (None, None));
    Ok(())
}

fn never_again(open: Open) -> Outcome {
    let config = config("again", Reconnect::Always);
    let mut first = writer(&config, 0, 2);
    let mut slow = Peer::start();
    assert_eq!(slow.ask(&format!("attach {}", config.name())), "ok");
    let mut source = open(&config)?;
    assert_eq!(first.ask("finish 1000"), "ok");
    assert_eq!((source.value()?, source.value()?), (Some(0), Some(1)));
    let next = std::thread::spawn(move || source.value().map(|value| (value, source)));
    // The ended arena still has the name, and this reader comes back to it no more.
    let arena = SharedMemoryArena::new(config.name());
    while arena.inspect()?.readers.len() != 1 {
        std::thread::yield_now();
    }
    assert_eq!(slow.ask("read 1"), "ok 0");
    let _second = writer(&config, 10, 1);
    let (value, source) = next.join().expect("no panic")?;
    assert_eq!(value, Some(10));
    assert_eq!(source.reader().departure(), Some(&Departure::Ended));
    assert_eq!(slow.ask("read 2"), "ok 1 end");
    Ok(())
}

fn ended(open: Open) -> Outcome {
    let config = config("ended", Reconnect::AfterFailure);
    let mut first = writer(&config, 0, 1);
    let mut source = open(&config)?;
    assert_eq!(first.ask("finish 1000"), "ok");
    assert_eq!((source.value()?, source.value()?), (Some(0), None));
    let _second = writer(&config, 10, 1);
    assert_eq!(source.value()?, None);
    assert_eq!(source.reader().departure(), None);
    Ok(())
}

fn same_generation(open: Open) -> Outcome {
    let config = config("same", Reconnect::Always);
    let mut first = writer(&config, 0, 1);
    let mut source = open(&config)?;
    let id = source.reader().id();
    assert_eq!(source.value()?, Some(0));
    assert_eq!(first.ask("finish 1000"), "ok");
    // The name goes with the arena, so that the next one under it is the first again.
    SharedMemoryArena::new(config.name()).unlink()?;
    let _second = writer(&config, 10, 1);
    assert_eq!(source.value()?, Some(10));
    assert_eq!((id.generation, source.reader().generation()), (1, 1));
    assert_ne!(source.reader().id(), id);
    Ok(())
}

fn timed_out() -> Outcome {
    let config = config("time", Reconnect::Always);
    let mut first = writer(&config, 0, 1);
    let mut reader = Reader::attach(&config)?;
    assert_eq!(first.ask("finish 1000"), "ok");
    assert_eq!(reader.read(SOON)?, Some(batch(0)));
    for _ in 0..2 {
        let error = reader.read(Duration::from_millis(10)).expect_err("no next arena");
        assert_eq!(error.code(), "ERR_QADS_TIMED_OUT");
        assert!(reader.try_read()?.is_pending());
    }
    assert_eq!(reader.lag()?, 0);
    let mut second = writer(&config, 10, 1);
    assert_eq!(reader.read(SOON)?, Some(batch(10)));
    // Closed between two arenas, it stays closed.
    assert_eq!(second.ask("finish 1000"), "ok");
    assert!(reader.try_read()?.is_pending());
    reader.close();
    let _third = writer(&config, 20, 1);
    assert_eq!(reader.read(SOON).expect_err("closed").code(), "ERR_QADS_CLOSED");
    Ok(())
}

struct Read(Reader);

impl Source for Read {
    fn value(&mut self) -> Result<Option<i64>> {
        Ok(self.0.read(SOON)?.map(|batch| value_of(&batch)))
    }

    fn reader(&self) -> &Reader {
        &self.0
    }
}

struct Iteration(Reader);

impl Source for Iteration {
    fn value(&mut self) -> Result<Option<i64>> {
        Ok(self.0.next().transpose()?.map(|batch| value_of(&batch)))
    }

    fn reader(&self) -> &Reader {
        &self.0
    }
}

struct Streamed {
    reader: AsyncReader,
    // After what was made in it.
    runtime: tokio::runtime::Runtime,
}

impl Streamed {
    fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let reader = runtime.block_on(AsyncReader::attach(config))?;
        Ok(Box::new(Self { reader, runtime }))
    }
}

impl Source for Streamed {
    fn value(&mut self) -> Result<Option<i64>> {
        let Self { reader, runtime } = self;
        let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *reader).poll_next(cx));
        Ok(runtime.block_on(next).transpose()?.map(|batch| value_of(&batch)))
    }

    fn reader(&self) -> &Reader {
        self.reader.get_ref()
    }
}
