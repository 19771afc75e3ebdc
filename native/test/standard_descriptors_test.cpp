// Programs that were started with standard input, output or error closed.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "core/segment/info.hpp"
#include "core/wake/bell.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

void close_standard() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(fd);
}

/// Uses everything that opens something: segments, an evacuator with its bell, bells and their ringing.
void use_all(const std::string& name) {
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto reader = RingReader::attach(name, {});
  write(*writer, 40'000);
  Lease* lease = take(*reader);
  const Bell bell;
  BellRinger ringer;
  CHECK(ringer.ring(bell.id()));
  CHECK(code_of([&] { RingWriter::create(name, ring_of(kPage)); }) == Errc::writer_exists);
  inspect_arena(name);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) CHECK(fcntl(fd, F_GETFD) < 0);
  check_lease(lease);
  LeaseTable::release(lease);
}

}  // namespace

TEST_CASE("nothing that is opened takes the number of a standard descriptor that is closed") {
  const std::string name = unique_name();
  Child closed([&] {
    close_standard();
    use_all(name);
  });
  CHECK(closed.succeeded());
  check_gone(name);
}

TEST_CASE("what a program opens in place of a closed standard error gets no line of ours") {
  char path[] = "/tmp/qads-standard-XXXXXX";
  const int file = mkstemp(path);
  REQUIRE(file >= 0);
  Child closed([&] {
    setenv("QADATASWAP_DEBUG", "1", 1);
    setenv("QADS_TEST_IN_PLACE_OF_STANDARD_ERROR", path, 1);
    close_standard();
    execl("/proc/self/exe", "standard_descriptors_test", "a program that was started so", nullptr);
    _exit(99);
  });
  CHECK(closed.succeeded());
  struct stat status{};
  CHECK(fstat(file, &status) == 0);
  CHECK_EQ(status.st_size, 0);
  close(file);
  unlink(path);
}

/// Run by the case above in a process of its own; nothing otherwise.
TEST_CASE("a program that was started so") {
  const char* path = std::getenv("QADS_TEST_IN_PLACE_OF_STANDARD_ERROR");
  if (path == nullptr) return;
  REQUIRE(open("/dev/null", O_RDONLY) == STDIN_FILENO);
  REQUIRE(open("/dev/null", O_WRONLY) == STDOUT_FILENO);
  REQUIRE(open(path, O_WRONLY) == STDERR_FILENO);
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage));
  auto reader = RingReader::attach(name, {});
  write(*writer, 40'000);
  read(*reader);
}
