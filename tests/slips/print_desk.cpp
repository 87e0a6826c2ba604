#include "slips/print_desk.h"

#include "base/durable_file.h"
#include "paper/pdf_probe.h"
#include "slips/password.h"

namespace sealdesk::slips {
namespace {

/// Fields of the account slip that a slip does not have by itself.
Fields slip_extras() {
    const Fields sample = sample_slip_fields();
    Fields extras;
    for (const char* name : {"scheme_title", "authority_name", "authority_address",
                             "authority_phone", "website", "strikes"}) {
        extras[name] = sample.at(name);
    }
    return extras;
}

bool is_password(std::string_view word) {
    return word.size() == kPasswordLength &&
           word.find_first_not_of(kClearSymbols) == std::string_view::npos;
}

}  // namespace

void PrintDesk::SetUp() {
    OnEveryBackend::SetUp();
    shelf_ =
        std::make_unique<TemplateShelf>(std::filesystem::path(SEALDESK_SOURCE_DIR) / "templates");
}

void PrintDesk::print_on(const std::string& template_name, const std::string& stock) {
    const auto root = folder() / "templates";
    if (!std::filesystem::exists(root)) {
        std::filesystem::copy(std::filesystem::path(SEALDESK_SOURCE_DIR) / "templates", root);
        std::filesystem::create_directories(root / "none");
    }
    std::string text = read_file(root / (template_name + ".yaml"));
    const std::string fields = "\nfields:";
    text.replace(text.find(fields), fields.size(), "\nstock: " + stock + fields);
    write_file_durably(root / "none" / (template_name + ".yaml"), text, FileAccess::Everyone);
    shelf_ = std::make_unique<TemplateShelf>(root);
}

Slip PrintDesk::new_slip(std::int64_t account, Delivery delivery, const std::string& name) {
    const NewSlip order{.scheme = "none",
                        .template_name = "account-slip",
                        .request = RequestId{account + 1000},
                        .request_number = "R115-000042-7",
                        .account = AccountId{account},
                        .account_generation = 1,
                        .account_name = "T" + std::to_string(10'000'000 + account),
                        .delivery = delivery,
                        .recipient = {name, "300", "新竹市東區復興路4段312號12樓"},
                        .fields = slip_extras(),
                        .actor = "officer:1"};
    return store::transact(db(), "test.new-slip",
                           [&](store::Tx& tx) { return create_slip(tx, order); });
}

PrintItemId PrintDesk::new_letter(std::int64_t request, Delivery delivery) {
    return store::transact(db(), "test.new-letter", [&](store::Tx& tx) {
        return add_print_item(tx, {.kind = PrintKind::Letter,
                                   .request = RequestId{request},
                                   .delivery = delivery,
                                   .scheme = "none",
                                   .template_name = "result-letter",
                                   .fields = sample_letter_fields(),
                                   .dedup_key = "letter:" + std::to_string(request)});
    });
}

PrintRun PrintDesk::run_on(store::Database& database) {
    return {database, *shelf_, print_folder(), print_room_certificate(),
            [this](store::Tx&, AccountId account, std::int64_t,
                   const std::string& verifier) -> Outcome {
                if (moved_on_[account.value()]) {
                    return Error{ErrorKind::Refused, "account.other_generation", "", {}, {}};
                }
                verifiers_[account.value()] = verifier;
                return done();
            }};
}

std::string PrintDesk::make_batch(store::Database& database) {
    const auto made = make_print_batch(run_on(database));
    if (!made) {
        return made.error().code;
    }
    return made->has_value() ? (*made)->number : "none";
}

PrintRoom PrintDesk::room_on(store::Database& database) {
    return {database, print_folder(), print_room_certificate(), print_room_key(), *shelf_};
}

std::string PrintDesk::print(store::Database& database, const std::string& number) {
    const auto queued = print_batch(room_on(database), number, "officer:2");
    return queued ? "ok" : queued.error().code;
}

Slip PrintDesk::reload(SlipId id) {
    return store::transact(db(), "test.reload", [&](store::Tx& tx) { return *find_slip(tx, id); });
}

SlipLedger PrintDesk::ledger() {
    return store::transact(db(), "test.ledger", [](store::Tx& tx) { return count_slips(tx); });
}

std::string PrintDesk::queued_pdf(const std::string& number) const {
    return read_file(print_folder() / "queue" / (number + ".pdf"));
}

std::string PrintDesk::queued_text(const std::string& number) const {
    return test::pdf_text(queued_pdf(number), folder());
}

std::vector<std::string> PrintDesk::printed_passwords(const std::string& number) const {
    std::vector<std::string> passwords;
    std::string word;
    for (const char c : queued_text(number) + " ") {
        if (c == ' ' || c == '\n' || c == '\f') {
            if (is_password(word)) {
                passwords.push_back(word);
            }
            word.clear();
        } else {
            word += c;
        }
    }
    return passwords;
}

std::string PrintDesk::manifest_text(const std::string& number) const {
    return read_file(print_folder() / (number + ".json"));
}

const crypto::KeyPair& print_room_key() {
    static const crypto::KeyPair key = crypto::KeyPair::generate_rsa(crypto::kRsaBitsMin);
    return key;
}

const crypto::Certificate& print_room_certificate() {
    static const crypto::Certificate certificate = [] {
        SystemRandom random;
        return crypto::make_self_signed(print_room_key(),
                                        {.common_name = "print room",
                                         .use = crypto::SelfSignedUse::Encryption,
                                         .not_before = from_stored(1'700'000'000'000'000),
                                         .not_after = from_stored(2'000'000'000'000'000)},
                                        random);
    }();
    return certificate;
}

bool any_file_holds(const std::filesystem::path& folder, std::string_view text) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.file_size() > 0 &&
            read_file(entry.path()).find(text) != std::string::npos) {
            return true;
        }
    }
    return false;
}

}  // namespace sealdesk::slips
