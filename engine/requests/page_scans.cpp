#include "requests/page_scans.h"

#include <algorithm>

#include "intake/field_rules.h"
#include "scan/page_store.h"

namespace sealdesk::requests {
namespace {

/// The scan fields that a page may fill, by their place in a record.
std::vector<std::size_t> empty_boxes(const scheme::Form& form, const intake::Record& record) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < form.fields.size() && i < record.cells.size(); ++i) {
        const std::string& key = form.fields[i].key;
        const bool on_paper =
            std::ranges::any_of(form.seals, [&](const auto& seal) { return seal.field == key; }) ||
            std::ranges::any_of(form.copies, [&](const auto& copy) { return copy.field == key; });
        if (on_paper && trim(record.cells[i]).empty()) {
            places.push_back(i);
        }
    }
    return places;
}

bool is_certain(const scan::ScanPage& page) {
    return page.state == scan::PageState::Filed ||
           page.doubts == std::vector{scan::Doubt::RequestUnknown};
}

}  // namespace

PageScans::PageScans(const Office& office, const scheme::Scheme& scheme, const scheme::Form& form,
                     intake::ScanReader& files)
    : office_(office),
      scheme_(scheme),
      form_(form),
      files_(files),
      has_pages_(store::transact(office.database, "scan.any",
                                 [](store::Tx& tx) { return scan::has_pages(tx); })) {}

std::string PageScans::record_number_of(const intake::Record& record) const {
    for (std::size_t i = 0; i < form_.fields.size() && i < record.cells.size(); ++i) {
        if (form_.fields[i].key == form_.roles.record_number) {
            return intake::read_record_number(record.cells[i]).value;
        }
    }
    return {};
}

void PageScans::complete(intake::Record& record) {
    cut_out_.clear();
    if (!has_pages_ || record.trouble) {
        return;
    }
    const auto places = empty_boxes(form_, record);
    const std::string number = places.empty() ? "" : record_number_of(record);
    if (number.empty()) {
        return;
    }
    const auto pages = store::transact(office_.database, "scan.of-record", [&](store::Tx& tx) {
        return scan::pages_of_records(tx, scheme_.id, form_.id, std::span(&number, 1));
    });
    for (const scan::ScanPage& page : pages) {
        if (!is_certain(page)) {
            continue;
        }
        for (const scan::KeptCutting& cutting : scan::reading_from_json(page.reading).cuttings) {
            const auto place = std::ranges::find_if(places, [&](std::size_t i) {
                return form_.fields[i].key == cutting.field && record.cells[i].empty();
            });
            if (place != places.end() && !cutting.empty && !cutting.sha256.empty()) {
                std::string name = page.number;
                name += "/" + cutting.field + ".png";
                cut_out_[name] = cutting.sha256;
                record.cells[*place] = std::move(name);
            }
        }
    }
}

Result<std::string> PageScans::read(std::string_view name) {
    const auto found = cut_out_.find(name);
    return found == cut_out_.end() ? files_.read(name) : office_.files.get(found->second);
}

}  // namespace sealdesk::requests
