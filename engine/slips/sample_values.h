#pragma once

#include <map>
#include <string>

#include "base/secret.h"
#include "slips/template.h"

// A template is looked at before it is used.
namespace sealdesk::slips {

/// Values for every field a template declares, none of them anybody's.
struct SampleValues {
    Fields fields;
    std::map<std::string, Secret> secrets;  ///< each begins with SAMPLE

    [[nodiscard]] SecretFields borrowed() const;
};
enum class Filled { Everything, WhatIsRequired };
[[nodiscard]] SampleValues sample_values(const CompiledTemplate& compiled, Filled filled);

/// What a template looks like.
struct Preview {
    std::string pdf;  ///< with every field filled
    int pages = 0;
};

/// Stamps the template with sample values, once with every field and once with the required ones
/// only. A label is stamped over the whole of its sheet. Errors: those of
/// CompiledTemplate::stamp().
[[nodiscard]] Result<Preview> preview_of(const CompiledTemplate& compiled, Instant now);

}  // namespace sealdesk::slips
