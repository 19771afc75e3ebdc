//! Arrays of every type, for tests.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::*;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{IntervalDayTime, IntervalMonthDayNano, NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, UnionFields};

/// A sequence of numbers that looks random and is always the same (SplitMix64, Steele et al. 2014).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// One array of each type, of `rows` rows. With `nulls` about every third row is null where the type has nulls.
pub fn arrays(rows: usize, nulls: bool) -> Vec<(&'static str, ArrayRef)> {
    let mut sampler = Sampler { rows, nulls, numbers: Numbers(rows as u64) };
    let mut arrays = sampler.numbers();
    arrays.extend(sampler.times());
    arrays.extend(sampler.texts());
    arrays.extend(sampler.nested());
    arrays.extend(sampler.encoded());
    arrays
}

/// All of them in one batch.
pub fn batch(rows: usize, nulls: bool) -> RecordBatch {
    batch_of(arrays(rows, nulls))
}

/// A nullable column for each array, with metadata of fields and schema.
pub fn batch_of(arrays: Vec<(&'static str, ArrayRef)>) -> RecordBatch {
    let rows = arrays.first().map_or(0, |(_, array)| array.len());
    let fields = arrays.iter().map(|(name, array)| {
        let metadata = HashMap::from([("origin".to_owned(), name.to_string())]);
        Field::new(*name, array.data_type().clone(), true).with_metadata(metadata)
    });
    let metadata = HashMap::from([("purpose".to_owned(), "test".to_owned())]);
    let schema: SchemaRef = Arc::new(Schema::new_with_metadata(fields.collect::<Fields>(), metadata));
    let columns = arrays.into_iter().map(|(_, array)| array).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options).expect("columns of equal length")
}

struct Sampler {
    rows: usize,
    nulls: bool,
    numbers: Numbers,
}

impl Sampler {
    fn present(&mut self) -> bool {
        !self.nulls || self.numbers.below(3) != 0
    }

    fn values<T>(&mut self, mut value: impl FnMut(u64) -> T) -> Vec<Option<T>> {
        (0..self.rows)
            .map(|_| {
                let number = self.numbers.next();
                self.present().then(|| value(number))
            })
            .collect()
    }

    fn primitive<T: ArrowPrimitiveType>(&mut self, value: impl FnMut(u64) -> T::Native) -> PrimitiveArray<T> {
        PrimitiveArray::from_iter(self.values(value))
    }

    fn validity(&mut self, rows: usize) -> Option<NullBuffer> {
        self.nulls.then(|| (0..rows).map(|_| self.numbers.below(3) != 0).collect())
    }

    /// Of 0 to 40 bytes, not all ASCII, some short enough to be inlined in a view.
    fn text(number: u64) -> String {
        let letters = ['a', 'ß', '€', '𝄞', 'z'];
        (0..number % 14).map(|i| letters[((number >> (4 * i)) % 5) as usize]).collect()
    }

    fn numbers(&mut self) -> Vec<(&'static str, ArrayRef)> {
        let wide = |n: u64| i128::from(n as i64) * 1_000_003;
        vec![
            ("null", Arc::new(NullArray::new(self.rows))),
            ("bool", Arc::new(BooleanArray::from(self.values(|n| n & 1 == 1)))),
            ("i8", Arc::new(self.primitive::<Int8Type>(|n| n as i8))),
            ("i16", Arc::new(self.primitive::<Int16Type>(|n| n as i16))),
            ("i32", Arc::new(self.primitive::<Int32Type>(|n| n as i32))),
            ("i64", Arc::new(self.primitive::<Int64Type>(|n| n as i64))),
            ("u8", Arc::new(self.primitive::<UInt8Type>(|n| n as u8))),
            ("u16", Arc::new(self.primitive::<UInt16Type>(|n| n as u16))),
            ("u32", Arc::new(self.primitive::<UInt32Type>(|n| n as u32))),
            ("u64", Arc::new(self.primitive::<UInt64Type>(|n| n))),
            ("f16", Arc::new(self.primitive::<Float16Type>(|n| f16(n as i16)))),
            ("f32", Arc::new(self.primitive::<Float32Type>(|n| n as i32 as f32 / 8.0))),
            ("f64", Arc::new(self.primitive::<Float64Type>(|n| n as i64 as f64 / 8.0))),
            ("d32", Arc::new(self.primitive::<Decimal32Type>(|n| (n % 1_000_000) as i32))),
            ("d64", Arc::new(self.primitive::<Decimal64Type>(|n| (n % 1_000_000_000) as i64))),
            ("d128", Arc::new(self.primitive::<Decimal128Type>(wide))),
            ("d256", Arc::new(self.primitive::<Decimal256Type>(|n| i256::from_i128(wide(n))))),
        ]
    }

