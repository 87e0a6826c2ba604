#pragma once

namespace sealdesk {

/// From now on buffers of 1 MiB and more go back to the system as soon as they are freed. Without
/// this the C library keeps what it thinks it will need again, and the memory of a long run of
/// batches creeps up: 9 MiB in six print batches. Call it once, before there are threads.
void give_back_large_buffers();

}  // namespace sealdesk
