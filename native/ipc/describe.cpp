#include "describe.hpp"

#include <cstdio>

#include "flatbuffer.hpp"
#include "schema.hpp"
#include "types.hpp"

namespace qads::ipc {
namespace {

constexpr const char* kTimeUnits[] = {"s", "ms", "us", "ns"};
constexpr const char* kIntervalUnits[] = {"months", "days", "months_days_ns"};
constexpr const char* kExtensionName = "ARROW:extension:name";
constexpr const char* kExtensionMetadata = "ARROW:extension:metadata";

class Describer {
 public:
  explicit Describer(FlatBuffer& buffer) : buffer_(buffer) {}

  bool columns(const Table& schema, std::vector<DescribedColumn>& out) {
    Span fields;
    if (!buffer_.vector(schema, schema_field::kFields, 4, fields)) return false;
    for (uint32_t i = 0; i < fields.count; ++i) {
      Table field;
      DescribedColumn column;
      if (!buffer_.follow(fields.pos + 4 * i, field)) return false;
      if (!name_of(field, column.name) || !describe(field, column.type, 1)) return false;
      out.push_back(std::move(column));
    }
    return true;
  }

 private:
  std::string text(const Span& span) const {
    return {reinterpret_cast<const char*>(buffer_.bytes(span.pos)), span.count};
  }

  bool name_of(const Table& field, std::string& out) {
    Span name;
    if (!buffer_.string(field, field_field::kName, name)) return false;
    out = text(name);
    return true;
  }

  /// The field without its name.
  bool describe(const Table& field, std::string& out, uint32_t depth) {
    if (depth > kMaxNesting) return buffer_.fail("fields are nested deeper than 64 levels", field.pos);
    uint8_t nullable;
    Table dictionary;
    bool encoded;
    if (!extension(field, out)) return false;
    if (!buffer_.subtable(field, field_field::kDictionary, dictionary, encoded)) return false;
    if (encoded) {
      TypeInfo index;
      uint8_t ordered;
      if (!read_index_type(buffer_, dictionary, dictionary_field::kIndexType, index)) return false;
      if (!buffer_.scalar<uint8_t>(dictionary, dictionary_field::kIsOrdered, 0, ordered)) return false;
      out += "dictionary<";
      if (!describe_values(field, out, depth)) return false;
      out += ", " + integer(index) + (ordered != 0 ? ", ordered>" : ">");
    } else if (!describe_values(field, out, depth)) {
      return false;
    }
    if (!buffer_.scalar<uint8_t>(field, field_field::kNullable, 0, nullable)) return false;
    if (nullable == 0) out += " not null";
    return true;
  }

  /// Of all metadata only these two entries say what the values are.
  bool extension(const Table& field, std::string& out) {
    Span entries;
    if (!buffer_.vector(field, field_field::kCustomMetadata, 4, entries)) return false;
    std::string name, metadata;
    for (uint32_t i = 0; i < entries.count; ++i) {
      Table entry;
      Span key, value;
      if (!buffer_.follow(entries.pos + 4 * i, entry)) return false;
      if (!buffer_.string(entry, 0, key) || !buffer_.string(entry, 1, value)) return false;
      if (text(key) == kExtensionName) name = text(value);
      if (text(key) == kExtensionMetadata) metadata = text(value);
    }
    if (name.empty()) return true;
    out += "extension " + quoted(name) + (metadata.empty() ? "" : "(" + quoted(metadata) + ")") + " of ";
    return true;
  }

