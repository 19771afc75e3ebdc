//! How arenas, writers and readers begin and end.

use libtest_mimic::Trial;
use qadataswap::aio::{AsyncReader, AsyncWriter};
use qadataswap::{ArenaState, Error, Reader, RingReader, SharedMemoryArena, SharedMemoryConfig, Writer};

use crate::peer::Peer;
use crate::surface::{SOON, batch};
use crate::{Outcome, support, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("an arena has one writer, and says which process that is", second_writer),
        trial("a file that is no arena is refused and left alone", not_an_arena),
        trial("an arena whose writer was killed is taken over by the next one", taken_over),
        trial("a writer that is dropped by a panic aborts its arena", panicked),
        trial("a writer that is dropped before it ended aborts its arena, one that ended does not", dropped),
        trial("a function that an error leaves early aborts the arena of its writer", left_early),
        trial("batches that go with their writer because nobody came are warned of, once", warned),
        trial("no writer warns whose batches are read, or that gives up or finishes", not_warned),
        trial("a process that exits without closing its writer leaves a dead one", exited),
        trial("handles do not work in a forked child, and dropping them there ends nothing", forked),
        trial("nothing can be written after the end, nor read after close", closed),
        trial("readers beyond the limit are refused", too_many_readers),
        trial("names and numbers out of their ranges are refused with what is allowed", invalid),
        trial("files whose names no call takes are not listed", listed),
        trial("asynchronous readers and writers need a runtime with I/O and time, and say so", no_runtime),
        trial("an arena shows who is there", inspected),
        trial(
            "readers and writers may move to another thread, batches and leases be used in several",
            threads,
        ),
    ]
}

fn second_writer() -> Outcome {
    let name = support::name("second");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let error = Writer::create(&*name).expect_err("a second writer");
    assert_eq!(error.code(), "ERR_QADS_WRITER_EXISTS");
    let pid = SharedMemoryArena::new(&name).inspect()?.writer_pid;
    assert!(error.message().contains(&format!("process {pid}")), "{error}");
    // The first one is not disturbed.
    assert_eq!(peer.ask("write 5 1"), "ok");
    assert_eq!(Reader::attach(&*name)?.read(SOON)?, Some(batch(5)));
    Ok(())
}

fn not_an_arena() -> Outcome {
    let name = support::name("file");
    let path = format!("/dev/shm/qads-arena.{name}");
    std::fs::write(&path, "something else").expect("a file");
    let errors = [
        Writer::create(&*name).expect_err("no arena"),
        Reader::attach(&*name).expect_err("no arena"),
        RingReader::attach(&*name).expect_err("no arena"),
    ];
    for error in errors {
        assert_eq!(error.code(), "ERR_QADS_NOT_AN_ARENA", "{error}");
        assert!(error.message().contains(&name), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "something else");
    assert!(SharedMemoryArena::new(name).unlink()?);
    Ok(())
}

fn taken_over() -> Outcome {
    let name = support::name("over");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    assert_eq!(peer.ask("write 0 2"), "ok");
    let mut old = Reader::attach(&*name)?;
    peer.kill();
    let mut writer = Writer::create(&*name)?;
    assert_eq!(writer.generation(), 2);
    writer.write(&batch(9))?;
    let mut new = Reader::attach(&*name)?;
    assert_eq!((old.generation(), new.generation()), (1, 2));
    assert_eq!(new.read(SOON)?, Some(batch(9)));
    assert_eq!((old.read(SOON)?, old.read(SOON)?), (Some(batch(0)), Some(batch(1))));
    assert_eq!(old.read(SOON).expect_err("a death").code(), "ERR_QADS_WRITER_DIED");
    Ok(())
}

fn panicked() -> Outcome {
    let name = support::name("panic");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut reader = Reader::attach(&*name)?;
    assert_eq!(peer.ask("write 0 1"), "ok");
    assert_eq!(peer.ask("panic"), "ok");
    assert_eq!(reader.read(SOON)?, Some(batch(0)));
    let error = reader.read(SOON).expect_err("an abort");
    assert_eq!(error, Error::WriterAborted("the writer's thread 'producer' panicked".into()));
    Ok(())
}

fn dropped() -> Outcome {
    let config = support::config("dropped");
    let ends: [fn(&mut Writer) -> qadataswap::Result<()>; 3] =
        [|_| Ok(()), Writer::end, |writer| writer.finish(SOON)];
    for (number, end) in ends.into_iter().enumerate() {
        let mut writer = Writer::create(&config)?;
        let mut reader = Reader::attach(&config)?;
        writer.write(&batch(0))?;
        end(&mut writer)?;
        drop(writer);
        assert_eq!(reader.read(SOON)?, Some(batch(0)));
        let after = reader.read(SOON);
        if number == 0 {
            let reason = "the writer was dropped before it ended";
            assert_eq!(after, Err(Error::WriterAborted(reason.into())));
        } else {
            assert_eq!(after, Ok(None));
        }
    }
    Ok(())
}

fn left_early() -> Outcome {
    fn half(config: &SharedMemoryConfig) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut writer = Writer::create(config)?;
        writer.wait_drained(true, SOON)?;
        writer.write(&batch(0))?;
        "no number".parse::<i64>()?;
        writer.finish(None)?;
        Ok(())
    }
    let config = support::config("early").with_wait(SOON);
    let own = config.clone();
    let written = std::thread::spawn(move || half(&own).map_err(|error| error.to_string()));
    let mut reader = Reader::attach(&config)?;
    assert_eq!(reader.read(SOON)?, Some(batch(0)));
    assert_eq!(reader.read(SOON).expect_err("an abort").code(), "ERR_QADS_WRITER_ABORTED");
    assert!(written.join().expect("no panic").is_err());
    Ok(())
}

