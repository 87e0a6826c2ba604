#include "requests/registry_desk.h"

#include <fstream>

#include "queue/runner.h"
#include "requests/registry_confirm.h"
#include "requests/request_store.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"

namespace sealdesk::test {

void RegistryDesk::SetUp() {
    OfficeDesk::SetUp();
    const std::string number = approved_registration(registration());
    run_effects();
    registration_ = load(number).id;
}

SubscriberId RegistryDesk::subscriber(const std::string& unified_number, const std::string& name,
                                      const std::string& serial) {
    return store::transact(db(), "test.subscriber", [&](store::Tx& tx) {
        const SubscriberId id(tx.new_id());
        subscribers::add_subscriber(
            tx, {id, std::string(kScheme), "company", unified_number, name, *registration_});
        subscribers::set_contact(tx, id, *registration_,
                                 {name, "02-1234-5678", unified_number + "@example.test", "100",
                                  "臺北市中正區延平南路85號"});
        subscribers::keep_certificate(
            tx, {CertificateId(next_certificate_), id, *registration_,
                 "R/" + std::to_string(next_certificate_), std::string(kScheme), "p", serial, "der",
                 tx.now(), tx.now() + std::chrono::days(3650)});
        ++next_certificate_;
        return id;
    });
}

std::filesystem::path RegistryDesk::write(const std::string& name,
                                          const std::vector<std::string>& rows,
                                          const std::string& headings) {
    const auto file = folder() / name;
    std::ofstream stream(file);
    stream << headings << '\n';
    for (const std::string& row : rows) {
        stream << row << '\n';
    }
    return file;
}

Result<requests::RegistrySummary> RegistryDesk::take_in_on(store::Database& database,
                                                           const std::filesystem::path& file,
                                                           bool dry_run, const Watch& watch) {
    fates_.clear();
    reports_.clear();
    requests::RegistryOptions options;
    options.dry_run = dry_run;
    options.source.origin = scheme::Origin::Register;
    options.by = "dee";
    options.scratch = folder();
    options.on_row = [&](const requests::RowReport& report) {
        std::string text =
            std::to_string(report.row) + " " + std::string(requests::to_text(report.fate));
        for (const intake::Reason& reason : report.reasons) {
            text += " " + reason.code + (reason.field.empty() ? "" : " in " + reason.field);
        }
        for (const requests::Outlook& one : report.outlooks) {
            text += " " + one.serial + " " + std::string(requests::to_text(one.foresight));
        }
        fates_.push_back(text);
        reports_.push_back(report);
    };
    options.on_note = [](const std::string&) {};
    options.watch = watch;
    const requests::Office office = office_on(database);
    return requests::import_registry_file(office, office.schemes, file, options);
}

requests::RegistrySummary RegistryDesk::take_in(const std::filesystem::path& file, bool dry_run) {
    return take_in_on(db(), file, dry_run).value();
}

std::string RegistryDesk::first_request() const {
    for (const requests::RowReport& report : reports_) {
        if (!report.request.empty()) {
            return report.request;
        }
    }
    return {};
}

std::vector<std::string> RegistryDesk::confirm(const std::string& batch, const std::string& officer,
                                               const std::vector<std::string>& only) {
    std::vector<std::string> results;
    const auto confirmed = requests::confirm_batch(
        office_on(db()), {batch, only, officer, ""}, key_of(officer),
        [&](const std::string& number, const Result<requests::State>& state) {
            results.push_back(
                number + " " +
                (state ? std::string(requests::to_text(*state)) : state.error().code));
        });
    if (!confirmed) {
        results.push_back(confirmed.error().code);
    }
    return results;
}

void RegistryDesk::run_all() {
    const requests::Office office = office_on(db());
    const effects::Works works{office,
                               templates(),
                               print_room(),
                               print_folder(),
                               stationery(),
                               [this](const std::string&) -> Result<ca::CaClient*> { return &ca_; },
                               {folder() / "repository", folder() / "ca"}};
    queue::Runner runner(db());
    effects::register_handlers(runner, works);
    runner.run({});
    effects::complete_requests(works);
}

std::string RegistryDesk::certificate_of(const std::string& unified_number) {
    return store::transact(db(), "test.certificate", [&](store::Tx& tx) {
        const auto found = subscribers::find_subscriber(tx, std::string(kScheme), unified_number);
        const auto certificate = subscribers::certificates_of(tx, found->id).front();
        std::string text(subscribers::to_text(certificate.state));
        std::string separator = " by ";
        for (const subscribers::HoldSource source : subscribers::open_holds(tx, certificate.id)) {
            text += separator + std::string(subscribers::to_text(source));
            separator = ",";
        }
        return text;
    });
}

void RegistryDesk::hold(const std::string& unified_number, subscribers::HoldSource source) {
    store::transact(db(), "test.hold", [&](store::Tx& tx) {
        const auto found = subscribers::find_subscriber(tx, std::string(kScheme), unified_number);
        const auto certificate = subscribers::certificates_of(tx, found->id).front();
        static_cast<void>(subscribers::open_hold(tx, certificate.id, source, "test"));
        queue::enqueue(tx, "certificate.holds", "holds:" + std::to_string(tx.new_id()),
                       found->id.value(), tx.now());
    });
    run_all();
}

}  // namespace sealdesk::test
