#include "process_roles.hpp"

#include <csignal>
#include <cstring>
#include <vector>

namespace qads::test {

void check_gone(const std::string& name) { CHECK_EQ(left_in_shared_memory(name), ""); }

Child writer_process(const std::string& name, const WriterOptions& options, std::uint64_t batches,
                     Steps& steps) {
  return Child([&steps, name, options, batches] {
    auto writer = RingWriter::create(name, options);
    for (std::uint64_t i = 0; i < batches; ++i) write(*writer, 100);
    // Bytes of a batch that is never committed.
    const Claim claim = writer->try_claim(50);
    if (claim.status == ClaimStatus::claimed) std::memset(claim.data, 0xEE, claim.length);
    steps.reach(1);
    CHECK(steps.wait_for(2));
  });
}

Child reader_process(const std::string& name, std::uint64_t batches, std::uint64_t held, Steps& steps) {
  return Child([&steps, name, batches, held] {
    auto reader = RingReader::attach(name, {});
    std::vector<Lease*> leases;
    for (std::uint64_t i = 0; i < batches; ++i) {
      if (i + held >= batches) {
        leases.push_back(take(*reader));
      } else {
        read(*reader);
      }
    }
    steps.reach(1);
    CHECK(steps.wait_for(2));
    reader->close();
    for (Lease* lease : leases) LeaseTable::release(lease);
  });
}

void killed_reader(const std::string& name, std::uint64_t batches, std::uint64_t held) {
  const Shared<Steps> steps;
  Child reader = reader_process(name, batches, held, *steps);
  REQUIRE(steps->wait_for(1));
  reader.kill(SIGKILL);
  CHECK(reader.ended_by(SIGKILL));
}

}  // namespace qads::test
