#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "image/image.h"
#include "scan/read_page.h"
#include "scheme/scheme.h"

// Forms filled in, sealed and scanned by the tests themselves, and the truth about them.
namespace sealdesk::scan::drawn {

/// How an applicant fills in a page.
struct Filling {
    std::map<std::string, std::vector<std::string>> ticks{};  ///< field → ticked values
    std::map<std::string, std::uint32_t> seals{};  ///< field → die (seal::drawn::die_of)
    double seal_shift_mm = 3;                      ///< at most, from the middle of its box
    bool writing = true;                           ///< blue handwriting in the text fields
    bool signature = false;                        ///< and across the seals
    std::uint32_t seed = 1;                        ///< of the hand
};

/// Ticks chosen by dice, as many as a person makes: one of a choice, some documents, the seals.
[[nodiscard]] Filling filling_of(const FormLayout& layout, const scheme::Form& form,
                                 std::uint32_t seed);

/// How the page is scanned.
struct Scanner {
    double dpi = 300;
    double turn_deg = 0;  ///< clockwise
    bool upside_down = false;
    double scale = 1;
    double right_mm = 0;
    double down_mm = 0;
    double perspective_mm = 0;  ///< how far a corner is drawn in
    double noise = 3;           ///< grey levels, standard deviation
    bool grey = false;
    bool dark_lid = false;             ///< black, not white, beyond the paper
    bool staple = false;               ///< and its shadow, at the upper left corner
    double crumple_mm = 0;             ///< how far a folded corner is displaced
    int crumpled_corner = 1;           ///< 0 = upper left, clockwise
    int covered_mark = -1;             ///< a mark hidden by paper: index in paper::form_marks()
    std::set<int> smudged_codes = {};  ///< QR codes blotted out: index in paper::form_code_areas()
    int jpeg_quality = 0;              ///< 0: not compressed
    bool dpi_is_told = true;
    std::uint32_t seed = 1;
};

/// A scanner's settings by dice, from harmless to the worst that is still a scan.
[[nodiscard]] Scanner scanner_of(std::uint32_t seed);

/// A scanned page and where its places truly are.
struct ScannedPage {
    std::string jpeg;                              ///< empty when it was not compressed
    image::Picture picture;                        ///< as decoded
    std::map<std::string, Outline> frames;         ///< seal or copy field → true corners
    std::map<std::string, bool> ticks;             ///< "field=value" → ticked
    std::map<std::string, std::uint32_t> seals{};  ///< field → die (seal::drawn::die_of)
};

/// A paper form of the definition, drawn as a printer prints it; kept for several scans of it.
class PaperForm {
public:
    PaperForm(const scheme::Scheme& scheme, const scheme::Form& form, const std::string& record);

    [[nodiscard]] int pages() const { return int(layout_.pages.size()); }
    [[nodiscard]] const FormLayout& layout() const { return layout_; }
    [[nodiscard]] ScannedPage scan(int page, const Filling& filling, const Scanner& scanner) const;

private:
    FormLayout layout_;
    std::vector<image::Picture> sheets_;  ///< at kPaperDpi
};

/// JPEG bytes of a picture at a quality (1–100), with its resolution unless it is 0.
[[nodiscard]] std::string to_jpeg(const image::Picture& picture, int quality, double dpi);

/// A PDF of pages, each nothing but a JPEG picture, as office scanners make them.
[[nodiscard]] std::string to_pdf(const std::vector<ScannedPage>& pages, double dpi);

/// What a reading of a page comes to, against the truth.
struct Score {
    int pages = 0;
    int identified = 0;
    int wrongly_identified = 0;
    int straightened = 0;
    int frames_right = 0;
    int frames_flagged = 0;  ///< of these a person decides
    int frames_wrong = 0;    ///< cut out wrongly and not flagged
    int ticks_right = 0;
    int ticks_unsure = 0;
    int ticks_wrong = 0;
    int filed = 0;                     ///< pages without any doubt
    std::vector<std::string> remarks;  ///< what went wrong, for a person

    void add(const ScannedPage& page, const PageReading& reading, const PageCode& truth,
             const std::string& name);
};

}  // namespace sealdesk::scan::drawn