    fn times(&mut self) -> Vec<(&'static str, ArrayRef)> {
        let seconds = |n: u64| (n % 86_400) as i32;
        let stamp = |n: u64| (n % 4_000_000_000) as i64;
        vec![
            ("date32", Arc::new(self.primitive::<Date32Type>(|n| (n % 40_000) as i32))),
            ("date64", Arc::new(self.primitive::<Date64Type>(|n| (n % 40_000) as i64 * 86_400_000))),
            ("time_s", Arc::new(self.primitive::<Time32SecondType>(seconds))),
            ("time_ms", Arc::new(self.primitive::<Time32MillisecondType>(|n| seconds(n) * 1000))),
            ("time_us", Arc::new(self.primitive::<Time64MicrosecondType>(|n| seconds(n).into()))),
            ("time_ns", Arc::new(self.primitive::<Time64NanosecondType>(|n| seconds(n).into()))),
            ("stamp_s", Arc::new(self.primitive::<TimestampSecondType>(stamp))),
            ("stamp_ms", Arc::new(self.primitive::<TimestampMillisecondType>(stamp).with_timezone("UTC"))),
            (
                "stamp_us",
                Arc::new(self.primitive::<TimestampMicrosecondType>(stamp).with_timezone("Asia/Shanghai")),
            ),
            ("stamp_ns", Arc::new(self.primitive::<TimestampNanosecondType>(stamp).with_timezone("+02:00"))),
            ("duration_s", Arc::new(self.primitive::<DurationSecondType>(stamp))),
            ("duration_ms", Arc::new(self.primitive::<DurationMillisecondType>(stamp))),
            ("duration_us", Arc::new(self.primitive::<DurationMicrosecondType>(stamp))),
            ("duration_ns", Arc::new(self.primitive::<DurationNanosecondType>(stamp))),
            ("months", Arc::new(self.primitive::<IntervalYearMonthType>(|n| n as i32))),
            ("days", Arc::new(self.primitive::<IntervalDayTimeType>(|n| IntervalDayTime::new(n as i32, 7)))),
            (
                "month_days",
                Arc::new(
                    self.primitive::<IntervalMonthDayNanoType>(|n| IntervalMonthDayNano::new(1, 2, n as i64)),
                ),
            ),
        ]
    }

    fn texts(&mut self) -> Vec<(&'static str, ArrayRef)> {
        let mut fixed = FixedSizeBinaryBuilder::new(5);
        for value in self.values(|n| n.to_le_bytes()) {
            match value {
                Some(bytes) => fixed.append_value(&bytes[..5]).expect("five bytes"),
                None => fixed.append_null(),
            }
        }
        vec![
            ("utf8", Arc::new(StringArray::from_iter(self.values(Self::text)))),
            ("large_utf8", Arc::new(LargeStringArray::from_iter(self.values(Self::text)))),
            ("utf8_view", Arc::new(StringViewArray::from_iter(self.values(Self::text)))),
            ("binary", Arc::new(BinaryArray::from_iter(self.values(Self::text)))),
            ("large_binary", Arc::new(LargeBinaryArray::from_iter(self.values(Self::text)))),
            ("binary_view", Arc::new(BinaryViewArray::from_iter(self.values(Self::text)))),
            ("fixed_binary", Arc::new(fixed.finish())),
        ]
    }

    /// Offsets of lists of 0 to 4 elements, and how many elements there are.
    fn offsets(&mut self) -> (Vec<i32>, usize) {
        let mut offsets = vec![0];
        for row in 0..self.rows {
            let size = self.numbers.below(5) as i32;
            offsets.push(offsets[row] + size);
        }
        let total = offsets[self.rows] as usize;
        (offsets, total)
    }

