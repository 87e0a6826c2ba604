#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "ca/demo_desk.h"
#include "ca/key_check.h"
#include "ca/profile_check.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;
namespace der = crypto::der;

Instant at(int year, unsigned month, unsigned day) {
    return Instant{std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                                         std::chrono::day{day}} +
                   13h};
}

TEST(Validity, FallsOnTheSameSecondOfTheCalendar) {
    EXPECT_EQ(end_of_validity(at(2026, 11, 20), {1, 0, 0}), at(2027, 11, 20));
    EXPECT_EQ(end_of_validity(at(2024, 2, 29), {1, 0, 0}), at(2025, 2, 28));  // never longer
    EXPECT_EQ(end_of_validity(at(2026, 1, 31), {0, 1, 0}), at(2026, 2, 28));
    EXPECT_EQ(end_of_validity(at(2026, 12, 31), {0, 0, 30}), at(2027, 1, 30));
}

TEST(Profiles, TheRepositorysFileIsSoundAndItsProductsAreMadeOfItsProfiles) {
    const Profiles profiles = test_profiles();
    ASSERT_EQ(profiles.products.at("tipo-ic-card").size(), 2U);  // C 8.2
    const Profile* const sign = profiles.find("tipo-ic-card-signature");
    const Profile* const encrypt = profiles.find("tipo-ic-card-encryption");
    ASSERT_TRUE(sign != nullptr && encrypt != nullptr);
    // M 6.1.9
    EXPECT_EQ(sign->key_usage, std::vector{KeyUsage::DigitalSignature});
    EXPECT_EQ(encrypt->key_usage,
              (std::vector{KeyUsage::KeyEncipherment, KeyUsage::DataEncipherment}));
    EXPECT_EQ(sign->validity.years, 1);  // T 4.3.1
    EXPECT_EQ(profiles.find("nothing"), nullptr);
}

// M 7: what the profile rules forbid is a fault.
TEST(Profiles, AFaultIsFoundWithItsLine) {
    test::TempFolder folder;
    const std::filesystem::path source = SEALDESK_SOURCE_DIR;
    const std::string good = read_file(source / "forms/tipo/profiles.yaml");
    const auto verdict = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        write_file_durably(folder.path() / "p.yaml", text, FileAccess::Owner);
        const auto read =
            read_profiles(folder.path() / "p.yaml", source / "forms/schema/profiles.schema.json");
        EXPECT_TRUE(read || read.error().where.find("p.yaml:") != std::string::npos);
        return code_of(read);
    };
    EXPECT_EQ(verdict("V5.1", "V5.2"), "ok");
    EXPECT_EQ(verdict("[digital_signature]", "[sign]"), "scheme.shape");
    EXPECT_EQ(verdict("- crl_points", "- crl_pints"), "profile.unknown_name");
    EXPECT_EQ(verdict("- policies\n", "- extended_usage\n"), "profile.missing_extension");
    EXPECT_EQ(verdict("{years: 1}", "{years: 0}"), "profile.no_validity");
    EXPECT_EQ(verdict("name: audit", "name: officer"), "profile.repeated");
    EXPECT_EQ(verdict("[tipo-software]", "[tipo-hardware]"), "profile.unknown_name");
}

/// A profile that uses everything, in the shape of the government PKI's real certificates.
Profile full_profile() {
    using enum ExtensionKind;
    Profile profile;
    profile.name = "full";
    profile.validity = {1, 0, 0};
    profile.key_usage = {ca::KeyUsage::DigitalSignature};
    profile.extended_usage = {"1.3.6.1.5.5.7.3.2"};
    profile.policies = {"2.16.886.101.0.3.3"};
    profile.subject = {{"2.5.4.6", StringType::Printable, "TW", "", true, 2},
                       {"2.5.4.10", StringType::Utf8, "", "organization", true, 64}};
    profile.directory_attributes = {
        {"2.16.886.1.100.2.1", DirectoryAttribute::Kind::ObjectIdentifier,
         "2.16.886.1.100.3.2.2.1.1", ""},
        {"2.16.886.1.100.2.2", DirectoryAttribute::Kind::Printable, "primary", ""},
        {"2.16.886.1.100.2.101", DirectoryAttribute::Kind::Utf8, "", "unified_number"}};
    profile.extensions = {AuthorityKey, SubjectKey,      AuthorityInfo, ExtensionKind::KeyUsage,
                          Policies,     AlternativeName, ExtendedUsage, DirectoryAttributes,
                          CrlPoints};
    return profile;
}

class ToBeSigned : public ::testing::Test {
protected:
    [[nodiscard]] Statement statement() const {
        return {profile_, publication_, issuer_, key_, fields_, serial_, from_, to_};
    }

