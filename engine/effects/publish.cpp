#include "effects/publish.h"

#include <algorithm>
#include <filesystem>

#include "audit/log.h"
#include "base/crash.h"
#include "base/durable_file.h"
#include "ca/generations.h"
#include "subscribers/acceptance.h"
#include "subscribers/repository.h"

namespace sealdesk::effects {
namespace {

namespace fs = std::filesystem;

constexpr int kPublishPage = 200;

/// Writes the file unless it is there with this content; whether it did.
bool bring_to(const fs::path& file, std::string_view bytes) {
    if (fs::exists(file) && read_file(file) == bytes) {
        return false;
    }
    fs::create_directories(file.parent_path());
    write_file_durably(file, bytes, FileAccess::Everyone);
    return true;
}

/// Serial numbers are unique in a scheme, and say nothing about a person.
fs::path file_of(const Works& works, const subscribers::Certificate& certificate) {
    SEALDESK_CHECK(!works.repository.folder.empty());
    return works.repository.folder / certificate.scheme / "certificates" /
           (certificate.serial + ".crt");
}

/// A certificate on its way into the repository.
struct Accepted {
    subscribers::Certificate certificate;
    Instant at;
    bool published = false;
};

Accepted read_accepted(store::Tx& tx, CertificateId id) {
    auto certificate = subscribers::find_certificate_by_id(tx, id);
    const auto accepted_at = subscribers::accepted_at(tx, id);
    if (!certificate || !accepted_at) {
        throw_internal("certificate.missing", "A job publishes what was never accepted.");
    }
    return {*std::move(certificate), *accepted_at, subscribers::is_published(tx, id)};
}

/// A CRL has a number, which its name or its time shows: same size and time means same content, so
/// that a CRL of many megabytes is not read each time.
bool is_same_file(const fs::path& from, const fs::path& to) {
    std::error_code missing;
    return fs::file_size(to, missing) == fs::file_size(from) && !missing &&
           fs::last_write_time(to) == fs::last_write_time(from);
}

bool copy_crl(const fs::path& from, const fs::path& to) {
    if (is_same_file(from, to)) {
        return false;
    }
    const auto written_at = fs::last_write_time(from);
    fs::create_directories(to.parent_path());
    write_file_durably(to, read_file(from), FileAccess::Everyone);
    fs::last_write_time(to, written_at);
    return true;
}

/// Of one key of a CA.
std::int64_t publish_files_of(const ca::CaFiles& files, const fs::path& repository) {
    std::int64_t changed = 0;
    if (fs::exists(files.certificate)) {
        const auto own = crypto::Certificate::load(files.certificate);
        changed += own && bring_to(repository / "ca.crt", own->der()) ? 1 : 0;
    }
    for (const char* name : {ca::kNewWithOld, ca::kOldWithNew}) {
        const fs::path file = ca::folder_of(files) / name;
        changed += fs::exists(file) && bring_to(repository / name, read_file(file)) ? 1 : 0;
    }
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(files.crl_folder, missing)) {
        if (entry.is_regular_file() && entry.path().extension() == ".crl") {
            changed += copy_crl(entry.path(), repository / entry.path().filename()) ? 1 : 0;
        }
    }
    return changed;
}

/// Looks at a page of accepted certificates; where the next one begins, 0 at the end.
std::int64_t look_at_page(const Works& works, std::int64_t after, Published& report) {
    const auto page = store::transact(works.office.database, "repository.read", [&](store::Tx& tx) {
        std::vector<Accepted> accepted;
        for (const CertificateId id : subscribers::accepted_after(tx, after, kPublishPage)) {
            accepted.push_back(read_accepted(tx, id));
        }
        return accepted;
    });
    for (const Accepted& one : page) {
        if (one.published) {
            report.restored +=
                bring_to(file_of(works, one.certificate), one.certificate.der) ? 1 : 0;
        }
    }
    store::transact(works.office.database, "repository.enqueue", [&](store::Tx& tx) {
        for (const Accepted& one : page) {
            if (!one.published) {
                subscribers::enqueue_publication(tx, one.certificate.id);
            }
        }
    });
    return page.empty() ? 0 : page.back().certificate.id.value();
}

}  // namespace

Instant publication_due(const Works& works, const std::string& scheme, Instant accepted_at) {
    const scheme::Scheme* found = scheme::find_scheme(works.office.schemes, scheme);
    const bool has_hours = found != nullptr && found->office_hours;
    return works.office.calendar.after_working_days(
        accepted_at, 1, has_hours ? found->office_hours->close : kClosingTime);
}

/// M 4.3: an accepted certificate becomes public. The file first: an entry whose file is
/// missing would be a promise not kept, a file that no entry names is written again.
Outcome run_publish(const Works& works, const queue::Job& job) {
    const CertificateId id(job.subject);
    const Accepted accepted = store::transact(works.office.database, "effect.publish-read",
                                              [&](store::Tx& tx) { return read_accepted(tx, id); });
    const auto parsed = crypto::Certificate::parse_keyless(accepted.certificate.der);
    if (!parsed) {
        return parsed.error();
    }
    static_cast<void>(bring_to(file_of(works, accepted.certificate), accepted.certificate.der));
    crash_point("effect.publish.file-written");
    const Instant due = publication_due(works, accepted.certificate.scheme, accepted.at);
    return store::transact(works.office.database, "effect.publish", [&](store::Tx& tx) {
        if (subscribers::enter_into_repository(tx, accepted.certificate, *parsed, due)) {
            audit::append(tx,
                          {"certificate.published", "system",
                           "certificate:" + accepted.certificate.serial, nlohmann::json::object()});
        }
        return queue::complete(tx, job);
    });
}

std::int64_t publish_crls(const Works& works) {
    std::int64_t changed = 0;
    for (const scheme::Scheme& scheme : works.office.schemes) {
        const fs::path folder = works.repository.folder / scheme.id;
        for (const ca::CaFiles& key : ca::ca_generations(works.repository.ca / scheme.id, {})) {
            changed += publish_files_of(
                key, key.generation == 1 ? folder : folder / std::to_string(key.generation));
        }
    }
    return changed;
}

Published publish_all(const Works& works, const Watch& watch) {
    Published report;
    const auto all =
        store::transact(works.office.database, "repository.count", subscribers::count_repository);
    std::int64_t looked_at = 0;
    for (std::int64_t after = look_at_page(works, 0, report); after != 0 && !watch.stopped();) {
        looked_at = std::min<std::int64_t>(looked_at + kPublishPage, all.accepted);
        watch.at(looked_at, all.accepted);
        after = look_at_page(works, after, report);
    }
    store::transact(works.office.database, "repository.retry",
                    [](store::Tx& tx) { queue::retry(tx, subscribers::kPublishJob, ""); });
    queue::Runner runner(works.office.database);
    runner.on(std::string(subscribers::kPublishJob),
              [&](const queue::Job& job) { return run_publish(works, job); });
    queue::RunOptions options;
    options.stop = watch.stop;
    options.progress = [&](const queue::Job&, const queue::Statistics& statistics) {
        watch.at(statistics.done);
    };
    report.certificates = runner.run(options).done;
    report.stopped = watch.stopped();
    report.crls = publish_crls(works);
    const auto counts =
        store::transact(works.office.database, "repository.count", subscribers::count_repository);
    report.waiting = counts.accepted - counts.published;
    return report;
}

}  // namespace sealdesk::effects
