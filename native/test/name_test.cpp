// Names: what is refused and how it is said, and which are listed.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "core/segment/info.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;
using qads::testing::require_throws;

namespace {

std::string refusal_of(const std::string& name) {
  const Error error = require_throws<Error>([&] { validate_name(name); });
  CHECK(error.code() == Errc::name_invalid);
  CHECK(contains(error.what(), "A-Z a-z 0-9 . _ -"));
  return error.what();
}

}  // namespace

TEST_CASE("a refused name is shown with its wrong character and the place, safely") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a b", "\"a\\u{20}b\" is not a name for an arena: its character 2 is a space"},
      {"a/b", "\"a/b\" is not a name for an arena: its character 2 is /"},
      {"d\xc3\xa4t\xc3\xa4", "\"d\\u{e4}t\\u{e4}\" is not a name for an arena: its character 2 is \\u{e4}"},
      {std::string("nul\0byte", 8),
       "\"nul\\u{0}byte\" is not a name for an arena: its character 4 is \\u{0}"},
      {"\x1b[2J", "\"\\u{1b}[2J\" is not a name for an arena: its character 1 is \\u{1b}"},
      {"x\xe2\x80\xae", "\"x\\u{202e}\" is not a name for an arena: its character 2 is \\u{202e}"},
      {"\xf0\x9f\x8e\x89", "\"\\u{1f389}\" is not a name for an arena: its character 1 is \\u{1f389}"},
      {"a\xff\xc3", "\"a\\xff\\xc3\" is not a name for an arena: its character 2 is \\xff"},
      {"\xed\xa0\x80", "\"\\xed\\xa0\\x80\" is not a name for an arena: its character 1 is \\xed"},
  };
  for (const auto& [name, sentence] : cases) CHECK_EQ(refusal_of(name).substr(0, sentence.size()), sentence);
  // Of a long name only the place is shown.
  const std::string late = refusal_of(std::string(150, 'n') + ":" + std::string(40, 'n'));
  CHECK(contains(late, "its character 151 is :"));
  CHECK(late.size() < 250);
}

TEST_CASE("files whose names no call takes are not listed") {
  const std::string name = unique_name();
  std::vector<std::string> paths;
  for (const char* ending : {"\xff", " space", "\n", "caf\xc3\xa9"})
    paths.push_back(arena_path(name + ending));
  if (isolated) {
    paths.push_back(arena_path(""));
    paths.push_back(arena_path(".."));
  }
  for (const std::string& path : paths) {
    const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0);
    close(fd);
  }
  auto writer = RingWriter::create(name, ring_of(kPage));
  CHECK_EQ(list_arena_names_with(name).size(), 1u);
  for (const std::string& listed : list_arena_names()) validate_name(listed);
  for (const std::string& path : paths) unlink(path.c_str());
}

TEST_CASE("a reason with a zero byte arrives whole") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage));
  auto reader = RingReader::attach(name, {});
  writer->abort(std::string("disk\0full", 9));
  const Error error = require_throws<Error>([&] { static_cast<void>(peek_status(*reader)); });
  CHECK(error.code() == Errc::writer_aborted);
  CHECK(contains(error.what(),
                 "disk\xef\xbf\xbd"
                 "full"));
}
