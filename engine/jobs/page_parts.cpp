#include "jobs/page_parts.h"

namespace sealdesk::jobs {
namespace {

constexpr std::string_view kPageStyle =
    "body{margin:2em auto;max-width:52em;padding:0 1em;background:#fff;color:#1a1a1a;"
    "font-family:'Noto Sans CJK TC','Microsoft JhengHei','PingFang TC',sans-serif;line-height:1.5}"
    "h1{font-size:1.5em;line-height:1.3}h2{font-size:1.2em;margin-top:2em;"
    "border-bottom:2px solid #1a1a1a}[lang=en]{font-size:.85em}"
    "table{border-collapse:collapse;margin:1em 0;width:100%;font-size:.9em}"
    "caption{text-align:left;font-weight:bold}th,td{border:1px solid #767676;padding:.2em .5em}"
    "th{text-align:left;font-weight:normal}thead th{background:#eee}td{text-align:right}"
    "tfoot th,tfoot td{font-weight:bold}figure{margin:1em 0;break-inside:avoid}"
    "svg{width:100%;height:auto}.small{font-size:.85em}.alarm{color:#a00000;font-weight:bold}"
    "@media print{body{margin:0;max-width:none}h2{break-after:avoid}table{break-inside:avoid}}";

}  // namespace

std::string page_of(const Bilingual& title, std::string_view body) {
    return "<!DOCTYPE html>\n<html lang=\"zh-Hant\"><head><meta charset=\"utf-8\"><meta "
           "name=\"viewport\" content=\"width=device-width\"><title>" +
           to_html(title.zh) + "</title><style>" + std::string(kPageStyle) +
           "</style></head><body><h1>" + to_html(title.zh) + "<br><span lang=\"en\">" +
           to_html(title.en) + "</span></h1>\n" + std::string(body) + "\n</body></html>\n";
}

}  // namespace sealdesk::jobs
