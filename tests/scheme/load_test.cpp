#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "scheme/definition.h"
#include "scheme/scheme.h"

namespace sealdesk::scheme {
namespace {

const std::filesystem::path kForms = std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms";

std::string code_of(const Result<std::vector<Scheme>>& loaded) {
    return loaded ? "ok" : loaded.error().code;
}

/// What is wrong with the whole file is said of the line of its first key.
constexpr int kFirstLine = 1000;

/// Spoils one place of a definition and expects the loader to point at its line, or so many
/// lines below it.
void expect_refusal(const std::string& file, const std::string& from, const std::string& to,
                    const std::string& code, int lines_below = 0) {
    const FormsCopy copy;
    const int changed = copy.replace(file, from, to);
    const int line = lines_below == kFirstLine ? 3 : changed + lines_below;
    const auto loaded = load_all(copy.folder());
    ASSERT_EQ(code_of(loaded), code) << to;
    EXPECT_EQ(loaded.error().where, (copy.folder() / file).string() + ":" + std::to_string(line))
        << loaded.error().detail;
}

// T 7.1, T 8.1, T 8.2, T 8.3, T 8.4: the authority and its forms.
TEST(SchemeDefinition, TheDefinitionsInTheRepositoryLoad) {
    const auto loaded = load_all(kForms);

    ASSERT_EQ(code_of(loaded), "ok") << loaded.error().where << " " << loaded.error().detail;
    for (const Scheme& scheme : *loaded) {
        EXPECT_FALSE(scheme.forms.empty()) << scheme.id;
        EXPECT_EQ(&*std::ranges::find(*loaded, scheme.id, &Scheme::id), &scheme);
    }
}

// T 7.1, M 1.4.2: whom to call stands on every paper of a scheme.
TEST(SchemeDefinition, PapersNameTheAuthorityOfTheirScheme) {
    const auto loaded = load_all(kForms);
    ASSERT_EQ(code_of(loaded), "ok");

    EXPECT_EQ(find_scheme(*loaded, "tipo")->authority.phone, "886-2-2370-8886");
    EXPECT_EQ(find_scheme(*loaded, "moea")->authority.phone, "(02)412-1166");
}

// M 4.4.4, M 4.4.8: revocations and holds are reviewed within three working days.
TEST(SchemeDefinition, EntitiesAreAnsweredWithinThreeWorkingDays) {
    const auto loaded = load_all(kForms);
    ASSERT_EQ(code_of(loaded), "ok");
    for (const char* form : {"revocation", "authority-revocation", "registry-change",
                             "emergency-hold", "notice-hold", "notice-release", "release"}) {
        const auto& deadline = find_form(*loaded, "moea", form)->deadline;
        ASSERT_TRUE(deadline) << form;
        EXPECT_EQ(deadline->unit, Deadline::Unit::WorkingDays) << form;
        EXPECT_LE(deadline->count, 3) << form;
    }
}

TEST(SchemeDefinition, TheFirstFormIsTheOneADayBeginsWith) {
    const auto loaded = load_all(kForms);
    ASSERT_EQ(code_of(loaded), "ok");

    const Scheme* scheme = find_scheme(*loaded, "tipo");

    ASSERT_NE(scheme, nullptr);
    EXPECT_EQ(scheme->forms.front().id, "registration");
    EXPECT_EQ(scheme->accounts->strikes, 3);  // T 4.1.2
    EXPECT_EQ(scheme->officers_min, 2);
}

TEST(SchemeDefinition, AnIcCardCostsFiveHundredAndASoftwareCertificateNothing) {
    const auto loaded = load_all(kForms);
    ASSERT_EQ(code_of(loaded), "ok");
    const Form* form = find_form(*loaded, "tipo", "registration");
    ASSERT_NE(form, nullptr);

    const auto card = fees_due(*form, {{"certificate_kind", "ic_card"}});
    const auto software = fees_due(*form, {{"certificate_kind", "software"}});

    ASSERT_EQ(card.size(), 1U);
    EXPECT_EQ(card.front().amount_twd, 500);  // T 6.1
    EXPECT_TRUE(software.empty());
}

TEST(SchemeDefinition, AResetSlipGoesToTheContactOfTheRegistration) {
    const auto loaded = load_all(kForms);
    ASSERT_EQ(code_of(loaded), "ok");

    // T 5.1.4 and T 5.12.2
    EXPECT_EQ(find_form(*loaded, "tipo", "registration")->recipient, Recipient::ThisFormContact);
    EXPECT_EQ(find_form(*loaded, "tipo", "password-reset")->recipient,
              Recipient::RegistrationContact);
}

TEST(SchemeDefinition, TheChecklistFollowsKindAndResidence) {
    const auto loaded = load_all(kForms);
    ASSERT_EQ(code_of(loaded), "ok");
    const Form* form = find_form(*loaded, "tipo", "registration");
    const auto keys = [&](const Values& values) {
        std::vector<std::string> names;
        for (const ChecklistItem& item : checklist_for(*form, values)) {
            names.push_back(item.key);
        }
        return names;
    };

    // T 5.1.2.2 甲, 乙, 丁, T 5.1.3.1, T 5.1.3.2
    EXPECT_EQ(keys({{"applicant_kind", "natural_person"},
                    {"id_number.type", "national_id"},
                    {"residence", "yes"}}),
              (std::vector<std::string>{"identity_document", "second_document"}));
    EXPECT_EQ(keys({{"applicant_kind", "natural_person"},
                    {"id_number.type", "resident_id"},
                    {"residence", "yes"}}),
              (std::vector<std::string>{"foreign_identity_document", "second_document"}));
    EXPECT_EQ(keys({{"applicant_kind", "government_agency"},
                    {"id_number.type", "ubn"},
                    {"residence", "yes"}}),
              (std::vector<std::string>{"agency_letter"}));
    EXPECT_EQ(keys({{"applicant_kind", "company"},
                    {"id_number.type", "foreign_number"},
                    {"residence", "no"}}),
              (std::vector<std::string>{"business_document", "foreign_entity_verification",
                                        "foreign_entity_translation", "tipo_confirmation",
                                        "agent_authorisation", "agent_authorisation_verification",
                                        "agent_authorisation_translation"}));
}

TEST(SchemeDefinition, TheHashIsThatOfTheTwoFilesOneAfterTheOther) {
    const auto loaded = load_all(kForms);
    ASSERT_EQ(code_of(loaded), "ok");
    std::string bytes;
    for (const char* name : {"scheme.yaml", "password-reset.yaml"}) {
        std::ifstream in(kForms / "tipo" / name, std::ios::binary);
        bytes.append(std::istreambuf_iterator<char>(in), {});
    }

    EXPECT_EQ(find_form(*loaded, "tipo", "password-reset")->hash, sha256_hex(bytes));
}

TEST(SchemeDefinition, AThirdSchemeNeedsNoCode) {
    const FormsCopy copy;
    std::filesystem::copy(copy.folder() / "tipo", copy.folder() / "third",
                          std::filesystem::copy_options::recursive);

    const auto loaded = load_all(copy.folder());

    ASSERT_EQ(code_of(loaded), "ok");
    EXPECT_NE(find_form(*loaded, "third", "registration"), nullptr);
}

TEST(SchemeDefinition, AnUnknownKeyIsAnErrorWithFileAndLine) {
    expect_refusal("tipo/registration.yaml", "recipient: this_form  # T 5.1.4",
                   "recipient: this_form\nreciepient: this_form", "scheme.shape", 1);
    expect_refusal("tipo/scheme.yaml", "  strikes: 3 ", "  strokes: 3 ", "scheme.shape");
}

TEST(SchemeDefinition, ARepeatedKeyIsAnErrorWithFileAndLine) {
    expect_refusal("tipo/registration.yaml", "seal_use: register",
                   "seal_use: register\nseal_use: compare", "scheme.repeated_key", 1);
}

TEST(SchemeDefinition, AMissingKeyIsAnError) {
    expect_refusal("tipo/registration.yaml", "recipient: this_form  # T 5.1.4\n", "",
                   "scheme.shape", kFirstLine);
    expect_refusal("tipo/registration.yaml", "    field: birth_date\n    value: 18\n",
                   "    field: birth_date\n", "scheme.reference", -2);
}

TEST(SchemeDefinition, AWrongWordIsAnErrorWithFileAndLine) {
    expect_refusal("tipo/registration.yaml", "    kind: must_be_no", "    kind: must_be_maybe",
                   "scheme.shape");
    expect_refusal("tipo/registration.yaml", "id_types: [national_id, resident_id, passport]",
                   "id_types: [national_id, library_card, passport]", "scheme.reference");
    expect_refusal("tipo/registration.yaml", "required: {residence: [\"no\"]}",
                   "required: {residence: [maybe]}", "scheme.reference");
    expect_refusal("tipo/registration.yaml", "agent_name: filled}", "agent_name: full}",
                   "scheme.reference");
}

TEST(SchemeDefinition, ANameThatStandsForNothingIsAnError) {
    expect_refusal("tipo/registration.yaml", "any_of: [official_letter]",
                   "any_of: [unofficial_letter]", "scheme.reference");
    expect_refusal("tipo/registration.yaml", "  software: tipo-software", "  software: tipo-card",
                   "scheme.reference");
    expect_refusal("tipo/password-reset.yaml", "  id_number: id_number", "  id_number: id",
                   "scheme.reference");
    expect_refusal("tipo/password-reset.yaml", "deliveries: [counter, post, electronic]",
                   "deliveries: [counter, pigeon]", "scheme.reference");
}

TEST(SchemeDefinition, OneHeadingCannotNameTwoFields) {
    // Said of the second of the two, which the spoilt line comes before.
    expect_refusal("tipo/registration.yaml", "aliases: [代理人, 受任人,",
                   "aliases: [代理人, 聯絡人,", "scheme.repeated_name", 15);
}

// M 4.2.4: what is compared, and the last day, are fields of the row that it is ordered on.
TEST(SchemeDefinition, AKeyFileStandsOnFieldsOfItsForm) {
    const std::string file = "moea/name-reservation.yaml";
    for (const char* compared : {"entity_kind", "no_such_field"}) {
        expect_refusal(file, "compared: [reserved_name", std::string("compared: [") + compared,
                       "scheme.reference");
    }
    expect_refusal(file, "valid_until: valid_until", "valid_until: reserved_name",
                   "scheme.reference");
}

TEST(SchemeDefinition, BrokenYamlIsAnErrorWithItsLine) {
    expect_refusal("tipo/registration.yaml", "seal_use: register", "seal_use: [register",
                   "scheme.not_yaml", 1);
    expect_refusal("tipo/registration.yaml", "seal_use: register", "seal_use:", "scheme.not_yaml");
    expect_refusal("tipo/registration.yaml", "seal_use: register", "seal_use: &a register",
                   "scheme.not_yaml");
}

TEST(SchemeDefinition, AMissingFormFileIsAnError) {
    const FormsCopy copy;
    std::filesystem::remove(copy.folder() / "tipo" / "registration.yaml");

    EXPECT_EQ(code_of(load_all(copy.folder())), "scheme.no_such_file");
    EXPECT_EQ(code_of(load_all(copy.folder() / "nowhere")), "scheme.no_such_file");
}

TEST(SchemeCondition, AnEmptyFieldIsNeitherOneOfNorFilled) {
    const Condition one_of{{{"a", FieldTest::Kind::OneOf, {"x"}}}};
    const Condition none_of{{{"a", FieldTest::Kind::NoneOf, {"x"}}}};
    const Condition empty{{{"a", FieldTest::Kind::Empty, {}}}};

    EXPECT_FALSE(holds(one_of, {}));
    EXPECT_TRUE(holds(none_of, {}));
    EXPECT_TRUE(holds(empty, {}));
    EXPECT_TRUE(holds(one_of, {{"a", "x"}}));
    EXPECT_FALSE(holds(none_of, {{"a", "x"}}));
    EXPECT_FALSE(holds(empty, {{"a", "x"}}));
    EXPECT_TRUE(holds({}, {}));
}

// M 4.4.9: a form that opens or closes holds says whose they are.
TEST(SchemeDefinition, AReleaseNamesItsSource) {
    expect_refusal("tipo/reactivation.yaml", "certificate.release, source: subscriber",
                   "certificate.release", "scheme.reference");
    expect_refusal("tipo/reactivation.yaml", "kind: account.reset",
                   "kind: account.reset, source: subscriber", "scheme.reference");
    expect_refusal("tipo/reactivation.yaml", "source: subscriber", "source: neighbour",
                   "scheme.shape");
}

// A scheme may do without website accounts, but then no form makes one.
TEST(SchemeDefinition, WithoutAccountsNoFormMakesOne) {
    const FormsCopy copy;
    copy.replace("tipo/scheme.yaml",
                 "accounts:\n  prefix: T\n  digits: 9\n  strikes: 3                        # T "
                 "4.1.2\n  password_length: 14               # at 5 bits a character: 70 bits\n"
                 "  must_change_at_first_login: true  # T 4.3.2\n",
                 "user_codes: {min: 6, max: 10, strikes: 3}\n");
    const auto loaded = load_all(copy.folder());

    ASSERT_EQ(code_of(loaded), "scheme.reference");
    EXPECT_NE(loaded.error().where.find("registration.yaml"), std::string::npos);
}

// M 4.4.3, M 4.4.9: which forms name one certificate, and whose holds they move.
TEST(SchemeDefinition, TheFormsOfEntitiesSayWhoseHoldTheyMove) {
    const auto loaded = load_all(kForms);
    ASSERT_EQ(code_of(loaded), "ok");
    const auto source = [&](const char* form, const char* kind, const Values& values) {
        const Effect* effect = find_form(*loaded, "moea", form)->find_effect(kind, values);
        return effect == nullptr ? "none" : effect->source;
    };
    EXPECT_EQ(source("emergency-hold", "certificate.hold", {}), "counter");
    EXPECT_EQ(source("notice-hold", "certificate.hold", {}), "court");
    EXPECT_EQ(source("notice-release", "certificate.release", {}), "court");
    EXPECT_EQ(source("release", "certificate.release", {{"hold_ground", "not_accepted"}}),
              "automatic");
    EXPECT_EQ(source("release", "certificate.release", {{"hold_ground", "counter"}}), "counter");
    EXPECT_EQ(source("release", "certificate.release", {}), "none");
    const Form& revocation = *find_form(*loaded, "moea", "revocation");
    EXPECT_TRUE(revocation.find_field(revocation.roles.certificate_serial)->required_when);
    EXPECT_EQ(find_scheme(*loaded, "moea")->user_codes->strikes, 3);  // M 4.1.1.1
}

TEST(SchemeDefinition, AUserCodeNeedsItsPolicyAndItsRole) {
    const auto spoiled = [](const char* file, const char* from, const char* to) {
        const FormsCopy copy;
        copy.replace(file, from, to);
        return code_of(load_all(copy.folder()));
    };
    EXPECT_EQ(spoiled("moea/application.yaml", "  user_code: user_code\n", ""), "scheme.reference");
    EXPECT_EQ(spoiled("moea/scheme.yaml", "user_codes: {min: 6, max: 10, strikes: 3}\n", ""),
              "scheme.reference");
    EXPECT_EQ(spoiled("moea/application.yaml", "      - value: non_card", "      - value: no_card"),
              "scheme.reference");
}

}  // namespace
}  // namespace sealdesk::scheme
