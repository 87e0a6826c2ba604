#include "intake/inbox.h"

#include <fstream>
#include <sstream>

#include <Poco/Checksum.h>
#include <Poco/DeflatingStream.h>
#include <Poco/Windows950Encoding.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "image/image.h"

namespace sealdesk::intake {

namespace {

void change(Cells& row, const Cells& changes) {
    for (const auto& [heading, value] : changes) {
        const auto found = std::ranges::find(row, heading, &Cells::value_type::first);
        if (found == row.end()) {
            row.emplace_back(heading, value);
        } else {
            found->second = value;
        }
    }
}

std::string quoted(const std::string& cell, char delimiter) {
    if (cell.find_first_of(std::string("\"\r\n") + delimiter) == std::string::npos) {
        return cell;
    }
    std::string out(1, '"');
    for (const char c : cell) {
        out.append(c == '"' ? 2 : 1, c);
    }
    out.push_back('"');
    return out;
}

std::string deflate(const std::string& bytes) {
    std::ostringstream packed;
    Poco::DeflatingOutputStream stream(packed, Poco::DeflatingStreamBuf::STREAM_ZLIB, 9);
    stream << bytes;
    stream.close();
    const std::string zlib = packed.str();
    return zlib.substr(2, zlib.size() - 6);  // without zlib's own head and checksum
}

void put(std::string& out, std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) {
        out.push_back(static_cast<char>(number >> (8 * i) & 0xFFU));
    }
}

/// What local and central header have in common (PKWARE APPNOTE 4.3.7).
struct EntryHead {
    std::uint32_t method;
    std::uint32_t crc;
    std::uint32_t packed;
    std::uint32_t unpacked;
    std::string name;

    void append_to(std::string& out) const {
        put(out, 20, 2);
        put(out, 0, 2);
        put(out, method, 2);
        put(out, 0, 2);
        put(out, 0x5B74, 2);
        put(out, crc, 4);
        put(out, packed, 4);
        put(out, unpacked, 4);
        put(out, static_cast<std::uint32_t>(name.size()), 2);
        put(out, 0, 2);
    }
};

}  // namespace

const std::vector<scheme::Scheme>& schemes() {
    static const std::vector<scheme::Scheme> loaded =
        scheme::load_all(std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms").value();
    return loaded;
}

const scheme::Scheme& scheme_under_test() { return *scheme::find_scheme(schemes(), "tipo"); }
const scheme::Form& registration_form() { return *scheme_under_test().find_form("registration"); }
const scheme::Form& reset_form() { return *scheme_under_test().find_form("password-reset"); }

Cells person(const Cells& changes) {
    Cells row{{"收件編號", "C00001"},
              {"收件日期", "115/11/20"},
              {"申請人類別", "自然人"},
              {"申請人名稱", "林美玉"},
              {"證號", "A123456789"},
              {"出生日期", "67/01/27"},
              {"國內住所或營業所", "有"},
              {"審查中案件數", ""},
              {"負責人姓名", ""},
              {"負責人證號", ""},
              {"登記地址", "300新竹市東區和平路5段332號3樓"},
              {"聯絡人姓名", "林美玉"},
              {"聯絡人電話", "02-2370-0715"},
              {"聯絡人電子郵件", "a@example.test"},
              {"聯絡人地址", "701臺南市東區忠孝路4段385號14樓"},
              {"憑證類別", "軟體憑證"},
              {"密碼單領取方式", "電子化"},
              {"檢附文件", "身分證影本;健保卡影本"},
              {"同意約定條款", "是"},
              {"印鑑影像", "scans/a.png"},
              {"負責人印鑑影像", ""}};
    change(row, changes);
    return row;
}

Cells company(const Cells& changes) {
    Cells row = person({{"申請人類別", "公司"},
                        {"申請人名稱", "永樂精品股份有限公司"},
                        {"證號", "04595257"},
                        {"出生日期", ""},
                        {"負責人姓名", "王大明"},
                        {"負責人證號", "A123456789"},
                        {"檢附文件", "公司登記證明文件影本"},
                        {"負責人印鑑影像", "scans/b.png"}});
    change(row, changes);
    return row;
}

std::string csv(const std::vector<Cells>& rows, char delimiter) {
    std::string out;
    const auto line = [&](const Cells& row, auto member) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            out.append(i == 0 ? 0 : 1, delimiter);
            out.append(quoted(row[i].*member, delimiter));
        }
        out.append("\r\n");
    };
    line(rows.front(), &Cells::value_type::first);
    for (const Cells& row : rows) {
        line(row, &Cells::value_type::second);
    }
    return out;
}

std::string to_cp950(std::string_view utf8) {
    const Poco::Windows950Encoding cp950;
    std::string out;
    for (const char32_t c : to_code_points(utf8)) {
        std::array<unsigned char, 4> bytes{};
        const int length = cp950.convert(static_cast<int>(c), bytes.data(), 4);
        for (int i = 0; i < length; ++i) {
            out.push_back(static_cast<char>(bytes.at(static_cast<std::size_t>(i))));
        }
        if (length == 0) {
            out.push_back('?');
        }
    }
    return out;
}

std::string to_utf16le(std::string_view utf8) {
    std::string out = "\xFF\xFE";
    for (const char32_t c : to_code_points(utf8)) {
        if (c < 0x10000) {
            put(out, c, 2);
        } else {
            put(out, 0xD800 + ((c - 0x10000) >> 10U), 2);
            put(out, 0xDC00 + ((c - 0x10000) & 0x3FFU), 2);
        }
    }
    return out;
}

