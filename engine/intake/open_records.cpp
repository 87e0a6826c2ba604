#include <algorithm>
#include <fstream>
#include <utility>

#include "intake/bundle.h"
#include "intake/columns.h"
#include "intake/sources.h"

namespace sealdesk::intake {

namespace {

/// The first bytes of files that clerks take for data files.
struct KnownStart {
    std::string_view bytes;
    Bilingual advice;
};
const KnownStart kKnownStarts[]{
    {"%PDF", {"這是 PDF，不是資料檔。", "This is a PDF, not a data file."}},
    {"\x89PNG", {"這是影像，不是資料檔。", "This is an image, not a data file."}},
    {"\xFF\xD8\xFF", {"這是影像，不是資料檔。", "This is an image, not a data file."}},
};

std::string extension_of(const std::string& name) {
    return to_lower_ascii(std::filesystem::path(name).extension().string());
}

/// OLE 2 compound file ([MS-CFB] 2.2): an old Excel file, or a new one behind a password.
constexpr std::string_view kCompoundStart = "\xD0\xCF\x11\xE0";
constexpr std::string_view kZipStart = "PK\x03\x04";

/// Whether the stream "EncryptedPackage" ([MS-OFFCRYPTO] 2.3.4.4) is named in a compound file.
bool has_password(const std::filesystem::path& file) {
    constexpr std::string_view name = "EncryptedPackage";
    std::string wanted;
    for (const char c : name) {
        wanted.append({c, '\0'});
    }
    std::ifstream in(file, std::ios::binary);
    std::string bytes(std::size_t{64} * 1024, '\0');
    std::string window;
    while (in) {
        in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        window.append(bytes, 0, static_cast<std::size_t>(in.gcount()));
        if (window.find(wanted) != std::string::npos) {
            return true;
        }
        window.erase(0, window.size() - std::min(window.size(), wanted.size()));
    }
    return false;
}

Error refuse_compound(const DataFile& file) {
    return has_password(file.path)
               ? file_error("file.password",
                            {"試算表有密碼，無法讀取。請取消密碼後另存新檔。",
                             "The spreadsheet has a password. Remove it and save the file again."},
                            file.shown_name)
               : file_error("file.not_text",
                            {"這是舊版 Excel 檔（.xls），請以 Excel 另存為 XLSX。",
                             "An old Excel file (.xls); save it as XLSX."},
                            file.shown_name);
}

std::optional<Error> refuse_not_text(const DataFile& file) {
    if (file.survey.size == 0) {
        return file_error("file.empty",
                          {"空白檔案，請重新匯出。", "An empty file; export it again."},
                          file.shown_name);
    }
    if (file.survey.head.starts_with(kCompoundStart)) {
        return refuse_compound(file);
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

/// The first character that is no blank and no byte order mark.
char first_sign(const DataFile& file) {
    for (const char c : file.survey.head) {
        if (std::string_view(" \t\r\n\xEF\xBB\xBF\xFF\xFE\0", 10).find(c) ==
            std::string_view::npos) {
            return c;
        }
    }
    return ' ';
}

bool is_json(const DataFile& file) {
    const char first = first_sign(file);
    return extension_of(file.shown_name) == ".json" || first == '{' || first == '[';
}

bool is_xml(const DataFile& file) {
    return extension_of(file.shown_name) == ".xml" || first_sign(file) == '<';
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
    const KnownForms forms(schemes);
    if (file.survey.head.starts_with(kZipStart)) {
        return open_xlsx(file, forms, options);
    }
    if (const auto refusal = refuse_not_text(file)) {
        return *refusal;
    }
    if (is_xml(file)) {
        return open_xml(file, forms, options);
    }
    return is_json(file) ? open_json(file, forms, options) : open_csv(file, forms, options);
}

void sort_for_import(std::vector<std::unique_ptr<RecordSource>>& sources) {
    const auto place = [](const std::unique_ptr<RecordSource>& source) {
        const SourceInfo& info = source->info();
        return std::tuple(info.form - info.scheme->forms.data(), info.file);
    };
    std::ranges::stable_sort(sources, {}, place);
}

}  // namespace sealdesk::intake
