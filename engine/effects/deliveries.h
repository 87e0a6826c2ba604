#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "effects/post_file.h"

// What the post tells of registered items (T 3.2.6): that they arrived (M 4.2.1.2 (2)), or came
// back.
namespace sealdesk::effects {

/// A file of the post.
struct PostImport {
    std::filesystem::path file;
    std::string encoding;  ///< empty: found out
    bool dry_run = false;  ///< judged as if, nothing is written
    std::string actor;
    std::function<void(const intake::Fate&)> on_fate;
};

/// One fate a row, in the manner of an import, `record` being the registered-mail number: accepted
/// (its parcel counts as delivered, its cards as received), duplicate (confirmed before, or twice
/// in the file), refused with a reason. Units of work "parcel.delivered" of intake::kChunkRows
/// rows; the same file again changes nothing. Errors: those of intake::read_delivery_file().
[[nodiscard]] Result<PostFileSums> import_deliveries(store::Database& database,
                                                     const PostImport& import);

/// The same of returned mail (退件), in units of work "parcel.returned": what was posted under the
/// number came back. A parcel lies at the counter, its card too, and its addressee is told
/// (take_parcel_back); a slip is void and its reader told (take_slip_back); another is made when
/// the reader asks for it by form (T 5.12). Errors: those of intake::read_return_file().
[[nodiscard]] Result<PostFileSums> import_returns(store::Database& database,
                                                  const PostImport& import);

}  // namespace sealdesk::effects
