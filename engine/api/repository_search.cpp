#include "api/repository_search.h"

#include <algorithm>
#include <optional>

#include <Poco/Exception.h>
#include <Poco/URI.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "subscribers/repository.h"

namespace sealdesk::api {
namespace {

/// What a client looks for; nothing was asked when `subject` is empty.
struct SearchForm {
    std::string subject;
    bool exact = false;
};

std::optional<SearchForm> read_form(const std::string& query) {
    SearchForm form;
    try {
        for (const auto& [name, value] : Poco::URI("/?" + query).getQueryParameters()) {
            if (name == "subject") {
                form.subject = value;
            } else if (name == "exact") {
                form.exact = value == "1";
            }
        }
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
    return is_utf8(form.subject) ? std::optional(form) : std::nullopt;
}

std::string path_of(const std::string& serial) { return "certificates/" + serial + ".crt"; }

Result<subscribers::Search> search(store::Database& database, const std::string& scheme,
                                   const SearchForm& form) {
    return store::transact(database, "repository.search", [&](store::Tx& tx) {
        return subscribers::search_repository(tx, scheme, form.subject, form.exact);
    });
}

std::string to_json(const subscribers::Search& result) {
    auto certificates = nlohmann::ordered_json::array();
    for (const auto& [certificate, subject] : result.found) {
        certificates.push_back({{"serial", certificate.serial},
                                {"subject", subject},
                                {"profile", certificate.profile},
                                {"state", subscribers::to_text(certificate.state)},
                                {"not_before", to_utc_text(certificate.not_before)},
                                {"not_after", to_utc_text(certificate.not_after)},
                                {"certificate", path_of(certificate.serial)}});
    }
    return nlohmann::ordered_json{{"certificates", certificates}, {"complete", result.complete}}
               .dump() +
           "\n";
}

std::string to_json(const Error& error) {
    return nlohmann::json{{"error", {{"code", error.code}, {"message", error.detail}}}}.dump() +
           "\n";
}

std::string state_in_words(subscribers::CertificateState state) {
    switch (state) {
        case subscribers::CertificateState::Issued: return "有效 valid";
        case subscribers::CertificateState::Held: return "停用中 on hold";
        case subscribers::CertificateState::Revoked: return "已廢止 revoked";
    }
    return {};
}

std::string rows_of(const subscribers::Search& result) {
    std::string rows =
        "<table><tr><th>憑證主體 Subject</th><th>狀態 State</th>"
        "<th>有效至 Valid until</th><th>憑證 Certificate</th></tr>\n";
    for (const auto& [certificate, subject] : result.found) {
        rows += "<tr><td>" + to_html(subject) + "</td><td>" + state_in_words(certificate.state) +
                "</td><td>" + to_taipei_text(certificate.not_after) + "</td><td><a href=\"" +
                path_of(certificate.serial) + "\">" + certificate.serial + "</a></td></tr>\n";
    }
    rows += "</table>\n";
    if (result.found.empty()) {
        rows += "<p>查無憑證。 None was found.</p>\n";
    }
    if (!result.complete) {
        rows +=
            "<p>尚有其他憑證，請輸入更完整之名稱。 There may be more: name the subject more "
            "exactly.</p>\n";
    }
    return rows;
}

/// A page without script, picture or cookie.
HttpResponse page(int status, const SearchForm& form, const std::string& result) {
    HttpResponse response{
        status, "text/html; charset=utf-8",
        "<!DOCTYPE html>\n<html lang=\"zh-Hant\"><meta charset=\"utf-8\">"
        "<title>憑證查詢 Certificates</title>\n"
        "<h1>用戶憑證查詢 Certificate search</h1>\n"
        "<form action=\"search.html\"><label>完整或部分識別名稱 Full or partial subject name "
        "<input name=\"subject\" required maxlength=\"200\" value=\"" +
            to_html(form.subject) +
            "\"></label> <label><input type=\"checkbox\" name=\"exact\" value=\"1\"" +
            (form.exact ? " checked" : "") +
            "> 名稱完全相符 exact</label> <button>查詢 Search</button></form>\n" + result +
            "</html>\n"};
    response.headers.emplace_back("Content-Security-Policy",
                                  "default-src 'none'; form-action 'self'");
    return response;
}

HttpResponse search_for_people(store::Database& database, const std::string& scheme,
                               const SearchForm& form) {
    if (form.subject.empty()) {
        return page(200, form, {});
    }
    const auto result = search(database, scheme, form);
    if (!result) {
        return page(
            400, form,
            "<p>請輸入名稱中二個以上之字（英文三個以上之字母），或 O=、OU=、CN= 之識別名稱。 " +
                to_html(result.error().detail) + "</p>\n");
    }
    return page(200, form, rows_of(*result));
}

HttpResponse search_for_programs(store::Database& database, const std::string& scheme,
                                 const SearchForm& form) {
    const auto result = search(database, scheme, form);
    return {result ? 200 : 400, "application/json",
            result ? to_json(*result) : to_json(result.error())};
}

/// The digits of "certificates/SERIAL.crt", nothing that could leave the folder.
bool is_certificate_name(std::string_view name) {
    constexpr std::string_view prefix = "certificates/";
    constexpr std::string_view suffix = ".crt";
    if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
        name.size() <= prefix.size() + suffix.size()) {
        return false;
    }
    return std::ranges::all_of(
        name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()),
        [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

HttpResponse answer_from_repository(store::Database& database, const OfferedRepository& repository,
                                    const HttpRequest& request, const std::string& name) {
    if (name == "search" || name == "search.html") {
        const auto form = read_form(request.query);
        if (!form) {
            return {400, {}, "The query is not UTF-8, or no query.\n"};
        }
        HttpResponse response = name == "search"
                                    ? search_for_programs(database, repository.scheme, *form)
                                    : search_for_people(database, repository.scheme, *form);
        response.headers.emplace_back("Cache-Control", "no-store");
        return response;
    }
    std::error_code ignored;
    if (is_certificate_name(name) &&
        std::filesystem::is_regular_file(repository.folder / name, ignored)) {
        return {200, "application/pkix-cert", {}, repository.folder / name};
    }
    return {404, {}, "There is nothing here.\n"};
}

}  // namespace sealdesk::api
