#include "requests/page_findings.h"

#include <algorithm>
#include <set>

#include "intake/evaluate.h"

namespace sealdesk::requests {
namespace {

using scheme::Field;
using scheme::FieldType;

constexpr std::string_view kDiffers = "scan.box_differs";
constexpr std::string_view kProposes = "scan.box_proposes";

/// What a field's boxes say.
struct Boxes {
    std::set<std::string> ticked;
    bool unsure = false;
};

std::map<std::string, Boxes> boxes_of(const scan::KeptReading& reading) {
    std::map<std::string, Boxes> boxes;
    for (const scan::Tick& tick : reading.ticks) {
        Boxes& field = boxes[tick.field];
        field.unsure = field.unsure || tick.mark == scan::Mark::Unsure;
        if (tick.mark == scan::Mark::Ticked) {
            field.ticked.insert(tick.value);
        }
    }
    return boxes;
}

std::string labels_of(const scheme::Form& form, const Field& field,
                      const std::set<std::string>& values, Language language) {
    std::string text;
    for (const std::string& value : values) {
        text += (text.empty()                    ? ""
                 : language == Language::Chinese ? "、"
                                                 : ", ") +
                scheme::label_of(form, field, value, language);
    }
    if (text.empty()) {
        return language == Language::Chinese ? "未勾選" : "nothing";
    }
    return text;
}

/// The check that looks at the field: documents, else identity, else the form's first.
std::string check_for(const scheme::Form& form, const Field& field) {
    const std::string wanted = field.type == FieldType::Documents ? "documents" : "identity";
    return form.find_check(wanted) != nullptr ? wanted
           : form.checks.empty()              ? wanted
                                              : form.checks.front().kind;
}

intake::Finding finding_of(const scheme::Form& form, const Field& field,
                           const std::set<std::string>& paper, const std::set<std::string>& keyed) {
    const std::string on_paper_zh = labels_of(form, field, paper, Language::Chinese);
    const std::string on_paper_en = labels_of(form, field, paper, Language::English);
    intake::Finding finding{
        check_for(form, field), std::string(kProposes), field.key, field.rule, {}};
    if (keyed.empty()) {
        finding.message = {
            "「" + field.label.zh + "」未建檔，掃描影像勾選：" + on_paper_zh + "。請核對後補登。",
            field.label.en + " was not keyed; the scan ticks " + on_paper_en +
                ". Look and key it."};
        return finding;
    }
    finding.code = kDiffers;
    finding.message = {"「" + field.label.zh + "」建檔與掃描影像不符：建檔 " +
                           labels_of(form, field, keyed, Language::Chinese) + "，掃描影像 " +
                           on_paper_zh + "。請核對。",
                       field.label.en + " differs: keyed " +
                           labels_of(form, field, keyed, Language::English) +
                           ", ticked on the scan " + on_paper_en + ". Look at both."};
    return finding;
}

std::set<std::string> keyed_of(const Request& request, const Field& field) {
    if (field.type == FieldType::Documents) {
        const auto documents = intake::documents_of(request.payload);
        return {documents.begin(), documents.end()};
    }
    const auto values = intake::values_of(request.payload);
    const auto found = values.find(field.key);
    return found == values.end() || found->second.empty() ? std::set<std::string>{}
                                                          : std::set{found->second};
}

/// "No" keyed for a question that was left blank on the paper is how it is meant.
bool is_blank_no(const Field& field, const std::set<std::string>& paper,
                 const std::set<std::string>& keyed) {
    return field.type == FieldType::YesNo && paper.empty() && keyed == std::set<std::string>{"no"};
}

}  // namespace

std::string with_page_findings(const Request& request, const scheme::Form& form,
                               const scan::KeptReading& reading) {
    std::vector<intake::Finding> findings = intake::findings_from_json(request.findings);
    const auto boxes = boxes_of(reading);
    std::erase_if(findings, [&](const intake::Finding& old) {
        return (old.code == kDiffers || old.code == kProposes) && boxes.contains(old.field);
    });
    for (const Field& field : form.fields) {
        const auto found = boxes.find(field.key);
        if (found == boxes.end() || found->second.unsure) {
            continue;
        }
        const auto keyed = keyed_of(request, field);
        const auto& paper = found->second.ticked;
        if (paper != keyed && !is_blank_no(field, paper, keyed)) {
            findings.push_back(finding_of(form, field, paper, keyed));
        }
    }
    return intake::findings_to_json(findings);
}

}  // namespace sealdesk::requests
