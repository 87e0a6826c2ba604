#include <algorithm>
#include <utility>

#include "intake/bundle.h"
#include "intake/columns.h"
#include "intake/csv_source.h"

namespace sealdesk::intake {

namespace {

/// The first bytes of files that clerks take for data files.
struct KnownStart {
    std::string_view bytes;
    Bilingual advice;
};
const KnownStart kKnownStarts[]{
    {"PK\x03\x04",
     {"這是 XLSX 或 ZIP 內之 ZIP，請另存為「CSV UTF-8」。",
      "This is XLSX, or a ZIP in a ZIP; save it as \"CSV UTF-8\"."}},
    {"\xD0\xCF\x11\xE0",
     {"這是舊版 Excel 檔，請另存為「CSV UTF-8」。",
      "An old Excel file; save it as \"CSV UTF-8\"."}},
    {"%PDF", {"這是 PDF，不是資料檔。", "This is a PDF, not a data file."}},
    {"\x89PNG", {"這是影像，不是資料檔。", "This is an image, not a data file."}},
    {"\xFF\xD8\xFF", {"這是影像，不是資料檔。", "This is an image, not a data file."}},
};

std::string extension_of(const std::string& name) {
    return to_lower_ascii(std::filesystem::path(name).extension().string());
}

std::optional<Error> refuse_not_text(const DataFile& file) {
    if (file.survey.size == 0) {
        return file_error("file.empty",
                          {"空白檔案，請重新匯出。", "An empty file; export it again."},
                          file.shown_name);
    }
    for (const KnownStart& start : kKnownStarts) {
        if (file.survey.head.starts_with(start.bytes)) {
            return file_error("file.not_text", start.advice, file.shown_name);
        }
    }
    if (file.survey.utf16be_mark) {
        return file_error("file.encoding",
                          {"UTF-16BE 不支援，請另存為「CSV UTF-8」。",
                           "UTF-16BE is not read; save it as \"CSV UTF-8\"."},
                          file.shown_name);
    }
    if (file.survey.nul_bytes > 0 && !file.survey.utf16le_mark) {
        return file_error(
            "file.not_text",
            {"不是文字檔，請另存為「CSV UTF-8」。", "Not a text file; save it as \"CSV UTF-8\"."},
            file.shown_name);
    }
    return std::nullopt;
}

bool is_json(const DataFile& file) {
    if (extension_of(file.shown_name) == ".json") {
        return true;
    }
    std::string_view head = file.survey.head;
    while (!head.empty() && (head.front() == ' ' || head.front() == '\n' || head.front() == '\r' ||
                             head.front() == '\t')) {
        head.remove_prefix(1);
    }
    return head.starts_with('{') || head.starts_with('[');
}

}  // namespace

Result<std::unique_ptr<RecordSource>> open_records(const std::filesystem::path& path,
                                                   const std::string& shown_name,
                                                   const std::vector<scheme::Scheme>& schemes,
                                                   const SourceOptions& options) {
    if (!options.encoding.empty() && !encoding_from(options.encoding)) {
        return file_error("file.encoding",
                          {"沒有這種編碼：" + options.encoding + "。",
                           "No such encoding: " + options.encoding + "."},
                          shown_name);
    }
    const DataFile file{path, shown_name, survey_file(path)};
    if (const auto refusal = refuse_not_text(file)) {
        return *refusal;
    }
    return is_json(file) ? open_json(file, schemes, options) : open_csv(file, schemes, options);
}

void sort_for_import(std::vector<std::unique_ptr<RecordSource>>& sources) {
    const auto place = [](const std::unique_ptr<RecordSource>& source) {
        const SourceInfo& info = source->info();
        return std::tuple(info.form - info.scheme->forms.data(), info.file);
    };
    std::ranges::stable_sort(sources, {}, place);
}

}  // namespace sealdesk::intake
