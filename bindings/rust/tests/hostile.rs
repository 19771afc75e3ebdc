//! Another program that writes into a batch after it was verified: the metadata is that which was verified, and whatever
//! the values are, reading them is an error and no panic.

#![cfg(feature = "arrow")]

mod support;

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use arrow_array::RecordBatch;
use qadataswap::{Error, Reader, SharedMemoryArena, SharedMemoryConfig};
use support::sample::{self, Numbers};

const SOON: Duration = Duration::from_secs(10);
const MAGIC: &[u8] = b"ARROW1\0\0";
const PREFIX: usize = 8;

/// The one slot of an arena, as its file shows it to anybody who may write to it.
struct Slot {
    file: std::fs::File,
    start: usize,
    bytes: Vec<u8>,
}

impl Slot {
    fn of(arena: &str) -> Self {
        let path = format!("/dev/shm/qads-arena.{arena}");
        let bytes = std::fs::read(&path).expect("the arena's file");
        let start = bytes.windows(MAGIC.len()).position(|part| part == MAGIC).expect("a slot");
        let file = OpenOptions::new().write(true).open(path).expect("the arena's file");
        Self { file, start, bytes: bytes[start..].to_vec() }
    }

    fn overwrite(&self, at: usize, bytes: &[u8]) {
        self.file.write_all_at(bytes, (self.start + at) as u64).expect("shared memory");
    }

    /// Where the metadata of the message that begins here ends.
    fn end_of_metadata(&self, message: usize) -> usize {
        let length = self.bytes[message + 4..message + 8].try_into().expect("four bytes");
        message + PREFIX + u32::from_le_bytes(length) as usize
    }

    /// Overwrites the schema message and the message behind it, but what says that they are messages.
    fn overwrite_metadata(&self) {
        let is_message = |at: &usize| self.bytes[*at..*at + 4] == [0xFF; 4];
        let mut message = (MAGIC.len()..).step_by(8).find(is_message).expect("the schema message");
        for _ in 0..2 {
            let end = self.end_of_metadata(message);
            let metadata = message + PREFIX;
            assert!(end - metadata >= 64, "there is metadata");
            self.overwrite(metadata, &vec![0xFF; end - metadata]);
            message = end;
        }
    }
}

#[test]
fn metadata_that_is_overwritten_after_it_was_verified_is_read_as_it_was() {
    for rows in [10, 20_000] {
        let config = support::config("metadata");
        let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
        let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
        let columns =
            sample::arrays(rows, true).into_iter().filter(|(name, _)| ["i64", "utf8"].contains(name));
        let batch = sample::batch_of(columns.collect());
        writer.write(&batch).expect("space");
        assert!(reader.ring_mut().peek(SOON).expect("a batch").is_some());
        Slot::of(config.name()).overwrite_metadata();
        assert_eq!(reader.read(SOON), Ok(Some(batch)), "{rows} rows");
    }
}

#[cfg(feature = "lz4")]
#[test]
fn metadata_of_a_compressed_batch_that_is_overwritten_while_it_is_held_is_read_as_it_was() {
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions};

    let options = IpcWriteOptions::default()
        .try_with_compression(Some(arrow_ipc::CompressionType::LZ4_FRAME))
        .expect("a known compression");
    let columns = sample::arrays(20_000, true);
    let columns = columns.into_iter().filter(|(name, _)| ["i64", "utf8", "f64"].contains(name));
    let batch = sample::batch_of(columns.collect());
    let mut file =
        FileWriter::try_new_with_options(Vec::new(), batch.schema_ref(), options).expect("a schema");
    file.write(&batch).expect("a batch");
    let file = file.into_inner().expect("memory");

    let config = support::config("compressed");
    let mut writer = qadataswap::RingWriter::create(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    let mut claim = writer.claim(file.len() as u64, SOON).expect("space").expect("nothing is dropped");
    claim.copy_from_slice(&file);
    claim.commit(batch.num_rows() as u64).expect("a commit");
    let leased = reader.next_batch(SOON).expect("a batch").expect("not the end").lease().expect("memory");
    Slot::of(config.name()).overwrite_metadata();
    assert_eq!(leased.record_batch(), Ok(batch.clone()));
    assert_eq!(leased.column("utf8").as_ref(), Ok(batch.column_by_name("utf8").expect("the column")));
}

/// Reads a batch whose bytes changed when it was leased already.
fn read_changed(reader: &mut Reader, change: impl FnOnce()) -> Result<RecordBatch, Error> {
    let leased = reader.next_batch(SOON).expect("a batch").expect("not the end").lease().expect("memory");
    change();
    leased.record_batch()
}

#[test]
fn values_that_are_overwritten_after_they_were_verified_are_an_error_or_values_and_no_panic() {
    let mut numbers = Numbers(7);
    let mut refused = 0;
    // Large enough to be read in place.
    for column in sample::arrays(5000, true) {
        let name = column.0;
        let batch = sample::batch_of(vec![column]);
        for _ in 0..4 {
            let config = SharedMemoryConfig::new(support::name("values")).with_size_mb(1);
            let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
            let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
            writer.write(&batch).expect("space");
            let slot = Slot::of(config.name());
            let length = writer.stats().expect("stats").bytes as usize;
            let read = read_changed(&mut reader, || {
                for _ in 0..16 {
                    slot.overwrite(numbers.below(length - 8), &numbers.next().to_le_bytes());
                }
            });
            if let Err(error) = read {
                assert_eq!(error.code(), "ERR_QADS_CORRUPT", "{name}");
                refused += 1;
            }
            // The reader goes on.
            writer.write(&batch).expect("space");
            assert_eq!(reader.read(SOON).as_ref(), Ok(&Some(batch.clone())), "{name}");
        }
    }
    assert!(refused > 20, "{refused} batches were refused");
}
