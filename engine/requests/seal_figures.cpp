#include "requests/seal_figures.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "requests/request_store.h"
#include "seal/compare.h"
#include "seal/specimen_store.h"
#include "subscribers/subscriber.h"

namespace sealdesk::requests {
namespace {

constexpr const char* kPictureHash = "picture_sha256";

/// Which seals this applicant must show, and the scan of each.
Result<std::vector<SealFigures>> required_seals(const scheme::Form& form, const Request& request,
                                                const std::vector<Scan>& scans) {
    const scheme::ApplicantKind* kind = form.find_kind(request.applicant_kind);
    std::vector<SealFigures> seals;
    for (const scheme::SealBox& box : form.seals) {
        const auto scan = std::ranges::find(scans, box.field, &Scan::role);
        const bool required = kind == nullptr || std::ranges::count(kind->seals, box.role) > 0;
        if (scan != scans.end()) {
            seals.push_back({box.role, scan->sha256, "", ""});
        } else if (required) {
            return Error{ErrorKind::Refused, "seal.no_impression",
                         "The form carries no impression of the " + box.role +
                             "'s seal; return it for correction.",
                         request.number, "T 5.1.2.1"};
        }
    }
    return seals;
}

/// Adds the registered specimen to each seal of a form that compares.
Outcome find_specimens(store::Tx& tx, const scheme::Form& form, const Request& request,
                       std::vector<SealFigures>& seals) {
    const auto subscriber = subscribers::find_subscriber(tx, request.scheme, request.id_number);
    for (SealFigures& one : seals) {
        const auto specimen =
            subscriber ? seal::current_specimen(tx, subscriber->id, seal::role_named(one.role))
                       : std::nullopt;
        if (!specimen && form.seal_use == scheme::SealUse::Compare) {
            return Error{ErrorKind::Refused, "seal.no_specimen",
                         "There is no registered seal to compare with yet: the registration must "
                         "be decided first.",
                         request.number, "T 5.12"};
        }
        one.specimen_sha = specimen ? specimen->picture_sha : "";
    }
    return done();
}

seal::ComparisonKey comparison_key(const Request& request, const SealFigures& one) {
    return {request.id, seal::role_named(one.role),
            one.specimen_sha.empty() ? one.impression_sha : one.specimen_sha, one.impression_sha,
            std::string(seal::kAlgorithm)};
}

Result<image::Picture> load_picture(const store::FileStore& files, const std::string& sha256) {
    return image::decode(files.get(sha256));
}

/// The figures with the hash of the picture that explains them: an officer who looks at it signs
/// that it was this one.
std::string with_picture(store::FileStore& files, const seal::Comparison& comparison,
                         const image::Picture& overlay) {
    nlohmann::json figures = seal::to_json(comparison);
    figures[kPictureHash] = files.put(image::encode_png(overlay));
    return figures.dump();
}

Result<std::string> compare_files(store::FileStore& files, const seal::ComparisonKey& key) {
    const auto specimen = load_picture(files, key.specimen_sha);
    if (!specimen) {
        return specimen.error();
    }
    const auto impression = load_picture(files, key.impression_sha);
    if (!impression) {
        return impression.error();
    }
    const auto both = seal::compare_with_overlay(*specimen, *impression);
    return with_picture(files, both.comparison, both.overlay);
}

/// Figures of an impression that has nothing to be compared with: how clear it is, and no score.
Result<std::string> look_at_file(store::FileStore& files, const std::string& sha256) {
    const auto impression = load_picture(files, sha256);
    if (!impression) {
        return impression.error();
    }
    auto alone = seal::compare_with_overlay(*impression, *impression);
    alone.comparison.score = 0;
    alone.comparison.comparable = false;
    alone.comparison.suggestion = seal::Suggestion::NotComparable;
    return with_picture(files, alone.comparison, alone.overlay);
}

/// The seals a request needs, with the figures that were kept of an earlier comparison.
Result<std::vector<SealFigures>> find_seals(store::Tx& tx, const scheme::Form& form,
                                            const Request& request) {
    auto found = required_seals(form, request, scans_of(tx, request.id));
    if (!found) {
        return found;
    }
    if (form.seal_use != scheme::SealUse::Register) {
        const auto specimens = find_specimens(tx, form, request, *found);
        if (!specimens) {
            return specimens.error();
        }
    }
    for (SealFigures& one : *found) {
        const auto kept = seal::find_comparison(tx, comparison_key(request, one));
        one.figures = kept ? kept->figures : "";
    }
    return found;
}

}  // namespace

bool lacks_specimen(const scheme::Form& form, const SealFigures& seal) {
    return form.seal_use == scheme::SealUse::CompareIfOnFile && seal.specimen_sha.empty();
}

Result<std::vector<SealFigures>> seal_figures(store::Database& database, store::FileStore& files,
                                              const scheme::Form& form, const Request& request) {
    auto seals = store::transact(database, "seal.find",
                                 [&](store::Tx& tx) { return find_seals(tx, form, request); });
    if (!seals) {
        return seals;
    }
    for (SealFigures& one : *seals) {
        if (!one.figures.empty()) {
            continue;
        }
        const auto key = comparison_key(request, one);
        const auto figures =  // image work: no transaction is open
            lacks_specimen(form, one) ? look_at_file(files, one.impression_sha)
                                      : compare_files(files, key);
        if (!figures) {
            return figures.error();
        }
        one.figures = *figures;
        store::transact(database, "seal.keep",
                        [&](store::Tx& tx) { seal::save_comparison(tx, key, *figures); });
    }
    return seals;
}

nlohmann::json to_json(const std::vector<SealFigures>& figures) {
    nlohmann::json list = nlohmann::json::array();
    for (const SealFigures& one : figures) {
        list.push_back({{"role", one.role},
                        {"impression", one.impression_sha},
                        {"specimen", one.specimen_sha},
                        {"comparison", nlohmann::json::parse(one.figures)}});
    }
    return list;
}

Result<std::string> seal_picture(const store::FileStore& files, const SealFigures& seal) {
    const auto kept = nlohmann::json::parse(seal.figures).value(kPictureHash, "");
    if (!kept.empty()) {
        return files.get(kept);
    }
    // Figures that were kept before pictures were.
    const auto specimen =
        load_picture(files, seal.specimen_sha.empty() ? seal.impression_sha : seal.specimen_sha);
    if (!specimen) {
        return specimen.error();
    }
    const auto impression = load_picture(files, seal.impression_sha);
    if (!impression) {
        return impression.error();
    }
    return image::encode_png(seal::compare_with_overlay(*specimen, *impression).overlay);
}

}  // namespace sealdesk::requests
