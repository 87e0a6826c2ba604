#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "paper/page.h"

// What the print room prints on.
namespace sealdesk::slips {

/// "210 x 297 mm".
[[nodiscard]] std::string to_text(const paper::SheetSize& size);

/// Labels on a sheet, in millimetres.
struct LabelGrid {
    int columns;
    int rows;
    paper::SheetSize label;
    paper::Point corner;  ///< the first label's upper left
    paper::Point step;    ///< from label to label, across and down

    [[nodiscard]] int count() const { return columns * rows; }
    /// `which` counts from 0, row by row.
    [[nodiscard]] paper::Area place(int which) const;
};

/// A kind of paper, as templates/stocks.yaml describes it.
struct Stock {
    std::string name = "a4-window";
    std::string title = "A4";
    paper::SheetSize sheet = {};
    bool duplex = true;         ///< printed on both sides: every item starts on a sheet of its own
    bool pre_numbered = false;  ///< each sheet bears a number that is accounted for
    std::optional<LabelGrid> labels = {};

    /// The page of a template for this stock: a label, or the whole sheet.
    [[nodiscard]] paper::SheetSize page() const { return labels ? labels->label : sheet; }
    /// Sheets that so many pages take.
    [[nodiscard]] std::int64_t sheets_of(std::int64_t pages) const {
        return duplex ? (pages + 1) / 2 : pages;
    }
};

/// Error slips.no_stock (Refused).
[[nodiscard]] Error no_such_stock(std::string_view name);

/// What a template that names no stock is printed on.
inline constexpr std::string_view kUsualStock = "a4-window";

/// The stocks of an office; without a file of its own A4 only.
class Stocks {
public:
    Stocks() : all_{Stock{}} {}
    /// Errors (Invalid; `where` is "file:line"): template.not_yaml, template.shape,
    /// template.repeated_key.
    [[nodiscard]] static Result<Stocks> read(const std::filesystem::path& file);

    [[nodiscard]] const Stock* find(std::string_view name) const;
    [[nodiscard]] const std::vector<Stock>& all() const { return all_; }

private:
    std::vector<Stock> all_;
};

}  // namespace sealdesk::slips
