#include "slips/stock.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/durable_file.h"
#include "slips/yaml_entries.h"

namespace sealdesk::slips {
namespace {

constexpr double kSheetMin = 20;      // mm; a small label
constexpr double kSheetMax = 500;     // mm; beyond what any office printer takes
constexpr double kLabelsMax = 20;     // in a row or a column
constexpr std::size_t kNameMax = 40;  // as in the tables

/// A list of two numbers.
std::pair<double, double> read_pair(YamlEntries& entries, const YAML::Node& map, const char* key,
                                    double low) {
    const YAML::Node node = map[key];
    if (!node.IsDefined() || !node.IsSequence() || node.size() != 2) {
        entries.fail_shape(node.IsDefined() ? node : map,
                           std::string("\"") + key + "\" takes two numbers in millimetres.");
        return {low, low};
    }
    return {entries.number_of(node[0], low, kSheetMax), entries.number_of(node[1], low, kSheetMax)};
}

std::optional<LabelGrid> read_grid(YamlEntries& entries, const YAML::Node& node,
                                   const paper::SheetSize& sheet) {
    if (!node.IsDefined()) {
        return std::nullopt;
    }
    entries.check_keys(node, {"columns", "rows", "label", "corner", "step"});
    if (entries.error()) {
        return std::nullopt;
    }
    LabelGrid grid{int(entries.number_of(node, "columns", 1, 1, kLabelsMax)),
                   int(entries.number_of(node, "rows", 1, 1, kLabelsMax)),
                   {},
                   {},
                   {}};
    std::tie(grid.label.width, grid.label.height) = read_pair(entries, node, "label", 10);
    std::tie(grid.corner.x, grid.corner.y) = read_pair(entries, node, "corner", 0);
    std::tie(grid.step.x, grid.step.y) = read_pair(entries, node, "step", 0);
    const paper::Area last = grid.place(grid.count() - 1);
    const bool overlap = (grid.columns > 1 && grid.step.x < grid.label.width) ||
                         (grid.rows > 1 && grid.step.y < grid.label.height);
    if (overlap || last.x + last.width > sheet.width || last.y + last.height > sheet.height) {
        entries.fail_shape(node, "The labels overlap, or reach beyond the sheet.");
    }
    return grid;
}

Stock read_stock(YamlEntries& entries, const YAML::Node& node) {
    Stock stock;
    entries.check_keys(node, {"stock", "title", "sheet", "sides", "pre_numbered", "labels"});
    if (entries.error()) {
        return stock;
    }
    stock.name = entries.text_of(node, "stock", true);
    stock.title = entries.text_of(node, "title", true);
    const bool plain =
        stock.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    if (stock.name.empty() || stock.name.size() > kNameMax || !plain) {
        entries.fail_shape(node, "A stock's name is made of a-z 0-9 -.");
    }
    std::tie(stock.sheet.width, stock.sheet.height) = read_pair(entries, node, "sheet", kSheetMin);
    const std::string sides = entries.text_of(node, "sides", true);
    if (sides != "simplex" && sides != "duplex") {
        entries.fail_shape(node, "\"sides\" is simplex or duplex.");
    }
    stock.duplex = sides == "duplex";
    stock.pre_numbered = entries.flag_of(node, "pre_numbered");
    stock.labels = read_grid(entries, node["labels"], stock.sheet);
    return stock;
}

}  // namespace

std::string to_text(const paper::SheetSize& size) {
    const auto tenths = [](double mm) {
        const long long all = std::llround(mm * 10);
        return std::to_string(all / 10) + (all % 10 == 0 ? "" : "." + std::to_string(all % 10));
    };
    return tenths(size.width) + " x " + tenths(size.height) + " mm";
}

paper::Area LabelGrid::place(int which) const {
    const int row = which / columns;
    return {corner.x + which % columns * step.x, corner.y + row * step.y, label.width,
            label.height};
}

Result<Stocks> Stocks::read(const std::filesystem::path& file) {
    YamlEntries entries(file.string());
    Stocks read;
    read.all_.clear();
    try {
        const YAML::Node root = YAML::Load(read_file(file));
        entries.check_keys(root, {"stocks"});
        const YAML::Node list = root.IsMap() ? root["stocks"] : root;
        if (!list.IsDefined() || !list.IsSequence()) {
            entries.fail_shape(root, "\"stocks\" takes a list of stocks.");
        }
        for (const YAML::Node& node : list) {
            Stock stock = read_stock(entries, node);
            if (entries.error()) {
                break;
            }
            if (read.find(stock.name) != nullptr) {
                entries.fail(YamlEntries::line_of(node), "template.repeated_key",
                             "\"" + stock.name + "\" comes twice.");
            }
            read.all_.push_back(std::move(stock));
        }
        if (!entries.error() && read.find(kUsualStock) == nullptr) {
            entries.fail_shape(root,
                               "The stock \"a4-window\" is missing: templates that name none "
                               "are printed on it.");
        }
    } catch (const YAML::ParserException& trouble) {
        entries.fail(trouble.mark.line + 1, "template.not_yaml",
                     "The file is not YAML: " + trouble.msg);
    } catch (const YAML::Exception& trouble) {
        entries.fail(trouble.mark.line + 1, "template.shape",
                     "The entry cannot be read: " + trouble.msg);
    }
    return entries.error() ? Result<Stocks>(*entries.error()) : Result<Stocks>(std::move(read));
}

Error no_such_stock(std::string_view name) {
    return {ErrorKind::Refused,
            "slips.no_stock",
            "There is no such stock; stocks.yaml in the folder of templates names them.",
            std::string(name),
            {}};
}

const Stock* Stocks::find(std::string_view name) const {
    const auto found = std::ranges::find(all_, name, &Stock::name);
    return found == all_.end() ? nullptr : &*found;
}

}  // namespace sealdesk::slips
