#pragma once

#include <map>
#include <string>
#include <vector>

#include "effects/works.h"
#include "officers/officer_key.h"
#include "requests/decide.h"
#include "requests/examine.h"
#include "requests/office.h"
#include "requests/receive.h"
#include "slips/print_batch.h"
#include "support/backends.h"

namespace sealdesk::test {

/// A keyed form: field key → text; scans are drawn, not read.
using Form = std::map<std::string, std::string>;

/// An office with two officers and the forms of the repository, on both databases.
class OfficeDesk : public OnEveryBackend {
public:
    OfficeDesk();
    ~OfficeDesk() override;

protected:
    void SetUp() override;

    /// A natural person's registration that nothing is wrong with; change what the test is about.
    [[nodiscard]] static Form registration(const std::string& id_number = "A123456789");
    [[nodiscard]] static Form reset(const std::string& id_number = "A123456789");

    /// Imports one form as its only row of a batch of its own. The form is named as in the first
    /// scheme of the repository, or as "scheme/form".
    intake::Fate receive(const std::string& form_id, const Form& form);
    intake::Fate receive_on(store::Database& database, const std::string& form_id,
                            const Form& form);

    /// "examined", "approved" … or the code of the refusal.
    std::string examine(const std::string& number, const std::string& check, bool pass,
                        const std::string& officer);
    std::string examine_all(const std::string& number, const std::string& officer = "ann");
    std::string decide(const std::string& number, requests::Verdict verdict,
                       const std::string& officer);
    std::string decide_on(store::Database& database, const std::string& number,
                          requests::Verdict verdict, const std::string& officer);

    /// Receives, examines and approves a registration; its request number.
    std::string approved_registration(const Form& form);

    /// Runs all effects that are due; how many jobs ended.
    std::int64_t run_effects();
    std::int64_t run_effects_on(store::Database& database);

    [[nodiscard]] requests::Request load(const std::string& number);
    [[nodiscard]] std::string state_of(const std::string& number);
    [[nodiscard]] std::int64_t rows_in(const std::string& table);

    [[nodiscard]] requests::Office office_on(store::Database& database);
    [[nodiscard]] officers::OfficerKey& key_of(const std::string& officer);
    [[nodiscard]] const scheme::Scheme& tipo_scheme() const {
        return *scheme::find_scheme(schemes_, "tipo");
    }
    /// A form's definition, for a test to change before anything is received.
    [[nodiscard]] scheme::Form& definition(const std::string& form_id);
    [[nodiscard]] scheme::Scheme& scheme_definition();
    [[nodiscard]] Calendar& calendar() { return calendar_; }
    [[nodiscard]] store::FileStore& files() { return *files_; }
    [[nodiscard]] slips::TemplateShelf& templates() { return *templates_; }
    [[nodiscard]] const mail::Stationery& stationery() const { return *stationery_; }
    /// What its effects work with; no CA answers.
    [[nodiscard]] effects::Works works_of(const requests::Office& office) {
        return {office, templates(), print_room(), print_folder(), stationery()};
    }
    [[nodiscard]] const crypto::Certificate& print_room() const;
    [[nodiscard]] const crypto::KeyPair& print_room_secret() const;
    [[nodiscard]] std::filesystem::path print_folder() const { return folder() / "print"; }

private:
    std::vector<scheme::Scheme> schemes_;
    std::unique_ptr<store::FileStore> files_;
    std::unique_ptr<slips::TemplateShelf> templates_;
    std::unique_ptr<mail::MailTexts> mail_texts_;
    std::unique_ptr<mail::Stationery> stationery_;
    std::map<std::string, std::unique_ptr<officers::OfficerKey>> keys_;
    Calendar calendar_;
    int batches_ = 0;
};

}  // namespace sealdesk::test