    Profile profile_ = full_profile();
    Publication publication_{"http://a.test/ca.p7b",
                             "http://a.test/ocsp",
                             {"http://a.test/0040.crl", "http://a.test/complete.crl"}};
    Issuer issuer_{der::sequence({}), std::string(20, 'k')};
    SubjectKey key_ = *check_key(subject_key(0).public_key(), profile_);
    std::map<std::string, std::string> fields_{{"organization", "堃煊\xF0\xA0\xAE\xB7公司"},
                                               {"unified_number", "12345675"},
                                               {"email", "a@example.test"}};
    std::string serial_ = "@123456789abcdef";
    Instant from_ = at(2026, 11, 20);
    Instant to_ = at(2027, 11, 20);
};

TEST_F(ToBeSigned, PassesItsOwnCheckWithAndWithoutOptionalFields) {
    ASSERT_EQ(code_of(check_subject(profile_, fields_)), "ok");
    EXPECT_EQ(code_of(check_to_be_signed(to_be_signed(statement()), statement())), "ok");
    fields_.erase("email");
    fields_.erase("unified_number");
    EXPECT_EQ(code_of(check_to_be_signed(to_be_signed(statement()), statement())), "ok");
    to_ = at(2051, 1, 1);  // GeneralizedTime from 2050 on
    EXPECT_EQ(code_of(check_to_be_signed(to_be_signed(statement()), statement())), "ok");
}

TEST_F(ToBeSigned, EveryChangedByteIsNoticed) {
    const std::string good = to_be_signed(statement());
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const int bit : {0x01, 0x04, 0x20, 0x80}) {
            std::string changed = good;
            changed[i] = static_cast<char>(changed[i] ^ bit);
            ASSERT_EQ(code_of(check_to_be_signed(changed, statement())), "ca.lint")
                << "byte " << i << " bit " << bit;
        }
    }
    EXPECT_EQ(code_of(check_to_be_signed(good + "x", statement())), "ca.lint");
    EXPECT_EQ(code_of(check_to_be_signed("", statement())), "ca.lint");
}

TEST_F(ToBeSigned, EveryOtherWishIsNoticed) {
    const std::string good = to_be_signed(statement());
    using Change = std::pair<const char*, std::function<void(Profile&)>>;
    const std::vector<Change> changes{
        {"usage", [](Profile& p) { p.key_usage.push_back(KeyUsage::NonRepudiation); }},
        {"no usage", [](Profile& p) { p.key_usage.clear(); }},
        {"policy", [](Profile& p) { p.policies.push_back("1.2.3"); }},
        {"order", [](Profile& p) { std::swap(p.extensions[0], p.extensions[1]); }},
        {"one less", [](Profile& p) { p.extensions.pop_back(); }},
        {"string type", [](Profile& p) { p.subject[1].type = StringType::Printable; }},
        {"extended usage", [](Profile& p) { p.extended_usage = {"1.3.6.1.5.5.7.3.4"}; }},
        {"rank", [](Profile& p) { p.directory_attributes[1].value = "secondary"; }},
    };
    for (const auto& [what, change] : changes) {
        profile_ = full_profile();
        change(profile_);
        EXPECT_EQ(code_of(check_to_be_signed(good, statement())), "ca.lint") << what;
    }
}

TEST_F(ToBeSigned, FieldsThatCannotBeWrittenAreRefusedByName) {
    const auto verdict = [&](const std::string& field, const std::string& value) {
        auto fields = fields_;
        fields[field] = value;
        const Outcome outcome = check_subject(profile_, fields);
        return outcome ? "ok" : outcome.error().code + " " + outcome.error().where;
    };
    EXPECT_EQ(verdict("organization", ""), "ca.missing_field organization");
    EXPECT_EQ(verdict("organization", std::string(65, 'x')), "ca.bad_field organization");
    EXPECT_EQ(verdict("organization", "a\nb"), "ca.bad_field organization");
    EXPECT_EQ(verdict("organization", " a"), "ca.bad_field organization");
    EXPECT_EQ(verdict("organization", "\xff"), "ca.bad_field organization");
    EXPECT_EQ(verdict("email", "a@b@c"), "ca.bad_field email");
    EXPECT_EQ(verdict("email", "王@example.test"), "ca.bad_field email");
    EXPECT_EQ(verdict("nickname", "x"), "ca.unknown_field nickname");
}

