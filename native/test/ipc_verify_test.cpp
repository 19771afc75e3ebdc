// One damage at a time, and the reason that names it.

#include <functional>
#include <set>

#include "ipc_support.hpp"

namespace {

using namespace qads;
using namespace qads::test;

/// Damages block `index` of a sound slot and returns why it is refused then.
std::string reason_after(const std::string& name, std::size_t index,
                         const std::function<void(Block&)>& damage) {
  Bytes slot = corpus_slot(name);
  const Layout layout = verify(slot).layout;
  REQUIRE(!layout.empty());
  Block block = block_of(slot, layout, index);
  damage(block);
  return verify(slot).reason();
}

std::string reason_after(const std::string& name, const std::function<void(Block&)>& damage) {
  const auto dictionaries = verify(corpus_slot(name)).layout.at(kLayoutDictionaryBatches);
  return reason_after(name, static_cast<std::size_t>(dictionaries), damage);
}

/// The same with bytes at any place.
std::string reason_after_bytes(const std::string& name, const std::function<void(Bytes&)>& damage) {
  Bytes slot = corpus_slot(name);
  damage(slot);
  return verify(slot).reason();
}

/// Takes the message of block `index` out of the slot.
std::string reason_without(const std::string& name, std::size_t index) {
  return reason_after_bytes(name, [=](Bytes& slot) {
    const Layout layout = verify(slot).layout;
    const Block block = block_of(slot, layout, index);
    const auto begin = static_cast<std::ptrdiff_t>(block.word(kBlockMetadataOffset) - 8);
    const auto end = static_cast<std::ptrdiff_t>(block.word(kBlockBodyOffset) + block.word(kBlockBodyLength));
    slot.erase(slot.begin() + begin, slot.begin() + end);
  });
}

constexpr std::size_t kSchema = SIZE_MAX;

/// Why the slot is refused with any single bit of a message's metadata flipped.
std::set<std::string> reasons_of_flips(const std::string& name, std::size_t index) {
  Bytes slot = corpus_slot(name);
  const Layout layout = verify(slot).layout;
  auto begin = static_cast<std::size_t>(layout[kLayoutSchemaOffset]);
  auto end = begin + static_cast<std::size_t>(layout[kLayoutSchemaLength]);
  if (index != kSchema) {
    const Block block = block_of(slot, layout, index);
    begin = block.word(kBlockMetadataOffset);
    end = begin + block.word(kBlockMetadataLength);
  }
  std::set<std::string> reasons;
  for (std::size_t bit = 8 * begin; bit < 8 * end; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    slot[bit / 8] ^= mask;
    reasons.insert(verify(slot).reason());
    slot[bit / 8] ^= mask;
  }
  return reasons;
}

}  // namespace

TEST_CASE("the magic at both ends must be there") {
  CHECK_EQ(reason_after_bytes("py-i32", [](Bytes& slot) { slot[0] = 'a'; }),
           "slot does not start with ARROW1");
  CHECK_EQ(reason_after_bytes("py-i32", [](Bytes& slot) { slot[6] = 1; }), "slot does not start with ARROW1");
  CHECK_EQ(reason_after_bytes("py-i32", [](Bytes& slot) { slot.back() = '2'; }),
           "slot does not end with ARROW1");
  CHECK_EQ(verify({}).reason(), "slot is too short for an Arrow file");
}

TEST_CASE("a message length that does not fit is refused") {
  const auto with_length = [](std::uint32_t length) {
    return reason_after_bytes("py-i32", [=](Bytes& slot) { std::memcpy(&slot[12], &length, 4); });
  };
  CHECK_EQ(with_length(0), "stream ends before its record batch");
  CHECK_EQ(with_length(12), "length of message metadata is not a multiple of 8");
  CHECK_EQ(with_length(0x7FFFFFF8), "message metadata is longer than 64 MiB");
  CHECK_EQ(with_length(1u << 20), "message metadata goes beyond the slot");
  CHECK_EQ(reason_after_bytes("py-i32", [](Bytes& slot) { slot[8] = 0; }),
           "message has no continuation marker");
}

