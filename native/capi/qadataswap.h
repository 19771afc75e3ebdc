/** @file
 * QADataSwap's C ABI: Arrow record batches between processes on one machine, through a ring in POSIX shared
 * memory.
 *
 * Rules that hold everywhere:
 *  - A function that can fail returns an int: 0 for success, a positive QADS_ERR_… code for an error, a
 * negative QADS_… status for an outcome that is no error (empty, would block, dropped, ended). After an
 * error, qads_last_error() gives a sentence with the arena's name, the numbers and what to do.
 *  - Handles are owned by whoever created them and are given back once by the _free or _release function.
 * Passing NULL to those is harmless. A handle is used by one thread at a time; leases are released from any
 * thread.
 *  - Structures that grow carry their size first: set it with the _init function.
 *  - A time-out is in milliseconds; 0 does not wait, a negative one waits for ever.
 *  - No handle works in a forked child: QADS_ERR_FORKED.
 */
#ifndef QADATASWAP_H
#define QADATASWAP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Marks the functions of the library. */
#if defined(__GNUC__)
#define QADS_API __attribute__((visibility("default")))
#else
#define QADS_API
#endif

/** Changes when a function or structure changes incompatibly; equals the number in the library's soname. */
#define QADS_ABI_VERSION 0

/** What a call that did not fail says. */
enum qads_status {
  QADS_OK = 0,           /**< done */
  QADS_EMPTY = -1,       /**< nothing ready before the time-out */
  QADS_WOULD_BLOCK = -2, /**< the ring is full and the time-out passed */
  QADS_DROPPED = -3,     /**< the ring is full and the arena drops the newest batch */
  QADS_ENDED = -4        /**< the writer ended the arena and everything was read */
};

/** The names are those of qads_error_name(): ERR_QADS_NAME_INVALID and so on, the same in every language. */
enum qads_error {
  QADS_ERR_NAME_INVALID = 1,     /**< not 1 to 200 of A-Z a-z 0-9 . _ -, or only dots */
  QADS_ERR_INVALID_ARGUMENT = 2, /**< an argument out of its range */
  QADS_ERR_NOT_FOUND = 3,        /**< no such arena */
  QADS_ERR_WRITER_EXISTS = 4,    /**< the arena has a live writer */
  QADS_ERR_INCOMPATIBLE = 5,     /**< made by another release, or with another page size */
  QADS_ERR_NOT_AN_ARENA = 6,     /**< the file of that name is something else */
  QADS_ERR_CORRUPT = 7,          /**< bytes that no correct peer writes */
  QADS_ERR_TOO_MANY_READERS = 8, /**< all places for readers are taken */
  QADS_ERR_NO_SPACE = 9,         /**< shared memory is too small */
  QADS_ERR_BATCH_TOO_LARGE = 10, /**< larger than the ring */
  QADS_ERR_SCHEMA_MISMATCH = 11, /**< the arena allows another schema */
  QADS_ERR_TIMED_OUT = 12,       /**< a wait was limited */
  QADS_ERR_ABORTED = 13,         /**< a wait was cancelled */
  QADS_ERR_WRITER_DIED = 14,     /**< the writer died; comes after the last batch */
  QADS_ERR_WRITER_ABORTED = 15,  /**< the writer aborted; comes after the last batch */
  QADS_ERR_CLOSED = 16,          /**< used after it was closed */
  QADS_ERR_RELEASED = 17,        /**< used after it was released */
  QADS_ERR_PERMISSION = 18,      /**< the segment belongs to another user */
  QADS_ERR_FORKED = 19,          /**< a handle was used in a forked child */
  QADS_ERR_FULL = 20,            /**< the ring is full, and the policy is QADS_FAIL */
  QADS_ERR_SYSTEM = 21           /**< the kernel refused */
};

/** What a writer does when the ring is full. */
enum qads_on_full {
  QADS_BLOCK = 0,       /**< waits for the slowest reader; nothing is lost */
  QADS_DROP_OLDEST = 1, /**< unread batches of slow readers go; each is told exactly which */
  QADS_DROP_NEWEST = 2, /**< the new batch is not written, and counted */
  QADS_FAIL = 3         /**< the write fails with QADS_ERR_FULL */
};

/** A reader starts at a sequence (0 and above), or here: at what is still in the ring. */
#define QADS_FROM_EARLIEST ((int64_t)-1)
/** Or with new batches only. */
#define QADS_FROM_LATEST ((int64_t)-2)

