#include "scan/read_page.h"

#include <algorithm>
#include <array>

#include "scan/codes.h"
#include "scan/marks.h"
#include "scan/places.h"

namespace sealdesk::scan {
namespace {

struct DoubtName {
    Doubt doubt;
    std::string_view name;
};
constexpr std::array<DoubtName, 17> kDoubtNames{{
    {Doubt::PageUnreadable, "page_unreadable"},
    {Doubt::QrUnreadable, "qr_unreadable"},
    {Doubt::QrForeign, "qr_foreign"},
    {Doubt::QrConflict, "qr_conflict"},
    {Doubt::FormUnknown, "form_unknown"},
    {Doubt::VersionUnknown, "version_unknown"},
    {Doubt::LayoutUnknown, "layout_unknown"},
    {Doubt::NotStraight, "not_straight"},
    {Doubt::SealBoxDoubtful, "seal_box_doubtful"},
    {Doubt::CopyBoxDoubtful, "copy_box_doubtful"},
    {Doubt::NotInColour, "not_in_colour"},
    {Doubt::BoxUnsure, "box_unsure"},
    {Doubt::RecordMissing, "record_missing"},
    {Doubt::RequestUnknown, "request_unknown"},
    {Doubt::RequestAmbiguous, "request_ambiguous"},
    {Doubt::RequestClosed, "request_closed"},
    {Doubt::ScannedAlready, "scanned_already"},
}};

// Ink in a check-box, measured on drawn forms from 200 to 400 dpi: an empty one shows at most 0.02,
// the thinnest tick 0.17 and more.
constexpr double kInkEmptyMax = 0.05;
constexpr double kInkTickedMin = 0.11;
constexpr double kInkBlackened = 0.92;  ///< filled in, or a tick struck out: who knows
constexpr double kInkBesideMax = 0.12;  ///< an empty box with a mark beside it

// Ink in a seal's frame: an impression of the smallest seal covers 3 % of the largest box.
constexpr double kSealRedMin = 0.012;
constexpr double kSealEmptyMax = 0.002;
constexpr double kCopyEmptyMax = 0.01;

void add(std::vector<Doubt>& doubts, Doubt doubt) {
    if (std::ranges::find(doubts, doubt) == doubts.end()) {
        doubts.push_back(doubt);
    }
}

/// Codes of the whole page, for one whose marks are not found; their places help to find them.
struct WholePage {
    std::vector<std::string> texts;
    std::vector<Anchor> anchors;
};

WholePage search_whole_page(const cv::Mat1b& grey) {
    WholePage found;
    const auto codes = find_codes(grey);
    for (const FoundCode& code : codes) {
        found.texts.push_back(code.text);
    }
    // Two copies of one code: the page's own, but which is the upper one? The larger one would be
    // hard to tell; the marks decide, both ways round.
    if (codes.size() == 2 && codes[0].text == codes[1].text) {
        for (std::size_t i = 0; i < 2; ++i) {
            const paper::Area area = paper::form_code_areas()[i];
            found.anchors.push_back(
                {{area.x + area.width / 2, area.y + area.height / 2}, codes[i].middle});
        }
    }
    return found;
}

std::optional<PageMap> map_by_anchors(const cv::Mat1b& grey, std::vector<Anchor> anchors) {
    if (anchors.size() != 2) {
        return std::nullopt;
    }
    auto map = find_page_by(grey, anchors);
    if (!map) {
        std::swap(anchors[0].pixel, anchors[1].pixel);
        map = find_page_by(grey, anchors);
    }
    return map;
}

/// What the codes' texts come to.
std::optional<PageCode> settle_codes(const std::vector<std::string>& texts,
                                     std::vector<Doubt>& doubts) {
    std::optional<PageCode> code;
    bool foreign = false;
    for (const std::string& text : texts) {
        const auto one = parse_code(text);
        if (!one) {
            foreign = true;
        } else if (code && to_text(*code) != to_text(*one)) {
            add(doubts, Doubt::QrConflict);
            return std::nullopt;
        } else {
            code = one;
        }
    }
    if (!code) {
        add(doubts, foreign ? Doubt::QrForeign : Doubt::QrUnreadable);
    }
    return code;
}

bool is_known(const PageCode& code, FormShelf& shelf, std::vector<Doubt>& doubts) {
    const scheme::Form* const form = shelf.find_form(code);
    if (form == nullptr) {
        add(doubts, Doubt::FormUnknown);
        return false;
    }
    PageCode ours = code;
    ours.version = form->version;
    if (to_text(ours) != to_text(code)) {
        add(doubts, Doubt::VersionUnknown);
        return false;
    }
    const FormLayout& layout = shelf.layout_of(code);
    if (layout.id != code.layout || int(layout.pages.size()) != code.pages) {
        add(doubts, Doubt::LayoutUnknown);
        return false;
    }
    return true;
}

Outline outline_of(const PageMap& map, const paper::Area& area) {
    const auto at = [&](double x, double y) {
        const cv::Point2d point = map.pixel(x, y);
        return std::pair(point.x, point.y);
    };
    return {at(area.x, area.y), at(area.x + area.width, area.y),
            at(area.x + area.width, area.y + area.height), at(area.x, area.y + area.height)};
}

/// A scan on its way through the reader.
struct Page {
    const image::Picture& picture;
    cv::Mat1b grey;
    PageMap map;
    bool coloured;
};

Mark mark_of(const FoundTick& found) {
    if (!found.border_found || found.ink > kInkBlackened) {
        return Mark::Unsure;
    }
    if (found.ink < kInkEmptyMax) {
        return found.beside > kInkBesideMax ? Mark::Unsure : Mark::Empty;
    }
    return found.ink > kInkTickedMin ? Mark::Ticked : Mark::Unsure;
}

Tick read_tick(const Page& page, const paper::FormPlace& place) {
    const FoundTick found = look_at_tick(page.picture, page.map, place.area);
    return {place.key, place.value, mark_of(found), found.ink, outline_of(page.map, place.area)};
}

Cutting read_cutting(const Page& page, const paper::FormPlace& place) {
    const FoundFrame frame = find_frame(page.grey, page.map, place.area);
    const FrameContent content = content_of(page.picture, page.map, frame);
    Cutting cutting;
    cutting.field = place.key;
    cutting.is_seal = place.kind == paper::FormPlaceKind::Seal;
    cutting.off_mm = frame.off_mm;
    for (std::size_t i = 0; i < frame.corners.size(); ++i) {
        cutting.outline[i] = {frame.corners[i].x, frame.corners[i].y};
    }
    if (cutting.is_seal) {
        cutting.empty = content.red < kSealEmptyMax && content.other < kSealEmptyMax;
        // Writing without red ink is no impression; on a grey scan nobody can tell.
        cutting.doubtful =
            !cutting.empty && page.coloured && (content.red < kSealRedMin || content.at_edge);
    } else {
        cutting.empty = content.red + content.other < kCopyEmptyMax;
    }
    cutting.doubtful = cutting.doubtful || !frame.agrees;
    if (!cutting.empty || cutting.doubtful) {
        cutting.picture = cut_out(page.picture, page.map, frame);
    }
    return cutting;
}

void doubt_cutting(const Cutting& cutting, bool coloured, std::vector<Doubt>& doubts) {
    if (cutting.doubtful) {
        add(doubts, cutting.is_seal ? Doubt::SealBoxDoubtful : Doubt::CopyBoxDoubtful);
    } else if (cutting.is_seal && !cutting.empty && !coloured) {
        add(doubts, Doubt::NotInColour);
    }
}

void read_places(const Page& page, const std::vector<paper::FormPlace>& places,
                 PageReading& reading) {
    for (const paper::FormPlace& place : places) {
        if (place.kind == paper::FormPlaceKind::Tick) {
            reading.ticks.push_back(read_tick(page, place));
            if (reading.ticks.back().mark == Mark::Unsure) {
                add(reading.doubts, Doubt::BoxUnsure);
            }
        } else if (place.kind != paper::FormPlaceKind::Text) {
            reading.cuttings.push_back(read_cutting(page, place));
            doubt_cutting(reading.cuttings.back(), page.coloured, reading.doubts);
        }
    }
}

/// Of one choice at most one box is ticked: two are a correction that a person must read.
void doubt_double_ticks(const scheme::Form& form, PageReading& reading) {
    std::map<std::string, int> ticked;
    for (const Tick& tick : reading.ticks) {
        ticked[tick.field] += tick.mark == Mark::Ticked ? 1 : 0;
    }
    for (Tick& tick : reading.ticks) {
        if (tick.field != form.roles.documents && ticked[tick.field] > 1) {
            tick.mark = Mark::Unsure;
            add(reading.doubts, Doubt::BoxUnsure);
        }
    }
}

}  // namespace

std::string_view name_of(Doubt doubt) {
    return std::ranges::find(kDoubtNames, doubt, &DoubtName::doubt)->name;
}

std::optional<Doubt> doubt_named(std::string_view name) {
    const auto found = std::ranges::find(kDoubtNames, name, &DoubtName::name);
    return found == kDoubtNames.end() ? std::nullopt : std::optional(found->doubt);
}

std::string_view name_of(Mark mark) {
    switch (mark) {
        case Mark::Empty: return "empty";
        case Mark::Ticked: return "ticked";
        case Mark::Unsure: return "unsure";
    }
    SEALDESK_CHECK(false);
}

const scheme::Form* FormShelf::find_form(const PageCode& code) const {
    return scheme::find_form(schemes_, code.scheme, code.form);
}

const FormLayout& FormShelf::layout_of(const PageCode& code) {
    const auto key = std::pair(code.scheme, code.form);
    auto found = layouts_.find(key);
    if (found == layouts_.end()) {
        const scheme::Scheme* const scheme = scheme::find_scheme(schemes_, code.scheme);
        const scheme::Form* const form = find_form(code);
        SEALDESK_CHECK(scheme != nullptr && form != nullptr);
        found = layouts_.emplace(key, lay_out(*scheme, *form)).first;
    }
    return found->second;
}

PageReading read_page(const image::Picture& picture, FormShelf& shelf,
                      const std::optional<PageCode>& told) {
    PageReading reading;
    const cv::Mat1b grey = without_red_ink(picture);
    auto map = find_page(grey, picture.dpi);
    std::vector<std::string> texts;
    if (map) {
        std::vector<Anchor> middles;
        for (const ReadCode& code : read_codes(grey, *map)) {
            texts.push_back(code.text);
            middles.push_back(code.middle);
        }
        if (map->marks < 3) {
            map = confirmed(*map, middles);
        }
    }
    if (texts.empty()) {
        const WholePage whole = search_whole_page(grey);
        texts = whole.texts;
        if (!map) {
            map = map_by_anchors(grey, whole.anchors);
        }
    }
    reading.code = told ? told : settle_codes(texts, reading.doubts);
    reading.identified = reading.code && is_known(*reading.code, shelf, reading.doubts);
    if (!map) {
        add(reading.doubts, Doubt::NotStraight);
        return reading;
    }
    reading.turn_deg = map->turn_deg;
    reading.dpi = map->px_per_mm * 25.4;
    if (reading.identified) {
        const Page page{picture, grey, *map, is_coloured(picture)};
        const auto& places =
            shelf.layout_of(*reading.code).pages.at(std::size_t(reading.code->page) - 1);
        read_places(page, places, reading);
        doubt_double_ticks(*shelf.find_form(*reading.code), reading);
    }
    return reading;
}

}  // namespace sealdesk::scan
