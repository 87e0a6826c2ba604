#include <algorithm>
#include <map>
#include <utility>

#include "base/digest.h"
#include "image/image.h"
#include "intake/judgement.h"
#include "intake/messages.h"

namespace sealdesk::intake {

namespace {

using scheme::Field;
using scheme::FieldType;

/// Good scans are remembered up to this many, so that one picture is not decoded twice.
constexpr std::size_t kGoodScansMax = 10'000;

/// The scan's bytes, if they are there and are a whole picture.
Result<Scan> read_scan(const Field& field, const std::string& cell, ScanReader& scans,
                       std::set<std::string>& good) {
    if (find_bad_character(cell)) {
        return Error{
            ErrorKind::Invalid, "scan.bad_name", "a file name with control characters", {}, {}};
    }
    auto bytes = scans.read(cell);
    if (!bytes) {
        return bytes.error();
    }
    Scan scan{field.key, last_part(cell), sha256_hex(*bytes), std::move(bytes).value()};
    if (!good.contains(scan.sha256)) {
        const auto picture = image::decode(scan.bytes);
        if (!picture) {
            return picture.error();
        }
        if (good.size() < kGoodScansMax) {
            good.insert(scan.sha256);
        }
    }
    return scan;
}

Bilingual scan_message(const std::string& code) {
    static const std::map<std::string, Bilingual> messages{
        {"scan.outside",
         {"影像檔名指向批次以外的位置，不予讀取。請改為批次資料夾內的相對檔名。",
          "The file name leaves the batch and is not read. Name a file inside the "
          "batch's folder."}},
        {"scan.missing",
         {"找不到影像檔。請將掃描檔與資料檔一併送入。",
          "The image file is not there. Bring the scan together with the data "
          "file."}},
        {"scan.not_a_file",
         {"不是一般檔案（捷徑、連結或資料夾）。", "Not a plain file (a link or folder)."}},
        {"scan.too_large",
         {"影像檔過大（上限 32 MB）。", "The image file is too large (32 MB at most)."}},
        {"scan.bad_name", {"影像檔名含控制字元。", "The file name has control characters."}},
        {"image.not_an_image",
         {"不是影像檔。請以 PNG、JPEG 或 TIFF 重新掃描。",
          "Not an image. Scan again as PNG, JPEG or TIFF."}},
        {"image.too_large",
         {"影像尺寸過大（每邊上限 12,000 像素，合計 4,000 萬像素）。請以 300 dpi 重新掃描。",
          "Too many pixels (12,000 a side, 40 million in all). Scan again at "
          "300 dpi."}},
        {"image.damaged",
         {"影像檔損毀或不完整。請重新掃描。", "The image is damaged or incomplete. Scan again."}},
        {"image.unsupported",
         {"不支援的影像格式。請以 PNG、JPEG 或 TIFF 重新掃描。",
          "This kind of image is not supported. Scan again as PNG, JPEG or "
          "TIFF."}},
    };
    const auto found = messages.find(code);
    return found != messages.end()
               ? found->second
               : Bilingual{"影像檔無法讀取。請重新掃描。", "The image cannot be read. Scan again."};
}

}  // namespace

std::string last_part(std::string_view path) {
    const std::size_t slash = path.find_last_of("/\\");
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

void read_scans(Judgement& judgement, ScanReader& scans, std::set<std::string>& good) {
    const scheme::Form& form = judgement.form();
    Draft& draft = judgement.draft();
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        const Field& field = form.fields[i];
        if (field.type != FieldType::Scan || judgement.cell(i).empty()) {
            continue;
        }
        auto scan = read_scan(field, judgement.cell(i), scans, good);
        if (!scan) {
            const Bilingual message = scan_message(scan.error().code);
            judgement.refuse(
                {scan.error().code,
                 {},
                 field.key,
                 {"「" + field.label.zh + "」" + message.zh, field.label.en + ": " + message.en}});
            continue;
        }
        const bool twice =
            std::ranges::find(draft.scans, scan->sha256, &Scan::sha256) != draft.scans.end();
        if (twice) {
            judgement.find(
                "seal", field, field.rule,
                {"scan.same_twice",
                 {"兩個印鑑欄位為同一影像，請核對。", "Two seal fields show the same image."}});
        }
        draft.values[field.key] = scan->sha256;
        draft.scans.push_back(std::move(scan).value());
    }
}

void check_seals(Judgement& judgement) {
    const scheme::Form& form = judgement.form();
    const Draft& draft = judgement.draft();
    const scheme::ApplicantKind* kind = form.find_kind(draft.value(form.roles.applicant_kind));
    for (const scheme::SealBox& seal : form.seals) {
        const auto needs = [&](const scheme::ApplicantKind& any) {
            return std::ranges::find(any.seals, seal.role) != any.seals.end();
        };
        const bool needed = kind != nullptr ? needs(*kind) : std::ranges::all_of(form.kinds, needs);
        if (needed && draft.value(seal.field).empty() && !judgement.is_faulty(seal.field)) {
            judgement.refuse(
                missing_seal_reason(form, seal, kind != nullptr ? *kind : form.kinds.front()));
        }
    }
}

}  // namespace sealdesk::intake
