#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace sealdesk {

void throw_unavailable(std::string code, std::string detail) {
    throw Failure(Error{ErrorKind::Unavailable, std::move(code), std::move(detail), {}, {}});
}

void throw_internal(std::string code, std::string detail) {
    throw Failure(Error{ErrorKind::Internal, std::move(code), std::move(detail), {}, {}});
}

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "sealdesk: defect: %s does not hold (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace sealdesk
