#include "schema.hpp"

#include "hash.hpp"
#include "types.hpp"

namespace qads::ipc {
namespace {

class SchemaCompiler {
 public:
  SchemaCompiler(FlatBuffer& buffer, Shape& shape) : buffer_(buffer), shape_(shape) {}

  bool compile(const Table& schema) {
    int16_t endianness;
    if (!buffer_.scalar<int16_t>(schema, schema_field::kEndianness, 0, endianness)) return false;
    if (endianness != 0) return buffer_.fail("schema is not little-endian", schema.pos);
    if (!check_features(schema)) return false;
    uint64_t metadata = 0;
    if (!check_custom_metadata(buffer_, schema, schema_field::kCustomMetadata, &metadata)) return false;
    Span fields;
    if (!buffer_.vector(schema, schema_field::kFields, 4, fields)) return false;
    if (!fields.present) return buffer_.fail("schema has no list of fields", schema.pos);
    sign(metadata);
    sign(fields.count);
    for (uint32_t i = 0; i < fields.count; ++i) {
      if (!compile_field(fields.pos + 4 * i, shape_.columns, kNone, Role::kColumn, 1)) return false;
    }
    return true;
  }

 private:
  template <typename T>
  void sign(T value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    shape_.signature.insert(shape_.signature.end(), bytes, bytes + sizeof value);
  }

  // By its hash, because many fields may share one long text.
  void sign_text(const Span& text) { sign(hash64(buffer_.bytes(text.pos), text.count)); }

  bool check_features(const Table& schema) {
    Span features;
    if (!buffer_.vector(schema, schema_field::kFeatures, 8, features)) return false;
    for (uint32_t i = 0; i < features.count; ++i) {
      const auto feature = buffer_.at<int64_t>(features.pos + 8 * i);
      // UNUSED, DICTIONARY_REPLACEMENT, COMPRESSED_BODY: readers must give up on a feature they do not know.
      if (feature < 0 || feature > 2)
        return buffer_.fail("schema requires an unknown feature", features.pos + 8 * i);
    }
    return true;
  }

  /// Adds the steps of the field that the offset at `ref` points to.
  bool compile_field(uint32_t ref, Program& program, uint32_t parent, Role role, uint32_t depth) {
    Table field;
    if (!buffer_.follow(ref, field)) return false;
    if (depth > kMaxNesting) return buffer_.fail("fields are nested deeper than 64 levels", field.pos);
    Span name;
    uint8_t nullable;
    uint64_t metadata = 0;
    if (!buffer_.string(field, field_field::kName, name)) return false;
    if (!buffer_.scalar<uint8_t>(field, field_field::kNullable, 0, nullable)) return false;
    if (!check_custom_metadata(buffer_, field, field_field::kCustomMetadata, &metadata)) return false;
    sign_text(name);
    sign<uint8_t>(nullable != 0);
    sign(metadata);
    Table dictionary;
    bool encoded;
    if (!buffer_.subtable(field, field_field::kDictionary, dictionary, encoded)) return false;
    sign<uint8_t>(encoded);
    if (encoded) return compile_dictionary(field, dictionary, program, parent, role, depth);
    return compile_values(field, program, parent, role, depth);
  }

  /// A dictionary-encoded field is a column of indices; the field's own type is that of the dictionary's
  /// values.
  bool compile_dictionary(const Table& field, const Table& encoding, Program& program, uint32_t parent,
                          Role role, uint32_t depth) {
    int64_t id;
    uint8_t ordered;
    int16_t kind;
    if (!buffer_.scalar<int64_t>(encoding, dictionary_field::kId, 0, id)) return false;
    if (!buffer_.scalar<uint8_t>(encoding, dictionary_field::kIsOrdered, 0, ordered)) return false;
    if (!buffer_.scalar<int16_t>(encoding, dictionary_field::kKind, 0, kind)) return false;
    if (id <= -kMaxSafeInteger || id >= kMaxSafeInteger)
      return buffer_.fail("dictionary id is too large", encoding.pos);
    if (kind != 0) return buffer_.fail("dictionary kind is unknown", encoding.pos);
    TypeInfo index;
    if (!read_index_type(buffer_, encoding, dictionary_field::kIndexType, index)) return false;
    sign(id);
    sign<uint8_t>(ordered != 0);
    sign(index.width);
    sign(index.is_signed);

    Step step = make_step(index, parent, role);
    const uint32_t known = shape_.find_dictionary(id);
    step.dictionary = known == kNone ? static_cast<uint32_t>(shape_.dictionaries.size()) : known;
    program.steps.push_back(step);
    program.buffers += 2;

    if (known == kNone) {
      shape_.dictionaries.emplace_back();
      shape_.dictionary_by_id.emplace(id, step.dictionary);
    } else if (!shape_.dictionaries[known].complete) {
      return buffer_.fail("a dictionary contains itself", encoding.pos);
    }
    // Compiled apart, because nested dictionaries move the vector's elements.
    Program values;
    if (!compile_values(field, values, kNone, Role::kColumn, depth)) return false;
    Dictionary& target = shape_.dictionaries[step.dictionary];
    if (known != kNone) {
      return target.values == values || buffer_.fail("fields of one dictionary id differ in type", field.pos);
    }
    target.values = std::move(values);
    target.complete = true;
    return true;
  }

