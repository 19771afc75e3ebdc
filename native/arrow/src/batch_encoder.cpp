#include "batch_encoder.hpp"

#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>

#include <algorithm>
#include <stdexcept>

namespace qads::arrow {
namespace {

constexpr size_t kMaxSchemas = 8;

bool has_dictionary(const ::arrow::DataType& type) {
  if (type.id() == ::arrow::Type::DICTIONARY) return true;
  if (type.id() == ::arrow::Type::EXTENSION) {
    return has_dictionary(*static_cast<const ::arrow::ExtensionType&>(type).storage_type());
  }
  return std::any_of(type.fields().begin(), type.fields().end(),
                     [](const auto& field) { return has_dictionary(*field->type()); });
}

/// A field of an IPC schema says "coded by dictionary" once: of a dictionary of dictionaries, Arrow C++
/// writes a schema that tells half of it.
bool has_dictionary_of_dictionaries(const ::arrow::DataType& type) {
  using ::arrow::Type;
  if (type.id() == Type::EXTENSION) {
    return has_dictionary_of_dictionaries(*static_cast<const ::arrow::ExtensionType&>(type).storage_type());
  }
  if (type.id() == Type::DICTIONARY) {
    const ::arrow::DataType* values = static_cast<const ::arrow::DictionaryType&>(type).value_type().get();
    while (values->id() == Type::EXTENSION) {
      values = static_cast<const ::arrow::ExtensionType*>(values)->storage_type().get();
    }
    return values->id() == Type::DICTIONARY || has_dictionary_of_dictionaries(*values);
  }
  return std::any_of(type.fields().begin(), type.fields().end(),
                     [](const auto& field) { return has_dictionary_of_dictionaries(*field->type()); });
}

void add_nodes(const ::arrow::DataType& type, std::vector<ipc::NodeLayout>& nodes) {
  using ::arrow::Type;
  switch (type.id()) {
    case Type::EXTENSION:
      return add_nodes(*static_cast<const ::arrow::ExtensionType&>(type).storage_type(), nodes);
    case Type::DICTIONARY:
      return add_nodes(*static_cast<const ::arrow::DictionaryType&>(type).index_type(), nodes);
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      nodes.push_back({2, true});
      break;
    case Type::NA:
    case Type::RUN_END_ENCODED:
      nodes.push_back({0, false});
      break;
    case Type::SPARSE_UNION:
      nodes.push_back({1, false});  // type ids, and no validity
      break;
    case Type::DENSE_UNION:
      nodes.push_back({2, false});  // offsets too
      break;
    default:
      nodes.push_back({static_cast<uint32_t>(type.layout().buffers.size()), false});
  }
  for (const auto& field : type.fields()) add_nodes(*field->type(), nodes);
}

/// Empty without views: only they can be compacted.
std::vector<ipc::NodeLayout> node_layouts(const ::arrow::Schema& schema) {
  std::vector<ipc::NodeLayout> nodes;
  for (const auto& field : schema.fields()) add_nodes(*field->type(), nodes);
  const bool views = std::any_of(nodes.begin(), nodes.end(), [](const auto& node) { return node.is_view; });
  return views ? nodes : std::vector<ipc::NodeLayout>{};
}

::arrow::Status check_schema(const ::arrow::Schema& schema) {
  for (const auto& field : schema.fields()) {
    if (!has_dictionary_of_dictionaries(*field->type())) continue;
    return ::arrow::Status::Invalid(
        "field \"", field->name(), "\" is ", field->type()->ToString(),
        ": a dictionary of dictionaries has no form in Arrow IPC; decode one of them");
  }
  return ::arrow::Status::OK();
}

::arrow::ipc::IpcWriteOptions write_options() {
  auto options = ::arrow::ipc::IpcWriteOptions::Defaults();
  options.use_threads = false;
  return options;
}

}  // namespace

::arrow::Result<std::shared_ptr<::arrow::RecordBatch>> empty_batch(
    const std::shared_ptr<::arrow::Schema>& schema) {
  // RecordBatch::MakeEmpty knows no dictionaries of nested values.
  std::vector<std::shared_ptr<::arrow::Array>> columns;
  for (const auto& field : schema->fields()) {
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), ::arrow::MakeArrayOfNull(field->type(), 0));
  }
  return ::arrow::RecordBatch::Make(schema, 0, std::move(columns));
}