TEST(Der, WritesWhatTheStandardSays) {
    EXPECT_EQ(der::integer(0), std::string("\x02\x01\x00", 3));
    EXPECT_EQ(der::integer(128), std::string("\x02\x02\x00\x80", 4));
    EXPECT_EQ(der::header(der::kSequence, 300), std::string("\x30\x82\x01\x2c", 4));
    EXPECT_EQ(*der::object_identifier("2.16.886.101"), "\x06\x04\x60\x86\x76\x65");
    EXPECT_FALSE(der::object_identifier("3.1"));
    EXPECT_FALSE(der::object_identifier("1.40"));
    EXPECT_FALSE(der::object_identifier("1"));
    EXPECT_FALSE(der::object_identifier("1..2"));
    EXPECT_EQ(der::time(at(2049, 12, 31)),
              "\x17\x0d"
              "491231130000Z");
    EXPECT_EQ(der::time(at(2050, 1, 1)),
              "\x18\x0f"
              "20500101130000Z");
}

TEST(Der, ReadsOnlyWhatIsStrict) {
    const auto refuses = [](std::string_view bytes) {
        der::Reader reader(bytes);
        return !reader.next() && !reader.good();
    };
    EXPECT_TRUE(refuses("\x30"));
    EXPECT_TRUE(refuses("\x30\x05x"));
    EXPECT_TRUE(refuses(std::string_view("\x30\x80\x00\x00", 4)));  // indefinite
    EXPECT_TRUE(refuses(std::string_view("\x04\x81\x01x", 4)));     // length not shortest
    EXPECT_TRUE(refuses(std::string_view("\x04\x82\x00\x80", 4)));
    EXPECT_TRUE(refuses(std::string_view("\x1f\x81\x01\x00", 4)));  // long tag
    der::Reader empty("");
    EXPECT_FALSE(empty.next());
    EXPECT_TRUE(empty.good());
}

/// Every certificate of an entity's profile is signed by a policy of the government's PKI without
/// test marks, uses its key for one thing, and ends when the practice statement says.
TEST(EntityProfiles, KeepTheLimitsOfThePracticeStatement) {
    const std::filesystem::path forms = std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms";
    const auto read =
        read_profiles(forms / "moea/profiles.yaml", forms / "schema/profiles.schema.json");
    ASSERT_TRUE(read) << read.error().where << " " << read.error().detail;
    for (const auto& [product, names] : read->products) {
        for (const std::string& name : names) {
            const Profile& profile = *read->find(name);
            EXPECT_GE(profile.rsa_bits_min, 2048) << name;  // M 6.1.5
            const bool formation = product == "moea-formation";
            const bool one_stop = product.starts_with("moea-one-stop");
            const int months = profile.validity.years * 12 + profile.validity.months;
            EXPECT_LE(months, formation ? 1 : one_stop ? 12 : 120) << name;  // M 6.3.2.2
            EXPECT_EQ(profile.validity.days, 0) << name;
            ASSERT_EQ(profile.policies.size(), 1U) << name;  // M 7.1.6
            EXPECT_EQ(profile.policies.front(),
                      formation ? "2.16.886.101.0.3.2" : "2.16.886.101.0.3.3");
            const bool signs = profile.key_usage == std::vector{ca::KeyUsage::DigitalSignature};
            const bool encrypts = profile.key_usage == std::vector{ca::KeyUsage::KeyEncipherment,
                                                                   ca::KeyUsage::DataEncipherment};
            EXPECT_TRUE(signs || encrypts) << name;  // M 6.1.9
        }
    }
}

// M 3.1.4: the seven forms of a subject's name.
TEST(EntityProfiles, NameSubjectsInSevenForms) {
    const std::filesystem::path forms = std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms";
    const auto read =
        read_profiles(forms / "moea/profiles.yaml", forms / "schema/profiles.schema.json");
    ASSERT_TRUE(read);
    const auto fields = [&](const std::string& name) {
        std::string text;
        for (const NameAttribute& one : read->find(name)->subject) {
            text += (text.empty() ? "" : " ") + one.field + (one.required ? "" : "?");
        }
        return text;
    };
    EXPECT_EQ(fields("moea-company-signature"), "country organization serial_number");
    EXPECT_EQ(fields("moea-branch-encryption"),
              "country organization serial_number organizational_unit");
    EXPECT_EQ(fields("moea-business-signature"), "country locality organization serial_number");
    EXPECT_EQ(fields("moea-limited-partnership-signature"), "country organization");
    EXPECT_EQ(fields("moea-limited-partnership-branch-signature"),
              "country organization organizational_unit");
    EXPECT_EQ(fields("moea-one-stop"), "country organization serial_number?");
    EXPECT_EQ(fields("moea-one-stop-business"), "country locality organization serial_number");
    EXPECT_EQ(fields("moea-one-stop-limited-partnership"), "country organization");
    EXPECT_EQ(fields("moea-formation"), "country organization serial_number");
}

}  // namespace
}  // namespace sealdesk::ca