  bool compile_values(const Table& field, Program& program, uint32_t parent, Role role, uint32_t depth) {
    uint8_t type;
    Table details;
    bool present;
    if (!buffer_.scalar<uint8_t>(field, field_field::kTypeType, 0, type)) return false;
    if (!buffer_.subtable(field, field_field::kType, details, present)) return false;
    if (!present) return buffer_.fail("field has no type", field.pos);
    TypeInfo info;
    if (!read_type(buffer_, type, details, info)) return false;
    Span children;
    if (!buffer_.vector(field, field_field::kChildren, 4, children)) return false;
    if (children.count < info.min_children || children.count > info.max_children) {
      return buffer_.fail("field has the wrong number of children for its type", field.pos);
    }
    sign(type);
    sign(info.parameters);
    if (info.text.present) sign_text(info.text);
    sign(children.count);

    // Implementations disagree on its buffers in older metadata.
    if (info.layout == Layout::kRunEndEncoded && shape_.version < kMetadataV5) {
      return buffer_.fail("run-end-encoded field in metadata older than V5", field.pos);
    }
    Step step = make_step(info, parent, role);
    const auto own = static_cast<uint32_t>(program.steps.size());
    const bool is_union = info.layout == Layout::kSparseUnion || info.layout == Layout::kDenseUnion;
    // Before V5 a union had a validity bitmap, which since then only its children have.
    shape_.has_unions |= is_union;
    step.has_validity = info.has_validity || (is_union && shape_.version < kMetadataV5);
    program.steps.push_back(step);
    program.buffers += (step.has_validity ? 1u : 0u) + info.buffers;
    if (info.layout == Layout::kView) ++program.views;
    if (info.type_ids.present && info.type_ids.count != children.count) {
      return buffer_.fail("union has another number of type ids than children", details.pos);
    }

    std::vector<UnionMember> members;
    for (uint32_t i = 0; i < children.count; ++i) {
      const auto child = static_cast<uint32_t>(program.steps.size());
      if (is_union && !add_member(info, i, child, details, members)) return false;
      const Role child_role = info.layout == Layout::kRunEndEncoded && i == 0 ? Role::kRunEnds : Role::kChild;
      if (!compile_field(children.pos + 4 * i, program, own, child_role, depth + 1)) return false;
      if (!check_child(program, info, i, child, field)) return false;
    }
    // After the children, whose own unions have added theirs.
    program.steps[own].first_member = static_cast<uint32_t>(program.union_members.size());
    program.steps[own].union_members = static_cast<uint8_t>(members.size());
    program.union_members.insert(program.union_members.end(), members.begin(), members.end());
    return true;
  }

  bool add_member(const TypeInfo& info, uint32_t ordinal, uint32_t child, const Table& details,
                  std::vector<UnionMember>& members) {
    const auto id = info.type_ids.present ? buffer_.at<int32_t>(info.type_ids.pos + 4 * ordinal)
                                          : static_cast<int32_t>(ordinal);
    if (id < 0 || id > 127) return buffer_.fail("union type id is not between 0 and 127", details.pos);
    const auto type_id = static_cast<uint8_t>(id);
    for (const UnionMember& member : members) {
      if (member.type_id == type_id) return buffer_.fail("union type id occurs twice", details.pos);
    }
    members.push_back({type_id, child});
    sign(type_id);
    return true;
  }

  /// The shapes that a Map's and a run-end-encoded field's children must have.
  bool check_child(const Program& program, const TypeInfo& info, uint32_t ordinal, uint32_t child,
                   const Table& field) {
    const Step& step = program.steps[child];
    if (info.is_map) {
      uint32_t members = 0;
      for (size_t i = child + 1; i < program.steps.size(); ++i) members += program.steps[i].parent == child;
      if (step.layout != Layout::kStruct || members != 2) {
        return buffer_.fail("map has no struct of key and value as its child", field.pos);
      }
    }
    if (info.layout == Layout::kRunEndEncoded && ordinal == 0) {
      const bool is_integer = step.layout == Layout::kFixed && step.is_signed && step.dictionary == kNone;
      if (!is_integer || step.width < 16) {
        return buffer_.fail("run ends are not signed integers of 16, 32 or 64 bits", field.pos);
      }
    }
    return true;
  }

  static Step make_step(const TypeInfo& info, uint32_t parent, Role role) {
    Step step;
    step.layout = info.layout;
    step.role = role;
    step.has_validity = info.has_validity;
    step.is_utf8 = info.is_utf8;
    step.is_signed = info.is_signed;
    step.offset_width = info.offset_width;
    step.parent = parent;
    step.width = info.width;
    return step;
  }

  FlatBuffer& buffer_;
  Shape& shape_;
};

}  // namespace

bool compile_schema(FlatBuffer& buffer, const Table& schema, Shape& shape) {
  return SchemaCompiler(buffer, shape).compile(schema);
}

bool check_custom_metadata(FlatBuffer& buffer, const Table& table, uint32_t index, uint64_t* digest) {
  Span entries;
  if (!buffer.vector(table, index, 4, entries)) return false;
  for (uint32_t i = 0; i < entries.count; ++i) {
    Table entry;
    Span key, value;
    if (!buffer.follow(entries.pos + 4 * i, entry)) return false;
    if (!buffer.string(entry, 0, key) || !buffer.string(entry, 1, value)) return false;
    if (!key.present || !value.present) return buffer.fail("custom metadata without key or value", entry.pos);
    if (digest != nullptr) {
      const uint64_t pair[2] = {hash64(buffer.bytes(key.pos), key.count),
                                hash64(buffer.bytes(value.pos), value.count)};
      *digest += hash64(pair, sizeof pair);
    }
  }
  return true;
}

}  // namespace qads::ipc
