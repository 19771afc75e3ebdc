// Objects by number, for the calls of every batch: to find the one behind JavaScript's `this`, Node-API looks
// up a private property, which takes longer than some of those calls themselves.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "errors.hpp"

namespace qads::addon {

/// Those of one type and environment. A number is given again when its object is gone.
template <typename T>
class Numbered {
 public:
  std::uint32_t add(T* object) {
    if (free_.empty()) {
      // remove() must not need memory: destructors call it.
      if (free_.capacity() <= objects_.size()) free_.reserve(2 * objects_.size() + 1);
      objects_.push_back(object);
      return static_cast<std::uint32_t>(objects_.size() - 1);
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    objects_[number] = object;
    return number;
  }
  void remove(std::uint32_t number) noexcept {
    objects_[number] = nullptr;
    free_.push_back(number);
  }
  T& at(Napi::Env env, napi_value value) const {
    std::uint32_t number = 0;
    if (napi_get_value_uint32(env, value, &number) != napi_ok || number >= objects_.size() ||
        objects_[number] == nullptr) {
      throw to_js(env, Error(Errc::invalid_argument, "there is no native object of this number"));
    }
    return *objects_[number];
  }

 private:
  std::vector<T*> objects_;
  std::vector<std::uint32_t> free_;
};

/// The number of one object, for as long as it lives; it may outlive the environment's data.
template <typename T>
class NumberOf {
 public:
  NumberOf(std::shared_ptr<Numbered<T>> all, T* object) : all_(std::move(all)), number_(all_->add(object)) {}
  ~NumberOf() { all_->remove(number_); }
  NumberOf(const NumberOf&) = delete;
  NumberOf& operator=(const NumberOf&) = delete;

  std::uint32_t value() const noexcept { return number_; }

 private:
  std::shared_ptr<Numbered<T>> all_;
  std::uint32_t number_;
};

}  // namespace qads::addon