    fn inner(&mut self, rows: usize) -> Sampler {
        Sampler { rows, nulls: self.nulls, numbers: Numbers(self.numbers.next()) }
    }

    fn list(&mut self, values: impl FnOnce(&mut Sampler) -> ArrayRef) -> ListArray {
        let (offsets, total) = self.offsets();
        let values = values(&mut self.inner(total));
        let field = Arc::new(Field::new("item", values.data_type().clone(), true));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        ListArray::new(field, offsets, values, self.validity(self.rows))
    }

    fn nested(&mut self) -> Vec<(&'static str, ArrayRef)> {
        let lists = self.list(|s| Arc::new(s.primitive::<Int32Type>(|n| n as i32)));
        let texts = self.list(|s| Arc::new(StringArray::from_iter(s.values(Self::text))));
        let views = self.list(|s| Arc::new(StringViewArray::from_iter(s.values(Self::text))));
        let bools = self.list(|s| Arc::new(BooleanArray::from(s.values(|n| n & 1 == 0))));
        let lists_of_lists =
            self.list(|s| Arc::new(s.list(|s| Arc::new(s.primitive::<Int8Type>(|n| n as i8)))));
        let structs = self.structs();
        let lists_of_structs = self.list(|s| Arc::new(s.structs()));
        vec![
            ("list", Arc::new(lists)),
            ("list_utf8", Arc::new(texts)),
            ("list_view_text", Arc::new(views)),
            ("list_bool", Arc::new(bools)),
            ("list_list", Arc::new(lists_of_lists)),
            ("large_list", Arc::new(self.large_list())),
            ("fixed_list", Arc::new(self.fixed_list())),
            ("list_view", Arc::new(self.list_view::<i32>())),
            ("large_list_view", Arc::new(self.list_view::<i64>())),
            ("struct", Arc::new(structs)),
            ("list_struct", Arc::new(lists_of_structs)),
            ("map", Arc::new(self.map())),
            ("dense_union", Arc::new(self.union(true))),
            ("sparse_union", Arc::new(self.union(false))),
        ]
    }

    fn large_list(&mut self) -> LargeListArray {
        let (offsets, total) = self.offsets();
        let values = self.inner(total).primitive::<Float64Type>(|n| n as f64);
        let field = Arc::new(Field::new("item", DataType::Float64, true));
        let offsets = offsets.into_iter().map(i64::from).collect::<Vec<_>>();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        LargeListArray::new(field, offsets, Arc::new(values), self.validity(self.rows))
    }

    fn fixed_list(&mut self) -> FixedSizeListArray {
        let values = self.inner(3 * self.rows).primitive::<Int16Type>(|n| n as i16);
        let field = Arc::new(Field::new("item", DataType::Int16, true));
        let validity = self.validity(self.rows);
        FixedSizeListArray::try_new_with_length(field, 3, Arc::new(values), validity, self.rows)
            .expect("three values a row")
    }

    /// Lists that overlap and are in no order.
    fn list_view<O: OffsetSizeTrait>(&mut self) -> GenericListViewArray<O> {
        let total = 2 * self.rows + 8;
        let values = self.inner(total).primitive::<Int32Type>(|n| n as i32);
        let (mut offsets, mut sizes) = (Vec::new(), Vec::new());
        for _ in 0..self.rows {
            let size = self.numbers.below(5);
            offsets.push(O::usize_as(self.numbers.below(total - size)));
            sizes.push(O::usize_as(size));
        }
        let field = Arc::new(Field::new("item", DataType::Int32, true));
        let validity = self.validity(self.rows);
        GenericListViewArray::new(field, offsets.into(), sizes.into(), Arc::new(values), validity)
    }

