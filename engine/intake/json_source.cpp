#include <algorithm>
#include <utility>

#include "intake/columns.h"
#include "intake/csv_source.h"
#include "intake/json_reader.h"

namespace sealdesk::intake {

namespace {

/// Records whose keys are looked at to find out the form of a bare list.
constexpr std::int64_t kRecordsSampled = 20;

/// Bytes kept of a record that cannot be read: enough to identify it.
constexpr std::size_t kRecordTextKept = 4096;

using Members = std::vector<std::pair<std::string, std::string>>;

/// What a first pass over the file tells.
struct JsonOutline {
    std::map<std::string, std::string> words;
    std::vector<std::string> keys;
    bool has_records = false;
    bool broken_at_start = false;
};

Encoding json_encoding(const FileSurvey& survey, const SourceOptions& options) {
    if (const auto told = encoding_from(options.encoding)) {
        return *told;
    }
    if (survey.utf16le_mark) {
        return Encoding::Utf16Le;
    }
    const bool cp950 = survey.utf8_faults > 0 && survey.cp950_faults == 0 && !survey.utf8_mark;
    return cp950 ? Encoding::Cp950 : Encoding::Utf8;
}

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
        record.row = item_.number;
        record.cells.assign(info_.form->fields.size(), {});
        record.unknown.clear();
        record.trouble.reset();
        record.raw.clear();
        const std::string_view trouble =
            item_.trouble.empty() ? read_flat_object(item_.text, members_) : item_.trouble;
        fill(record);
        if (!trouble.empty()) {
            refuse(record, row_trouble(trouble));
        }
        return true;
    }

private:
    /// As far as the record could be read, so that a refused one still shows its number.
    void fill(Record& record) {
        std::vector<bool> taken(info_.form->fields.size());
        for (const auto& [key, value] : members_) {
            const auto field = names_.find(key);
            if (!field) {
                record.unknown.push_back(key);
            } else if (*field == HeadingNames::kVersion) {
                check_version(record, value);
            } else if (taken[*field]) {
                Reason reason = row_trouble("json.repeated_key");
                reason.field = info_.form->fields[*field].key;
                refuse(record, std::move(reason));
            } else {
                taken[*field] = true;
                record.cells[*field] = value;
            }
        }
        if (!item_.trouble.empty()) {
            record.cells.assign(record.cells.size(), {});
        }
    }

    void check_version(Record& record, const std::string& written) {
        if (!trim(written).empty() && !is_version_of(*info_.form, written)) {
            Reason reason = row_trouble("form.version");
            reason.field = "form_version";
            refuse(record, std::move(reason));
        }
    }

    void refuse(Record& record, Reason reason) {
        if (!record.trouble) {
            record.trouble = std::move(reason);
            record.raw = item_.text.substr(0, kRecordTextKept);
        }
    }

    ByteStream stream_;
    JsonReader reader_;
    HeadingNames names_;
    SourceInfo info_;
    JsonItem item_;
    Members members_;
};

/// The form the file itself or the command line names; else the one its keys fit.
Result<FormMatch> match_json(const DataFile& file, const JsonOutline& outline,
                             const std::vector<scheme::Scheme>& schemes,
                             const SourceOptions& options) {
    SourceOptions told = options;
    if (told.scheme.empty()) {
        told.scheme = word_of(outline.words, {"scheme", "憑證種類"});
    }
    if (told.form.empty()) {
        told.form = word_of(outline.words, {"form", "申請單"});
    }
    if (!told.scheme.empty() && !told.form.empty()) {
        const scheme::Form* form = scheme::find_form(schemes, told.scheme, told.form);
        if (form == nullptr) {
            return file_error("file.unknown_scheme",
                              {"沒有這個憑證種類或申請單：" + told.scheme + "/" + told.form + "。",
                               "No such scheme or form: " + told.scheme + "/" + told.form + "."},
                              file.shown_name);
        }
        return FormMatch{scheme::find_scheme(schemes, told.scheme), form, 0, {}};
    }
    return match_form(outline.keys, file.shown_name, schemes, told);
}

}  // namespace

Result<std::unique_ptr<RecordSource>> open_json(const DataFile& file,
                                                const std::vector<scheme::Scheme>& schemes,
                                                const SourceOptions& options) {
    const Encoding encoding = json_encoding(file.survey, options);
    const JsonOutline outline = outline_of(file, encoding);
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
    const auto match = match_json(file, outline, schemes, options);
    if (!match) {
        return match.error();
    }
    const std::string version = word_of(outline.words, {"form_version", "version", "表單版本"});
    if (!version.empty() && !is_version_of(*match->form, version)) {
        return file_error("file.form_version",
                          {"申請單版本 " + version + " 不是現行版本 " + match->form->version +
                               "，請以現行申請單重新填寫。",
                           "The form's version " + version + " is not the current one, " +
                               match->form->version + "; have the current form filled in."},
                          file.shown_name, 1);
    }
    SourceInfo info{file.shown_name, file.survey.sha256, std::string(name_of(encoding)),
                    match->scheme,   match->form,        {}};
    return std::unique_ptr<RecordSource>(
        std::make_unique<JsonSource>(file, encoding, std::move(info)));
}

}  // namespace sealdesk::intake