TEST_CASE("lengths of nodes must agree with the rows and with each other") {
  CHECK_EQ(reason_after("py-i32", [](Block& b) { b.set_node_length(0, 4); }),
           "column length differs from the rows of its batch");
  CHECK_EQ(reason_after("py-i32", [](Block& b) { b.set_node_length(0, -1); }),
           "field node has an impossible length");
  CHECK_EQ(reason_after("py-i32", [](Block& b) { b.set_node_length(0, std::int64_t{1} << 53); }),
           "field node has an impossible length");
  CHECK_EQ(reason_after("py-struct", [](Block& b) { b.set_node_length(1, 4); }),
           "child is shorter than its parent needs");
  CHECK_EQ(reason_after("py-fixed-list", [](Block& b) { b.set_node_length(1, 9); }),
           "child is shorter than its parent needs");
  CHECK_EQ(reason_after("py-union-sparse", [](Block& b) { b.set_node_length(2, 0); }),
           "child is shorter than its parent needs");
  CHECK_EQ(reason_after("py-list", [](Block& b) { b.set_node_length(1, 1); }),
           "child is shorter than its parent needs");
  CHECK_EQ(reason_after("py-ree16", [](Block& b) { b.set_node_length(2, 1); }),
           "child is shorter than its parent needs");
  CHECK_EQ(reason_after("py-ree16", [](Block& b) { b.set_node_length(1, 0); }),
           "run-end-encoded field has rows but no runs");
}

TEST_CASE("rows are limited to what JavaScript can index") {
  const auto with_rows = [](std::int64_t rows) {
    return reason_after("py-0-columns-3-rows", [=](Block& b) { b.set_rows(rows); });
  };
  CHECK_EQ(with_rows(0x7FFFFFFF), "");
  CHECK_EQ(with_rows(0x80000000LL), "number of rows is negative or over 2^31 - 1");
  CHECK_EQ(with_rows(-1), "number of rows is negative or over 2^31 - 1");
}

TEST_CASE("null counts lie between 0 and the length") {
  const auto with_nulls = [](const char* name, std::size_t node, std::int64_t nulls) {
    return reason_after(name, [=](Block& b) { b.set_node_nulls(node, nulls); });
  };
  CHECK_EQ(with_nulls("py-i64", 0, -1), "null count is impossible");
  CHECK_EQ(with_nulls("py-i64", 0, 6), "null count is impossible");
  CHECK_EQ(with_nulls("py-i64", 0, 5), "");
  CHECK_EQ(with_nulls("py-union-dense", 0, 1), "null count is impossible");
  CHECK_EQ(with_nulls("py-ree32", 0, 1), "null count is impossible");
  CHECK_EQ(with_nulls("py-null", 0, -1), "");
  CHECK_EQ(with_nulls("py-null", 0, -2), "null count is impossible");
}

TEST_CASE("buffers lie inside of the body, aligned and large enough") {
  const auto change = [](const char* name, const std::function<void(Block&)>& damage) {
    return reason_after(name, damage);
  };
  CHECK_EQ(change("py-i32", [](Block& b) { b.set_buffer_offset(1, -8); }),
           "buffer lies outside the message body");
  CHECK_EQ(change("py-i32", [](Block& b) { b.set_buffer_offset(1, 4096); }),
           "buffer lies outside the message body");
  CHECK_EQ(change("py-i32", [](Block& b) { b.set_buffer_length(1, -1); }),
           "buffer lies outside the message body");
  CHECK_EQ(change("py-i32", [](Block& b) { b.set_buffer_length(1, 4096); }),
           "buffer lies outside the message body");
  CHECK_EQ(change("py-i32", [](Block& b) { b.set_buffer_offset(1, 4); }), "buffer is not aligned to 8 bytes");
  const std::string too_small = "buffer is too small for its type and length";
  CHECK_EQ(change("py-i32", [](Block& b) { b.set_buffer_length(1, 19); }), too_small);
  CHECK_EQ(change("py-i64", [](Block& b) { b.set_buffer_length(0, 0); }), too_small);
  CHECK_EQ(change("py-bool", [](Block& b) { b.set_buffer_length(1, 0); }), too_small);
  CHECK_EQ(change("py-binary", [](Block& b) { b.set_buffer_length(1, 20); }), too_small);
  CHECK_EQ(change("py-binary", [](Block& b) { b.set_buffer_length(2, 120); }), too_small);
  CHECK_EQ(change("py-utf8-view", [](Block& b) { b.set_buffer_length(1, 64); }), too_small);
  CHECK_EQ(change("py-list-view", [](Block& b) { b.set_buffer_length(2, 16); }), too_small);
  CHECK_EQ(change("py-union-dense", [](Block& b) { b.set_buffer_length(1, 16); }), too_small);
  CHECK_EQ(change("py-binary", [](Block& b) { b.set_buffer_length(1, 25); }),
           "buffer length is not a multiple of its elements");
}

