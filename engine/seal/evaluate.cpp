#include "seal/evaluate.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "image/image.h"
#include "seal/compare.h"

namespace sealdesk::seal {

namespace {

constexpr std::size_t kManifestLinesMax = 100'000;
constexpr std::string_view kGenuineGrade = "G0";

struct ManifestLine {
    std::string specimen;  // file name inside specimen/
    std::string file;      // path below the manifest's folder
    std::string grade;
    bool genuine = false;
};

Error manifest_error(std::string detail, std::size_t line) {
    return Error{ErrorKind::Invalid,
                 "seal.manifest_bad",
                 std::move(detail),
                 "line " + std::to_string(line),
                 {}};
}

// Where the four columns we need stand in a heading.
struct Columns {
    std::size_t id = 0;
    std::size_t grade = 0;
    std::size_t genuine = 0;
    std::size_t file = 0;
};

std::optional<std::size_t> position_of(const std::vector<std::string>& heading,
                                       std::string_view name) {
    const auto found = std::find(heading.begin(), heading.end(), name);
    if (found == heading.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - heading.begin());
}

Result<Columns> columns_of(const std::vector<std::string>& heading) {
    const auto id = position_of(heading, "id");
    const auto grade = position_of(heading, "grade");
    const auto genuine = position_of(heading, "genuine");
    const auto file = position_of(heading, "file");
    if (!id || !grade || !genuine || !file) {
        return manifest_error("the heading must name the columns id, grade, genuine and file", 1);
    }
    return Columns{*id, *grade, *genuine, *file};
}

// A benchmark's file names are plain: no quotes, and nothing that leaves the folder.
bool is_plain_path(const std::string& path) {
    return !path.empty() && path.front() != '/' && path.find("..") == std::string::npos;
}

Result<ManifestLine> read_line(const std::vector<std::string>& cells, const Columns& columns,
                               std::size_t line) {
    const std::size_t last = std::max({columns.id, columns.grade, columns.genuine, columns.file});
    if (cells.size() <= last) {
        return manifest_error("the line has fewer columns than the heading", line);
    }
    const std::optional<std::int64_t> id = parse_number(cells[columns.id]);
    if (!id || *id > 9'999'999) {
        return manifest_error("id is not a number", line);
    }
    const std::string& genuine = cells[columns.genuine];
    if (genuine != "0" && genuine != "1") {
        return manifest_error("genuine must be 0 or 1", line);
    }
    if (!is_plain_path(cells[columns.file])) {
        return manifest_error("file must be a path below the manifest's folder", line);
    }
    std::string number = std::to_string(*id);
    number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
    return ManifestLine{number + ".png", cells[columns.file], cells[columns.grade], genuine == "1"};
}

Result<std::vector<ManifestLine>> read_manifest(const std::filesystem::path& path) {
    std::ifstream in(path);
    if (!in) {
        return Error{ErrorKind::NotFound,
                     "seal.manifest_missing",
                     "the manifest cannot be opened; give the path of a manifest.csv",
                     path.string(),
                     {}};
    }
    std::string text;
    std::optional<Columns> columns;
    std::vector<ManifestLine> lines;
    for (std::size_t number = 1; std::getline(in, text); ++number) {
        if (number > kManifestLinesMax) {
            return manifest_error("the manifest is too long", number);
        }
        const std::vector<std::string> cells = split(trim(text), ',');
        if (!columns) {
            const Result<Columns> found = columns_of(cells);
            if (!found) {
                return found.error();
            }
            columns = *found;
        } else if (!cells.empty()) {
            Result<ManifestLine> line = read_line(cells, *columns, number);
            if (!line) {
                return line.error();
            }
            lines.push_back(std::move(*line));
        }
    }
    if (lines.empty()) {
        return manifest_error("the manifest lists no impression", 1);
    }
    return lines;
}

Result<image::Picture> read_picture(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return Error{ErrorKind::NotFound,
                     "seal.picture_missing",
                     "a picture named in the manifest cannot be opened",
                     path.string(),
                     {}};
    }
    std::ostringstream bytes;
    bytes << in.rdbuf();
    Result<image::Picture> picture = image::decode(bytes.str());
    if (!picture) {
        Error error = picture.error();
        error.where = path.string();
        return error;
    }
    return picture;
}

// CPU time of this process, ms: other programs on the machine do not count.
double cpu_ms() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Share of genuine below and of forged at or above each threshold; the error rate where the two
// are nearest, as the mean of both.
double equal_error_rate(std::vector<double> genuine, std::vector<double> forged) {
    std::sort(genuine.begin(), genuine.end());
    std::sort(forged.begin(), forged.end());
    std::vector<double> thresholds = genuine;
    thresholds.insert(thresholds.end(), forged.begin(), forged.end());
    double best_gap = 2;
    double rate = 1;
    const auto share_below = [](const std::vector<double>& values, double threshold) {
        const auto at = std::lower_bound(values.begin(), values.end(), threshold);
        return static_cast<double>(at - values.begin()) / static_cast<double>(values.size());
    };
    for (const double threshold : thresholds) {
        const double rejected = share_below(genuine, threshold);
        const double accepted = 1 - share_below(forged, threshold);
        if (std::abs(rejected - accepted) < best_gap) {
            best_gap = std::abs(rejected - accepted);
            rate = (rejected + accepted) / 2;
        }
    }
    return rate;
}

// Chance that a genuine score is above a forged one; equal scores count half.
double area_under_curve(const std::vector<double>& genuine, std::vector<double> forged) {
    std::sort(forged.begin(), forged.end());
    double wins = 0;
    for (const double score : genuine) {
        const auto range = std::equal_range(forged.begin(), forged.end(), score);
        wins += static_cast<double>(range.first - forged.begin()) +
                0.5 * static_cast<double>(range.second - range.first);
    }
    return wins / static_cast<double>(genuine.size()) / static_cast<double>(forged.size());
}

struct Scores {
    std::vector<double> genuine;
    std::map<std::string, std::vector<double>> forged;
    std::int64_t not_comparable = 0;
    double ms = 0;
};

Outcome compare_all(const std::vector<ManifestLine>& lines, const std::filesystem::path& folder,
                    const Watch& watch, Scores& scores) {
    for (std::size_t n = 0; n < lines.size(); ++n) {
        const ManifestLine& line = lines[n];
        const Result<image::Picture> specimen = read_picture(folder / "specimen" / line.specimen);
        if (!specimen) {
            return specimen.error();
        }
        const Result<image::Picture> impression = read_picture(folder / line.file);
        if (!impression) {
            return impression.error();
        }
        const double start = cpu_ms();
        const Comparison comparison = compare(*specimen, *impression);
        scores.ms += cpu_ms() - start;
        scores.not_comparable += comparison.comparable ? 0 : 1;
        (line.genuine ? scores.genuine : scores.forged[line.grade]).push_back(comparison.score);
        watch.at(std::int64_t(n) + 1, std::int64_t(lines.size()));
        if (watch.stopped()) {
            return Error{ErrorKind::Unavailable,
                         "program.stopped",
                         "Stopped as asked after " + std::to_string(n + 1) + " of " +
                             std::to_string(lines.size()) +
                             " comparisons; nothing is kept, so run it again.",
                         {},
                         {}};
        }
    }
    return done();
}

}  // namespace