/** The writer of an arena. */
typedef struct qads_writer qads_writer;
/** A reader of an arena. */
typedef struct qads_reader qads_reader;
/** Keeps the bytes of one batch as they are until it is released. */
typedef struct qads_lease qads_lease;
/** What peers ring to wake an event loop. */
typedef struct qads_bell qads_bell;

/** Tells one arena of a name from the others, before and after it. */
typedef struct qads_identity {
  uint64_t
      generation; /**< number of the arena under its name; begins at 1 again when the name was gone meanwhile */
  uint64_t created_ns; /**< CLOCK_REALTIME at its creation */
} qads_identity;

/* ---- library ---- */

/** The version of the library; a static string. */
QADS_API const char* qads_version(void);
/** QADS_ABI_VERSION as the library was built with it. */
QADS_API uint32_t qads_abi_version(void);
/** "ERR_QADS_…"; a static string. */
QADS_API const char* qads_error_name(int code);
/** What went wrong in this thread's last call that failed; valid until the next one. */
QADS_API const char* qads_last_error(void);

/* ---- writer ---- */

/** How an arena is made. Set the defaults with qads_writer_options_init. */
typedef struct qads_writer_options {
  size_t size;          /**< of this structure */
  uint64_t capacity;    /**< bytes of the data ring, rounded up to whole pages; default 64 MiB */
  uint32_t slots;       /**< batches in flight; default 1024 */
  uint32_t max_readers; /**< that may be attached at once, 1 to 512; default 32 */
  uint32_t on_full;     /**< qads_on_full; default QADS_BLOCK */
  uint32_t mode; /**< of the segment's file; default 0600. A group, or all, may read and write, or neither */
  uint32_t one_schema;  /**< 1: a batch with other columns than the first is QADS_ERR_SCHEMA_MISMATCH */
  uint32_t spin_micros; /**< microseconds to spin before sleeping; default 0 */
} qads_writer_options;

/** Sets the size and the defaults. */
QADS_API void qads_writer_options_init(qads_writer_options* options);

/** Creates the arena `name` and becomes its writer; takes the name over from a writer that is gone. `options`
 * may be NULL for the defaults. The caller owns *writer. */
QADS_API int qads_writer_create(const char* name, const qads_writer_options* options, qads_writer** writer);

/** Bytes of the ring that the writer may fill. They belong to the ring; valid until commit, abort or close.
 */
typedef struct qads_claim {
  uint8_t* data;   /**< aligned to 64 bytes */
  uint64_t length; /**< bytes, as many as were asked for */
} qads_claim;

/** Reserves `bytes` contiguous bytes. One claim at a time. QADS_WOULD_BLOCK, QADS_DROPPED or an error
 * otherwise. */
QADS_API int qads_writer_claim(qads_writer* writer, uint64_t bytes, int64_t timeout_ms, qads_claim* claim);
/** Publishes the first `bytes` of the claim as one batch: a complete Arrow IPC file of `rows` rows.
 * `sequence` may be NULL. On an error the claim is given back. */
QADS_API int qads_writer_commit(qads_writer* writer, uint64_t bytes, uint64_t rows, uint64_t* sequence);
/** Gives the claim back unpublished. Harmless without a claim. */
QADS_API void qads_writer_abort_claim(qads_writer* writer);

/** Marks the clean end: readers drain, then see QADS_ENDED. Idempotent. */
QADS_API int qads_writer_end(qads_writer* writer);
/** Readers drain, then fail with QADS_ERR_WRITER_ABORTED and `reason` (UTF-8, up to 1000 bytes are kept). */
QADS_API int qads_writer_abort(qads_writer* writer, const char* reason);
/** Waits until every attached reader has read everything; with `need_reader`, also until one ever came.
 *  QADS_WOULD_BLOCK after the time-out. */
QADS_API int qads_writer_wait_drained(qads_writer* writer, int need_reader, int64_t timeout_ms);
/** Waits until a reader has ever attached. QADS_WOULD_BLOCK after the time-out. */
QADS_API int qads_writer_wait_reader(qads_writer* writer, int64_t timeout_ms);
/** Ends the arena if it is open, and detaches. The handle stays valid for qads_writer_free. Idempotent. Under
 * QADS_BLOCK a warning on standard error tells of batches that go with the writer because no reader is there.
 */