fn warned() -> Outcome {
    for leave in [&["drop"][..], &["close"], &["end", "drop"], &[]] {
        let name = support::name("unread");
        let create = format!("create {name} 1024 block");
        let said = Peer::said(&[&[&*create, "write 0 3"], leave].concat());
        assert_eq!(said.lines().count(), 1, "{leave:?}: {said}");
        let told = ["WARN", &format!("arena={name} "), "3 batches unread", "finish()"];
        assert!(told.iter().all(|words| said.contains(words)), "{leave:?}: {said}");
    }
    Ok(())
}

fn not_warned() -> Outcome {
    let name = support::name("quiet");
    let attach = &*format!("attach {name}");
    let ways: [(&str, &[&str]); 7] = [
        ("block", &[attach, "read 3", "drop"]),
        ("block", &[attach, "drop", "read 3"]),
        ("block", &["abort enough", "drop"]),
        ("block", &[attach, "detach", "finish 1000"]),
        ("drop-oldest", &["drop"]),
        ("drop-newest", &["drop"]),
        ("error", &["drop"]),
    ];
    for (policy, way) in ways {
        let create = format!("create {name} 1024 {policy}");
        assert_eq!(Peer::said(&[&[&*create, "write 0 3"], way].concat()), "", "{policy}, {way:?}");
    }
    Ok(())
}

fn exited() -> Outcome {
    let name = support::name("exit");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    let mut reader = Reader::attach(&*name)?;
    assert_eq!(peer.ask("write 0 1"), "ok");
    peer.tell("exit");
    peer.wait();
    assert_eq!(reader.read(SOON)?, Some(batch(0)));
    assert_eq!(reader.read(SOON).expect_err("a death").code(), "ERR_QADS_WRITER_DIED");
    Ok(())
}

fn forked() -> Outcome {
    let name = support::name("fork");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    assert_eq!(peer.ask(&format!("attach {name}")), "ok");
    assert_eq!(peer.ask("fork"), "ok ERR_QADS_FORKED ERR_QADS_FORKED");
    assert_eq!(SharedMemoryArena::new(&name).inspect()?.state, ArenaState::Open);
    assert_eq!(peer.ask("write 3 1"), "ok");
    assert_eq!(peer.ask("read 1"), "ok 3");
    Ok(())
}

fn closed() -> Outcome {
    let config = support::config("closed");
    let mut writer = Writer::create(&config)?;
    let mut reader = Reader::attach(&config)?;
    writer.end()?;
    writer.end()?;
    assert_eq!(writer.write(&batch(0)).expect_err("an end").code(), "ERR_QADS_CLOSED");
    writer.close();
    writer.close();
    assert_eq!(writer.stats().expect_err("closed").code(), "ERR_QADS_CLOSED");
    assert_eq!(reader.read(SOON)?, None);
    reader.close();
    reader.close();
    assert_eq!(reader.read(SOON).expect_err("closed").code(), "ERR_QADS_CLOSED");
    assert_eq!(reader.stats()?.batches, 0);
    Ok(())
}

fn too_many_readers() -> Outcome {
    let config = support::config("many").with_max_readers(2);
    let _writer = Writer::create(&config)?;
    let first = Reader::attach(&config)?;
    let _second = Reader::attach(&config)?;
    assert_eq!(Reader::attach(&config).expect_err("a third").code(), "ERR_QADS_TOO_MANY_READERS");
    drop(first);
    Reader::attach(&config)?;
    Ok(())
}

