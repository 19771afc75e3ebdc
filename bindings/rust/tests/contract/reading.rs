//! What every reading surface promises, with the writer in another process.

use std::time::Duration;

use libtest_mimic::Trial;
use qadataswap::{ArenaState, SharedMemoryArena, SharedMemoryConfig};

use crate::peer::Peer;
use crate::surface::{SOON, Source, Surface, surfaces};
use crate::{Outcome, support, trial};

/// A sentence of the contract, and the check that holds a surface to it.
type Check = (&'static str, fn(&Surface) -> Outcome);

pub fn trials() -> Vec<Trial> {
    let contract: [Check; 8] = [
        (
            "delivers every batch in order through a ring that is full most of the time, then the end",
            in_order,
        ),
        ("delivers what was written before an abort, then its reason", aborted),
        ("delivers what a killed writer had written, then says that it died", killed),
        ("gives a slow consumer everything of a writer that is gone, then the error", slow),
        ("tells exactly which batches drop-oldest took", lossy),
        ("keeps batches valid when writer, reader and arena are gone", kept),
        ("times out without losing anything", timed_out),
        ("waits for an arena that does not exist yet", waited_for),
    ];
    let mut trials = Vec::new();
    for (sentence, test) in contract {
        for surface in surfaces() {
            if surface.times_out || !sentence.starts_with("times out") {
                trials.push(trial(format!("{}: {sentence}", surface.name), move || test(&surface)));
            }
        }
    }
    trials
}

fn open(surface: &Surface, name: &str) -> Box<dyn Source> {
    (surface.open)(&SharedMemoryConfig::new(name)).expect("a reader")
}

fn in_order(surface: &Surface) -> Outcome {
    let name = support::name("order");
    let mut peer = Peer::writer(&format!("{name} 64 block"));
    let mut source = open(surface, &name);
    peer.tell("write 0 3000");
    peer.tell("end");
    for expected in 0..3000 {
        assert_eq!(source.value()?, Some(expected));
    }
    assert_eq!(source.value()?, None);
    assert_eq!(source.value()?, None, "an end stays");
    Ok(())
}

fn aborted(surface: &Surface) -> Outcome {
    let name = support::name("abort");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut source = open(surface, &name);
    assert_eq!(peer.ask("write 0 3"), "ok");
    assert_eq!(peer.ask("abort the feed sent nonsense: ünïcode"), "ok");
    for expected in 0..3 {
        assert_eq!(source.value()?, Some(expected));
    }
    let error = source.value().expect_err("an abort");
    assert_eq!(error.code(), "ERR_QADS_WRITER_ABORTED");
    assert_eq!(error.message(), "the feed sent nonsense: ünïcode");
    Ok(())
}

fn killed(surface: &Surface) -> Outcome {
    let name = support::name("kill");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut source = open(surface, &name);
    assert_eq!(peer.ask("write 0 3"), "ok");
    assert_eq!(source.value()?, Some(0));
    peer.kill();
    assert_eq!(source.value()?, Some(1));
    assert_eq!(source.value()?, Some(2));
    let error = source.value().expect_err("a death");
    assert_eq!(error.code(), "ERR_QADS_WRITER_DIED");
    assert!(error.message().contains("died without ending it; 3 batches were delivered"), "{error}");
    Ok(())
}

fn slow(surface: &Surface) -> Outcome {
    for (command, code) in [("abort", "ERR_QADS_WRITER_ABORTED"), ("kill", "ERR_QADS_WRITER_DIED")] {
        let name = support::name("slow");
        let mut peer = Peer::writer(&format!("{name} 1024 block"));
        let mut source = open(surface, &name);
        assert_eq!(peer.ask("write 0 40"), "ok");
        // Held by the consumer while its writer goes, and long after.
        let first = source.next(SOON)?.expect("not the end");
        match command {
            "abort" => assert_eq!(peer.ask("abort no more"), "ok"),
            _ => peer.kill(),
        }
        let arena = SharedMemoryArena::new(&name).inspect()?;
        assert!(matches!(arena.state, ArenaState::Aborted(_)) || !arena.writer_alive);
        for expected in 1..40 {
            assert_eq!(source.value()?, Some(expected));
        }
        assert_eq!(first(), 0);
        assert_eq!(source.value().expect_err("the writer is gone").code(), code);
    }
    Ok(())
}

fn lossy(surface: &Surface) -> Outcome {
    let name = support::name("lossy");
    let mut peer = Peer::writer(&format!("{name} 256 drop-oldest"));
    let mut source = open(surface, &name);
    assert_eq!(peer.ask("write-large 0 1"), "ok");
    assert_eq!(source.value()?, Some(0));
    assert_eq!(source.lost(), None);
    assert_eq!(peer.ask("write-large 1 20"), "ok");
    assert_eq!(peer.ask("end"), "ok");
    let first = source.value()?.expect("the ring holds some");
    let lost = source.lost().expect("the ring does not hold all");
    assert_eq!((lost.first, lost.count), (1, first as u64 - 1));
    for expected in first + 1..=20 {
        assert_eq!(source.value()?, Some(expected));
        assert_eq!(source.lost(), None);
    }
    assert_eq!(source.value()?, None);
    Ok(())
}

fn kept(surface: &Surface) -> Outcome {
    let name = support::name("kept");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut source = open(surface, &name);
    assert_eq!(peer.ask("write 0 2"), "ok");
    assert_eq!(peer.ask("write-large 2 3"), "ok");
    let kept = (0..5).map(|_| Ok(source.next(SOON)?.expect("not the end")));
    let kept: Vec<_> = kept.collect::<qadataswap::Result<_>>()?;
    source.close();
    drop(source);
    peer.kill();
    SharedMemoryArena::new(&name).unlink()?;
    assert!(!SharedMemoryArena::new(name).exists()?);
    // From another thread, where they are released too.
    let values = std::thread::spawn(move || kept.iter().map(|kept| kept()).collect::<Vec<_>>());
    assert_eq!(values.join().expect("no panic"), [0, 1, 2, 3, 4]);
    Ok(())
}

fn timed_out(surface: &Surface) -> Outcome {
    let name = support::name("time");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut source = open(surface, &name);
    for round in 0..3 {
        let error = source.next(Duration::from_millis(10)).err().expect("nothing is there");
        assert_eq!(error.code(), "ERR_QADS_TIMED_OUT");
        assert_eq!(peer.ask(&format!("write {round} 1")), "ok");
        assert_eq!(source.value()?, Some(round));
    }
    Ok(())
}

fn waited_for(surface: &Surface) -> Outcome {
    let name = support::name("wait");
    let none = (surface.open)(&SharedMemoryConfig::new(&name));
    assert_eq!(none.err().expect("no arena").code(), "ERR_QADS_NOT_FOUND");
    let open = surface.open;
    let config = SharedMemoryConfig::new(&name).with_wait(SOON);
    let value = std::thread::spawn(move || open(&config)?.value());
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    assert_eq!(peer.ask("write 7 1"), "ok");
    assert_eq!(value.join().expect("no panic")?, Some(7));
    Ok(())
}
