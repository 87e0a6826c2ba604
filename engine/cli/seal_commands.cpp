#include "cli/seal_commands.h"

#include <fstream>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "image/image.h"
#include "seal/compare.h"
#include "seal/evaluate.h"

namespace sealdesk::cli {

namespace {

// Exit statuses of the command line's contract.
constexpr int kSealDone = 0;
constexpr int kSealRefused = 1;
constexpr int kSealEnvironment = 3;

int say_seal_error(const Error& error, bool json, std::ostream& out, std::ostream& err) {
    if (json) {
        const nlohmann::json document = {{"error",
                                          {{"code", error.code},
                                           {"message", error.detail},
                                           {"where", error.where},
                                           {"rule", error.rule}}}};
        out << document.dump() << '\n';
    }
    err << (error.where.empty() ? "" : error.where + ": ") << error.detail << " [" << error.code
        << "]\n";
    return error.kind == ErrorKind::Unavailable ? kSealEnvironment : kSealRefused;
}

Error unreadable(const std::filesystem::path& path) {
    return Error{ErrorKind::Unavailable,
                 "seal.file_unreadable",
                 "the file cannot be opened; check the path and its permissions",
                 path.string(),
                 {}};
}

Result<image::Picture> read_seal_picture(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream bytes;
    if (!in || !(bytes << in.rdbuf())) {
        return unreadable(path);
    }
    Result<image::Picture> picture = image::decode(bytes.str());
    if (!picture) {
        Error error = picture.error();
        error.where = path.string();
        return error;
    }
    return picture;
}

Outcome write_seal_picture(const std::filesystem::path& path, const image::Picture& picture) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << image::encode_png(picture) << std::flush;
    if (!file) {
        return Error{ErrorKind::Unavailable,
                     "seal.file_unwritable",
                     "the overlay cannot be written; check the folder and its permissions",
                     path.string(),
                     {}};
    }
    return done();
}

void row(std::ostream& out, std::string_view name, double value, int digits,
         std::string_view note) {
    out << "  " << std::left << std::setw(22) << name << std::right << std::fixed
        << std::setprecision(digits) << std::setw(9) << value << "  " << note << '\n';
}

std::string_view sentence_for(seal::Suggestion suggestion) {
    switch (suggestion) {
        case seal::Suggestion::MatchSuggested: return "match suggested; the officer decides";
        case seal::Suggestion::LookClosely: return "look closely; the officer decides";
        case seal::Suggestion::MismatchSuggested: return "mismatch suggested; the officer decides";
        case seal::Suggestion::NotComparable:
            return "not comparable: too little of the seal can be seen; ask for a new impression";
    }
    SEALDESK_CHECK(false);
}

void print_comparison(const seal::Comparison& comparison, std::ostream& out) {
    const seal::Details& details = comparison.details;
    out << "Seal comparison (" << seal::kAlgorithm << "): " << sentence_for(comparison.suggestion)
        << '\n';
    if (comparison.copy_suspicion >= seal::kCopySuspected) {
        out << "The ink is as even as a print or copy, which lowers the score: look at the "
               "original paper.\n";
    }
    row(out, "score", comparison.score, 1, "0..1000, higher = more alike; not a probability");
    row(out, "copy suspicion", comparison.copy_suspicion, 3, "0..1, ink looks printed");
    row(out, "shape score", details.shape_score, 1, "before copy suspicion");
    row(out, "turned by", comparison.rotation_deg, 2, "degrees");
    row(out, "size", comparison.scale, 4, "of the impression, specimen = 1");
    row(out, "ink correlation", details.ink_correlation, 4, "1 = equal");
    row(out, "extra ink", details.extra_ink, 4, "share of the specimen's ink");
    row(out, "missing ink", details.missing_ink, 4, "share, where the impression printed");
    row(out, "displacement rms", details.displacement_rms_mm, 3, "mm after alignment");
    row(out, "displacement 95 %", details.displacement_p95_mm, 3, "mm");
    row(out, "ink gain", details.ink_gain_mm, 3, "mm, strokes wider (+) or thinner (-)");
    row(out, "visible", details.visible, 3, "share not hidden by print or writing");
    row(out, "inked", details.inked, 3, "share of the visible that printed");
}

void print_evaluation(const seal::Evaluation& evaluation, std::ostream& out) {
    out << "grade   pairs      EER      AUC\n";
    for (const auto& [grade, figures] : evaluation.grades) {
        out << std::left << std::setw(6) << grade << std::right << std::setw(7) << figures.pairs
            << std::fixed << std::setprecision(2) << std::setw(8) << 100 * figures.eer << '%'
            << std::setprecision(4) << std::setw(9) << figures.auc << '\n';
    }
    out << evaluation.genuine_pairs << " genuine pairs, " << evaluation.not_comparable
        << " not comparable, " << std::setprecision(1) << evaluation.ms_per_comparison
        << " ms CPU per comparison\n";
}

}  // namespace

int seal_compare(const SealCompareArgs& args, std::ostream& out, std::ostream& err) {
    const Result<image::Picture> specimen = read_seal_picture(args.specimen);
    if (!specimen) {
        return say_seal_error(specimen.error(), args.json, out, err);
    }
    const Result<image::Picture> impression = read_seal_picture(args.impression);
    if (!impression) {
        return say_seal_error(impression.error(), args.json, out, err);
    }
    seal::Comparison comparison;
    if (args.overlay) {
        const seal::ComparisonPicture both = seal::compare_with_overlay(*specimen, *impression);
        const Outcome written = write_seal_picture(*args.overlay, both.overlay);
        if (!written) {
            return say_seal_error(written.error(), args.json, out, err);
        }
        comparison = both.comparison;
    } else {
        comparison = seal::compare(*specimen, *impression);
    }
    if (args.json) {
        out << seal::to_json(comparison).dump() << '\n';
    } else {
        print_comparison(comparison, out);
    }
    return kSealDone;
}

int seal_evaluate(const SealEvaluateArgs& args, std::ostream& out, std::ostream& err) {
    const Result<seal::Evaluation> evaluation = seal::evaluate(args.manifest, args.watch);
    if (!evaluation) {
        return say_seal_error(evaluation.error(), args.json, out, err);
    }
    if (args.json) {
        out << seal::to_json(*evaluation).dump() << '\n';
    } else {
        print_evaluation(*evaluation, out);
    }
    return kSealDone;
}

}  // namespace sealdesk::cli
