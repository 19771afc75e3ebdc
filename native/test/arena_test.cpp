// Making, naming, finding and taking over arenas; and what is refused.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/base/checksum.hpp"
#include "core/segment/info.hpp"
#include "core/segment/segment.hpp"
#include "processes.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;
using qads::testing::require_throws;

namespace {

constexpr std::uint64_t kPage = 4096;

Error creation_error(const std::string& name, const WriterOptions& options) {
  return require_throws<Error>([&] { RingWriter::create(name, options); });
}

Error attach_error(const std::string& name) {
  return require_throws<Error>([&] { RingReader::attach(name, {}); });
}

/// A file in place of an arena, gone with this object.
class ImpostorFile {
 public:
  ImpostorFile(const std::string& name, const std::string& content) : path_(arena_path(name)) {
    const int fd = open(path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0);
    REQUIRE(::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    close(fd);
  }
  ~ImpostorFile() { unlink(path_.c_str()); }
  ImpostorFile(const ImpostorFile&) = delete;
  ImpostorFile& operator=(const ImpostorFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string bytes_of(const std::string& name) {
  std::string bytes;
  const int fd = open(arena_path(name).c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  struct stat status{};
  REQUIRE(fstat(fd, &status) == 0);
  bytes.resize(static_cast<std::size_t>(status.st_size));
  REQUIRE(pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  close(fd);
  return bytes;
}

/// Leaves an arena whose writer was killed after `batches` batches.
void leave_dead_arena(const std::string& name, std::uint64_t batches) {
  Child writer([&] {
    auto dying = RingWriter::create(name, ring_of(64 * kPage));
    for (std::uint64_t i = 0; i < batches; ++i) write(*dying, 100);
    raise(SIGKILL);
  });
  CHECK(writer.ended_by(SIGKILL));
  CHECK(!is_gone(name));
}

}  // namespace

TEST_CASE("a name that is no file name in shared memory is refused with advice") {
  for (const std::string& bad :
       {std::string(), std::string("a/b"), std::string("/abs"), std::string("."), std::string(".."),
        std::string("...."), std::string(300, 'n'), std::string(201, 'n'), std::string("with space"),
        std::string("new\nline"), std::string("nul\0byte", 8), std::string("caf\xc3\xa9")}) {
    for (const bool writing : {true, false}) {
      const Error error = require_throws<Error>([&] {
        if (writing) {
          RingWriter::create(bad, {});
        } else {
          RingReader::attach(bad, {});
        }
      });
      CHECK(error.code() == Errc::name_invalid);
      CHECK(contains(error.what(), "A-Z a-z 0-9 . _ -"));
    }
    CHECK(code_of([&] { inspect_arena(bad); }) == Errc::name_invalid);
    CHECK(code_of([&] { unlink_arena(bad); }) == Errc::name_invalid);
  }
}

TEST_CASE("a name of 200 characters, with dots at its ends, is good") {
  std::string name = "." + unique_name() + "_-";
  name.resize(199, 'x');
  name += '.';
  auto writer = RingWriter::create(name, ring_of(kPage));
  auto reader = RingReader::attach(name, {});
  write(*writer, 10);
  CHECK_EQ(read(*reader), 0u);
  CHECK_EQ(inspect_arena(name).readers.size(), 1u);
  reader->close();
  writer->close();
  CHECK(is_gone(name));
}

TEST_CASE("sizes and counts out of range are refused by name, with the range") {
  const std::string name = unique_name();
  const auto refused = [&](const WriterOptions& options, const char* what) {
    const Error error = creation_error(name, options);
    CHECK(error.code() == Errc::invalid_argument);
    CHECK(contains(error.what(), what));
    CHECK(contains(error.what(), name));
  };
  refused(ring_of(0), "size");
  refused(ring_of(kMaxCapacity + 1), "size");
  refused(ring_of(UINT64_MAX), "size");
  refused(ring_of(kPage, 0), "slots");
  refused(ring_of(kPage, 1), "slots");
  refused(ring_of(kPage, kMaxSlots + 1), "slots");
  WriterOptions options = ring_of(kPage);
  options.arena.max_readers = 0;
  refused(options, "maxReaders");
  options.arena.max_readers = kMaxReaders + 1;
  refused(options, "maxReaders");
  options = ring_of(kPage);
  options.arena.on_full = static_cast<OnFull>(4);
  refused(options, "onFull");
  options = ring_of(kPage);
  options.arena.mode = 01777;
  refused(options, "mode");
  options.arena.mode = 0440;
  refused(options, "mode");
  CHECK(is_gone(name));
}

TEST_CASE("the largest counts make an arena") {
  WriterOptions options = ring_of(1, kMaxSlots);
  options.arena.max_readers = kMaxReaders;
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, options);
  std::vector<std::unique_ptr<RingReader>> readers;
  for (std::uint32_t i = 0; i < kMaxReaders; ++i) readers.push_back(RingReader::attach(name, {}));
  write(*writer, 3);
  for (const auto& reader : readers) CHECK_EQ(read(*reader), 0u);
  CHECK(attach_error(name).code() == Errc::too_many_readers);
}

TEST_CASE("an arena larger than shared memory is refused at creation, with the numbers") {
  const std::string name = unique_name();
  const Error error = creation_error(name, ring_of(std::uint64_t{1} << 39));
  CHECK(error.code() == Errc::no_space);
  CHECK(contains(error.what(), "524288"));
  CHECK(contains(error.what(), "--shm-size"));
  CHECK(is_gone(name));
}

TEST_CASE("an arena has one writer") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage));
  const Error error = creation_error(name, ring_of(kPage));
  CHECK(error.code() == Errc::writer_exists);
  CHECK(contains(error.what(), std::to_string(getpid())));
  Child other([&] { CHECK(creation_error(name, ring_of(kPage)).code() == Errc::writer_exists); });
  CHECK(other.succeeded());
  auto reader = RingReader::attach(name, {});
  write(*writer, 5);
  CHECK_EQ(read(*reader), 0u);
}

TEST_CASE("of many who create one name at once, one wins") {
  const std::string name = unique_name();
  struct Counts {
    std::atomic<int> ready{0}, won{0}, refused{0};
  };
  const Shared<Counts> counts;
  constexpr int kWriters = 6;
  std::vector<Child> children;
  for (int i = 0; i < kWriters; ++i) {
    children.emplace_back([&] {
      ++counts->ready;
      CHECK(eventually([&] { return counts->ready.load() == kWriters; }));
      std::unique_ptr<RingWriter> writer;
      const Errc code = code_of([&] { writer = RingWriter::create(name, ring_of(kPage)); });
      CHECK(code == Errc::ok || code == Errc::writer_exists);
      ++(code == Errc::ok ? counts->won : counts->refused);
      CHECK(eventually([&] { return counts->won.load() + counts->refused.load() == kWriters; }));
      if (writer) writer->close();
    });
  }
  for (Child& child : children) CHECK(child.succeeded());
  CHECK_EQ(counts->won.load(), 1);
  CHECK(is_gone(name));
}

TEST_CASE("one reader more than there are places is refused, until one leaves") {
  const std::string name = unique_name();
  WriterOptions options = ring_of(kPage);
  options.arena.max_readers = 3;
  auto writer = RingWriter::create(name, options);
  std::vector<std::unique_ptr<RingReader>> readers;
  for (int i = 0; i < 3; ++i) readers.push_back(RingReader::attach(name, {}));
  const Error error = attach_error(name);
  CHECK(error.code() == Errc::too_many_readers);
  CHECK(contains(error.what(), "3 readers"));
  readers[1]->close();
  auto late = RingReader::attach(name, {});
  write(*writer, 9);
  CHECK_EQ(read(*late), 0u);
}

TEST_CASE("what is not there is not found") {
  const std::string name = unique_name();
  CHECK(attach_error(name).code() == Errc::not_found);
  CHECK(code_of([&] { inspect_arena(name); }) == Errc::not_found);
  CHECK(!unlink_arena(name));
}

TEST_CASE("a file that is no arena is neither read nor replaced") {
  const std::string name = unique_name();
  for (const std::string& content : {std::string(), std::string("QADS"), std::string(100, 'x'),
                                     std::string(9999, 'x'), std::string(9999, '\0')}) {
    const ImpostorFile file(name, content);
    CHECK(attach_error(name).code() == Errc::not_an_arena);
    CHECK(creation_error(name, ring_of(kPage)).code() == Errc::not_an_arena);
    CHECK(code_of([&] { inspect_arena(name); }) == Errc::not_an_arena);
    CHECK_EQ(bytes_of(name).size(), content.size());
  }
}

TEST_CASE("a directory, a symbolic link or a FIFO in place of an arena is refused") {
  const std::string name = unique_name();
  const std::string path = arena_path(name);
  const auto refused = [&](const char* kind) {
    const Errc attached = attach_error(name).code();
    const Errc created = creation_error(name, ring_of(kPage)).code();
    if (attached != Errc::not_an_arena || created != Errc::not_an_arena) {
      qads::testing::record_failure(
          {__FILE__, __LINE__},
          std::string(kind) + ": " + error_code_name(attached) + ", " + error_code_name(created));
    }
  };
  REQUIRE(mkdir(path.c_str(), 0700) == 0);
  refused("directory");
  rmdir(path.c_str());
  const std::string target = unique_name();
  auto writer = RingWriter::create(target, ring_of(kPage));
  REQUIRE(symlink(arena_path(target).c_str(), path.c_str()) == 0);
  refused("link");
  unlink(path.c_str());
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  refused("FIFO");
  unlink(path.c_str());
}

TEST_CASE("an arena of another layout version is told apart from a damaged one") {
  const std::string name = unique_name();
  const std::string model = unique_name();
  auto writer = RingWriter::create(model, ring_of(4 * kPage));
  std::string bytes = bytes_of(model);
  const auto error_of = [&](std::size_t offset, std::uint32_t value) {
    std::string changed = bytes;
    std::memcpy(changed.data() + offset, &value, sizeof value);
    const ImpostorFile file(name, changed);
    return attach_error(name).code();
  };
  CHECK(error_of(offsetof(SharedMemoryHeader, layout_version), kLayoutVersion + 1) == Errc::incompatible);
  CHECK(error_of(offsetof(SharedMemoryHeader, magic), 0x12345678) == Errc::not_an_arena);
  CHECK(error_of(offsetof(SharedMemoryHeader, ring_capacity), 1u << 30) == Errc::corrupt);
  CHECK(error_of(offsetof(SharedMemoryHeader, slot_count), 0) == Errc::corrupt);
  CHECK(error_of(offsetof(SharedMemoryHeader, checksum), 0) == Errc::corrupt);
  // The file as it is, under another name, is an arena without a writer.
  const ImpostorFile copy(name, bytes);
  auto reader = RingReader::attach(name, {});
  CHECK(code_of([&] { static_cast<void>(peek_status(*reader)); }) == Errc::writer_died);
}

TEST_CASE("a header whose checksum was made to fit its nonsense is refused") {
  const std::string name = unique_name();
  const std::string model = unique_name();
  auto writer = RingWriter::create(model, ring_of(4 * kPage));
  const std::string bytes = bytes_of(model);
  const auto error_of = [&](auto change) {
    SharedMemoryHeader header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    change(header);
    header.checksum = checksum_bytes(&header, offsetof(SharedMemoryHeader, checksum));
    std::string changed = bytes;
    std::memcpy(changed.data(), &header, sizeof header);
    const ImpostorFile file(name, changed);
    return attach_error(name).code();
  };
  using Header = SharedMemoryHeader;
  CHECK(error_of([](Header& h) { h.page_size = 16384; }) == Errc::incompatible);
  CHECK(error_of([](Header& h) { h.on_full = 4; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.max_readers = 0; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.max_readers = 513; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.slot_count = 1; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.slot_count = 0xFFFFFFFF; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.ring_capacity = 0; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.ring_capacity = UINT64_MAX - 4095; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.ring_offset = 0; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.reader_table_offset += 64; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.slot_table_offset += 64; }) == Errc::corrupt);
  CHECK(error_of([](Header& h) { h.total_size += kPage; }) == Errc::corrupt);
}

TEST_CASE("a truncated arena is refused, and may be replaced") {
  const std::string name = unique_name();
  leave_dead_arena(name, 3);
  const std::string bytes = bytes_of(name);
  for (const std::size_t size : {bytes.size() - 1, bytes.size() / 2, kControlBytes}) {
    REQUIRE(truncate(arena_path(name).c_str(), static_cast<off_t>(size)) == 0);
    const Error error = attach_error(name);
    CHECK(error.code() == Errc::corrupt);
    CHECK(contains(error.what(), "truncated"));
  }
  auto writer = RingWriter::create(name, ring_of(kPage));
  auto reader = RingReader::attach(name, {});
  write(*writer, 5);
  CHECK_EQ(read(*reader), 0u);
}

TEST_CASE("a dead writer's name is taken over, and what its readers hold stays") {
  const std::string name = unique_name();
  leave_dead_arena(name, 3);
  CHECK_EQ(inspect_arena(name).header.generation, 1u);
  CHECK(!inspect_arena(name).writer_alive);
  auto old_reader = RingReader::attach(name, {});
  CHECK_EQ(read(*old_reader), 0u);
  Lease* lease = take(*old_reader);
  auto writer = RingWriter::create(name, ring_of(2 * kPage));
  CHECK_EQ(inspect_arena(name).header.generation, 2u);
  auto reader = RingReader::attach(name, {});
  write(*writer, 5);
  CHECK_EQ(read(*reader), 0u);
  check_lease(lease);
  CHECK_EQ(read(*old_reader), 2u);
  CHECK(code_of([&] { static_cast<void>(peek_status(*old_reader)); }) == Errc::writer_died);
  LeaseTable::release(lease);
  old_reader->close();
  CHECK(!is_gone(name));
  reader->close();
  writer->close();
  CHECK(is_gone(name));
}

TEST_CASE("a name that was removed by hand is free, and its old parties go on undisturbed") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage));
  auto reader = RingReader::attach(name, {});
  CHECK(unlink_arena(name));
  CHECK(attach_error(name).code() == Errc::not_found);
  auto second = RingWriter::create(name, ring_of(kPage));
  auto second_reader = RingReader::attach(name, {});
  write(*second, 50);
  write(*writer, 60);
  CHECK_EQ(look(*reader).length, 60u);
  CHECK_EQ(look(*second_reader).length, 50u);
  // The first writer's last act must not remove the name that is now another's.
  reader->close();
  writer->close();
  CHECK(!is_gone(name));
  CHECK_EQ(read(*second_reader), 0u);
  second_reader->close();
  second->close();
  CHECK(is_gone(name));
}

