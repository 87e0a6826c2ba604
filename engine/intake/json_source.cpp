#include <algorithm>
#include <utility>

#include "intake/columns.h"
#include "intake/json_reader.h"
#include "intake/member_record.h"
#include "intake/sources.h"

namespace sealdesk::intake {

namespace {

/// What a first pass over the file tells.
struct JsonOutline {
    std::map<std::string, std::string> words;
    std::vector<std::string> keys;
    bool has_records = false;
    bool broken_at_start = false;
};

JsonOutline outline_of(const DataFile& file, Encoding encoding) {
    ByteStream stream(file.path, encoding, /*transcode=*/true);
    JsonReader reader(stream);
    JsonOutline outline;
    JsonItem item;
    Members members;
    while (reader.next(item)) {
        outline.broken_at_start =
            outline.broken_at_start || (item.number == 1 && item.trouble == "json.broken");
        if (item.number > kRecordsSampled || !item.trouble.empty() ||
            !read_flat_object(item.text, members).empty()) {
            continue;
        }
        for (const auto& [key, value] : members) {
            if (std::ranges::find(outline.keys, key) == outline.keys.end() &&
                outline.keys.size() < kColumnsMax) {
                outline.keys.push_back(key);
            }
        }
    }
    outline.words = reader.words();
    outline.has_records = reader.has_records();
    return outline;
}

/// The word under any of its names: what our own files say, and what other programs write.
std::string word_of(const std::map<std::string, std::string>& words,
                    std::initializer_list<const char*> names) {
    for (const char* name : names) {
        if (const auto found = words.find(name); found != words.end()) {
            return found->second;
        }
    }
    return {};
}

class JsonSource final : public RecordSource {
public:
    JsonSource(const DataFile& file, Encoding encoding, SourceInfo info)
        : stream_(file.path, encoding, /*transcode=*/true),
          reader_(stream_),
          names_(*info.form),
          info_(std::move(info)) {}

    [[nodiscard]] const SourceInfo& info() const override { return info_; }

    bool next(Record& record) override {
        if (!reader_.next(item_)) {
            return false;
        }
        start_record(record, item_.number, *info_.form);
        const std::string_view trouble =
            item_.trouble.empty() ? read_flat_object(item_.text, members_) : item_.trouble;
        if (item_.trouble.empty()) {  // else the members are those of the record before
            take_members(record, members_, names_, *info_.form, "json.repeated_key");
        }
        if (!trouble.empty() && !record.trouble) {
            record.trouble = row_trouble(trouble);
        }
        if (record.trouble) {
            record.raw = item_.text.substr(0, kRawBytesMax);
        }
        return true;
    }

private:
    ByteStream stream_;
    JsonReader reader_;
    HeadingNames names_;
    SourceInfo info_;
    JsonItem item_;
    Members members_;
};

/// The form the file itself or the command line names; else the one its keys fit.
Result<FormMatch> match_json(const DataFile& file, const JsonOutline& outline,
                             const KnownForms& forms, const SourceOptions& options) {
    const ToldForm told{word_of(outline.words, {"scheme", "憑證種類"}),
                        word_of(outline.words, {"form", "申請單"}),
                        word_of(outline.words, {"form_version", "version", "表單版本"})};
    const auto match = told_form(told, file.shown_name, forms, options);
    if (!match) {
        return match.error();
    }
    return *match ? Result<FormMatch>(**match)
                  : match_keys(outline.keys, told, file.shown_name, forms, options);
}

}  // namespace

Result<std::unique_ptr<RecordSource>> open_json(const DataFile& file, const KnownForms& forms,
                                                const SourceOptions& options) {
    const FoundEncoding found = find_encoding(file.survey, options.encoding);
    const JsonOutline outline = outline_of(file, found.encoding);
    if (outline.broken_at_start) {
        return file_error("json.broken",
                          {"不是 JSON，請由來源系統重新匯出。", "Not JSON; export it again."},
                          file.shown_name, 1);
    }
    if (!outline.has_records) {
        return file_error("json.shape",
                          {"應為記錄陣列，或含 records 的物件。",
                           "A list of records is expected, or an object with \"records\"."},
                          file.shown_name);
    }
    const auto match = match_json(file, outline, forms, options);
    if (!match) {
        return match.error();
    }
    SourceInfo info{file.shown_name,
                    file.survey.sha256,
                    std::string(name_of(found.encoding)),
                    found.certainty,
                    match->scheme,
                    match->form,
                    {}};
    return std::unique_ptr<RecordSource>(
        std::make_unique<JsonSource>(file, found.encoding, std::move(info)));
}

}  // namespace sealdesk::intake