  bool describe_values(const Table& field, std::string& out, uint32_t depth) {
    uint8_t type;
    Table details;
    bool present;
    if (!buffer_.scalar<uint8_t>(field, field_field::kTypeType, 0, type)) return false;
    if (!buffer_.subtable(field, field_field::kType, details, present)) return false;
    if (!present) return buffer_.fail("field has no type", field.pos);
    TypeInfo info;
    if (!read_type(buffer_, type, details, info)) return false;
    const auto unit = static_cast<uint32_t>(info.parameters);
    switch (type) {
      case kInt:
        out += integer(info);
        return true;
      case kFloatingPoint:
        out += "float" + std::to_string(info.width);
        return true;
      case kDecimal: {
        const auto digits = static_cast<int32_t>(unit);
        out += "decimal" + std::to_string(info.width) + "(" + std::to_string(digits / 256) + ", " +
               std::to_string(digits % 256 - 128) + ")";
        return true;
      }
      case kDate:
        out += "date" + std::to_string(info.width);
        return true;
      case kTime:
        out += "time" + std::to_string(info.width) + "[" + kTimeUnits[info.parameters >> 32] + "]";
        return true;
      case kTimestamp:
        out += std::string("timestamp[") + kTimeUnits[unit];
        if (info.text.count > 0) out += ", " + text(info.text);
        out += "]";
        return true;
      case kDuration:
        out += std::string("duration[") + kTimeUnits[unit] + "]";
        return true;
      case kInterval:
        out += std::string("interval[") + kIntervalUnits[unit] + "]";
        return true;
      case kFixedSizeBinary:
        out += "fixed_size_binary[" + std::to_string(info.width / 8) + "]";
        return true;
      default:
        out += type_name(type);
        return describe_nested(field, type, info, out, depth);
    }
  }

  bool describe_nested(const Table& field, uint8_t type, const TypeInfo& info, std::string& out,
                       uint32_t depth) {
    if (info.max_children == 0) return true;
    Span children;
    if (!buffer_.vector(field, field_field::kChildren, 4, children)) return false;
    if (info.type_ids.present && info.type_ids.count != children.count) return false;
    if (type == kFixedSizeList) out += "[" + std::to_string(info.width) + "]";
    if (type == kUnion) out += info.layout == Layout::kDenseUnion ? "[dense]" : "[sparse]";
    if (type == kMap && info.parameters != 0) out += "[sorted]";
    out += "<";
    for (uint32_t i = 0; i < children.count; ++i) {
      Table child;
      if (!buffer_.follow(children.pos + 4 * i, child)) return false;
      if (i > 0) out += ", ";
      if (type == kUnion) {
        out += std::to_string(info.type_ids.present ? buffer_.at<int32_t>(info.type_ids.pos + 4 * i)
                                                    : static_cast<int32_t>(i)) +
               " ";
      }
      if (type == kStruct || type == kUnion) {
        std::string name;
        if (!name_of(child, name)) return false;
        out += quoted(name) + ": ";
      }
      // A map's entries are a struct whose names are no more than labels.
      const bool entries = type == kMap;
      if (!(entries ? describe_entries(child, out, depth + 1) : describe(child, out, depth + 1)))
        return false;
    }
    out += ">";
    return true;
  }

  bool describe_entries(const Table& entries, std::string& out, uint32_t depth) {
    Span parts;
    if (!buffer_.vector(entries, field_field::kChildren, 4, parts)) return false;
    for (uint32_t i = 0; i < parts.count; ++i) {
      Table part;
      if (!buffer_.follow(parts.pos + 4 * i, part)) return false;
      if (i > 0) out += ", ";
      if (!describe(part, out, depth + 1)) return false;
    }
    return true;
  }

  static std::string integer(const TypeInfo& info) {
    return (info.is_signed ? "int" : "uint") + std::to_string(info.width);
  }

  FlatBuffer& buffer_;
};

}  // namespace

bool describe_columns(const std::vector<uint8_t>& message, std::vector<DescribedColumn>& columns) {
  constexpr uint32_t kHeaderType = 1, kHeader = 2;
  constexpr uint8_t kSchema = 1;
  Failure failure;
  FlatBuffer buffer(message.data(), static_cast<uint32_t>(message.size()), 0, failure);
  Table root, schema;
  uint8_t type;
  bool present;
  if (!buffer.root(root) || !buffer.scalar<uint8_t>(root, kHeaderType, 0, type) || type != kSchema)
    return false;
  if (!buffer.subtable(root, kHeader, schema, present) || !present) return false;
  return Describer(buffer).columns(schema, columns);
}

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace qads::ipc