Result<Evaluation> evaluate(const std::filesystem::path& manifest, const Watch& watch) {
    const Result<std::vector<ManifestLine>> lines = read_manifest(manifest);
    if (!lines) {
        return lines.error();
    }
    Scores scores;
    const Outcome compared = compare_all(*lines, manifest.parent_path(), watch, scores);
    if (!compared) {
        return compared.error();
    }
    if (scores.genuine.empty()) {
        return manifest_error(
            "the manifest has no genuine impression (grade " + std::string(kGenuineGrade) + ")", 1);
    }
    Evaluation evaluation;
    evaluation.genuine_pairs = static_cast<std::int64_t>(scores.genuine.size());
    evaluation.not_comparable = scores.not_comparable;
    evaluation.ms_per_comparison = scores.ms / static_cast<double>(lines->size());
    for (const auto& [grade, forged] : scores.forged) {
        evaluation.grades[grade] = {equal_error_rate(scores.genuine, forged),
                                    area_under_curve(scores.genuine, forged),
                                    static_cast<std::int64_t>(forged.size())};
    }
    return evaluation;
}

nlohmann::json to_json(const Evaluation& evaluation) {
    const auto places = [](double value, double unit) { return std::round(value * unit) / unit; };
    nlohmann::json grades = nlohmann::json::object();
    for (const auto& [grade, figures] : evaluation.grades) {
        grades[grade] = {{"eer", places(figures.eer, 1e5)},
                         {"auc", places(figures.auc, 1e5)},
                         {"pairs", figures.pairs}};
    }
    return {{"grades", grades},
            {"genuine_pairs", evaluation.genuine_pairs},
            {"not_comparable", evaluation.not_comparable},
            {"ms_per_comparison", places(evaluation.ms_per_comparison, 10)}};
}

}  // namespace sealdesk::seal
