use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;

use super::Encoder;
use crate::arrow::sample::{self, Numbers};

fn encode(encoder: &mut Encoder, batch: &RecordBatch) -> Vec<u8> {
    let plan = encoder.plan(batch, None).expect("a batch of supported types");
    // Filled, so that a byte that is not written shows.
    let mut slot = vec![0xEE; plan.len()];
    plan.write_to(&mut slot);
    slot
}

/// What arrow-ipc makes of the batch.
fn reference(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), batch.schema_ref()).expect("a supported schema");
    writer.write(batch).expect("a batch of supported types");
    writer.into_inner().expect("memory to write to")
}

fn decode(slot: Vec<u8>) -> RecordBatch {
    let mut reader = FileReader::try_new(std::io::Cursor::new(slot), None).expect("an Arrow file");
    let batch = reader.next().expect("one batch").expect("a valid batch");
    assert!(reader.next().is_none());
    batch
}

#[test]
fn a_slot_has_the_bytes_that_the_file_writer_of_arrow_ipc_writes() {
    let mut encoder = Encoder::default();
    for nulls in [false, true] {
        for rows in [1, 5, 64, 1000] {
            for column in sample::arrays(rows, nulls) {
                // Of list views this encoder leaves out the elements that no list shows.
                if column.0.ends_with("list_view") {
                    continue;
                }
                let name = column.0;
                let batch = sample::batch_of(vec![column]);
                let (ours, theirs) = (encode(&mut encoder, &batch), reference(&batch));
                assert!(ours == theirs, "{name}, {rows} rows, nulls: {nulls}");
            }
        }
    }
}

#[test]
fn all_types_together_have_the_bytes_of_the_file_writer_too() {
    let columns = sample::arrays(100, true);
    let columns = columns.into_iter().filter(|(name, _)| !name.ends_with("list_view")).collect();
    let batch = sample::batch_of(columns);
    let mut encoder = Encoder::default();
    assert!(encode(&mut encoder, &batch) == reference(&batch));
    assert!(encode(&mut encoder, &batch) == reference(&batch), "the second batch of a schema");
}

#[test]
fn any_slice_of_any_type_arrives_as_it_was() {
    let mut encoder = Encoder::default();
    let mut numbers = Numbers(1);
    for nulls in [false, true] {
        let batch = sample::batch(200, nulls);
        for _ in 0..60 {
            let start = numbers.below(batch.num_rows() + 1);
            let slice = batch.slice(start, numbers.below(batch.num_rows() - start + 1));
            // A slice of a slice, because offsets add up.
            let cut = numbers.below(slice.num_rows() + 1);
            let slice = slice.slice(cut, slice.num_rows() - cut);
            assert_eq!(decode(encode(&mut encoder, &slice)), slice);
        }
    }
}

#[test]
fn batches_without_rows_or_columns_arrive() {
    let mut encoder = Encoder::default();
    let empty = sample::batch(0, true);
    assert_eq!(decode(encode(&mut encoder, &empty)), empty);
    let rows = sample::batch(10, false).project(&[]).expect("no column is there");
    assert_eq!(rows.num_rows(), 10);
    assert_eq!(decode(encode(&mut encoder, &rows)), rows);
}

#[test]
fn schemas_take_turns_in_one_encoder() {
    let mut encoder = Encoder::default();
    let batches: Vec<_> =
        sample::arrays(10, true).into_iter().map(|column| sample::batch_of(vec![column])).collect();
    assert!(batches.len() > super::MAX_TEMPLATES);
    for _ in 0..2 {
        for batch in &batches {
            assert_eq!(decode(encode(&mut encoder, batch)), *batch);
        }
    }
}

#[test]
fn a_slice_of_few_rows_is_small_whatever_it_is_a_slice_of() {
    let mut encoder = Encoder::default();
    for column in sample::arrays(20_000, true) {
        let name = column.0;
        // A dictionary goes with its keys; the schema is as long as it is.
        let whole = sample::batch_of(vec![column]);
        let least = encode(&mut encoder, &whole.slice(0, 0)).len();
        let slice = encode(&mut encoder, &whole.slice(10_000, 3)).len();
        assert!(slice < least + 6000, "{name}: {slice} bytes for 3 rows, {least} for none");
    }
}