std::string png() {
    image::Picture picture{8, 8, std::vector<std::uint8_t>(192, 200), 300.0};
    return image::encode_png(picture);
}

std::string zip(const std::vector<std::pair<std::string, std::string>>& entries, bool deflated) {
    std::string out;
    std::string directory;
    for (const auto& [name, bytes] : entries) {
        Poco::Checksum crc(Poco::Checksum::TYPE_CRC32);
        crc.update(bytes.data(), static_cast<unsigned>(bytes.size()));
        const std::string packed = deflated ? deflate(bytes) : bytes;
        const EntryHead head{deflated ? 8U : 0U, crc.checksum(),
                             static_cast<std::uint32_t>(packed.size()),
                             static_cast<std::uint32_t>(bytes.size()), name};
        const auto offset = static_cast<std::uint32_t>(out.size());
        out.append("PK\x03\x04");
        head.append_to(out);
        out.append(name).append(packed);
        directory.append("PK\x01\x02");
        put(directory, 20, 2);
        head.append_to(directory);
        put(directory, 0, 2);
        put(directory, 0, 2);
        put(directory, 0, 2);
        put(directory, 0, 4);
        put(directory, offset, 4);
        directory.append(name);
    }
    const auto start = static_cast<std::uint32_t>(out.size());
    out.append(directory);
    out.append("PK\x05\x06");
    put(out, 0, 4);
    put(out, static_cast<std::uint32_t>(entries.size()), 2);
    put(out, static_cast<std::uint32_t>(entries.size()), 2);
    put(out, static_cast<std::uint32_t>(directory.size()), 4);
    put(out, start, 4);
    put(out, 0, 2);
    return out;
}

Inbox::Inbox() : scratch_(folder_.path() / "scratch") {
    std::filesystem::create_directories(folder_.path() / "inbox" / "scans");
    std::filesystem::create_directory(scratch_);
    write("scans/a.png", png());
    write("scans/b.png", png().append("b"));  // what stands after a PNG's end is not looked at
}

std::filesystem::path Inbox::path(const std::string& name) const {
    const auto inbox = folder_.path() / "inbox";
    return name.empty() ? inbox : inbox / name;
}

std::filesystem::path Inbox::write(const std::string& name, std::string_view bytes) const {
    auto file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
}

namespace {

std::string refusal_of(const Error& error) {
    std::string text = error.where.empty() ? "-" : error.where;
    return text.append(" ").append(error.code);
}

std::string line_of(const Draft& draft) {
    std::string text = std::to_string(draft.row);
    text.append(" ").append(draft.record_number.empty() ? "-" : draft.record_number);
    return text.append(" ").append(codes_of(draft));
}

}  // namespace

std::vector<std::string> Inbox::read(const std::string& name, const SourceOptions& options) const {
    std::vector<std::string> lines;
    const auto bundle = open_bundle(path(name), scratch_);
    if (!bundle) {
        return {refusal_of(bundle.error())};
    }
    for (const Error& refusal : (*bundle)->refusals()) {
        lines.push_back(refusal_of(refusal));
    }
    for (const std::string& file : (*bundle)->data_files()) {
        const auto source = open_records((*bundle)->path_of(file), file, schemes(), options);
        if (!source) {
            lines.push_back(refusal_of(source.error()));
            continue;
        }
        const SourceInfo& info = (*source)->info();
        const auto scans = (*bundle)->scans_of(file);
        const Evaluator evaluator(*info.scheme, *info.form);
        Record record;
        while ((*source)->next(record)) {
            lines.push_back(line_of(evaluator.evaluate(record, *scans, kToday)));
        }
    }
    return lines;
}

std::vector<Draft> Inbox::drafts(const std::string& name) const {
    std::vector<Draft> drafts;
    const auto bundle = open_bundle(path(name), scratch_);
    if (!bundle) {
        ADD_FAILURE() << bundle.error().code;
        return drafts;
    }
    for (const std::string& file : (*bundle)->data_files()) {
        const auto source = open_records((*bundle)->path_of(file), file, schemes(), {});
        if (!source) {
            ADD_FAILURE() << source.error().code;
            continue;
        }
        const auto scans = (*bundle)->scans_of(file);
        Record record;
        while ((*source)->next(record)) {
            drafts.push_back(evaluate(record, *(*source)->info().scheme, *(*source)->info().form,
                                      *scans, kToday));
        }
    }
    return drafts;
}

Draft Inbox::draft(const Cells& row) const {
    write("one.csv", csv({row}));
    auto drafts = this->drafts("one.csv");
    SEALDESK_CHECK(drafts.size() == 1);
    return std::move(drafts.front());
}

std::string codes_of(const Draft& draft) {
    if (!draft.refused()) {
        return "ok";
    }
    std::string codes;
    for (const Reason& reason : draft.reasons) {
        codes.append(codes.empty() ? 0 : 1, ' ');
        codes.append(reason.code).append("(").append(reason.field).append(")");
    }
    return codes;
}

std::vector<std::string> findings_of(const Draft& draft) {
    std::vector<std::string> codes;
    for (const Finding& finding : draft.findings) {
        codes.push_back(finding.code);
    }
    return codes;
}

}  // namespace sealdesk::intake
