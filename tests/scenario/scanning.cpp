// Steps about paper: forms that the program printed, filled in, sealed and scanned.
#include <fstream>
#include <stdexcept>

#include "base/digest.h"
#include "base/durable_file.h"
#include "scan/scanned_page.h"
#include "scenario/stage.h"

namespace sealdesk::test {
namespace {

using nlohmann::json;

/// The value that a label on the paper stands for; empty when the field has no such box.
std::string value_of(const scheme::Field& field, const std::string& label) {
    if (field.type == scheme::FieldType::YesNo) {
        return label == "是" || label == "有" ? "yes" : "no";
    }
    const auto found = std::ranges::find_if(field.choices, [&](const scheme::Choice& choice) {
        return choice.label.zh == label || std::ranges::count(choice.aliases, label) > 0;
    });
    return found == field.choices.end() ? "" : found->value;
}

std::string kind_named(const scheme::Form& form, const std::string& label) {
    const auto found = std::ranges::find(
        form.kinds, label, [](const scheme::ApplicantKind& kind) { return kind.label.zh; });
    return found == form.kinds.end() ? "" : found->key;
}

std::vector<std::string> documents_named(const scheme::Form& form, const std::string& labels) {
    std::vector<std::string> values;
    for (const scheme::Choice& document : form.documents) {
        if ((";" + labels + ";").find(";" + document.label.zh + ";") != std::string::npos) {
            values.push_back(document.value);
        }
    }
    return values;
}

/// The boxes that somebody ticks who fills in these fields, and the seals of `owner`.
scan::drawn::Filling filling_of(const scheme::Form& form,
                                const std::map<std::string, std::string>& fields,
                                const std::string& owner) {
    scan::drawn::Filling filling;
    for (const scheme::Field& field : form.fields) {
        const auto keyed = fields.find(field.key);
        if (keyed == fields.end()) {
            continue;
        }
        if (field.type == scheme::FieldType::Documents) {
            filling.ticks[field.key] = documents_named(form, keyed->second);
        } else if (field.key == form.roles.applicant_kind) {
            filling.ticks[field.key] = {kind_named(form, keyed->second)};
        } else if (const std::string value = value_of(field, keyed->second); !value.empty()) {
            filling.ticks[field.key] = {value};
        }
    }
    for (const scheme::SealBox& seal : form.seals) {
        if (fields.contains(seal.field)) {
            filling.seals[seal.field] = std::uint8_t(sha256_hex(owner + seal.field)[0]);
        }
    }
    return filling;
}

/// turned=DEGREES, upside-down, grey, smudged (both QR codes)
scan::drawn::Scanner scanner_of(std::span<const std::string> words) {
    scan::drawn::Scanner scanner{.jpeg_quality = 85};
    for (const std::string& word : words) {
        if (word.starts_with("turned=")) {
            scanner.turn_deg = std::stod(word.substr(7));
        } else if (word == "upside-down") {
            scanner.upside_down = true;
        } else if (word == "smudged") {
            scanner.smudged_codes = {0, 1};
        } else if (word == "grey") {
            scanner.grey = true;
        } else {
            throw std::runtime_error("no way to scan: " + word);
        }
    }
    return scanner;
}

std::string words_of(const json& reasons) {
    std::string text;
    for (const json& reason : reasons) {
        text += " " + reason.get<std::string>();
    }
    return text;
}

/// What the base form of that name is keyed as, and its paper.
struct Paper {
    explicit Paper(const std::string& base)
        : schemes(scheme::load_all(std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms").value()) {
        const auto content = json::parse(read_file(std::filesystem::path(SEALDESK_SOURCE_DIR) /
                                                   "tests/scenario/forms" / (base + ".json")));
        scheme = scheme::find_scheme(schemes, content.value("scheme", std::string("tipo")));
        form = scheme->find_form(content.at("form").get<std::string>());
        fields = content.at("fields").get<std::map<std::string, std::string>>();
    }
    std::vector<scheme::Scheme> schemes;
    const scheme::Scheme* scheme;
    const scheme::Form* form;
    std::map<std::string, std::string> fields;
};

}  // namespace

/// KEY BASE PAGE [of OWNER] [turned=DEGREES] [upside-down] [grey] [smudged]: one page of the base
/// form's paper with KEY as its record number, sealed by OWNER (KEY), scanned and imported.
std::string Stage::scan_page(const Step& step) {
    const std::string& key = step.words.at(0);
    const Paper base(step.words.at(1));
    const bool of = step.words.size() > 4 && step.words[3] == "of";
    const scan::drawn::PaperForm paper(*base.scheme, *base.form, key);
    const auto page = paper.scan(std::stoi(step.words.at(2)),
                                 filling_of(*base.form, base.fields, of ? step.words[4] : key),
                                 scanner_of(std::span(step.words).subspan(of ? 5 : 3)));
    const auto file = folder_ / (key + "-page.jpg");
    std::ofstream(file, std::ios::binary) << page.jpeg;
    const Ran ran = desk_.run_as(step.actor, {"scan", "import", file.string()});
    if (ran.lines().empty()) {
        return refusals(ran);
    }
    const json fate = ran.lines().front();
    page_ = fate.at("number");
    const std::string request = fate.at("request");
    return fate.at("state").get<std::string>() +
           (request.empty() ? "" : " with " + key_of_request(request)) +
           words_of(fate.at("reasons"));
}

/// KEY BASE PAGE: a person tells what the line at the foot of the newest page says.
std::string Stage::read_page_as(const Step& step) {
    const Paper base(step.words.at(1));
    const scan::FormLayout layout = scan::lay_out(*base.scheme, *base.form);
    const std::string code = scan::to_text({base.scheme->id, base.form->id, base.form->version,
                                            std::stoi(step.words.at(2)), int(layout.pages.size()),
                                            layout.id, step.words.at(0)});
    const Ran ran = desk_.run_as(step.actor, {"scan", "read", page_, code});
    return ran.status != 0 ? refusals(ran)
                           : ran.lines().front().at("state").get<std::string>() +
                                 words_of(ran.lines().front().at("reasons"));
}

/// KEY [replacing]: a person files the newest page with that form's request. "why": or ends it.
std::string Stage::settle_page(const Step& step) {
    if (step.verb == "dismisses-page") {
        const Ran ended = desk_.run_as(step.actor, {"scan", "dismiss", page_, step.words.at(0)});
        return ended.status == 0 ? "done" : refusals(ended);
    }
    std::vector<std::string> command{"scan", "file", page_, "--request",
                                     forms_.at(step.words.at(0)).number};
    if (step.words.size() > 1 && step.words[1] == "replacing") {
        command.emplace_back("--replace");
    }
    const Ran ran = desk_.run_as(step.actor, command);
    return ran.status != 0 ? refusals(ran)
                           : ran.lines().front().at("state").get<std::string>() +
                                 words_of(ran.lines().front().at("reasons"));
}

/// Pages that wait for a person: record number and reasons.
std::string Stage::open_pages(const Step&) {
    std::string text;
    for (const json& page : desk_.run({"scan", "list"}).lines()) {
        const std::string record = page.at("record");
        text += (text.empty() ? "" : ", ") + (record.empty() ? "?" : record) +
                words_of(page.at("reasons"));
    }
    return text.empty() ? "none" : text;
}

}  // namespace sealdesk::test
