//! Metadata of a single batch: the `custom_metadata` of its message.

#![cfg(feature = "arrow")]

mod support;

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Int64Array, RecordBatch};
use arrow_ipc::reader::FileReader;
use qadataswap::{SharedMemoryArena, SharedMemoryConfig, WithMetadata};
use support::sample;

const SOON: Duration = Duration::from_secs(10);

#[test]
fn metadata_of_a_batch_arrives_with_every_part_of_it() {
    let config = SharedMemoryConfig::new(support::name("own")).with_size_bytes(1 << 18);
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    let metadata = HashMap::from([("source", "feed 7"), ("ünïcode", "\u{1F600}"), ("", "")]);
    let metadata: HashMap<_, _> = metadata.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let small = sample::batch(5, true);
    assert_eq!(reader.last_custom_metadata(), Ok(HashMap::new()));
    for expected in [&metadata, &HashMap::new(), &metadata] {
        writer.write(&WithMetadata(&small, expected.clone())).expect("space");
        let next = reader.next_batch(SOON).expect("a batch").expect("not the end");
        assert_eq!(next.custom_metadata().as_ref(), Ok(expected));
        let file = FileReader::try_new(Cursor::new(next.bytes()), None).expect("an Arrow file");
        assert_eq!(file.schema(), small.schema(), "the schema has metadata of its own");
        assert_eq!(next.into_record_batch().as_ref(), Ok(&small));
        assert_eq!(reader.last_custom_metadata().as_ref(), Ok(expected));
    }
    writer.write(&small).expect("space");
    assert!(reader.read(SOON).expect("a batch").is_some());
    assert_eq!(reader.last_custom_metadata(), Ok(HashMap::new()), "it is not that of the batch before");

    let numbers = Arc::new(Int64Array::from_iter_values(0..50_000)) as _;
    let large = RecordBatch::try_from_iter([("n", numbers)]).expect("one column");
    let given = metadata.clone();
    let write = std::thread::spawn(move || {
        writer.write(&WithMetadata(&large, given)).expect("space");
        writer.finish(SOON).expect("a reader is there");
    });
    let mut parts = 0;
    while reader
        .next_batch(SOON)
        .expect("a batch")
        .map(|part| assert_eq!(part.custom_metadata().as_ref(), Ok(&metadata)))
        .is_some()
    {
        parts += 1;
    }
    assert!(parts > 1);
    write.join().expect("no panic");
}