QADS_API void qads_writer_close(qads_writer* writer);
/** The caller knows that unread batches may go with the writer: no warning. qads_writer_abort implies it. */
QADS_API void qads_writer_accept_loss(qads_writer* writer);
/** Detaches without ending: readers see QADS_ERR_WRITER_DIED. Idempotent. */
QADS_API void qads_writer_abandon(qads_writer* writer);
/** Detaches and frees. An arena that is open is aborted: nobody said that its batches are all there are. */
QADS_API void qads_writer_free(qads_writer* writer);

/** Asks readers to ring `bell` when the last claim that would block may succeed: *wait is 1; or 0: claim
 * again now. */
QADS_API int qads_writer_arm(qads_writer* writer, const qads_bell* bell, int* wait);
/** The same for "drained". */
QADS_API int qads_writer_arm_drained(qads_writer* writer, const qads_bell* bell, int need_reader, int* wait);
/** The same for "a reader has ever attached". */
QADS_API int qads_writer_arm_reader(qads_writer* writer, const qads_bell* bell, int* wait);
/** No more rings for what was armed last. */
QADS_API void qads_writer_disarm(qads_writer* writer);

/** Counters of one writer, and the state of its ring. */
typedef struct qads_writer_stats {
  uint64_t batches;        /**< written */
  uint64_t bytes;          /**< of the slots of these */
  uint64_t dropped_newest; /**< batches that were not written because the ring was full */
  uint64_t dropped_oldest; /**< unread batches taken from slow readers, added over the readers */
  uint64_t waits;          /**< times that it went to wait for space */
  uint64_t wait_ns;        /**< nanoseconds in waits that blocked the thread */
  uint64_t reaped_readers; /**< readers that died and whose entry was taken back */
  uint64_t evictions;      /**< times that a reader was asked to move its leases out of the ring */
  uint64_t readers;        /**< attached now */
  uint64_t joins;          /**< readers that ever attached */
  uint64_t unread;         /**< batches that some reader has not read */
  uint64_t in_ring;        /**< batches that occupy the ring, history included */
  uint64_t capacity;       /**< bytes of the data ring */
  uint64_t generation;     /**< as in qads_identity */
} qads_writer_stats;

/** Of its arena. */
QADS_API int qads_writer_identity(qads_writer* writer, qads_identity* identity);
/** The counters as they are now. QADS_ERR_CLOSED after qads_writer_close. */
QADS_API int qads_writer_get_stats(qads_writer* writer, qads_writer_stats* stats);

/* ---- reader ---- */

/** What is verified of a batch before it is shown. */
enum qads_verify {
  /** VALUES, if another user made the arena or may write to it; METADATA otherwise. */
  QADS_VERIFY_AUTO = 0,
  /** Every number of the metadata: no Arrow library is led outside of the slot by it. */
  QADS_VERIFY_METADATA = 1,
  /** Besides every value that leads somewhere: offsets, views, dictionary indices, type ids, run ends, null
   * counts, and UTF-8. A small batch is copied before that. What is compressed is not looked into: who
   * decompresses it validates what comes out. */
  QADS_VERIFY_VALUES = 2
};

/** How a reader attaches. Set the defaults with qads_reader_options_init. */
typedef struct qads_reader_options {
  size_t size;          /**< of this structure */
  int64_t from;         /**< a sequence, QADS_FROM_LATEST or QADS_FROM_EARLIEST, the default */
  uint32_t spin_micros; /**< microseconds to spin before sleeping; default 0 */
  uint32_t unverified;  /**< 1: verify nothing; for payloads that are not Arrow. Default 0 */
  uint32_t verify;      /**< qads_verify; default QADS_VERIFY_AUTO */
  uint32_t reserved;    /**< 0 */
} qads_reader_options;

/** Sets the size and the defaults. */
QADS_API void qads_reader_options_init(qads_reader_options* options);

/** Attaches to the arena `name`. `options` may be NULL. The caller owns *reader. */
QADS_API int qads_reader_attach(const char* name, const qads_reader_options* options, qads_reader** reader);
/** What it verifies: QADS_VERIFY_METADATA, QADS_VERIFY_VALUES, or, if nothing, QADS_VERIFY_AUTO. */
QADS_API int qads_reader_verifies(const qads_reader* reader);

/** Of the arena that it reads, also when it is closed. */
QADS_API int qads_reader_identity(qads_reader* reader, qads_identity* identity);

