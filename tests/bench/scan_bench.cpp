#include "bench/scan_bench.h"

#include <ctime>
#include <iomanip>
#include <map>

#include "scan/codes.h"
#include "scan/marks.h"
#include "scan/scanned_page.h"
#include "seal/compare.h"
#include "seal/drawn_seal.h"

namespace sealdesk::bench {
namespace {

using scan::PageCode;
using scan::PageReading;
using scan::drawn::Filling;
using scan::drawn::PaperForm;
using scan::drawn::ScannedPage;
using scan::drawn::Scanner;
using scan::drawn::Score;

constexpr double kIdentifiedMin = 0.99;
constexpr std::size_t kRemarksShown = 40;
constexpr int kSealsComparedMax = 120;  ///< each takes a tenth of a second

double cpu_ms() {
    timespec now{};
    (void)::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

/// Time spent in the stages of reading, milliseconds of CPU.
class Stages {
public:
    template <class Work>
    auto measure(const std::string& stage, const Work& work) {
        const double start = cpu_ms();
        auto result = work();
        spent_[stage] += cpu_ms() - start;
        return result;
    }
    void print(std::ostream& out, int pages) const {
        for (const auto& [stage, ms] : spent_) {
            out << "scans  " << std::left << std::setw(28) << stage << std::right << std::setw(8)
                << ms / pages << " ms a page\n";
        }
    }
    [[nodiscard]] double of(const std::string& stage) const { return spent_.at(stage); }

private:
    std::map<std::string, double> spent_;
};

/// How the seals that were cut out compare.
struct Comparisons {
    int compared = 0;
    std::map<std::string, int> own;    ///< suggestion → count, with their own specimen
    std::map<std::string, int> other;  ///< with another seal's

    void add(const ScannedPage& page, const PageReading& reading) {
        for (const scan::Cutting& cutting : reading.cuttings) {
            const auto die = page.seals.find(cutting.field);
            if (die == page.seals.end() || cutting.doubtful || compared >= kSealsComparedMax) {
                continue;
            }
            ++compared;
            const auto compared_with = [&](std::uint32_t seed) {
                const auto specimen = seal::drawn::scan_of(seal::drawn::die_of(seed));
                return std::string(name_of(seal::compare(specimen, cutting.picture).suggestion));
            };
            ++own[compared_with(die->second)];
            ++other[compared_with(die->second + 1000)];
        }
    }
    void print(std::ostream& out) const {
        for (const auto* side : {&own, &other}) {
            out << "scans  seals cut out, against " << (side == &own ? "their own" : "another")
                << " specimen:";
            for (const auto& [suggestion, count] : *side) {
                out << ' ' << suggestion << ' ' << count;
            }
            out << '\n';
        }
    }
};

void print(const Score& score, std::ostream& out) {
    const auto share = [&](int count) { return 100.0 * count / std::max(1, score.pages); };
    out << "scans  pages " << score.pages << ", identified " << score.identified << " ("
        << share(score.identified) << " %), wrongly " << score.wrongly_identified
        << ", straightened " << score.straightened << ", without any doubt " << score.filed << " ("
        << share(score.filed) << " %)\n"
        << "scans  frames right " << score.frames_right << ", flagged " << score.frames_flagged
        << ", wrong and not flagged " << score.frames_wrong << '\n'
        << "scans  check-boxes right " << score.ticks_right << ", unsure " << score.ticks_unsure
        << ", wrong " << score.ticks_wrong << '\n';
    for (std::size_t i = 0; i < std::min(score.remarks.size(), kRemarksShown); ++i) {
        out << "scans    " << score.remarks[i] << '\n';
    }
}

std::string describe(const Scanner& scanner) {
    return std::to_string(int(scanner.dpi)) + " dpi" + (scanner.grey ? " grey" : "") +
           (scanner.covered_mark >= 0 ? " mark covered" : "") +
           (!scanner.smudged_codes.empty() ? " code smudged" : "") +
           (scanner.crumple_mm > 0 ? " crumpled" : "") + (scanner.staple ? " staple" : "") +
           (scanner.dark_lid ? " dark lid" : "");
}

}  // namespace

int run_scan_bench(int pages, std::ostream& out) {
    const auto schemes =
        scheme::load_all(std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms").value();
    scan::FormShelf shelf(schemes);
    Score score;
    Stages stages;
    Comparisons comparisons;
    std::uint32_t seed = 0;
    int forms = 0;
    for (const scheme::Scheme& scheme : schemes) {
        forms += int(scheme.forms.size());
    }
    for (const scheme::Scheme& scheme : schemes) {
        for (const scheme::Form& form : scheme.forms) {
            const std::string record = "C" + std::to_string(10'000 + seed);
            const PaperForm paper(scheme, form, record);
            const int wanted = std::max(1, (pages + forms - 1) / forms);
            for (int n = 0; n < std::max(wanted, paper.pages()); ++n) {
                const int number = n % paper.pages() + 1;
                const Scanner scanner = scan::drawn::scanner_of(++seed);
                const Filling filling = scan::drawn::filling_of(paper.layout(), form, seed);
                const ScannedPage page = paper.scan(number, filling, scanner);
                const auto picture = stages.measure(
                    "1 decoding (the limit)", [&] { return image::decode(page.jpeg).value(); });
                const PageReading reading = stages.measure(
                    "2 reading, all of it", [&] { return read_page(picture, shelf); });
                const auto grey = stages.measure("  a without red ink",
                                                 [&] { return scan::without_red_ink(picture); });
                const auto map =
                    stages.measure("  b marks", [&] { return scan::find_page(grey, picture.dpi); });
                if (map) {
                    (void)stages.measure("  c codes", [&] { return scan::read_codes(grey, *map); });
                }
                const PageCode truth{scheme.id,     form.id,           form.version, number,
                                     paper.pages(), paper.layout().id, record};
                score.add(page, reading, truth,
                          std::to_string(seed) + " " + form.id + " " + std::to_string(number) +
                              " " + describe(scanner));
                comparisons.add(page, reading);
            }
        }
    }
    out << std::fixed << std::setprecision(1);
    print(score, out);
    comparisons.print(out);
    stages.print(out, score.pages);
    out << "scans  reading against decoding alone: "
        << stages.of("2 reading, all of it") / stages.of("1 decoding (the limit)") << " times\n";
    const bool good = score.wrongly_identified == 0 && score.frames_wrong == 0 &&
                      score.ticks_wrong == 0 && score.identified >= kIdentifiedMin * score.pages;
    return good ? 0 : 1;
}

}  // namespace sealdesk::bench
