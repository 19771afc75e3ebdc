// What verify() leaves to verify_values(): one wrong value at a time.

#include <functional>

#include "ipc/utf8.hpp"
#include "ipc_support.hpp"

namespace {

using namespace qads;
using namespace qads::test;

/// Damages the body of the record batch and returns what verify_values says of it.
std::string reason_after(const std::string& name, const std::function<void(Block&)>& damage) {
  Bytes slot = corpus_slot(name);
  const Layout layout = verify(slot).layout;
  Block block = block_of(slot, layout, static_cast<std::size_t>(layout.at(kLayoutDictionaryBatches)));
  damage(block);
  return reason_of_values(slot);
}

}  // namespace

TEST_CASE("offsets between the first and the last are in order and in range") {
  const std::string wrong = "value offset is out of order or range";
  CHECK_EQ(reason_after("py-binary", [](Block& b) { b.set_value<std::int32_t>(1, 2, 1000000); }), wrong);
  CHECK_EQ(reason_after("py-binary", [](Block& b) { b.set_value<std::int32_t>(1, 2, -1); }), wrong);
  CHECK_EQ(reason_after("py-large-utf8", [](Block& b) { b.set_value<std::int64_t>(1, 3, -5); }), wrong);
  CHECK_EQ(reason_after("py-list", [](Block& b) { b.set_value<std::int32_t>(1, 3, 6); }), wrong);
}

TEST_CASE("strings are UTF-8 where they are valid") {
  const auto with_byte = [](std::uint8_t byte) {
    return reason_after("py-large-utf8", [=](Block& b) { b.set_value<std::uint8_t>(2, 0, byte); });
  };
  CHECK_EQ(with_byte(0xff), "string is not UTF-8");
  CHECK_EQ(with_byte(0x80), "string is not UTF-8");
  CHECK_EQ(reason_after("py-binary", [](Block& b) { b.set_value<std::uint8_t>(2, 0, std::uint8_t{0xff}); }),
           "");
}

TEST_CASE("views point into their buffers and begin with their prefix") {
  // Row 0 of Polars' strings is inline, row 1 is not.
  const auto view = [](std::size_t word, std::int32_t value) {
    return reason_after("polars-frame-uncompressed",
                        [=](Block& b) { b.set_value<std::int32_t>(3, word, value); });
  };
  CHECK_EQ(view(0, -1), "view has a negative length");
  CHECK_EQ(view(4, 1 << 20), "view points outside its buffer");
  CHECK_EQ(view(5, 0), "prefix of a view is wrong");
  CHECK_EQ(view(6, 1), "view points to no buffer");
  CHECK_EQ(view(6, -1), "view points to no buffer");
  CHECK_EQ(view(7, 1), "view points outside its buffer");
  CHECK_EQ(view(7, -1), "view points outside its buffer");
  CHECK_EQ(view(1, -1), "string is not UTF-8");
  // The third is null: what its view says does not matter.
  CHECK_EQ(view(8, -1), "");
}

TEST_CASE("an inline view is zero after its end") {
  // Row 0 is "short": five bytes in the first two words of twelve bytes.
  CHECK_EQ(reason_after("polars-frame-uncompressed", [](Block& b) { b.set_value<std::int32_t>(3, 3, 1); }),
           "view has bytes after its end");
}

TEST_CASE("null counts are those of the bitmaps") {
  CHECK_EQ(reason_after("py-i64", [](Block& b) { b.set_node_nulls(0, 1); }),
           "null count differs from the validity bitmap");
  CHECK_EQ(reason_after("py-i64", [](Block& b) { b.set_value<std::uint8_t>(0, 0, std::uint8_t{0}); }),
           "null count differs from the validity bitmap");
  // Readers do not look at the bitmap then.
  CHECK_EQ(reason_after("py-i64", [](Block& b) { b.set_node_nulls(0, 0); }), "");
}

TEST_CASE("list views point into their items") {
  const auto offset = [](std::int32_t value) {
    return reason_after("py-list-view", [=](Block& b) { b.set_value<std::int32_t>(1, 2, value); });
  };
  CHECK_EQ(offset(-1), "list view points outside its items");
  CHECK_EQ(offset(1000), "list view points outside its items");
  CHECK_EQ(reason_after("py-list-view", [](Block& b) { b.set_value<std::int32_t>(2, 2, -1); }),
           "list view points outside its items");
}

