#include "base/memory.h"

#include <malloc.h>

namespace sealdesk {
namespace {

constexpr int kLargeBytes = 1 << 20;

}  // namespace

void give_back_large_buffers() {
    ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);  // NOLINT(concurrency-mt-unsafe): before any thread
}

}  // namespace sealdesk
