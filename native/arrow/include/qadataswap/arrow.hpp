/// @namespace qads::arrow
/// QADataSwap for Arrow C++: record batches between processes on one machine, through a ring in POSIX shared
/// memory. One writer, many readers, in C++, Node.js, Python and Rust. Link `qadataswap::arrow`.
#pragma once

#include "qadataswap/arrow/arena.hpp"
#include "qadataswap/arrow/error.hpp"
#include "qadataswap/arrow/info.hpp"
#include "qadataswap/arrow/options.hpp"
#include "qadataswap/arrow/reader.hpp"
#include "qadataswap/arrow/writer.hpp"