    fn structs(&mut self) -> StructArray {
        let fields =
            Fields::from(vec![Field::new("a", DataType::Int32, true), Field::new("b", DataType::Utf8, true)]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.primitive::<Int32Type>(|n| n as i32)),
            Arc::new(StringArray::from_iter(self.values(Self::text))),
        ];
        let validity = self.validity(self.rows);
        StructArray::try_new_with_length(fields, columns, validity, self.rows)
            .expect("columns of equal length")
    }

    fn map(&mut self) -> MapArray {
        let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
        for row in 0..self.rows {
            for key in 0..self.numbers.below(3) {
                map.keys().append_value(format!("{row}-{key}"));
                let value = self.numbers.next() as i64;
                map.values().append_option(self.present().then_some(value));
            }
            map.append(self.present()).expect("as many keys as values");
        }
        map.finish()
    }

    fn union(&mut self, dense: bool) -> UnionArray {
        let (mut types, mut offsets, mut lengths) = (Vec::new(), Vec::new(), [0, 0]);
        for _ in 0..self.rows {
            let which = self.numbers.below(2);
            types.push([3_i8, 7][which]);
            offsets.push(lengths[which]);
            lengths[which] += 1;
        }
        let rows = |which: usize| if dense { lengths[which] as usize } else { self.rows };
        let (integers, texts) = (rows(0), rows(1));
        let children: Vec<ArrayRef> = vec![
            Arc::new(self.inner(integers).primitive::<Int64Type>(|n| n as i64)),
            Arc::new(StringArray::from_iter(self.inner(texts).values(Self::text))),
        ];
        let fields = vec![Field::new("n", DataType::Int64, true), Field::new("s", DataType::Utf8, true)];
        let fields = UnionFields::try_new([3, 7], fields).expect("two ids for two fields");
        let offsets = dense.then(|| offsets.into());
        UnionArray::try_new(fields, types.into(), offsets, children).expect("children that the rows refer to")
    }

    fn dictionary<K: ArrowDictionaryKeyType>(&mut self, values: ArrayRef) -> DictionaryArray<K> {
        let bound = values.len();
        let keys = self.primitive::<K>(|n| {
            <K::Native as arrow_buffer::ArrowNativeType>::usize_as((n % bound as u64) as usize)
        });
        DictionaryArray::new(keys, values)
    }

    fn encoded(&mut self) -> Vec<(&'static str, ArrayRef)> {
        let texts = |name: &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values((0..9).map(|i| format!("{name} number {i}"))))
        };
        let nested_values = StructArray::from(vec![(
            Arc::new(Field::new(
                "inner",
                DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into()),
                true,
            )),
            Arc::new(self.inner(6).dictionary::<Int8Type>(texts("inner"))) as ArrayRef,
        )]);
        let listed = self.list(|s| Arc::new(s.dictionary::<Int16Type>(texts("listed"))));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![10, 20, 30]));
        let view: ArrayRef =
            Arc::new(StringViewArray::from_iter_values(["short", "and one that is not inlined"]));
        vec![
            ("dict_i8", Arc::new(self.dictionary::<Int8Type>(texts("i8")))),
            ("dict_u16", Arc::new(self.dictionary::<UInt16Type>(texts("u16")))),
            ("dict_u32", Arc::new(self.dictionary::<UInt32Type>(view))),
            ("dict_i64", Arc::new(self.dictionary::<Int64Type>(numbers))),
            ("list_dict", Arc::new(listed)),
            ("dict_struct_dict", Arc::new(self.dictionary::<Int32Type>(Arc::new(nested_values)))),
            ("runs_i16", Arc::new(self.runs::<Int16Type>())),
            ("runs_i32", Arc::new(self.runs::<Int32Type>())),
            ("runs_i64", Arc::new(self.runs::<Int64Type>())),
        ]
    }

    fn runs<R: RunEndIndexType>(&mut self) -> RunArray<R> {
        let mut ends = Vec::new();
        let mut end = 0;
        while end < self.rows {
            end = (end + 1 + self.numbers.below(4)).min(self.rows);
            ends.push(<R::Native as arrow_buffer::ArrowNativeType>::usize_as(end));
        }
        let values = StringArray::from_iter(self.inner(ends.len()).values(Self::text));
        RunArray::try_new(&PrimitiveArray::<R>::from_iter_values(ends), &values).expect("ends that increase")
    }
}

/// A number that a half-precision float holds exactly.
fn f16(number: i16) -> <Float16Type as ArrowPrimitiveType>::Native {
    <Float16Type as ArrowPrimitiveType>::Native::from_f32(f32::from(number % 1000))
}
