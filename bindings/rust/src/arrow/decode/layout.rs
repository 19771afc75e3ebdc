//! The layout words of a verified slot (native/ipc/layout.hpp): where its messages, nodes and buffers are.
//!
//! The core has checked what they say. Here every look into the words themselves is checked again, so that a
//! mistake on either side is an error and no panic.

const ROWS: usize = 0;
const SCHEMA_LENGTH: usize = 2;
const DICTIONARY_BATCHES: usize = 3;
const FIRST_BLOCK: usize = 4;

const DICTIONARY_ID: usize = 0;
const IS_DELTA: usize = 1;
const METADATA_OFFSET: usize = 3;
const METADATA_LENGTH: usize = 4;
const BODY_OFFSET: usize = 5;
const BODY_LENGTH: usize = 6;
const COMPRESSION: usize = 7;
const NODES: usize = 8;
const BUFFERS: usize = 9;
const VARIADIC_COUNTS: usize = 10;
const BLOCK_WORDS: usize = 12;

const LZ4_FRAME: u32 = 1;
const ZSTD: u32 = 2;

/// The layout of one slot.
#[derive(Clone, Copy)]
pub(crate) struct Layout<'a>(&'a [f64]);

impl<'a> Layout<'a> {
    pub(crate) fn new(words: &'a [f64]) -> Self {
        Self(words)
    }

    fn word(&self, index: usize) -> usize {
        self.0.get(index).map_or(0, |&word| word as usize)
    }

    pub(crate) fn rows(&self) -> usize {
        self.word(ROWS)
    }

    /// Bytes of the schema message's metadata.
    pub(crate) fn schema_length(&self) -> usize {
        self.word(SCHEMA_LENGTH)
    }

    /// Some body is compressed.
    pub(crate) fn is_compressed(&self) -> bool {
        self.dictionaries().chain(self.record_batch()).any(|block| block.is_compressed())
    }

    /// The blocks of the dictionary batches, in file order.
    pub(crate) fn dictionaries(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        let mut rest = self.0.get(FIRST_BLOCK..).unwrap_or_default();
        (0..self.word(DICTIONARY_BATCHES)).map_while(move |_| Block::split_off(&mut rest))
    }

    /// The compression of this slot that this crate was built without, by the name of its feature.
    pub(crate) fn missing_codec(&self) -> Option<&'static str> {
        let mut codecs =
            self.dictionaries().chain(self.record_batch()).map(|block| block.header[COMPRESSION]);
        codecs.find_map(|codec| match codec as u32 {
            LZ4_FRAME if !cfg!(feature = "lz4") => Some("lz4"),
            ZSTD if !cfg!(feature = "zstd") => Some("zstd"),
            _ => None,
        })
    }

    /// The block of the record batch, which is the last one.
    pub(crate) fn record_batch(&self) -> Option<Block<'a>> {
        let mut rest = self.0.get(FIRST_BLOCK..)?;
        for _ in 0..self.word(DICTIONARY_BATCHES) {
            Block::split_off(&mut rest)?;
        }
        Block::split_off(&mut rest)
    }
}

/// The layout of one message with a body.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    header: &'a [f64; BLOCK_WORDS],
    nodes: &'a [f64],
    buffers: &'a [f64],
    variadic: &'a [f64],
}

impl<'a> Block<'a> {
    fn split_off(rest: &mut &'a [f64]) -> Option<Self> {
        let (header, tail) = rest.split_first_chunk::<BLOCK_WORDS>()?;
        let (nodes, tail) = tail.split_at_checked(2 * header[NODES] as usize)?;
        let (buffers, tail) = tail.split_at_checked(2 * header[BUFFERS] as usize)?;
        let (variadic, tail) = tail.split_at_checked(header[VARIADIC_COUNTS] as usize)?;
        *rest = tail;
        Some(Self { header, nodes, buffers, variadic })
    }

    pub(crate) fn dictionary_id(&self) -> i64 {
        self.header[DICTIONARY_ID] as i64
    }

    pub(crate) fn is_delta(&self) -> bool {
        self.header[IS_DELTA] != 0.0
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.header[COMPRESSION] != 0.0
    }

    /// Offset and length of the message's metadata; its 8-byte prefix is before it.
    pub(crate) fn metadata(&self) -> (usize, usize) {
        (self.header[METADATA_OFFSET] as usize, self.header[METADATA_LENGTH] as usize)
    }

    /// Offset and length of the message's body.
    pub(crate) fn body(&self) -> (usize, usize) {
        (self.header[BODY_OFFSET] as usize, self.header[BODY_LENGTH] as usize)
    }

    /// Length and null count of a field node.
    pub(crate) fn node(&self, index: usize) -> Option<(usize, usize)> {
        let words = self.nodes.get(2 * index..2 * index + 2)?;
        Some((words[0] as usize, words[1] as usize))
    }

    /// Offset in the slot and length of a buffer.
    pub(crate) fn buffer(&self, index: usize) -> Option<(usize, usize)> {
        let words = self.buffers.get(2 * index..2 * index + 2)?;
        Some((words[0] as usize, words[1] as usize))
    }

    /// How many data buffers the array of views has that is the `index`th in the batch.
    pub(crate) fn variadic_count(&self, index: usize) -> Option<usize> {
        self.variadic.get(index).map(|&count| count as usize)
    }
}