TEST_CASE("an arena of another user cannot be opened without permission") {
  if (getuid() != 0) return;
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage));
  const std::string open_name = unique_name();
  WriterOptions shared = ring_of(kPage);
  shared.arena.mode = 0666;
  auto shared_writer = RingWriter::create(open_name, shared);
  write(*shared_writer, 77);
  Child stranger([&] {
    REQUIRE(setgid(65534) == 0 && setuid(65534) == 0);
    const Error error = attach_error(name);
    CHECK(error.code() == Errc::permission);
    CHECK(contains(error.what(), "mode"));
    CHECK(creation_error(name, ring_of(kPage)).code() == Errc::permission);
    CHECK(code_of([&] { inspect_arena(name); }) == Errc::permission);
    // With the mode for it, another user reads along.
    auto reader = RingReader::attach(open_name, {});
    CHECK_EQ(read(*reader), 0u);
    reader->close();
  });
  CHECK(stranger.succeeded());
  CHECK_EQ(shared_writer->stats().readers, 0u);
}

TEST_CASE("a reader that cannot map the ring is refused with an error and takes no place") {
  const std::string name = unique_name();
  WriterOptions options = ring_of(256u << 20);
  options.arena.max_readers = 1;
  auto writer = RingWriter::create(name, options);
  Child cramped([&] {
    const rlimit limit{128u << 20, 128u << 20};
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    for (int i = 0; i < 3; ++i) CHECK(attach_error(name).code() == Errc::no_space);
  });
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their shadow memory is above any limit
  CHECK(cramped.succeeded());
#endif
  auto reader = RingReader::attach(name, {});
  write(*writer, 11);
  CHECK_EQ(read(*reader), 0u);
}

TEST_CASE("an arena that was allowed one schema refuses another, and the claim is given back") {
  const std::string name = unique_name();
  WriterOptions options = ring_of(kPage, 2);
  options.arena.one_schema = true;
  auto writer = RingWriter::create(name, options);
  auto reader = RingReader::attach(name, {});
  for (const std::uint64_t fingerprint : {7u, 7u, 8u, 7u}) {
    const Claim claim = writer->try_claim(kPage);
    REQUIRE(claim.status == ClaimStatus::claimed);
    fill(claim.data, kPage, writer->stats().batches);
    const Errc code = code_of([&] { writer->commit(kPage, 1, fingerprint); });
    CHECK(code == (fingerprint == 7 ? Errc::ok : Errc::schema_mismatch));
    if (code == Errc::ok) read(*reader);
  }
  CHECK_EQ(reader->stats().batches, 3u);
}
