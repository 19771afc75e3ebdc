/* The sizes and offsets of the C ABI's structures as the C compiler sees them: a unit test compares them with
 * the declarations in sys.rs. */
#include <stddef.h>

#include "capi/qadataswap.h"

const size_t qadataswap_abi_layout[] = {
    sizeof(qads_writer_options),
    offsetof(qads_writer_options, capacity),
    offsetof(qads_writer_options, spin_micros),
    sizeof(qads_claim),
    offsetof(qads_claim, length),
    sizeof(qads_writer_stats),
    offsetof(qads_writer_stats, generation),
    sizeof(qads_reader_options),
    offsetof(qads_reader_options, from),
    offsetof(qads_reader_options, unverified),
    offsetof(qads_reader_options, verify),
    sizeof(qads_batch),
    offsetof(qads_batch, lost_count),
    offsetof(qads_batch, layout),
    offsetof(qads_batch, schema_id),
    offsetof(qads_batch, copied),
    sizeof(qads_identity),
    offsetof(qads_identity, created_ns),
    sizeof(qads_reader_stats),
    offsetof(qads_reader_stats, generation),
    sizeof(qads_reader_info),
    offsetof(qads_reader_info, cursor),
    offsetof(qads_reader_info, private_bytes),
    sizeof(qads_arena_info),
    offsetof(qads_arena_info, slots),
    offsetof(qads_arena_info, published),
    offsetof(qads_arena_info, abort_reason),
};
