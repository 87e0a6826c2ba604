#include "requests/office_desk.h"

#include "base/digest.h"
#include "crypto/pkcs12.h"
#include "officers/officer.h"
#include "queue/runner.h"
#include "requests/request_store.h"
#include "scheme/scheme.h"
#include "support/applicants.h"

namespace sealdesk::test {
namespace {

using namespace std::chrono_literals;

/// Keys are made once for all tests: RSA takes its time, and P-256 cannot decrypt.
struct PrintRoomKeys {
    crypto::KeyPair key;
    crypto::Certificate certificate;
};

const PrintRoomKeys& print_room_keys() {
    static const PrintRoomKeys keys = [] {
        SystemRandom random;
        crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
        const Instant start{std::chrono::sys_days{2020y / 1 / 1}};
        auto certificate = crypto::make_self_signed(
            key, {"print room", crypto::SelfSignedUse::Encryption, start, start + 87600h}, random);
        return PrintRoomKeys{std::move(key), std::move(certificate)};
    }();
    return keys;
}

std::unique_ptr<officers::SoftwareKey> officer_key(const std::string& login) {
    SystemRandom random;
    crypto::KeyPair key = crypto::KeyPair::generate_p256();
    const Instant start{std::chrono::sys_days{2020y / 1 / 1}};
    auto certificate = crypto::make_self_signed(
        key, {login, crypto::SelfSignedUse::Signing, start, start + 87600h}, random);
    return std::make_unique<officers::SoftwareKey>(
        crypto::Pkcs12{std::move(key), std::move(certificate), {}});
}

/// Scans of a form under test: the name of a scan is the name of its owner.
class DrawnScans final : public intake::ScanReader {
public:
    Result<std::string> read(std::string_view name) override {
        return image::encode_png(draw_seal(std::string(name)));
    }
};

}  // namespace

OfficeDesk::OfficeDesk() = default;
OfficeDesk::~OfficeDesk() = default;

void OfficeDesk::SetUp() {
    OnEveryBackend::SetUp();
    const std::filesystem::path root = SEALDESK_SOURCE_DIR;
    schemes_ = scheme::load_all(root / "forms").value();
    files_ = std::make_unique<store::FileStore>(folder() / "files");
    templates_ = std::make_unique<slips::TemplateShelf>(root / "templates");
    mail_texts_ = std::make_unique<mail::MailTexts>(root / "templates");
    stationery_.reset(new mail::Stationery{*mail_texts_, "test.invalid"});
    store::transact(db(), "test.officers", [&](store::Tx& tx) {
        for (const std::string login : {"ann", "ben", "cai"}) {
            keys_[login] = officer_key(login);
            const auto added = officers::add(
                tx, {login, login, {officers::Role::Officer}, keys_[login]->certificate()},
                "system");
            ASSERT_TRUE(added) << added.error().code;
        }
    });
}

Form OfficeDesk::registration(const std::string& id_number) {
    return {{"record_number", "T-" + id_number},
            {"received_on", "115/11/20"},
            {"applicant_kind", "自然人"},
            {"applicant_name", "吳𠮷"},
            {"id_number", id_number},
            {"birth_date", "80/01/02"},
            {"residence", "有"},
            {"registered_address", "100臺北市中正區延平南路85號"},
            {"contact_name", "張㛢"},
            {"contact_phone", "02-2370-8886"},
            {"contact_email", "contact@example.test"},
            {"contact_address", "300新竹市東區中山路5段202號9樓"},
            {"certificate_kind", "軟體憑證"},
            {"slip_delivery", "現場領取"},
            {"documents", "身分證影本;健保卡影本"},
            {"terms_accepted", "是"},
            {"seal_scan", "seal of " + id_number}};
}

Form OfficeDesk::reset(const std::string& id_number) {
    return {{"record_number", "P-" + id_number},
            {"received_on", "115/11/20"},
            {"applicant_name", "吳𠮷"},
            {"id_number", id_number},
            {"submitted_by", "郵寄"},
            {"slip_delivery", "現場領取"},
            {"form_contact_email", "thief@evil.test"},
            {"seal_scan", "seal of " + id_number}};
}

intake::Fate OfficeDesk::receive_on(store::Database& database, const std::string& form_id,
                                    const Form& form) {
    const auto slash = form_id.find('/');
    const scheme::Scheme& scheme = slash == std::string::npos
                                       ? tipo_scheme()
                                       : *scheme::find_scheme(schemes_, form_id.substr(0, slash));
    const scheme::Form& definition =
        *scheme.find_form(slash == std::string::npos ? form_id : form_id.substr(slash + 1));
    intake::Record record;
    record.row = 2;
    for (const scheme::Field& field : definition.fields) {
        const auto found = form.find(field.key);
        record.cells.push_back(found == form.end() ? "" : found->second);
    }
    DrawnScans scans;
    std::vector<intake::Draft> drafts{
        intake::evaluate(record, scheme, definition, scans, day_in_taipei(clock().now()))};
    const requests::Office office = office_on(database);
    const std::string file = "form" + std::to_string(++batches_) + ".csv";
    const auto batch = store::transact(database, "import.batch", [&](store::Tx& tx) {
        return intake::find_or_start_batch(
            tx, {file, sha256_hex(file), scheme.id, definition.id, definition.version, "utf-8"});
    });
    requests::DryRunMemory dry_run;
    return requests::receive_chunk(office, {scheme, definition, file, batch, "dee"}, drafts,
                                   dry_run)
        .front();
}

intake::Fate OfficeDesk::receive(const std::string& form_id, const Form& form) {
    return receive_on(db(), form_id, form);
}

std::string OfficeDesk::examine(const std::string& number, const std::string& check, bool pass,
                                const std::string& officer) {
    const auto state = requests::examine(office_on(db()), number,
                                         {check, pass, pass ? "" : "not as it should be", officer});
    return state ? std::string(requests::to_text(*state)) : state.error().code;
}

std::string OfficeDesk::examine_all(const std::string& number, const std::string& officer) {
    std::string last;
    const auto request = load(number);
    const requests::Office office = office_on(db());
    for (const scheme::Check& check : requests::form_of(office, request).checks) {
        last = examine(number, check.kind, true, officer);
    }
    return last;
}

std::string OfficeDesk::decide_on(store::Database& database, const std::string& number,
                                  requests::Verdict verdict, const std::string& officer) {
    std::vector<std::string> reasons;
    if (verdict != requests::Verdict::Approve) {
        reasons.emplace_back("印鑑不符");
    }
    const auto state =
        requests::decide(office_on(database), number, {verdict, reasons, officer}, key_of(officer));
    return state ? std::string(requests::to_text(*state)) : state.error().code;
}

std::string OfficeDesk::decide(const std::string& number, requests::Verdict verdict,
                               const std::string& officer) {
    return decide_on(db(), number, verdict, officer);
}

std::string OfficeDesk::approved_registration(const Form& form) {
    const auto fate = receive("registration", form);
    EXPECT_EQ(fate.kind, intake::FateKind::Accepted);
    EXPECT_EQ(examine_all(fate.request), "examined");
    EXPECT_EQ(decide(fate.request, requests::Verdict::Approve, "ben"), "approved");
    return fate.request;
}

std::int64_t OfficeDesk::run_effects_on(store::Database& database) {
    const requests::Office office = office_on(database);
    const effects::Works works = works_of(office);
    queue::Runner runner(database);
    effects::register_handlers(runner, works);
    return runner.run({}).done;
}

std::int64_t OfficeDesk::run_effects() { return run_effects_on(db()); }

requests::Request OfficeDesk::load(const std::string& number) {
    return requests::look_up(office_on(db()), number).value();
}

std::string OfficeDesk::state_of(const std::string& number) {
    return std::string(requests::to_text(load(number).state));
}

std::int64_t OfficeDesk::rows_in(const std::string& table) {
    return connection().query("SELECT COUNT(*) FROM " + table, {}).front().number(0);
}

requests::Office OfficeDesk::office_on(store::Database& database) {
    return {database, *files_, schemes_, calendar_};
}

scheme::Form& OfficeDesk::definition(const std::string& form_id) {
    return *std::ranges::find(scheme_definition().forms, form_id, &scheme::Form::id);
}

scheme::Scheme& OfficeDesk::scheme_definition() {
    return *std::ranges::find(schemes_, tipo_scheme().id, &scheme::Scheme::id);
}

officers::OfficerKey& OfficeDesk::key_of(const std::string& officer) { return *keys_.at(officer); }

const crypto::Certificate& OfficeDesk::print_room() const { return print_room_keys().certificate; }
const crypto::KeyPair& OfficeDesk::print_room_secret() const { return print_room_keys().key; }

}  // namespace sealdesk::test