TEST_CASE("the first and last value offset must fit the data") {
  const std::string impossible = "first or last value offset is impossible";
  const std::string too_small = "buffer is too small for its type and length";
  CHECK_EQ(reason_after("py-utf8", [](Block& b) { b.set_value<std::int32_t>(1, 0, -1); }), impossible);
  CHECK_EQ(reason_after("py-utf8", [](Block& b) { b.set_value<std::int32_t>(1, 5, -1); }), impossible);
  CHECK_EQ(reason_after("py-utf8", [](Block& b) { b.set_value<std::int32_t>(1, 0, 1 << 30); }), impossible);
  CHECK_EQ(reason_after("py-utf8", [](Block& b) { b.set_value<std::int32_t>(1, 5, 1 << 30); }), too_small);
  CHECK_EQ(reason_after("py-large-utf8", [](Block& b) { b.set_value<std::int64_t>(1, 5, 1LL << 60); }),
           impossible);
  CHECK_EQ(reason_after("py-list", [](Block& b) { b.set_value<std::int32_t>(1, 5, 1 << 30); }),
           "child is shorter than its parent needs");
  CHECK_EQ(reason_after("py-ree16", [](Block& b) { b.set_value<std::int16_t>(1, 2, 4); }),
           "last run ends before its field does");
}

TEST_CASE("compressed buffers must state a length that their type needs and their bytes can give") {
  for (const char* name : {"py-long-lz4", "py-long-zstd"}) {
    // The values of the second column: 60 numbers of 2 bytes.
    const auto with_length = [name](std::int64_t length) {
      return reason_after(name, [=](Block& b) { b.set_value<std::int64_t>(4, 0, length); });
    };
    CHECK_EQ(with_length(120), "");
    CHECK_EQ(with_length(119), "buffer is too small for its type and length");
    CHECK_EQ(with_length(-1), "buffer is too small for its type and length");
    CHECK_EQ(with_length(-2), "compressed buffer states an impossible length");
    CHECK_EQ(with_length(std::int64_t{1} << 40), "compressed buffer states an impossible length");
    CHECK_EQ(reason_after(name, [](Block& b) { b.set_buffer_length(4, 7); }),
             "compressed buffer has no length");
  }
}

TEST_CASE("dictionary batches belong to the schema, come before their use, and once in full") {
  CHECK_EQ(reason_after("js-own-delta", 0, [](Block& b) { b.set_dictionary_id(4); }),
           "dictionary id is not in the schema");
  CHECK_EQ(reason_without("js-own-delta", 0), "dictionary delta without a dictionary");
  CHECK_EQ(reason_without("py-dictionary", 0), "dictionary batch is missing");
  // Where no row has a value, no dictionary is needed; only the footer counts it.
  CHECK_EQ(reason_without("js-own-no-values", 0),
           "footer lists another number of batches than the slot holds");
  CHECK_EQ(reasons_of_flips("js-own-delta", 1).count("dictionary is replaced in one slot"), 1u);
}

TEST_CASE("every rule about types refuses something") {
  std::set<std::string> reasons;
  for (const auto& path : slots_in("ipc")) reasons.merge(reasons_of_flips(path.stem().string(), kSchema));
  for (const char* reason : {"schema is not little-endian",
                             "schema has no list of fields",
                             "field has no type",
                             "field has an unknown type",
                             "field has the wrong number of children for its type",
                             "integer width is not 8, 16, 32 or 64 bits",
                             "decimal width is not 32, 64, 128 or 256 bits",
                             "decimal precision does not fit its width",
                             "decimal scale is not between -128 and 127",
                             "time has an unknown unit or the wrong width for it",
                             "type has an unknown unit, precision or mode",
                             "type has a negative size",
                             "union has another number of type ids than children",
                             "union type id is not between 0 and 127",
                             "union type id occurs twice",
                             "map has no struct of key and value as its child",
                             "run ends are not signed integers of 16, 32 or 64 bits",
                             "dictionary kind is unknown",
                             "custom metadata without key or value",
                             "metadata version is not V4 or V5",
                             "first message is not a schema",
                             "flatbuffer offset out of bounds",
                             "vtable out of bounds",
                             "vtable size is wrong",
                             "table size is wrong",
                             "flatbuffer field lies outside its table",
                             "flatbuffer field is misaligned",
                             "flatbuffer vector longer than its buffer",
                             "flatbuffer string has no terminator",
                             "number of field nodes differs from the schema",
                             "number of buffers differs from the schema"}) {
    CHECK_EQ(reasons.count(reason) == 1 ? reason : std::string("never: ") + reason, reason);
  }
}

