//! arrow-rs' part of the slot corpus and of the test by flipped bits.
//!
//!     arrow-rs-slots rewrite DIRECTORY FILE...   writes DIRECTORY/rs8-NAME and rs64-NAME: the same batch, with
//!                                                arrow-rs' smallest and its default alignment
//!     arrow-rs-slots flips FILE...               reads every slot that ipc_flips let through (FILE.accepted) as a
//!                                                file and as a stream; a panic is a finding, an error is not

use std::io::Cursor;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, error, fs, panic};

use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_ipc::MetadataVersion;

const MAGIC_BYTES: usize = 8;
const SLOW: Duration = Duration::from_secs(1);

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

fn rewrite(bytes: &[u8], options: IpcWriteOptions) -> Result<Vec<u8>> {
    let batch = FileReader::try_new(Cursor::new(bytes), None)?
        .next()
        .ok_or("no batch")??;
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options)?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

fn rewrite_all(directory: &Path, files: &[String]) -> Result<()> {
    for file in files {
        let bytes = fs::read(file)?;
        let name = Path::new(file).file_name().ok_or("not a file")?.to_string_lossy();
        for (prefix, alignment) in [("rs8", 8), ("rs64", 64)] {
            let options = IpcWriteOptions::try_new(alignment, false, MetadataVersion::V5)?;
            match rewrite(&bytes, options) {
                Ok(slot) => fs::write(directory.join(format!("{prefix}-{name}")), slot)?,
                Err(error) => println!("{file}: {error}"),
            }
        }
    }
    Ok(())
}

fn touch(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter();
    columns
        .map(|c| c.get_array_memory_size() ^ c.logical_null_count())
        .sum()
}

fn read(slot: &[u8]) -> usize {
    let mut sum = 0usize;
    if let Ok(reader) = FileReader::try_new(Cursor::new(slot), None) {
        sum += reader
            .map_while(|batch| batch.ok())
            .map(|batch| touch(&batch))
            .sum::<usize>();
    }
    if let Ok(reader) = StreamReader::try_new(Cursor::new(&slot[MAGIC_BYTES..]), None) {
        sum += reader
            .map_while(|batch| batch.ok())
            .map(|batch| touch(&batch))
            .sum::<usize>();
    }
    sum
}

fn read_flips(file: &str) -> Result<(usize, usize)> {
    let original = fs::read(file)?;
    let accepted = fs::read(format!("{file}.accepted"))?;
    let mut findings = 0;
    for word in accepted.chunks_exact(4) {
        let bit = u32::from_le_bytes(word.try_into()?) as usize;
        let mut slot = original.clone();
        slot[bit / 8] ^= 1 << (bit % 8);
        let start = Instant::now();
        let panicked = panic::catch_unwind(|| read(&slot)).is_err();
        if panicked || start.elapsed() > SLOW {
            println!("{file}: bit {bit}: {}", if panicked { "panic" } else { "slow" });
            findings += 1;
        }
    }
    Ok((accepted.len() / 4, findings))
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.split_first() {
        Some((mode, rest)) if mode == "rewrite" && rest.len() > 1 => {
            rewrite_all(Path::new(&rest[0]), &rest[1..])?;
            Ok(ExitCode::SUCCESS)
        }
        Some((mode, files)) if mode == "flips" => {
            let mut totals = (0, 0);
            for file in files {
                let (read, findings) = read_flips(file)?;
                totals = (totals.0 + read, totals.1 + findings);
            }
            println!("{} slots, {} findings", totals.0, totals.1);
            Ok(ExitCode::from(u8::from(totals.1 > 0)))
        }
        _ => Err("usage: arrow-rs-slots rewrite DIRECTORY FILE... | flips FILE...".into()),
    }
}
