#include "difference.hpp"

#include <algorithm>
#include <map>

#include "describe.hpp"

namespace qads {
namespace {

using ipc::DescribedColumn;
using Columns = std::vector<DescribedColumn>;

constexpr size_t kMaxShown = 3;
constexpr size_t kMaxNameBytes = 60;
constexpr size_t kMaxTypeBytes = 160;

/// Cut so that a message stays one; never inside a UTF-8 character.
std::string shown(std::string text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  text.resize(end);
  return text + "...";
}

std::string shown_name(const std::string& name) { return ipc::quoted(shown(name, kMaxNameBytes)); }

/// The names of `these` that `those` have not as often, in order.
std::vector<std::string> without(const Columns& these, const Columns& those) {
  std::map<std::string, size_t> left;
  for (const DescribedColumn& column : those) ++left[column.name];
  std::vector<std::string> names;
  for (const DescribedColumn& column : these) {
    size_t& count = left[column.name];
    if (count > 0) {
      --count;
    } else {
      names.push_back(column.name);
    }
  }
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out = names.size() == 1 ? "column " : "columns ";
  for (size_t i = 0; i < std::min(names.size(), kMaxShown); ++i)
    out += (i > 0 ? ", " : "") + shown_name(names[i]);
  if (names.size() > kMaxShown) out += " and " + std::to_string(names.size() - kMaxShown) + " more";
  return out;
}

std::string names_difference(const Columns& expected, const Columns& actual) {
  const auto missing = without(expected, actual);
  const auto extra = without(actual, expected);
  std::string out;
  if (!missing.empty()) out = listed(missing) + (missing.size() == 1 ? " is missing" : " are missing");
  if (!extra.empty()) {
    if (!out.empty()) out += "; ";
    out += listed(extra) + (extra.size() == 1 ? " is not expected" : " are not expected");
  }
  if (!out.empty()) return out;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i].name == actual[i].name) continue;
    return "the columns are in another order: column " + std::to_string(i) + " is " +
           shown_name(actual[i].name) + ", expected " + shown_name(expected[i].name);
  }
  return {};
}

std::string types_difference(const Columns& expected, const Columns& actual) {
  std::string out;
  size_t others = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i].type == actual[i].type) continue;
    if (!out.empty()) {
      ++others;
      continue;
    }
    out = "column " + shown_name(expected[i].name) + " is " + shown(actual[i].type, kMaxTypeBytes) +
          ", expected " + shown(expected[i].type, kMaxTypeBytes);
  }
  if (others > 0) out += "; " + std::to_string(others) + (others == 1 ? " more differs" : " more differ");
  return out;
}

}  // namespace

std::string schema_difference(const std::vector<uint8_t>& expected, const std::vector<uint8_t>& actual) {
  if (expected == actual) return {};
  Columns wanted, given;
  if (!ipc::describe_columns(expected, wanted) || !ipc::describe_columns(actual, given))
    return "a schema message cannot be read";
  const std::string names = names_difference(wanted, given);
  return names.empty() ? types_difference(wanted, given) : names;
}

}  // namespace qads