fn invalid() -> Outcome {
    for name in ["", "a/b", "..", "a\0b", "ä"] {
        assert_eq!(Writer::create(name).expect_err("a bad name").code(), "ERR_QADS_NAME_INVALID", "{name:?}");
        assert_eq!(Reader::attach(name).expect_err("a bad name").code(), "ERR_QADS_NAME_INVALID", "{name:?}");
        assert_eq!(
            SharedMemoryArena::new(name).unlink().expect_err("a bad name").code(),
            "ERR_QADS_NAME_INVALID"
        );
    }
    let zero = SharedMemoryArena::new("a\0b").inspect().expect_err("a zero byte");
    assert!(zero.message().contains("its character 2 is \\u{0}"), "{zero}");
    let config = || support::config("invalid");
    for (config, word) in [
        (config().with_buffer_count(1), "bufferCount"),
        (config().with_max_readers(513), "maxReaders"),
        (config().with_size_bytes(0), "size"),
        (config().with_mode(0o7777), "mode"),
        (config().with_mode(0o640), "locks"),
    ] {
        let error = Writer::create(config).expect_err("a number out of its range");
        assert_eq!(error.code(), "ERR_QADS_INVALID_ARGUMENT");
        assert!(error.message().contains(word), "{error}");
    }
    let error = Writer::create(config().with_size_mb(1 << 30)).expect_err("more than there is");
    assert!(["ERR_QADS_NO_SPACE", "ERR_QADS_INVALID_ARGUMENT"].contains(&error.code()), "{error}");
    Ok(())
}

fn listed() -> Outcome {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let name = support::name("listed");
    let odd = [b"\xff".as_slice(), b" ", "ä".as_bytes()].map(|ending| {
        let path = [b"/dev/shm/qads-arena.", name.as_bytes(), ending].concat();
        std::path::PathBuf::from(OsStr::from_bytes(&path))
    });
    for path in &odd {
        std::fs::write(path, "")?;
    }
    let _writer = Writer::create(&*name)?;
    let all = SharedMemoryArena::list();
    for path in &odd {
        std::fs::remove_file(path)?;
    }
    let ours: Vec<_> = all?.into_iter().filter(|other| other.starts_with(&name)).collect();
    assert_eq!(ours, [name]);
    Ok(())
}

fn no_runtime() -> Outcome {
    use tokio::runtime::Builder;

    let config = support::config("runtime");
    let error = AsyncWriter::create(&config).expect_err("no runtime");
    assert_eq!(error.code(), "ERR_QADS_INVALID_ARGUMENT");
    assert!(error.message().contains("within a tokio runtime"), "{error}");
    let _writer = Writer::create(&config)?;
    let (bare, without_time) =
        (Builder::new_current_thread().build(), Builder::new_current_thread().enable_io().build());
    for runtime in [bare.expect("a runtime"), without_time.expect("a runtime")] {
        let errors = [
            runtime.block_on(async { AsyncWriter::create("other") }).expect_err("no drivers"),
            runtime.block_on(AsyncReader::attach(&config)).expect_err("no drivers"),
        ];
        for error in errors {
            assert_eq!(error.code(), "ERR_QADS_INVALID_ARGUMENT");
            assert!(error.message().contains("enable_all()"), "{error}");
        }
    }
    assert!(SharedMemoryArena::new(config.name()).inspect()?.readers.is_empty());
    Ok(())
}

fn inspected() -> Outcome {
    let name = support::name("inspect");
    let mut peer = Peer::writer(&format!("{name} 1024 block"));
    assert_eq!(peer.ask("write 0 3"), "ok");
    let mut reader = Reader::attach(&*name)?;
    reader.read(SOON)?;
    let arena = SharedMemoryArena::new(&name);
    let info = arena.inspect()?;
    assert!(info.writer_alive);
    assert_eq!((info.generation, info.published, info.batches, info.capacity), (1, 3, 3, 1 << 20));
    assert_eq!(info.readers.len(), 1);
    assert_eq!((info.readers[0].pid, info.readers[0].lag), (std::process::id(), 2));
    assert_eq!(reader.lag()?, 2);
    assert!(SharedMemoryArena::list()?.contains(&name));
    assert_eq!(peer.ask("abort no more"), "ok");
    assert_eq!(arena.inspect()?.state, ArenaState::Aborted("no more".into()));
    Ok(())
}

fn threads() -> Outcome {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    fn future<F: Future + Send>(_: impl Fn(&'static mut AsyncReader) -> F) {}
    fn write<F: Future + Send>(_: impl Fn(&'static mut AsyncWriter) -> F) {}
    send::<qadataswap::RingWriter>();
    send::<RingReader>();
    send::<Writer>();
    send::<Reader>();
    send::<AsyncReader>();
    send::<AsyncWriter>();
    send::<qadataswap::Lease>();
    sync::<qadataswap::Lease>();
    send::<qadataswap::LeasedBatch>();
    sync::<qadataswap::LeasedBatch>();
    sync::<Error>();
    future(AsyncReader::read);
    write(|writer| async move { writer.write(&batch(0)).await });

    let config: SharedMemoryConfig = support::config("threads");
    let mut writer = Writer::create(&config)?;
    let mut reader = Reader::attach(&config)?;
    let write = std::thread::spawn(move || writer.write(&batch(4)).map(|_| writer));
    let read = std::thread::spawn(move || reader.read(SOON));
    assert_eq!(read.join().expect("no panic")?, Some(batch(4)));
    write.join().expect("no panic")?;
    Ok(())
}
