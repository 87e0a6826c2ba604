#pragma once

#include <memory>

namespace sealdesk {

/// Deleter made from a C release function, so that handles stay one pointer wide.
template <auto Release>
struct ReleaseWith {
    template <class T>
    void operator()(T* handle) const noexcept {
        Release(handle);
    }
};

/// Owner of a C library's pointer: `Handle<X509, &X509_free>`.
template <class T, auto Release>
using Handle = std::unique_ptr<T, ReleaseWith<Release>>;

}  // namespace sealdesk
