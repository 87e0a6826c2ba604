#include <filesystem>
#include <ostream>

#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/desk.h"
#include "cli/mail_commands.h"
#include "cli/table.h"
#include "mail/mail_texts.h"

namespace sealdesk::cli {
namespace {

struct MailCheckArguments {
    std::vector<std::string> names;
    std::string output;
};

/// One text as one scheme would send it.
struct TriedMail {
    const scheme::Scheme& scheme;
    std::string name;
    bool is_own;
    Result<mail::WrittenMail> written;
};

void keep_preview(const std::filesystem::path& folder, const TriedMail& tried) {
    const std::string name = tried.scheme.id + "-" + tried.name;
    const mail::WrittenMail& words = tried.written.value();
    write_file_durably(folder / (name + ".txt"), words.subject + "\n\n" + words.text,
                       FileAccess::Everyone);
    write_file_durably(folder / (name + ".html"), words.html, FileAccess::Everyone);
}

nlohmann::json to_json(const TriedMail& tried) {
    nlohmann::json line{{"scheme", tried.scheme.id}, {"mail", tried.name}, {"own", tried.is_own}};
    if (tried.written) {
        line["subject"] = tried.written->subject;
    } else {
        const Error& error = tried.written.error();
        line["error"] = {{"code", error.code}, {"where", error.where}, {"message", error.detail}};
    }
    return line;
}

/// A text as each scheme would say it, in a line each. The first fault there is.
std::optional<Error> try_text(Program& program, Table& table, mail::MailTexts& texts,
                              const std::vector<scheme::Scheme>& schemes, const std::string& name,
                              const std::string& output) {
    std::optional<Error> fault;
    for (const scheme::Scheme& scheme : schemes) {
        const TriedMail tried{scheme, name, texts.is_own(scheme, name),
                              texts.compose_sample(scheme, name)};
        if (program.json) {
            program.out << to_json(tried).dump() << '\n';
        }
        if (!tried.written) {
            fault = fault ? fault : tried.written.error();
            continue;
        }
        table.add({name, scheme.id + (tried.is_own ? "*" : ""), tried.written->heading.zh});
        if (!output.empty()) {
            keep_preview(output, tried);
        }
    }
    return fault;
}

Outcome check_mails(Program& program, const MailCheckArguments& arguments) {
    const auto settings = read_settings(program.desk);  // no desk: the program's own texts
    const auto schemes = scheme::load_all(settings ? settings->forms : share_folder() / "forms");
    if (!schemes) {
        return schemes.error();
    }
    mail::MailTexts texts(settings ? settings->templates : share_folder() / "templates");
    if (!arguments.output.empty()) {
        std::filesystem::create_directories(arguments.output);
    }
    Table table(program, {{"郵件", "mail"}, {"憑證種類", "scheme"}, {"主旨", "subject"}});
    std::optional<Error> fault;
    for (const std::string& name : arguments.names.empty() ? texts.names() : arguments.names) {
        const auto found = try_text(program, table, texts, *schemes, name, arguments.output);
        fault = fault ? fault : found;
    }
    if (!program.json) {
        table.print(program.out);
    }
    return fault ? Outcome(*fault) : done();
}

}  // namespace

void add_mail_check(CLI::App& mail_command, Program& program) {
    auto arguments = std::make_shared<MailCheckArguments>();
    auto* check = mail_command.add_subcommand(
        "check", program.text("以範例值檢查郵件文字（templates/mails/），並可預覽",
                              "try the texts of mails (templates/mails/) with sample values"));
    check->add_option("NAME", arguments->names,
                      program.text("郵件名稱（預設：全部）", "of mails; default: all"));
    check->add_option("-o,--output", arguments->output,
                      program.text("預覽資料夾：各一 .txt 與 .html",
                                   "a folder for previews, a .txt and an .html each"));
    check->footer(
        program.text("例： sealdesk mail check     sealdesk mail check returned -o preview\n"
                     "憑證種類後之 * 表示使用該種類自己的文字 templates/<種類>/mails/。",
                     "Examples: sealdesk mail check    sealdesk mail check returned -o preview\n"
                     "A * behind a scheme: its own text, templates/<scheme>/mails/, is used."));
    check->callback([&program, arguments] {
        run_guarded(program, [&] { return check_mails(program, *arguments); });
    });
}

}  // namespace sealdesk::cli
