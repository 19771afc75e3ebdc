#pragma once

#include <arrow/api.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <regex>
#include <string>

#include "qadataswap/arrow.hpp"

/// What Arrow C++ says instead of a value.
struct ArrowError : std::runtime_error {
  explicit ArrowError(const arrow::Status& status) : std::runtime_error(status.ToString()) {}
};

inline void checked(const arrow::Status& status) {
  if (!status.ok()) throw ArrowError(status);
}

template <typename T>
T checked(arrow::Result<T> result) {
  checked(result.status());
  return std::move(result).ValueUnsafe();
}

/// Runs `body` for each case of the folder, and tells the test what became of it.
inline void for_each_case(const std::filesystem::path& folder,
                          const std::function<void(const std::string& name)>& body) {
  std::ifstream names(folder / "cases.txt");
  const auto tell = [](const std::string& name, const char* code, const char* message) {
    std::cout << name << '\t' << code << '\t' << std::regex_replace(message, std::regex("\\s+"), " ")
              << std::endl;
  };
  for (std::string name; std::getline(names, name);) {
    try {
      body(name);
      tell(name, "ok", "");
    } catch (const qads::arrow::Error& error) {
      tell(name, error.code_name(), error.what());
    } catch (const ArrowError& error) {
      tell(name, "arrow", error.what());
    }
  }
}
