//! The examples do what they say.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use qadataswap_example::ticks;

fn arena(test: &str) -> String {
    format!("rust-example-{test}-{}", std::process::id())
}

fn start(program: &str, arguments: &[&str]) -> Child {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process")
}

fn output(child: Child) -> String {
    let output = child.wait_with_output().expect("a process to wait for");
    assert!(output.status.success(), "{:?}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn two_readers_add_up_what_one_writer_writes() {
    let arena = arena("ticks");
    let readers = [(); 2].map(|()| start(env!("CARGO_BIN_EXE_tick_reader"), &[&arena]));
    let writer = start(env!("CARGO_BIN_EXE_tick_writer"), &[&arena, "100", "2"]);
    assert_eq!(output(writer), "1000000 rows written\n");
    for reader in readers {
        let lines = output(reader);
        assert!(
            lines.starts_with("1000000 rows read\n000001: volume "),
            "{lines}"
        );
        assert_eq!(lines.lines().count(), 5);
    }
}

#[test]
fn every_batch_can_be_kept() {
    let arena = arena("keep");
    let reader = start(env!("CARGO_BIN_EXE_keep_everything"), &[&arena]);
    output(start(env!("CARGO_BIN_EXE_tick_writer"), &[&arena, "200"]));
    let line = output(reader);
    assert!(
        line.starts_with("200 batches kept, every value as it was written; "),
        "{line}"
    );
    assert!(
        line.ends_with(" moved out of the ring, 0 bytes copied by reading\n"),
        "{line}"
    );
}

#[test]
fn a_file_that_is_sent_is_received() {
    let arena = arena("file");
    let path = |name: &str| {
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{arena}.arrow"))
    };
    let (sent, received) = (path("sent"), path("received"));
    let batches: Vec<RecordBatch> = (0..3)
        .map(|n| ticks(1000 * n, 1000).expect("ticks"))
        .collect();
    let mut file = FileWriter::try_new(
        std::fs::File::create(&sent).expect("a file"),
        batches[0].schema_ref(),
    )
    .expect("a schema");
    batches
        .iter()
        .for_each(|batch| file.write(batch).expect("a batch"));
    file.finish().expect("a footer");

    let text = |path: &PathBuf| path.to_str().expect("a path of text").to_owned();
    let receiver = start(
        env!("CARGO_BIN_EXE_receive_file"),
        &[&arena, &text(&received)],
    );
    output(start(
        env!("CARGO_BIN_EXE_send_file"),
        &[&arena, &text(&sent)],
    ));
    output(receiver);
    let file = FileReader::try_new(std::fs::File::open(&received).expect("a file"), None)
        .expect("an Arrow file");
    let read: Vec<RecordBatch> = file.collect::<Result<_, _>>().expect("batches");
    assert_eq!(read, batches);
    for path in [sent, received] {
        std::fs::remove_file(path).expect("the file");
    }
}

#[cfg(feature = "polars")]
#[test]
fn polars_sums_up_what_is_written() {
    let arena = arena("frames");
    let reader = start(env!("CARGO_BIN_EXE_frame_reader"), &[&arena]);
    output(start(env!("CARGO_BIN_EXE_tick_writer"), &[&arena, "10"]));
    let lines = output(reader);
    assert!(lines.starts_with("100000 rows\n"), "{lines}");
    assert!(
        lines.contains("volume: u32, 0 null, sum 39999500"),
        "{lines}"
    );
}
