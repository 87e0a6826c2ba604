#include "cli/evidence_commands.h"

#include <ostream>

#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/ca_of.h"
#include "cli/words.h"
#include "requests/evidence.h"

namespace sealdesk::cli {
namespace {

/// Those of this desk's CAs, former keys included.
std::vector<crypto::Certificate> authorities_of(const Desk& desk) {
    std::vector<crypto::Certificate> all;
    for (const scheme::Scheme& scheme : desk.schemes) {
        for (const ca::CaFiles& files : ca_keys(desk, scheme)) {
            if (!std::filesystem::exists(files.certificate)) {
                continue;
            }
            auto certificate = crypto::Certificate::load(files.certificate);
            if (certificate) {
                all.push_back(*std::move(certificate));
            }
        }
    }
    return all;
}

Result<std::vector<crypto::Certificate>> read_trusted(const std::vector<std::string>& files) {
    std::vector<crypto::Certificate> all;
    for (const std::string& file : files) {
        const auto some = crypto::parse_all(read_file(file));
        if (!some) {
            Error why = some.error();
            why.where = file;
            return why;
        }
        all.insert(all.end(), some->begin(), some->end());
    }
    return all;
}

void print_exported(Program& program, const std::string& file,
                    const requests::ExportedDecision& one) {
    if (program.json) {
        program.out << nlohmann::json{{"file", file},
                                      {"request", one.number},
                                      {"version", one.version},
                                      {"decision", one.outcome},
                                      {"officer", one.officer},
                                      {"signed_by", one.certificate.subject()},
                                      {"signed_at", to_utc_text(one.signed_at)},
                                      {"certificate_sha256", one.certificate.fingerprint()},
                                      {"valid", true},
                                      {"trusted_by", one.trusted_by}}
                           .dump()
                    << '\n';
        return;
    }
    program.out << one.number << "  " << shown(program, one.outcome) << "  "
                << one.certificate.subject() << "  " << to_taipei_text(one.signed_at) << "  "
                << program.pick("簽章有效", "signature valid") << "  ";
    if (one.trusted_by.empty()) {
        program.out << program.pick("請核對簽署憑證之 SHA-256：",
                                    "compare the signing certificate's SHA-256: ")
                    << one.certificate.fingerprint() << '\n';
    } else {
        program.out << program.pick("信任來源：", "trusted by: ") << one.trusted_by << '\n';
    }
}

}  // namespace

Outcome export_request(Program& program, Desk& desk, const std::string& number,
                       std::optional<std::int64_t> version, const std::string& output) {
    const auto file = requests::export_decision(desk.office, number, version, authorities_of(desk));
    if (!file) {
        return file.error();
    }
    write_file_durably(output, *file, FileAccess::Owner);
    program.err << output << '\n';
    return done();
}

Outcome verify_files(Program& program, const std::vector<std::string>& files,
                     const std::vector<std::string>& trusted) {
    const auto anchors = read_trusted(trusted);
    if (!anchors) {
        return anchors.error();
    }
    for (const std::string& file : files) {
        const auto exported = requests::read_exported(read_file(file), *anchors);
        if (!exported) {
            Error why = exported.error();
            why.where = why.where.empty() ? file : file + ": " + why.where;
            report(program, why);
            continue;
        }
        print_exported(program, file, *exported);
    }
    return done();
}

}  // namespace sealdesk::cli
