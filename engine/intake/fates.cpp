#include "intake/fates.h"

#include <cerrno>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "intake/messages.h"

namespace sealdesk::intake {

namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::string_view kRowEnd = "\r\n";

nlohmann::ordered_json text_or_null(const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

/// What is wrong and what to do, and by which rule.
std::string reason_text(const Reason& reason, Language language) {
    std::string text = reason.message.in(language);
    if (!reason.citation.empty()) {
        text.append(" (").append(reason.citation).append(")");
    }
    return text;
}

std::string csv_line(const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        line.append(i == 0 ? 0 : 1, ',');
        line.append(to_csv_cell(cells[i]));
    }
    return line.append(kRowEnd);
}

/// The row an error points at in "file:row"; 0 when it points at the file.
std::int64_t row_in(const std::string& where) {
    const std::size_t colon = where.rfind(':');
    return colon == std::string::npos ? 0 : parse_number(where.substr(colon + 1)).value_or(0);
}

}  // namespace

std::string fate_label(FateKind fate, Language language) {
    switch (fate) {
        case FateKind::Accepted: return Bilingual{"受理", "accepted"}.in(language);
        case FateKind::Refused: return Bilingual{"退件", "refused"}.in(language);
        case FateKind::Duplicate: return Bilingual{"重複", "duplicate"}.in(language);
    }
    return {};
}

std::string to_json_line(const Fate& fate, Language language) {
    nlohmann::ordered_json reasons = nlohmann::ordered_json::array();
    for (const Reason& reason : fate.reasons) {
        reasons.push_back({{"rule", reason.rule()},
                           {"field", text_or_null(reason.field)},
                           {"message", reason.message.in(language)}});
    }
    nlohmann::ordered_json line{{"file", fate.file},
                                {"row", fate.row},
                                {"record", text_or_null(fate.record)},
                                {"fate", name_of(fate.kind)},
                                {"request", text_or_null(fate.request)},
                                {"duplicate_of", text_or_null(fate.duplicate_of)},
                                {"reasons", std::move(reasons)}};
    if (fate.repeated) {
        line["repeated"] = true;
    }
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_text(const Fate& fate, Language language) {
    std::string text = fate.file;
    if (fate.row > 0) {
        text.append(":").append(std::to_string(fate.row));
    }
    text.append("  ").append(fate.record.empty() ? "-" : fate.record);
    text.append("  ").append(fate_label(fate.kind, language));
    if (!fate.request.empty()) {
        text.append("  ").append(fate.request);
    }
    if (!fate.duplicate_of.empty()) {
        text.append(language == Language::Chinese ? "  同 " : "  of ").append(fate.duplicate_of);
    }
    if (fate.repeated) {
        text.append(language == Language::Chinese ? "  （先前已匯入）" : "  (imported before)");
    }
    for (const Reason& reason : fate.reasons) {
        text.append("\n    ").append(reason_text(reason, language));
    }
    return text;
}

Fate file_refused(const std::string& file, const Error& error) {
    Fate fate;
    fate.file = file;
    fate.row = row_in(error.where);
    fate.reasons.push_back({error.code, error.rule, {}, from_both(error.detail)});
    return fate;
}

struct ResultCsv::State {
    std::filesystem::path final_path;
    std::filesystem::path temporary;
    std::ofstream out;
    Language language = Language::Chinese;
    bool finished = false;
};

namespace {

/// Opens a temporary file for results in the folder, or leaves `out` closed.
bool open_results(const std::filesystem::path& wanted, std::filesystem::path& temporary,
                  std::ofstream& out) {
    using std::filesystem::perms;
    std::error_code ignored;
    const perms bits = std::filesystem::status(wanted.parent_path(), ignored).permissions();
    if ((bits & (perms::owner_write | perms::group_write | perms::others_write)) == perms::none) {
        return false;  // closed on purpose: also for root, whom the system would let in
    }
    temporary = wanted;
    temporary += ".";
    temporary += std::to_string(getpid());
    temporary += ".part";
    // O_EXCL and O_NOFOLLOW: nobody can have put a link there for us to write through.
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                          S_IRUSR | S_IWUSR | S_IRGRP);
    if (fd < 0) {
        return false;
    }
    ::close(fd);
    out.open(temporary, std::ios::binary | std::ios::trunc);
    return out.is_open();
}

}  // namespace

ResultCsv::ResultCsv(const std::filesystem::path& wanted,
                     const std::filesystem::path& fallback_folder, Language language)
    : state_(std::make_unique<State>()) {
    state_->language = language;
    state_->final_path = wanted;
    if (!open_results(state_->final_path, state_->temporary, state_->out)) {
        std::error_code ignored;
        std::filesystem::create_directories(fallback_folder, ignored);
        state_->final_path = fallback_folder / wanted.filename();
        if (!open_results(state_->final_path, state_->temporary, state_->out)) {
            throw_unavailable("intake.results", "the results of an import cannot be written");
        }
    }
    state_->out << kBom
                << csv_line(language == Language::Chinese
                                ? std::vector<std::string>{"列", "收件編號", "結果", "fate",
                                                           "申請案號", "重複於", "規則", "欄位",
                                                           "說明"}
                                : std::vector<std::string>{"Row", "Record number", "Result", "fate",
                                                           "Request", "Duplicate of", "Rule",
                                                           "Field", "What to do"});
}

ResultCsv::~ResultCsv() {
    if (!state_->finished) {
        state_->out.close();
        std::error_code ignored;
        std::filesystem::remove(state_->temporary, ignored);
    }
}

void ResultCsv::add(const Fate& fate) {
    std::string rules;
    std::string fields;
    std::string messages;
    for (const Reason& reason : fate.reasons) {
        const bool first = messages.empty();
        rules.append(first ? "" : "; ").append(reason.rule());
        fields.append(first ? "" : "; ").append(reason.field);
        messages.append(first ? "" : " ").append(reason.message.in(state_->language));
    }
    state_->out << csv_line({fate.row > 0 ? std::to_string(fate.row) : fate.file, fate.record,
                             fate_label(fate.kind, state_->language),
                             std::string(name_of(fate.kind)), fate.request, fate.duplicate_of,
                             rules, fields, messages});
}

std::filesystem::path ResultCsv::finish() {
    state_->out.close();
    std::error_code trouble;
    if (!state_->out.fail()) {
        std::filesystem::rename(state_->temporary, state_->final_path, trouble);
    }
    if (state_->out.fail() || trouble) {
        throw_unavailable("intake.results", "the results of an import cannot be written");
    }
    state_->finished = true;
    return state_->final_path;
}

}  // namespace sealdesk::intake
