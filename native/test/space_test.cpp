// Room for an arena: what shared memory, the machine and control groups say, and machines without shared
// memory.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "core/os/memory_limit.hpp"
#include "core/segment/info.hpp"
#include "core/wake/bell.hpp"
#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;
using qads::testing::require_throws;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

/// A folder that looks like the root of a machine.
class Root {
 public:
  Root() {
    char path[] = "/tmp/qads-root-XXXXXX";
    REQUIRE(mkdtemp(path) != nullptr);
    path_ = path;
  }
  ~Root() { std::filesystem::remove_all(path_); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  const std::string& path() const { return path_; }
  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path whole = path_ + file;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  void write_group(const std::string& folder, const std::string& limit, const std::string& usage,
                   const std::string& statistics) const {
    write(folder + "/memory.max", limit + "\n");
    write(folder + "/memory.current", usage + "\n");
    write(folder + "/memory.stat", statistics);
  }

 private:
  std::string path_;
};

const char* const kMountOfTwo =
    "24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "31 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

/// A memory group of this test, gone with this object; or none, if the system does not allow it.
class MemoryGroup {
 public:
  explicit MemoryGroup(std::uint64_t limit) {
    for (const auto& [folder, file] : {std::pair("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                                       std::pair("/sys/fs/cgroup", "memory.max")}) {
      const std::string path = std::string(folder) + "/qads-" + unique_name();
      if (mkdir(path.c_str(), 0755) != 0) continue;
      std::ofstream limit_file(path + "/" + file);
      limit_file << limit << std::flush;
      if (limit_file) {
        path_ = path;
        return;
      }
      rmdir(path.c_str());
    }
  }
  ~MemoryGroup() {
    if (!path_.empty()) CHECK(eventually([&] { return rmdir(path_.c_str()) == 0; }));
  }
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  explicit operator bool() const { return !path_.empty(); }
  const std::string& path() const { return path_; }
  void enter() const {
    std::ofstream procs(path_ + "/cgroup.procs");
    procs << getpid() << std::flush;
    REQUIRE(procs.good());
  }

 private:
  std::string path_;
};

/// In a child whose mounts are its own.
Child in_own_mounts(const std::function<void()>& body) {
  return Child([body] {
    REQUIRE(unshare(CLONE_NEWNS) == 0);
    REQUIRE(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    body();
  });
}

bool can_mount() {
  if (getuid() == 0 && isolated) return true;
  std::puts("left out: needs the right to mount");
  return false;
}

Error creation_error(std::uint64_t bytes) {
  return require_throws<Error>([&] { RingWriter::create(unique_name(), ring_of(bytes)); });
}

}  // namespace

TEST_CASE("version 2: the group that leaves least counts, with what the kernel can take back") {
  const Root root;
  root.write("/proc/self/mountinfo", kMountOfTwo);
  root.write("/proc/self/cgroup", "0::/system.slice/pod.slice/app.service\n");
  const std::string top = "/sys/fs/cgroup/system.slice";
  root.write_group(top + "/pod.slice/app.service", "max", "1000", "");
  root.write_group(
      top + "/pod.slice", std::to_string(100 * kMiB), std::to_string(90 * kMiB),
      "anon 10\nfile 5\ninactive_file 20971520\nactive_file 10485760\nslab_reclaimable 1048576\n");
  root.write_group(top, std::to_string(60 * kMiB), std::to_string(10 * kMiB), "");
  const auto limit = tightest_memory_limit(root.path());
  REQUIRE(limit.has_value());
  CHECK_EQ(limit->available, 41 * kMiB);
  CHECK_EQ(limit->bytes, 100 * kMiB);
  CHECK_EQ(limit->file, root.path() + top + "/pod.slice/memory.max");
}

TEST_CASE("version 2 in a container: the mount shows the container's group as its root") {
  for (const char* group : {"0::/\n", "0::/../other\n", "0::/kubepods/pod1/c1\n"}) {
    const Root root;
    root.write("/proc/self/mountinfo",
               "31 24 0:27 /kubepods/pod1/c1 /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n");
    root.write("/proc/self/cgroup", group);
    root.write_group("/sys/fs/cgroup", "67108864", "70000000", "inactive_file 0\n");
    const auto limit = tightest_memory_limit(root.path());
    REQUIRE(limit.has_value());
    CHECK_EQ(limit->available, 0u);
    CHECK_EQ(limit->bytes, 64 * kMiB);
  }
}

TEST_CASE("version 1: the memory hierarchy counts, its largest number is no limit") {
  const Root root;
  root.write("/proc/self/mountinfo",
             "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
             "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
             "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
  root.write("/proc/self/cgroup", "9:name=systemd:/\n4:memory:/docker/abc\n1:cpu,cpuacct:/docker\n0::/\n");
  const auto write_group = [&](const std::string& folder, const std::string& limit) {
    root.write("/sys/fs/cgroup/memory" + folder + "/memory.limit_in_bytes", limit + "\n");
    root.write("/sys/fs/cgroup/memory" + folder + "/memory.usage_in_bytes", std::to_string(20 * kMiB) + "\n");
    root.write("/sys/fs/cgroup/memory" + folder + "/memory.stat",
               "cache 99\ninactive_file 1\ntotal_inactive_file 4194304\ntotal_active_file 1048576\n");
  };
  write_group("", "9223372036854771712");
  write_group("/docker", "9223372036854771712");
  write_group("/docker/abc", "9223372036854771712");
  CHECK(!tightest_memory_limit(root.path()));
  write_group("/docker", std::to_string(64 * kMiB));
  const auto limit = tightest_memory_limit(root.path());
  REQUIRE(limit.has_value());
  CHECK_EQ(limit->available, 49 * kMiB);
  CHECK_EQ(limit->file, root.path() + "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes");
}

TEST_CASE("a machine that says nothing of its memory, or nonsense, sets no limit") {
  const Root empty;
  CHECK(!tightest_memory_limit(empty.path()));
  CHECK(!available_memory(empty.path()));
  const Root odd;
  odd.write("/proc/self/mountinfo", std::string(kMountOfTwo) + "\n- - -\n31 24\nx - cgroup2\n");
  odd.write("/proc/self/cgroup", "\n:\n0::\n::::\n0::relative\n7:memory\n");
  odd.write("/proc/meminfo", "MemTotal: 5 kB\nMemAvailable:    2048 kB\n");
  odd.write_group("/sys/fs/cgroup", "many", "", "inactive_file\n");
  CHECK(!tightest_memory_limit(odd.path()));
  CHECK_EQ(available_memory(odd.path()).value_or(0), 2 * kMiB);
}

TEST_CASE("a ring beyond the memory of the control group is refused, and nobody is killed") {
  const MemoryGroup group(64 * kMiB);
  if (!group) {
    std::puts("left out: needs the right to make a control group for memory");
    return;
  }
  Child inside([&] {
    group.enter();
    const Error error = creation_error(100 * kMiB);
    CHECK(error.code() == Errc::no_space);
    CHECK(contains(error.what(), "needs 100.0 MiB"));
    CHECK(contains(error.what(), "left of the 64.0 MiB"));
    CHECK(contains(error.what(), group.path()));
    CHECK(contains(error.what(), "docker run --memory"));
    const std::string name = unique_name();
    auto writer = RingWriter::create(name, ring_of(8 * kMiB));
    auto reader = RingReader::attach(name, {});
    write(*writer, 4 * kMiB);
    CHECK_EQ(read(*reader), 0u);
  });
  CHECK(inside.succeeded());
}

TEST_CASE("a machine without shared memory is said to be one") {
  if (!can_mount()) return;
  Child bare = in_own_mounts([] {
    REQUIRE(mount("tmpfs", "/dev", "tmpfs", 0, nullptr) == 0);
    const std::string name = unique_name();
    for (const auto& action : std::vector<std::function<void()>>{
             [&] { RingWriter::create(name, ring_of(kPage)); }, [&] { RingReader::attach(name, {}); },
             [&] { inspect_arena(name); }, [&] { unlink_arena(name); }, [] { list_arena_names(); },
             [] { const Bell bell; }}) {
      const Error error = require_throws<Error>(action);
      CHECK(error.code() == Errc::system);
      CHECK(contains(error.what(), "there is no /dev/shm"));
    }
  });
  CHECK(bare.succeeded());
}

TEST_CASE("shared memory without a limit of its own is not full") {
  if (!can_mount()) return;
  Child unlimited = in_own_mounts([] {
    REQUIRE(mount("tmpfs", kSharedMemoryDirectory, "tmpfs", 0, "size=0") == 0);
    const std::string name = unique_name();
    auto writer = RingWriter::create(name, ring_of(kPage));
    auto reader = RingReader::attach(name, {});
    write(*writer, 10);
    CHECK_EQ(read(*reader), 0u);
    const Error error = creation_error(std::uint64_t{1} << 39);
    CHECK(error.code() == Errc::no_space);
    CHECK(contains(error.what(), "of memory are available"));
    CHECK(!contains(error.what(), "free in /dev/shm"));
    CHECK(!contains(error.what(), "--shm-size"));
  });
  CHECK(unlimited.succeeded());
}

TEST_CASE("shared memory that is too small says so, and not that memory is") {
  if (!can_mount()) return;
  Child small = in_own_mounts([] {
    REQUIRE(mount("tmpfs", kSharedMemoryDirectory, "tmpfs", 0, "size=2m") == 0);
    const Error error = creation_error(4 * kMiB);
    CHECK(error.code() == Errc::no_space);
    CHECK(contains(error.what(), "2.0 MiB are free in /dev/shm"));
    CHECK(contains(error.what(), "--shm-size"));
    CHECK(!contains(error.what(), "--memory"));
  });
  CHECK(small.succeeded());
}