TEST_CASE("dictionary indices are below the length of the dictionary") {
  const auto index = [](std::uint64_t value) {
    return reason_after("py-dictionary-u64-ordered", [=](Block& b) {
      for (std::size_t row = 0; row < 5; ++row) b.set_value<std::uint64_t>(1, row, value);
    });
  };
  CHECK_EQ(index(0), "");
  CHECK_EQ(index(1000), "dictionary index is out of range");
  CHECK_EQ(index(UINT64_MAX), "dictionary index is out of range");
  // The delta adds the third entry.
  const auto delta = [](std::int8_t value) {
    return reason_after("js-own-delta", [=](Block& b) { b.set_value<std::int8_t>(1, 0, value); });
  };
  CHECK_EQ(delta(2), "");
  CHECK_EQ(delta(3), "dictionary index is out of range");
  CHECK_EQ(delta(-1), "dictionary index is out of range");
}

TEST_CASE("unions have the child that a type id names, and the value that an offset names") {
  CHECK_EQ(reason_after("py-union-sparse", [](Block& b) { b.set_value<std::int8_t>(0, 1, 3); }),
           "union has no such type id");
  CHECK_EQ(reason_after("py-union-dense", [](Block& b) { b.set_value<std::int8_t>(0, 1, -1); }),
           "union has no such type id");
  CHECK_EQ(reason_after("py-union-dense", [](Block& b) { b.set_value<std::int32_t>(1, 1, 5); }),
           "union offset is out of range");
  CHECK_EQ(reason_after("py-union-dense", [](Block& b) { b.set_value<std::int32_t>(1, 1, -1); }),
           "union offset is out of range");
}

TEST_CASE("run ends increase") {
  CHECK_EQ(reason_after("py-ree16", [](Block& b) { b.set_value<std::int16_t>(1, 0, 0); }),
           "run ends do not increase");
  CHECK_EQ(reason_after("py-ree16", [](Block& b) { b.set_value<std::int16_t>(1, 0, 9); }),
           "run ends do not increase");
}

TEST_CASE("values of dictionaries are verified too") {
  Bytes slot = corpus_slot("js-own-delta");
  const Layout layout = verify(slot).layout;
  block_of(slot, layout, 1).set_value<std::uint8_t>(2, 0, 0xff);
  CHECK_EQ(reason_of_values(slot), "string is not UTF-8");
}

TEST_CASE("every malformed form of UTF-8 is found at any place, and none of the well-formed ones") {
  const char* well_formed[] = {"",
                               "a",
                               "\x7f",
                               "\xc2\x80",
                               "\xdf\xbf",
                               "\xe0\xa0\x80",
                               "\xed\x9f\xbf",
                               "\xee\x80\x80",
                               "\xef\xbf\xbf",
                               "\xf0\x90\x80\x80",
                               "\xf4\x8f\xbf\xbf"};
  const char* malformed[] = {"\x80",
                             "\xbf",
                             "\xc0\x80",
                             "\xc1\xbf",
                             "\xc2",
                             "\xc2\x41",
                             "\xe0\x9f\xbf",
                             "\xe0\xa0",
                             "\xed\xa0\x80",
                             "\xef\xbf",
                             "\xef\xbf\x41",
                             "\xf0\x8f\xbf\xbf",
                             "\xf0\x90\x80",
                             "\xf4\x90\x80\x80",
                             "\xf5\x80\x80\x80",
                             "\xff",
                             "\xc2\xc0",
                             "\xe1\x80\xc0"};
  const auto is_utf8 = [](const std::string& text) {
    const Bytes bytes(text.begin(), text.end());
    Exact copy(bytes);
    return ipc::is_utf8(copy.data(), copy.size());
  };
  for (std::size_t before = 0; before < 18; ++before) {
    for (const std::string after : {"", "z", "zzzzzzzzz"}) {
      const std::string lead(before, 'a');
      for (const char* text : well_formed) CHECK(is_utf8(lead + text + after));
      for (const char* text : malformed) CHECK(!is_utf8(lead + text + after));
    }
  }
}