::arrow::Status PartsStream::Write(const void* data, int64_t nbytes) {
  parts_.add_copy(data, static_cast<uint64_t>(nbytes));
  return ::arrow::Status::OK();
}

::arrow::Status PartsStream::Write(const std::shared_ptr<::arrow::Buffer>& data) {
  held_.push_back(data);
  parts_.add_borrowed(data->data(), static_cast<uint64_t>(data->size()));
  return ::arrow::Status::OK();
}

void PartsStream::clear() noexcept {
  parts_.clear();
  held_.clear();
}

SchemaEncoder::SchemaEncoder(std::shared_ptr<::arrow::Schema> schema)
    : schema_(std::move(schema)),
      has_dictionaries_(std::any_of(schema_->fields().begin(), schema_->fields().end(),
                                    [](const auto& field) { return has_dictionary(*field->type()); })),
      nodes_(node_layouts(*schema_)),
      // Null for the few types that Arrow C++ cannot make an empty array of.
      empty_(empty_batch(schema_).ValueOr(nullptr)) {}

::arrow::Result<const ipc::SlotPlan*> SchemaEncoder::plan(const ::arrow::RecordBatch& batch,
                                                          const Metadata& metadata) {
  // Of a slice without rows, Arrow C++ writes all values of some types.
  const bool is_empty = batch.num_rows() == 0 && empty_ != nullptr;
  try {
    ARROW_RETURN_NOT_OK(write(is_empty ? *empty_ : batch, metadata));
  } catch (const std::runtime_error& refused) {
    return ::arrow::Status::Invalid(refused.what());
  }
  return &plan_;
}

::arrow::Status SchemaEncoder::write(const ::arrow::RecordBatch& batch, const Metadata& metadata) {
  if (form_ == nullptr) ARROW_RETURN_NOT_OK(check_schema(*schema_));
  // A stream leaves a dictionary out that has not changed, and a slot must have it: then each batch is a
  // file.
  if (form_ == nullptr || has_dictionaries_ || empty_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(auto file, ::arrow::ipc::MakeFileWriter(&stream_, schema_, write_options()));
    ARROW_RETURN_NOT_OK(file->WriteRecordBatch(batch, metadata));
    ARROW_RETURN_NOT_OK(file->Close());
    form_ = std::make_shared<const ipc::SlotForm>(stream_.parts(), nodes_);
    plan_.lay_out(form_, stream_.parts(), form_->first_message());
    return ::arrow::Status::OK();
  }
  // From the second batch on, only the batch itself is written: several times faster for small ones.
  if (writer_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(writer_, ::arrow::ipc::MakeStreamWriter(&stream_, schema_, write_options()));
    // The schema message comes with the first batch: out of the way.
    ARROW_RETURN_NOT_OK(writer_->WriteRecordBatch(*empty_));
    stream_.clear();
  }
  ARROW_RETURN_NOT_OK(writer_->WriteRecordBatch(batch, metadata));
  plan_.lay_out(form_, stream_.parts(), 0);
  return ::arrow::Status::OK();
}

SchemaEncoder& BatchEncoder::of(const std::shared_ptr<::arrow::Schema>& schema) {
  const auto same = [&](const auto& known) {
    return &known->schema() == schema.get() || known->schema().Equals(*schema, true);
  };
  const auto found = std::find_if(known_.begin(), known_.end(), same);
  if (found != known_.end()) {
    std::rotate(known_.begin(), found, found + 1);
  } else {
    known_.insert(known_.begin(), std::make_unique<SchemaEncoder>(schema));
    if (known_.size() > kMaxSchemas) known_.pop_back();
  }
  return *known_.front();
}

void BatchEncoder::drop(const SchemaEncoder& encoder) noexcept {
  known_.erase(std::remove_if(known_.begin(), known_.end(),
                              [&](const auto& known) { return known.get() == &encoder; }),
               known_.end());
}

}  // namespace qads::arrow
