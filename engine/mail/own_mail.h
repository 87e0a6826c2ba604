#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sealdesk::mail {

/// A file in a mail, by what stands about it; its content is not looked at.
struct AttachedFile {
    std::string name;
    std::int64_t bytes;
};

/// What may be shown of a mail that compose() wrote: never the words of its body.
struct OwnMail {
    std::string subject;
    std::vector<AttachedFile> attachments;
};

/// Reads back what compose() writes, and that only.
[[nodiscard]] OwnMail read_own_mail(std::string_view bytes);

/// "wang@example.test" → "w***@example.test": enough to recognise whom one knows (M 2.8.1).
[[nodiscard]] std::string mask_address(std::string_view address);

}  // namespace sealdesk::mail
