//! Batches that are larger than the ring, cut by rows.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::ArrowError;
use arrow_select::dictionary::garbage_collect_any_dictionary;

use super::{Encoder, MAX_ROWS, Plan, unwritable};
use crate::error::{Error, Result};

/// Several parts fit the ring at once, so that reading one overlaps with writing the next.
const PARTS_IN_RING: u64 = 4;

/// Slices of at most a quarter of the ring each, or, if a row is larger than that, of all of it.
///
/// # Errors
///
/// [`Error::BatchTooLarge`] for a row that does not fit.
pub(crate) fn split(
    encoder: &mut Encoder,
    batch: &RecordBatch,
    metadata: Option<&HashMap<String, String>>,
    capacity: u64,
    arena: &str,
) -> Result<Vec<RecordBatch>> {
    match slices(encoder, batch, metadata, capacity / PARTS_IN_RING, arena) {
        Err(Error::BatchTooLarge(_)) => slices(encoder, batch, metadata, capacity, arena),
        slices => slices,
    }
}

fn slices(
    encoder: &mut Encoder,
    batch: &RecordBatch,
    metadata: Option<&HashMap<String, String>>,
    limit: u64,
    arena: &str,
) -> Result<Vec<RecordBatch>> {
    let whole = encoder.plan(batch, metadata).map_err(unwritable(arena))?;
    if whole.rows() == 0 {
        return Err(Error::BatchTooLarge(format!(
            "arena \"{arena}\": a batch without rows takes {} bytes, and the ring holds {limit}; create the arena \
             with a larger size",
            whole.len()
        )));
    }
    // Every part carries its dictionaries: with large ones, only the values that its rows refer to.
    let trim = whole.dictionary_bytes() as u64 > limit / 2;
    drop(whole);
    let mut slices = Vec::new();
    let mut start = 0;
    // What the last slice had is a good guess at what the next one can have.
    let mut guess = 1;
    while start < batch.num_rows() {
        let left = (batch.num_rows() - start).min(MAX_ROWS);
        let mut fits = |rows| {
            let part = slice(batch, start, rows, trim).map_err(unwritable(arena))?;
            Ok(encoder.plan(&part, metadata).map_err(unwritable(arena))?.len() as u64 <= limit)
        };
        let rows = most_rows(left, guess, &mut fits)?;
        if rows == 0 {
            let row = slice(batch, start, 1, trim).map_err(unwritable(arena))?;
            let plan = encoder.plan(&row, metadata).map_err(unwritable(arena))?;
            return Err(too_large(&plan, start, limit, arena));
        }
        slices.push(slice(batch, start, rows, trim).map_err(unwritable(arena))?);
        start += rows;
        guess = rows;
    }
    Ok(slices)
}

fn slice(batch: &RecordBatch, start: usize, rows: usize, trim: bool) -> Result<RecordBatch, ArrowError> {
    let slice = batch.slice(start, rows);
    if !trim {
        return Ok(slice);
    }
    let columns = slice.columns().iter().map(|column| match column.as_any_dictionary_opt() {
        Some(dictionary) => garbage_collect_any_dictionary(dictionary),
        None => Ok(column.clone()),
    });
    RecordBatch::try_new(batch.schema(), columns.collect::<Result<_, _>>()?)
}

/// The largest number from 0 to `most` of rows that fit: doubles from the guess, then halves the interval.
fn most_rows(most: usize, guess: usize, fits: &mut impl FnMut(usize) -> Result<bool>) -> Result<usize> {
    let (mut good, mut bad) = (0, most + 1);
    let mut next = guess.min(most);
    while bad - good > 1 {
        if fits(next)? {
            good = next;
        } else {
            bad = next;
        }
        next = if bad > most { (2 * good).min(most) } else { good + (bad - good) / 2 };
    }
    Ok(good)
}

fn too_large(row: &Plan, index: usize, limit: u64, arena: &str) -> Error {
    let dictionaries = match row.dictionary_bytes() {
        0 => String::new(),
        bytes => format!(", of which its dictionaries take {bytes}"),
    };
    Error::BatchTooLarge(format!(
        "arena \"{arena}\": row {index} of the batch takes {} bytes{dictionaries}, and the ring holds {limit}; \
         create the arena with a larger size",
        row.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::most_rows;

    #[test]
    fn the_search_finds_the_most_rows_that_fit_from_any_guess() {
        for most in [1, 2, 7, 100] {
            for limit in 0..=most {
                for guess in 1..=most {
                    let found = most_rows(most, guess, &mut |rows| Ok(rows <= limit));
                    assert_eq!(found, Ok(limit), "of {most} rows {limit} fit, guessing {guess}");
                }
            }
        }
    }
}