/** A batch as it lies in the ring: a complete Arrow IPC file, read-only. */
typedef struct qads_batch {
  const uint8_t* data;  /**< aligned to 64 bytes, to a page if it is leased in place */
  uint64_t length;      /**< bytes */
  uint64_t sequence;    /**< number of the batch; the writer's first is 0 */
  uint64_t rows;        /**< as the writer said */
  uint64_t fingerprint; /**< of the schema message */
  uint64_t commit_ns;   /**< CLOCK_REALTIME at commit */
  uint64_t lost_first;  /**< first sequence that drop-oldest took from this reader just before this batch, */
  uint64_t lost_count;  /**< and how many; 0: none */
  /** The verified layout of the slot (native/ipc/layout.hpp), valid until the next peek; NULL if
   * unverified. */
  const double* layout;
  uint64_t layout_words; /**< length of `layout`; 0 if unverified */
  uint32_t schema_id;    /**< stands for exactly these schema bytes, for this reader; 0 if unverified */
  uint32_t copied;       /**< 1: `data` is private memory already, not the ring */
} qads_batch;

/** Looks at the next batch, waiting for one. The bytes are valid until qads_reader_advance, or as long as the
 * lease of qads_reader_take. Asking again without either gives the same batch. QADS_EMPTY, QADS_ENDED or an
 * error otherwise; after QADS_ERR_CORRUPT the next peek goes on with the next batch. */
QADS_API int qads_reader_peek(qads_reader* reader, int64_t timeout_ms, qads_batch* batch);
/** The messages of the batch that was peeked at or taken last, as they were verified: the schema message, the
 * dictionary batches and the record batch, one after another without their bodies, each with its 8-byte
 * prefix; the lengths of their metadata are in the layout. Parse these, and never the metadata that lies in
 * the ring, which a peer can change at any moment. Private memory, aligned to 8 bytes, valid until the next
 * peek. QADS_ERR_INVALID_ARGUMENT before the first batch, and where nothing is verified. */
QADS_API int qads_reader_messages(qads_reader* reader, const uint8_t** messages, uint64_t* length);
/** Done with the peeked batch. */
QADS_API int qads_reader_advance(qads_reader* reader);
/** Turns the peeked batch into a lease. The caller owns *lease; *data, where its bytes are now, stays valid
 * and unchanged until qads_lease_release, whatever the ring, the reader and the writer do. Small batches are
 * copied: in a copy (the batch says `copied`, or *data is not where it was) lie the messages that were
 * verified. */
QADS_API int qads_reader_take(qads_reader* reader, qads_lease** lease, const uint8_t** data);
/** Gives the lease back, from any thread. */
QADS_API void qads_lease_release(qads_lease* lease);

/** Asks the writer to ring `bell` at the next event: *wait is 1; or 0: peek again now. */
QADS_API int qads_reader_arm(qads_reader* reader, const qads_bell* bell, int* wait);
/** No more rings for what was armed last. */
QADS_API void qads_reader_disarm(qads_reader* reader);
/** Published sequence minus cursor. */
QADS_API int qads_reader_lag(qads_reader* reader, uint64_t* lag);
/** Detaches; leases stay valid. The handle stays valid for qads_reader_free. Idempotent. */
QADS_API void qads_reader_close(qads_reader* reader);
/** Closes and frees. */
QADS_API void qads_reader_free(qads_reader* reader);

/** Counters of one reader since it attached. */
typedef struct qads_reader_stats {
  uint64_t batches;       /**< read */
  uint64_t bytes;         /**< of the slots of these */
  uint64_t bytes_copied;  /**< out of the ring by reads; small batches are */
  uint64_t lost;          /**< batches that drop-oldest took from it */
  uint64_t waits;         /**< times that it went to wait for a batch */
  uint64_t evacuations;   /**< leases that were moved to private memory */
  uint64_t private_bytes; /**< of private memory that holds evacuated leases now */
  uint64_t leases;        /**< held now */
  uint64_t cursor;        /**< sequence that it reads next */
  uint64_t capacity;      /**< bytes of the data ring */
  uint64_t generation;    /**< as in qads_identity */
} qads_reader_stats;

/** The counters as they are now; after qads_reader_close those of then. */
QADS_API int qads_reader_get_stats(qads_reader* reader, qads_reader_stats* stats);

/** Before a fork whose child goes on with the program: moves all leases of this process to private memory, of
 * which the child has its own copy, at the same address. In the ring they are not there for it, and looking
 * at them ends it. Other threads take no lease between this and the fork. QADS_EMPTY after the time-out, or
 * where the kernel refuses: some are in the ring still. */
