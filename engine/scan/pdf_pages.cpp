#include "scan/pdf_pages.h"

#include <algorithm>
#include <cmath>
#include <set>

#define POINTERHOLDER_TRANSITION 4  // std::shared_ptr only
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFPageObjectHelper.hh>

namespace sealdesk::scan {
namespace {

constexpr double kPointsPerInch = 72;
constexpr double kDrawnDpi = 300;       ///< of a page that is no picture
constexpr double kDrawnDpiLeast = 200;  ///< the coarsest at which check-boxes are certain
constexpr double kDrawnDpiMost = 400;   ///< finer costs time and shows no more
constexpr double kPageShare = 0.85;     ///< of the page that its one picture covers
constexpr int kOperatorsMax = 200'000;  ///< of a page with the text of a recognised scan

Error damaged_pdf() {
    return {ErrorKind::Invalid,
            "scan.damaged",
            "The PDF cannot be read; scan the pages again.",
            {},
            {}};
}

/// Looks at what a page draws: one picture and nothing else that can be seen?
class PictureOnly final : public QPDFObjectHandle::ParserCallbacks {
public:
    void handleObject(QPDFObjectHandle object) override {
        if (++objects_ > kOperatorsMax) {
            plain_ = false;
            terminateParsing();
        }
        if (!object.isOperator()) {
            operands_.push_back(object);
            return;
        }
        handle_operator(object.getOperatorValue());
        operands_.clear();
    }
    void handleEOF() override {}

    [[nodiscard]] bool is_plain() const { return plain_ && pictures_ == 1 && !shows_text_; }
    [[nodiscard]] const std::string& picture() const { return picture_; }
    [[nodiscard]] double width() const { return width_; }    ///< points
    [[nodiscard]] double height() const { return height_; }  ///< points

private:
    void handle_operator(const std::string& name) {
        static const std::set<std::string> harmless{"q",   "Q",   "BT",  "ET", "Tf", "Tm", "Td",
                                                    "TD",  "T*",  "Tc",  "Tw", "Tz", "TL", "Ts",
                                                    "BMC", "BDC", "EMC", "MP", "DP"};
        static const std::set<std::string> shows{"Tj", "TJ", "'", "\""};
        constexpr std::int64_t invisible = 3;  // what text recognition lays over a scan
        if (name == "cm" && operands_.size() == 6) {
            width_ = std::hypot(number(0), number(1));
            height_ = std::hypot(number(2), number(3));
            ++moves_;
            plain_ = plain_ && moves_ == 1;
        } else if (name == "Do" && operands_.size() == 1 && operands_[0].isName()) {
            picture_ = operands_[0].getName();
            ++pictures_;
        } else if (name == "Tr" && operands_.size() == 1) {
            visible_ = !operands_[0].isInteger() || operands_[0].getIntValue() != invisible;
        } else if (shows.contains(name)) {
            shows_text_ = shows_text_ || visible_;
        } else if (!harmless.contains(name)) {
            plain_ = false;
        }
    }
    double number(std::size_t i) { return operands_[i].getNumericValue(); }

