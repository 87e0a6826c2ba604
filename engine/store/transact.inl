#pragma once

#include <optional>

// The template part of transact(); included by store/tx.h only.
namespace sealdesk::store {

namespace detail {

template <class T>
concept CanRefuse = requires(const T& result) {
    { result.has_value() } -> std::same_as<bool>;
    result.error();
};

}  // namespace detail

template <class Fn>
auto transact(Database& database, std::string_view name, Fn&& fn)
    -> std::invoke_result_t<Fn&, Tx&> {
    using Returned = std::invoke_result_t<Fn&, Tx&>;
    if constexpr (std::is_void_v<Returned>) {
        detail::repeat(database, name, [&] {
            Tx tx(database);
            fn(tx);
            detail::commit_named(tx, name);
        });
    } else {
        std::optional<Returned> returned;
        detail::repeat(database, name, [&] {
            Tx tx(database);
            returned.emplace(fn(tx));
            if constexpr (detail::CanRefuse<Returned>) {
                if (!returned->has_value()) {
                    return;  // the Tx rolls back
                }
            }
            detail::commit_named(tx, name);
        });
        return std::move(*returned);
    }
}

}  // namespace sealdesk::store
