// The pairs of docs/memory-order.md under Relacy, which explores every interleaving and every value that the
// C++ memory model lets a load return. Each pair must hold with the orders that native/core has; each order
// that it needs is weakened in turn, and must fail. `scripts/test-model.mjs` compiles and runs this.
#include <relacy/relacy.hpp>

#include <iostream>
#include <streambuf>
#include <vector>

namespace {

using rl::memory_order;
using Word = rl::atomic<int>;
using Bytes = rl::var<int>;

constexpr memory_order relaxed = rl::mo_relaxed;
constexpr memory_order acquire = rl::mo_acquire;
constexpr memory_order release = rl::mo_release;
constexpr memory_order acq_rel = rl::mo_acq_rel;
constexpr memory_order seq_cst = rl::mo_seq_cst;

struct Operation {
  const char* what;
  memory_order order;
  memory_order weaker;  // the same if the pair holds without
};

std::vector<memory_order> orders;  // of the operations of the pair that runs

struct Pair {
  const char* name;
  std::vector<Operation> operations;
  bool (*holds)();
};
std::vector<Pair> pairs;

// Relacy's report of a violation. Without a buffer, because memory that is allocated during a run belongs to
// it.
struct Silence : std::streambuf {
  int overflow(int c) override { return c; }
};

template <typename Suite>
bool holds() {
  rl::test_params params;
  Silence silence;
  std::ostream output(&silence);
  params.search_type = rl::sched_full;
  params.output_stream = &output;
  params.progress_stream = &output;
  return rl::simulate<Suite>(params);
}

// PAIR(name, threads, operations…) { words; before(); thread(); after(); }
#define PAIR(name, threads, ...)                                                                          \
  struct name;                                                                                            \
  const bool name##_listed = (pairs.push_back({#name, __VA_ARGS__, [] { return holds<name>(); }}), true); \
  struct name : rl::test_suite<name, threads>
#define OPERATIONS(...) \
  std::vector<Operation> { __VA_ARGS__ }

/// commit_publish: the writer stores bytes, slot and `published`; a reader that sees it reads them.
PAIR(publish, 2, OPERATIONS({"published.store", seq_cst, relaxed}, {"published.load", seq_cst, relaxed})) {
  Word published, slot;
  Bytes bytes;
  void before() {
    published($).store(0, relaxed);
    slot($).store(0, relaxed);
  }
  void thread(unsigned index) {
    if (index == 0) {
      bytes($) = 1;
      slot($).store(1, relaxed);
      published($).store(1, orders[0]);
    } else if (published($).load(orders[1]) == 1) {
      RL_ASSERT(slot($).load(relaxed) == 1);
      RL_ASSERT(static_cast<int>(bytes($)) == 1);
    }
  }
};

/// advance_cursor and release_pin: a reader reads, then stores; a writer that sees it overwrites.
PAIR(overwrite, 2, OPERATIONS({"cursor.store", seq_cst, relaxed}, {"cursor.load", seq_cst, relaxed})) {
  Word cursor;
  Bytes bytes;
  void before() {
    cursor($).store(0, relaxed);
    bytes($) = 7;
  }
  void thread(unsigned index) {
    if (index == 0) {
      RL_ASSERT(static_cast<int>(bytes($)) == 7);
      cursor($).store(1, orders[0]);
    } else if (cursor($).load(orders[1]) == 1) {
      bytes($) = 8;
    }
  }
};

/// acquire_pin, acquire_cursor: who sees the cursor past a batch sees the pin on it, and leaves its bytes.
/// The cursor's orders do it alone: the pin is relaxed here, and is not in the core.
PAIR(lease, 2,
     OPERATIONS({"pin.store", relaxed, relaxed}, {"cursor.store", seq_cst, relaxed},
                {"cursor.load", seq_cst, relaxed}, {"pin.load", relaxed, relaxed})) {
  Word cursor, pin;
  Bytes bytes;
  void before() {
    cursor($).store(0, relaxed);
    pin($).store(-1, relaxed);
    bytes($) = 7;
  }
  void thread(unsigned index) {
    if (index == 0) {
      pin($).store(0, orders[0]);
      cursor($).store(1, orders[1]);
      RL_ASSERT(static_cast<int>(bytes($)) == 7);
    } else if (cursor($).load(orders[2]) == 1 && pin($).load(orders[3]) == -1) {
      bytes($) = 8;
    }
  }
};

/// acquire_pin, claim_skip: under drop-oldest, reader and writer both want the cursor; a writer that comes
/// second sees the pin.
PAIR(skip, 2,
     OPERATIONS({"pin.store", relaxed, relaxed}, {"reader's cursor.compare_exchange", seq_cst, relaxed},
                {"writer's cursor.compare_exchange", seq_cst, relaxed}, {"pin.load", relaxed, relaxed})) {
  Word cursor, pin;
  Bytes bytes;
  void before() {
    cursor($).store(0, relaxed);
    pin($).store(-1, relaxed);
    bytes($) = 7;
  }
  void thread(unsigned index) {
    int at = 0;
    if (index == 0) {
      pin($).store(0, orders[0]);
      if (cursor($).compare_exchange_strong(at, 1, orders[1])) RL_ASSERT(static_cast<int>(bytes($)) == 7);
    } else {
      cursor($).compare_exchange_strong(at, 1, orders[2]);
      if (pin($).load(orders[3]) == -1) bytes($) = 8;
    }
  }
};

/// Two parties store and then look: at least one sees the other's store.
template <typename Suite>
struct StoreThenLook : rl::test_suite<Suite, 2> {
  Word first, second;
  bool seen[2];
  void before() {
    first($).store(0, relaxed);
    second($).store(0, relaxed);
    seen[0] = seen[1] = false;
  }
  void thread(unsigned index) {
    if (index == 0) {
      first($).store(1, orders[0]);
      seen[0] = second($).load(orders[1]) == 1;
    } else {
      static_cast<Suite*>(this)->second_store();
      seen[1] = first($).load(orders[3]) == 1;
    }
  }
  void after() { RL_ASSERT(seen[0] || seen[1]); }
  void second_store() { second($).store(1, orders[2]); }
};
#define STORE_THEN_LOOK(name, ...)                                                                        \
  struct name;                                                                                            \
  const bool name##_listed = (pairs.push_back({#name, __VA_ARGS__, [] { return holds<name>(); }}), true); \
  struct name : StoreThenLook<name>

/// reader_wait_flag with commit_publish, and with end_state in the place of `published`.
STORE_THEN_LOOK(reader_sleeps,
                OPERATIONS({"published.store", seq_cst, release}, {"waiting.load", seq_cst, acquire},
                           {"waiting.fetch_or", seq_cst, acq_rel}, {"published.load", seq_cst, acquire})){
    void second_store(){second($).fetch_or(1, orders[2]);
}  // namespace
}
;

/// writer_wait_flag with advance_cursor, and with release_pin, join_live and leave_free in the place of the
/// cursor.
STORE_THEN_LOOK(writer_sleeps,
                OPERATIONS({"wanted.store", seq_cst, release}, {"cursor.load", seq_cst, acquire},
                           {"cursor.store", seq_cst, release}, {"wanted.load", seq_cst, acquire})){};

/// evict_request with the first lease of a reader.
STORE_THEN_LOOK(first_lease, OPERATIONS({"evict_below.store", seq_cst, release},
                                        {"evacuator_bell_id.load", seq_cst, acquire},
                                        {"evacuator_bell_id.store", seq_cst, release},
                                        {"evict_below.load", seq_cst, acquire})){};

/// release_pin: two threads of a reader free the last two things that the writer waits for.
STORE_THEN_LOOK(last_two, OPERATIONS({"cursor.store", seq_cst, release}, {"pin.load", seq_cst, acquire},
                                     {"pin.store", seq_cst, release}, {"cursor.load", seq_cst, acquire})){};

/// join_claim, claim_announce: a reader that joins starts where the writer does not overwrite.
PAIR(join, 2,
     OPERATIONS({"state.store", seq_cst, release}, {"oldest.load", seq_cst, acquire},
                {"oldest.store", seq_cst, release}, {"state.load", seq_cst, acquire})) {
  Word oldest, state;
  Bytes bytes;
  void before() {
    oldest($).store(0, relaxed);
    state($).store(0, relaxed);
    bytes($) = 7;
  }
  void thread(unsigned index) {
    if (index == 0) {
      state($).store(1, orders[0]);
      if (oldest($).load(orders[1]) == 0) RL_ASSERT(static_cast<int>(bytes($)) == 7);
    } else {
      oldest($).store(1, orders[2]);
      if (state($).load(orders[3]) == 0) bytes($) = 8;
    }
  }
};

/// join_start, join_live: who sees `live` sees the cursor.
PAIR(live, 2, OPERATIONS({"state.store", seq_cst, relaxed}, {"state.load", seq_cst, relaxed})) {
  Word cursor, state;
  void before() {
    cursor($).store(9, relaxed);
    state($).store(0, relaxed);
  }
  void thread(unsigned index) {
    if (index == 0) {
      cursor($).store(3, relaxed);
      state($).store(1, orders[0]);
    } else if (state($).load(orders[1]) == 1) {
      RL_ASSERT(cursor($).load(seq_cst) == 3);
    }
  }
};

/// leave_floor, leave_free: who finds the entry free finds the floor.
PAIR(leave, 2,
     OPERATIONS({"floor.store", release, release}, {"state.store", seq_cst, relaxed},
                {"state.load", seq_cst, relaxed}, {"floor.load", acquire, acquire})) {
  Word floor, state;
  void before() {
    floor($).store(0, relaxed);
    state($).store(1, relaxed);
  }
  void thread(unsigned index) {
    if (index == 0) {
      floor($).store(3, orders[0]);
      state($).store(0, orders[1]);
    } else if (state($).load(orders[2]) == 0) {
      RL_ASSERT(floor($).load(orders[3]) == 3);
    }
  }
};

/// end_state: who sees the end sees the last batch, and the reason of an abort.
PAIR(end, 2, OPERATIONS({"state.store", seq_cst, relaxed}, {"state.load", acquire, relaxed})) {
  Word published, state;
  Bytes reason;
  void before() {
    published($).store(0, relaxed);
    state($).store(0, relaxed);
  }
  void thread(unsigned index) {
    if (index == 0) {
      published($).store(1, seq_cst);
      reason($) = 1;
      state($).store(1, orders[0]);
    } else if (state($).load(orders[1]) == 1) {
      RL_ASSERT(published($).load(relaxed) == 1);
      RL_ASSERT(static_cast<int>(reason($)) == 1);
    }
  }
};

/// wake_writer and wake_readers: one of those who wake takes the flag, and knows how to wake the wait that it
/// took, which may be a later one than it saw before.
PAIR(wake, 3, OPERATIONS({"wanted.store", seq_cst, relaxed}, {"wanted.exchange", acq_rel, relaxed})) {
  Word wanted, wake_by, taken;
  void before() {
    wanted($).store(0, relaxed);
    wake_by($).store(0, relaxed);
    taken($).store(0, relaxed);
  }
  void thread(unsigned index) {
    if (index == 0) {
      wanted($).store(5, orders[0]);
      wanted($).store(0, relaxed);
      wake_by($).store(1, relaxed);
      wanted($).store(6, orders[0]);
    } else if (wanted($).load(seq_cst) != 0 && wanted($).exchange(0, orders[1]) == 6) {
      RL_ASSERT(wake_by($).load(relaxed) == 1);
      taken($).fetch_add(1, relaxed);
    }
  }
  void after() { RL_ASSERT(taken($).load(relaxed) <= 1); }
};

int passed = 0;
int failed = 0;

void report(bool as_expected, const std::string& line) {
  ++(as_expected ? passed : failed);
  std::cout << (as_expected ? "pass  " : "FAIL  ") << line << '\n';
}

}  // namespace

int main() {
  for (const Pair& pair : pairs) {
    orders.clear();
    for (const Operation& operation : pair.operations) orders.push_back(operation.order);
    const std::string name = std::string("orders of ") + pair.name;
    report(pair.holds(), name + " hold");
    for (std::size_t i = 0; i < orders.size(); ++i) {
      const Operation& operation = pair.operations[i];
      if (operation.weaker == operation.order) continue;
      orders[i] = operation.weaker;
      report(!pair.holds(), name + " do not hold with a weaker " + operation.what);
      orders[i] = operation.order;
    }
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