    std::vector<QPDFObjectHandle> operands_;
    std::string picture_;
    double width_ = 0;
    double height_ = 0;
    int objects_ = 0;
    int pictures_ = 0;
    int moves_ = 0;
    bool visible_ = true;
    bool shows_text_ = false;
    bool plain_ = true;
};

/// What is known of a page before it is read.
struct PageTraits {
    std::string jpeg;  ///< the page's one picture, as it is; empty when it must be drawn
    double dpi = kDrawnDpi;
    double width_in = 0;
    double height_in = 0;
};

bool is_plain_jpeg(QPDFObjectHandle picture) {
    QPDFObjectHandle dict = picture.getDict();
    QPDFObjectHandle filter = dict.getKey("/Filter");
    if (filter.isArray() && filter.getArrayNItems() == 1) {
        filter = filter.getArrayItem(0);
    }
    QPDFObjectHandle space = dict.getKey("/ColorSpace");
    bool plain_space = space.isNameAndEquals("/DeviceRGB") || space.isNameAndEquals("/DeviceGray");
    if (space.isArray() && space.getArrayNItems() >= 1) {
        QPDFObjectHandle family = space.getArrayItem(0);
        plain_space = family.isNameAndEquals("/CalRGB") || family.isNameAndEquals("/CalGray") ||
                      family.isNameAndEquals("/ICCBased");
    }
    return filter.isNameAndEquals("/DCTDecode") && plain_space && !dict.hasKey("/SMask") &&
           !dict.hasKey("/Mask") && !dict.hasKey("/Decode") && !dict.hasKey("/ImageMask");
}

std::string raw_bytes(QPDFObjectHandle stream) {
    const auto buffer = stream.getRawStreamData();
    return {reinterpret_cast<const char*>(buffer->getBuffer()), buffer->getSize()};
}

PageTraits traits_of(QPDFPageObjectHelper& page) {
    PageTraits traits;
    QPDFObjectHandle box = page.getMediaBox();
    if (!box.isRectangle()) {
        return traits;
    }
    const auto rectangle = box.getArrayAsRectangle();
    const double width = std::abs(rectangle.urx - rectangle.llx);
    const double height = std::abs(rectangle.ury - rectangle.lly);
    traits.width_in = width / kPointsPerInch;
    traits.height_in = height / kPointsPerInch;
    PictureOnly content;
    page.parseContents(&content);
    auto pictures = page.getImages();
    const auto found = pictures.find(content.picture());
    if (found == pictures.end() || content.width() <= 0) {
        return traits;
    }
    const double pixels = found->second.getDict().getKey("/Width").getNumericValue();
    const double dpi = pixels / (content.width() / kPointsPerInch);
    traits.dpi = std::clamp(dpi, kDrawnDpiLeast, kDrawnDpiMost);
    const bool covers = content.width() * content.height() >= kPageShare * width * height;
    if (content.is_plain() && covers && is_plain_jpeg(found->second)) {
        traits.jpeg = raw_bytes(found->second);
    }
    return traits;
}

class PdfPages final : public PageSource {
public:
    PdfPages(std::string_view bytes, const image::Limits& limits) : bytes_(bytes), limits_(limits) {
        pdf_.setSuppressWarnings(true);
        pdf_.setAttemptRecovery(true);
        pdf_.processMemoryFile("scan", bytes.data(), bytes.size());
    }

    [[nodiscard]] bool is_encrypted() const { return pdf_.isEncrypted(); }

    /// Counts no further than one past `most`.
    void find_pages(int most) {
        pages_ = pdf_.getAllPages();
        if (int(pages_.size()) > most) {
            pages_.resize(std::size_t(most) + 1);
        }
    }

    int pages() const override { return int(pages_.size()); }

    Result<PageImage> read(int page) override {
        PageTraits traits;
        try {
            QPDFPageObjectHelper helper(pages_.at(std::size_t(page) - 1));
            traits = traits_of(helper);
        } catch (const std::exception&) {
            traits = {};  // a broken description: let the drawing library try
        }
        if (!traits.jpeg.empty()) {
            auto picture = image::decode(traits.jpeg, limits_);
            if (picture) {
                return PageImage{std::move(traits.jpeg), std::move(*picture)};
            }
            if (picture.error().code == "image.too_large") {
                return picture.error();
            }
        }
        auto drawn = draw_page(bytes_, page, traits.dpi, limits_);
        if (!drawn) {
            return drawn.error();
        }
        return PageImage{image::encode_png(*drawn), std::move(*drawn)};
    }

private:
    std::string_view bytes_;
    image::Limits limits_;
    QPDF pdf_;
    std::vector<QPDFObjectHandle> pages_;
};

}  // namespace

Result<std::unique_ptr<PageSource>> open_pdf(std::string_view bytes, const FileLimits& limits) {
    try {
        auto pdf = std::make_unique<PdfPages>(bytes, limits.page);
        if (pdf->is_encrypted()) {
            return Error{ErrorKind::Invalid,
                         "scan.encrypted",
                         "The PDF is locked; save it without a password.",
                         {},
                         {}};
        }
        pdf->find_pages(limits.pages_max);
        if (pdf->pages() == 0) {
            return damaged_pdf();
        }
        if (pdf->pages() > limits.pages_max) {
            return Error{
                ErrorKind::Invalid,
                "scan.too_many_pages",
                "The file has more than " + std::to_string(limits.pages_max) + " pages; split it.",
                {},
                {}};
        }
        return std::unique_ptr<PageSource>(std::move(pdf));
    } catch (const QPDFExc& trouble) {
        if (trouble.getErrorCode() == qpdf_e_password) {
            return Error{ErrorKind::Invalid,
                         "scan.encrypted",
                         "The PDF is locked; save it without a password.",
                         {},
                         {}};
        }
        return damaged_pdf();
    } catch (const std::exception&) {
        return damaged_pdf();
    }
}

}  // namespace sealdesk::scan
