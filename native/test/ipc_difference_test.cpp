// In what two schemas differ, and the rule of an arena of one schema.

#include "ipc/difference.hpp"

#include "core/ring/one_schema.hpp"
#include "ipc/describe.hpp"
#include "ipc_support.hpp"
#include "testing.hpp"

namespace {

using namespace qads;
using namespace qads::test;

std::vector<std::uint8_t> schema_in(const Bytes& slot) { return schema_of_slot(slot.data(), slot.size()); }

TEST_CASE("every schema of the corpus is described, and differs from itself in nothing") {
  for (const auto& path : slots_in("ipc")) {
    const auto schema = schema_in(read_file(path));
    std::vector<ipc::DescribedColumn> columns;
    CHECK(ipc::describe_columns(schema, columns));
    for (const auto& column : columns) CHECK(!column.type.empty());
    CHECK_EQ(schema_difference(schema, schema), "");
  }
}

TEST_CASE("two schemas of the corpus differ in words exactly when their columns do") {
  std::vector<std::vector<std::uint8_t>> schemas;
  std::vector<std::string> described;
  for (const auto& path : slots_in("ipc")) {
    schemas.push_back(schema_in(read_file(path)));
    std::vector<ipc::DescribedColumn> columns;
    REQUIRE(ipc::describe_columns(schemas.back(), columns));
    std::string all;
    for (const auto& column : columns) all += ipc::quoted(column.name) + " " + column.type + ", ";
    described.push_back(all);
  }
  std::size_t same = 0, differ = 0;
  for (std::size_t a = 0; a < schemas.size(); ++a) {
    for (std::size_t b = 0; b < schemas.size(); ++b) {
      const bool is_same = described[a] == described[b];
      CHECK_EQ(schema_difference(schemas[a], schemas[b]).empty(), is_same);
      ++(is_same ? same : differ);
    }
  }
  CHECK(same > schemas.size());
  CHECK(differ > 0);
}

TEST_CASE("a damaged schema message is never read outside, whatever its bytes") {
  for (const auto& path : slots_in("ipc")) {
    const auto schema = schema_in(read_file(path));
    if (schema.size() > 4096) continue;
    for (std::size_t at = 0; at < schema.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xFF}) {
        auto damaged = schema;
        damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ flip);
        damaged.shrink_to_fit();
        static_cast<void>(schema_difference(schema, damaged));
        static_cast<void>(schema_difference(damaged, schema));
      }
    }
    for (std::size_t length = 0; length < schema.size(); ++length) {
      const std::vector<std::uint8_t> cut(schema.begin(),
                                          schema.begin() + static_cast<std::ptrdiff_t>(length));
      const bool readable = schema_difference(schema, cut).empty();
      // What is left out at the end may be padding; without its beginning it is no message.
      CHECK(length >= 8 || !readable);
    }
  }
}

TEST_CASE("the first batch decides, and one that was refused leaves the rule as it was") {
  const auto paths = slots_in("ipc");
  const Bytes first = read_file(paths.front());
  Bytes other;
  for (const auto& path : paths) {
    if (other.empty() && !schema_difference(schema_in(first), schema_in(read_file(path))).empty())
      other = read_file(path);
  }
  REQUIRE(!other.empty());
  OneSchema rule;
  CHECK(!rule.allows(1));
  CHECK_EQ(rule.difference(first.data(), first.size(), 1), "");
  CHECK(rule.allows(1));
  CHECK(!rule.allows(2));
  CHECK(!rule.difference(other.data(), other.size(), 2).empty());
  CHECK(rule.allows(1));
  CHECK_EQ(rule.difference(first.data(), first.size(), 3), "");
  CHECK(rule.allows(3));
  CHECK_EQ(rule.difference(first.data(), first.size(), 1), "");
  CHECK(!rule.difference(nullptr, 0, 4).empty());
}

}  // namespace