TEST_CASE("tables that are referred to many times are refused before they cost time") {
  // A million fields that are all the same one: little metadata, and much more work than bytes.
  Bytes slot = corpus_slot("py-i32");
  const Layout layout = verify(slot).layout;
  const auto metadata = static_cast<std::size_t>(layout[kLayoutSchemaOffset]);
  const auto length = static_cast<std::size_t>(layout[kLayoutSchemaLength]);
  const std::size_t schema = follow(slot, field_position(slot, follow(slot, metadata), 2));
  const std::size_t fields = field_position(slot, schema, 1);
  const std::size_t field = follow(slot, follow(slot, fields) + 4);
  const std::uint32_t count = 1000000;
  // Offsets point forward only: the table follows the vector as a copy of the whole message.
  Bytes grown(slot.begin(), slot.begin() + static_cast<std::ptrdiff_t>(metadata + length));
  const std::size_t vector = grown.size();
  const std::size_t copy = vector + 8 + 4 * std::size_t{count};
  grown.resize(copy + length);
  std::copy_n(slot.begin() + static_cast<std::ptrdiff_t>(metadata), length,
              grown.begin() + static_cast<std::ptrdiff_t>(copy));
  store(grown, fields, vector - fields);
  store(grown, vector, count);
  for (std::size_t at = vector + 4; at < copy - 4; at += 4) store(grown, at, copy + (field - metadata) - at);
  store(grown, metadata - 4, grown.size() - metadata);
  grown.insert(grown.end(), slot.begin() + static_cast<std::ptrdiff_t>(metadata + length), slot.end());
  CHECK_EQ(verify(grown).reason(), "flatbuffer tables are shared");
}

TEST_CASE("a schema is known again by its bytes, until sixteen others have been seen") {
  SlotVerifier verifier;
  Layout layout;
  const auto id_of = [&](const char* name) {
    Exact slot(corpus_slot(name));
    const VerifyResult result = verifier.verify(slot.data(), slot.size(), layout);
    REQUIRE(result.ok());
    return result.schema_id;
  };
  const std::uint32_t mixed = id_of("py-mixed");
  CHECK_EQ(mixed, 1u);
  CHECK_EQ(id_of("py-mixed-sliced"), mixed);
  CHECK_EQ(id_of("py-mixed-zstd"), mixed);
  const char* others[] = {"py-i8",  "py-i16",  "py-i32",  "py-i64",    "py-u8",
                          "py-u16", "py-u32",  "py-u64",  "py-f16",    "py-f32",
                          "py-f64", "py-bool", "py-utf8", "py-binary", "py-date32"};
  std::uint32_t id = mixed;
  for (const char* name : others) CHECK_EQ(id_of(name), ++id);
  CHECK_EQ(id_of("py-mixed"), mixed);
  CHECK_EQ(id_of("py-date64"), ++id);
  CHECK_EQ(id_of("py-mixed"), mixed);
  // The one not seen for longest had to go.
  CHECK_EQ(id_of("py-i8"), ++id);
}

TEST_CASE("counts of variadic buffers add up to the buffers") {
  const auto with_count = [](std::int64_t count) {
    return reason_after("py-binary-view", [=](Block& b) { b.set_variadic_count(count); });
  };
  CHECK_EQ(with_count(0), "number of buffers differs from the schema");
  CHECK_EQ(with_count(2), "number of buffers differs from the schema");
  CHECK_EQ(with_count(-1), "variadic buffer count is wrong");
  CHECK_EQ(with_count(INT64_MAX), "variadic buffer count is wrong");
}