QADS_API int qads_prepare_fork(int64_t timeout_ms);

/* ---- doorbells, for event loops ---- */

/** A file descriptor that becomes readable when a peer rings. One bell serves any number of readers and
 * writers of one loop. A dead peer rings nothing: look again a few times a second. */
QADS_API int qads_bell_create(qads_bell** bell);
/** Owned by the bell; do not close it. */
QADS_API int qads_bell_fd(const qads_bell* bell);
/** Takes all rings that are there. */
QADS_API void qads_bell_drain(const qads_bell* bell);
/** Closes and frees. */
QADS_API void qads_bell_free(qads_bell* bell);

/* ---- arenas by name ---- */

/** A reader as seen from outside. Its counters are those of qads_reader_stats. */
typedef struct qads_reader_info {
  uint32_t index;         /**< of its entry in the arena */
  uint32_t pid;           /**< for people; never for decisions */
  uint32_t alive;         /**< 1: its process lives */
  uint32_t waiting;       /**< 1: it waits for a batch */
  uint32_t state;         /**< 1 joining, 2 live, 3 leaving: closed, but its leases still take space */
  uint32_t reserved;      /**< 0 */
  uint64_t cursor;        /**< sequence that it reads next */
  uint64_t lag;           /**< batches that are published and not read */
  uint64_t pin;           /**< lowest leased sequence, or UINT64_MAX */
  uint64_t batches;       /**< read */
  uint64_t bytes;         /**< of the slots of these */
  uint64_t bytes_copied;  /**< out of the ring by reads */
  uint64_t lost;          /**< batches that drop-oldest took from it */
  uint64_t evacuations;   /**< leases that were moved to private memory */
  uint64_t private_bytes; /**< of private memory that holds evacuated leases now */
} qads_reader_info;

/** An arena as seen from outside. Its counters are those of qads_writer_stats. */
typedef struct qads_arena_info {
  uint64_t generation;      /**< as in qads_identity */
  uint64_t created_ns;      /**< CLOCK_REALTIME at its creation */
  uint64_t total_bytes;     /**< of the segment */
  uint64_t capacity;        /**< bytes of the data ring */
  uint32_t slots;           /**< batches that may be in the ring at once */
  uint32_t max_readers;     /**< that may be attached at once */
  uint32_t on_full;         /**< qads_on_full */
  uint32_t mode;            /**< permission bits of the segment */
  uint32_t one_schema;      /**< 1: only batches with the columns of the first */
  uint32_t lease_threshold; /**< batches of at least so many bytes are leased in place */
  uint32_t state;           /**< 1 open, 2 ended, 3 aborted */
  uint32_t writer_alive;    /**< 1: its writer lives */
  uint32_t writer_pid;      /**< for people; never for decisions */
  uint32_t readers;         /**< entries of readers in use */
  uint64_t published;       /**< sequences below it are committed */
  uint64_t oldest;          /**< lowest sequence at which a reader may join */
  uint64_t batches;         /**< written */
  uint64_t bytes;           /**< of the slots of these */
  uint64_t dropped_newest;  /**< batches that were not written because the ring was full */
  uint64_t dropped_oldest;  /**< unread batches taken from slow readers, added over the readers */
  uint64_t reaped_readers;  /**< readers that died and whose entry was taken back */
  uint64_t evictions;       /**< times that a reader was asked to move its leases out of the ring */
  char abort_reason[1001];  /**< UTF-8, ended by a zero byte; empty unless aborted */
} qads_arena_info;

/** A snapshot. Fills up to `capacity` entries of `readers` (may be NULL); info->readers says how many there
 * are. */
QADS_API int qads_inspect_arena(const char* name, qads_arena_info* info, qads_reader_info* readers,
                                size_t capacity);
/** QADS_ERR_NAME_INVALID unless these bytes are a name for an arena. For languages whose strings may hold a
 * zero byte: the other functions would take what is before it for the name. */
QADS_API int qads_check_name(const char* name, size_t length);
/** Calls `visit` with each arena's name, sorted, until it returns non-zero. Only names that the other
 * functions take: files of other names are left out. */
QADS_API int qads_list_arenas(int (*visit)(const char* name, void* context), void* context);
/** Removes a name; *removed (may be NULL) is 0 if there was none. Parties that are attached go on. */
QADS_API int qads_unlink_arena(const char* name, int* removed);

#ifdef __cplusplus
}
#endif

#endif
