#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/result.h"
#include "base/text.h"
#include "scheme/condition.h"
#include "scheme/policies.h"

namespace sealdesk::scheme {

/// What a field holds, and so which rule reads it (intake/field_rules.h).
enum class FieldType {
    RecordNumber,  ///< the paper's own number, 收件編號
    Text,          ///< one line of free text
    Name,          ///< of a person or an entity; rare characters kept, lost ones refused
    IdNumber,      ///< a number of a person or an entity; see Field::id_types
    Date,          ///< ROC or ISO calendar; stored as ISO
    Phone,
    PostalCode,
    Address,
    Email,
    Choice,     ///< one of Field::choices
    Number,     ///< a whole number, not negative
    YesNo,      ///< stored as "yes" or "no"
    Documents,  ///< a list of documents handed in, see Form::documents
    Scan,       ///< the name of an image file that comes with the batch; stored as its SHA-256
    CertificateSerial,  ///< of a certificate; stored as lower-case hexadecimal
    UserCode,  ///< 用戶代碼, a secret: only its verifier is kept, `kSecretGiven` stands for it
};

/// What stands in Values, on sheets and in signed documents for a secret that was given.
inline constexpr std::string_view kSecretGiven = "******";

/// Kinds of identifying numbers the engine can check.
enum class IdType {
    NationalId,       ///< ROC national identity card, "national_id"
    ResidentId,       ///< resident certificate, old and new style, "resident_id"
    Passport,         ///< "passport"
    Ubn,              ///< unified business number, "ubn"
    ForeignNumber,    ///< a foreign entity's registration number, "foreign_number"
    NameReservation,  ///< 預查編號 of a reserved entity name, "name_reservation"
};

/// "national_id" and so on, as in definitions and in Values ("<field>.type").
[[nodiscard]] std::string_view name_of(IdType type);
[[nodiscard]] std::string_view name_of(FieldType type);

/// One possible value of a choice, or one name of a document: what is stored, what is printed on
/// forms, and what else clerks write for it.
struct Choice {
    std::string value;
    Bilingual label;
    std::vector<std::string> aliases;
};

/// An identifying number an applicant may give, and when.
struct AllowedId {
    IdType type;
    Condition when;
};

struct Field {
    std::string key;
    Bilingual label;
    std::vector<std::string> aliases;  ///< other headings clerks use for the column
    FieldType type;
    std::vector<Choice> choices;      ///< of a Choice
    std::vector<AllowedId> id_types;  ///< of an IdNumber; empty: what the applicant kind takes
    std::optional<Condition> required_when;  ///< none: may always be left empty
    std::int64_t max_length;                 ///< characters (code points)
    bool personal;       ///< personal data: never in a log, an error or a file name (M 2.8.1)
    bool past_only;      ///< of a Date: not after the day the form was received
    bool on_blank_form;  ///< printed on the empty form; false for what the counter fills in
    std::string rule;    ///< citation for "is missing", such as "T 5.1.2.1"; may be empty
    Bilingual hint;      ///< a line under the box on the blank form; may be empty
};

/// 自然人, 公司 …: what an applicant is decides its number, its documents and its seals.
struct ApplicantKind {
    std::string key;
    Bilingual label;
    std::vector<std::string> aliases;
    std::vector<AllowedId> id_types;
    std::vector<std::string> seals;  ///< roles whose impression is required: SealBox::role
};

/// A place on the form for a seal impression.
struct SealBox {
    std::string role;   ///< "applicant" or "responsible"
    std::string field;  ///< the Scan field that carries the impression
    Bilingual label;
};

/// A place on the form where the copy of a document is stuck on or printed.
struct CopyBox {
    std::string document;  ///< value of Form::documents
    std::string field;     ///< the Scan field that carries its picture
    Bilingual label;
    std::int64_t width_mm;
    std::int64_t height_mm;
};

/// What becomes of the impressions when the form is approved.
enum class SealUse {
    Register,  ///< they become the subscriber's specimens
    Compare,   ///< they are compared with the specimens
    /// Compared where a specimen is on file. Where none is, an officer compares them with the
    /// entity's registration (M 4.2.1.1); a form that registers the applicant then files them.
    CompareIfOnFile,
};

/// One examination in a request (審驗).
struct Check {
    std::string kind;  ///< "documents", "identity", "eligibility", "seal" …
    Bilingual label;
    std::vector<Bilingual> points;  ///< what the officer looks at, one sentence each
    std::string rule;
};

/// One line of the documents checklist: satisfied by any one of the documents named.
struct ChecklistItem {
    std::string key;
    Bilingual label;
    std::vector<std::string> any_of;  ///< values of Form::documents
    Condition when;
    std::string rule;
};

/// The kinds of rule the engine knows; a scheme says which apply, to which fields, and why.
enum class RuleKind {
    MinAge,              ///< the person born on `field` is `value` years old on the day of receipt
    MinNumber,           ///< `field` is at least `value` (an empty field counts as 0)
    MinEntries,          ///< `field` lists at least `value` different entries; empty: not judged
    MustBeYes,           ///< `field` is yes
    MustBeNo,            ///< `field` is not yes
    Needed,              ///< `field` is filled
    SubscriberExists,    ///< the number in `field` belongs to a registered subscriber
    NotRegistered,       ///< it does not, or its certificates have all ended; else a duplicate
    OneOpenRequest,      ///< no other request of this form and number is open; else a duplicate
    CertificateAlive,    ///< its subscriber has a certificate that is neither revoked nor expired
    CertificateHeld,     ///< its subscriber has such a certificate on hold (by `source`, if given)
    CertificateNamed,    ///< the serial in `field` is of such a certificate of the applicant's
    Forbidden,           ///< `when` never holds: `field` is what the clerk looks at
    PrimaryTokenFree,    ///< the subscriber of the number in `field` has no primary card
    PrimaryTokenExists,  ///< it has one
    TokenAtCounter,      ///< it has a card that lies at the counter
};
[[nodiscard]] std::string_view name_of(RuleKind kind);

struct Rule {
    std::string id;  ///< stable and dotted: what `reasons[].rule` falls back to without a citation
    RuleKind kind;
    std::string field;
    std::int64_t value;  ///< years or a count; 0 when the kind takes none
    std::string source;  ///< of CertificateHeld: whose hold (subscribers/hold.h); else empty
    /// The check whose officer sees that it is broken; empty: the form is refused.
    std::string finding;
    Condition when;  ///< the rule applies only then
    std::string citation;
    Bilingual message;  ///< what is wrong
    Bilingual remedy;   ///< what to do
};

/// How a thing reaches the applicant.
enum class Channel { Counter, Post, Electronic };
[[nodiscard]] std::string_view name_of(Channel channel);  ///< "counter", "post", "electronic"

/// A promise of the office: within some hours, or after some working days.
struct Deadline {
    enum class Unit { Hours, WorkingDays };
    Unit unit;
    std::int64_t count;
    std::string rule;
};

/// A way of delivery the applicant can choose (T 5.1.4, T 6.3).
struct Delivery {
    std::string value;
    Bilingual label;
    std::vector<std::string> aliases;
    Channel slip;   ///< how the account slip travels
    Channel goods;  ///< how card, PIN slip and invoice travel
    Deadline deadline;
};

/// Whose contact a slip goes to.
enum class Recipient {
    ThisFormContact,      ///< T 5.1.4
    RegistrationContact,  ///< T 5.12.2: never the one written on this form
};

struct Fee {
    std::string item;
    Bilingual label;
    std::int64_t amount_twd;  ///< whole New Taiwan dollars, tax included
    std::string per;          ///< the Number field it is multiplied by; empty: once
    Condition when;
    std::string rule;
    /// Pays for a thing (a card, paper), not for a time: nothing of it goes back when the service
    /// ends (M 4.9).
    bool material;
};

/// Until when money that was paid can go back to the payer.
struct RefundRule {
    enum class Until {
        Never,
        HandedIn,  ///< while no form has been handed in (M 2.5.4)
        Used,      ///< while what was paid for has not been used (T 6.1)
    };
    Until until = Until::Never;
    std::string rule = {};
};

/// A ground for 補正 that officers choose by its key; what the applicant reads.
struct Deficiency {
    std::string key;
    Bilingual text;
    std::string rule;
};

/// How long a returned form may stay with the applicant (補正期限). The day it is returned does not
/// count; the last day counts in full, and moves to a working day if it is none.
struct ReturnPeriod {
    enum class Unit { Days, WorkingDays };
    Unit unit;
    std::int64_t count;
    std::int64_t remind_before;  ///< in the same unit; 0: no reminder
    std::string rule;            ///< citation, or that it is a house default
};

/// Who sends a form: decides which command takes it in.
enum class Origin {
    Applicant,  ///< a paper or file of the applicant's, by `import`
    Register,   ///< a row of the register's files (登記機關), by `registry import` (M 4.4.3,
                ///< M 4.2.1.2)
    Office,     ///< the office itself (T 4.7.2), by `import` too, keyed by an officer
};

/// Something that must happen once the form is approved; `kind` names its handler in effects/.
struct Effect {
    std::string kind;  ///< "account.create", "certificate.revoke" …: effects/works.h has them all
    std::string text;  ///< template it uses, when it uses one: a name in templates/
    /// Of certificate.hold and certificate.release: whose hold it opens or closes
    /// (subscribers/hold.h); else empty.
    std::string source;
    Condition when;
};

/// What is ordered on-line on a row of the register that was approved: a certificate with its key,
/// as PKCS#12, by who states what the row says (M 4.2.4).
struct KeyFileOnData {
    std::vector<std::string> compared;  ///< fields that are stated beside the role id_number
    std::string valid_until;            ///< the Date field of the last day on which it is ordered
    std::string rule;
};

/// Which fields carry what the engine itself must know. Empty: the form does not have it.
struct Roles {
    std::string record_number;
    std::string received_on;
    std::string applicant_kind;
    std::string applicant_name;
    std::string id_number;
    std::string delivery;
    std::string documents;
    std::string certificate;         ///< the choice that decides the profile
    std::string ground;              ///< the choice that says why a certificate is revoked
    std::string certificate_serial;  ///< the one certificate the form is about; empty: all
    std::string certificate_use;     ///< the choice signature, encryption or both
    std::string token_kind;          ///< the choice primary, secondary or non_card
    std::string user_code;
    std::string county;       ///< of a business: the L of its certificates (M 3.1.4)
    std::string parent_name;  ///< of a branch: the O of its certificates (M 3.1.4)
    std::string contact_name;
    std::string contact_phone;
    std::string contact_email;
    std::string contact_postal_code;
    std::string contact_address;
};

struct Form {
    std::string id;
    std::string version;  ///< as printed on the paper and in its QR code
    /// SHA-256 hex of scheme.yaml and this file: `cat scheme.yaml F | sha256sum`.
    std::string hash;
    Bilingual title;
    Bilingual short_title;  ///< for lists: 註冊; the title when the definition has none
    std::vector<std::string> file_hints;  ///< words in a file's name that suggest this form
    Origin origin = Origin::Applicant;
    /// Fields whose values make the preset user code of a subscriber who did not apply: an id
    /// number and a birth date (M 4.3.2). They are read, and kept as the code's verifier only.
    std::vector<std::string> preset_user_code;
    std::vector<Field> fields;  ///< in the order of the paper
    Roles roles;
    std::vector<ApplicantKind> kinds;  ///< who may hand in this form
    std::vector<SealBox> seals;
    SealUse seal_use;
    std::vector<Choice> documents;  ///< known documents
    std::vector<CopyBox> copies;
    std::vector<ChecklistItem> checklist;
    std::vector<Check> checks;  ///< in the order an officer does them
    std::vector<Rule> rules;
    std::vector<Delivery>
        deliveries;  ///< empty: nothing is delivered, `deadline` promises the time
    std::optional<Deadline> deadline;  ///< of a form without a choice of delivery
    Recipient recipient;
    std::vector<Fee> fees;
    std::map<std::string, std::string> profiles;  ///< value of Roles::certificate → profile name
    std::optional<KeyFileOnData> key_file;        ///< none: nothing is ordered on these data
    /// Value of Roles::ground → reason of the revocation as RFC 5280 §5.3.1 names it.
    std::map<std::string, std::string> revocation_reasons;
    std::vector<Effect> effects;                ///< on approval, in this order
    std::vector<Deficiency> deficiencies;       ///< the scheme's and the form's own
    std::optional<ReturnPeriod> return_period;  ///< the form's, else the scheme's; none: no end
    std::vector<std::string> double_keyed;      ///< fields that a second person keys blind
    std::map<std::string, Bilingual> texts;     ///< wording for paper, letters, notices, by name

    /// The field, or null. Pointers stay valid as long as the form is not changed or moved.
    [[nodiscard]] const Field* find_field(std::string_view key) const;
    [[nodiscard]] const ApplicantKind* find_kind(std::string_view key) const;
    [[nodiscard]] const Delivery* find_delivery(std::string_view value) const;
    [[nodiscard]] const Choice* find_document(std::string_view value) const;
    [[nodiscard]] const Check* find_check(std::string_view kind) const;
    [[nodiscard]] const SealBox* find_seal(std::string_view role) const;
    /// The first effect of this kind whose condition holds.
    [[nodiscard]] const Effect* find_effect(std::string_view kind, const Values& values) const;
    /// Whether the field is one of preset_user_code.
    [[nodiscard]] bool is_preset(std::string_view key) const;
    /// A rule of kind one_open_request applies to these values.
    [[nodiscard]] bool must_be_alone(const Values& values) const;
    /// An approval makes the applicant a subscriber, who may be one already.
    [[nodiscard]] bool registers_applicant() const;
    [[nodiscard]] const Deficiency* find_deficiency(std::string_view key) const;
};

/// The registration authority as papers and mails name it.
struct Authority {
    Bilingual name;
    Bilingual address;
    std::string phone;
    std::string fax;
    std::string website;
    std::string account_website;  ///< where subscribers log in; empty without accounts
    std::string mail_from;        ///< sender address of notices
    Bilingual mail_name;          ///< sender name of notices
};

/// Who must be told at once of every hold, release and revocation (T 4.5.2, T 4.7.4).
struct RelyingAgency {
    Bilingual name;
    std::string email;
};

struct Scheme {
    std::string id;       ///< the folder's name
    std::string version;  ///< of the document the definition follows, such as "V5.1"
    Bilingual title;
    Bilingual short_title;
    std::filesystem::path folder;
    Authority authority;
    std::optional<AccountPolicy> accounts;     ///< none: the scheme has no website accounts
    std::optional<UserCodePolicy> user_codes;  ///< none: it has no user codes
    std::optional<RelyingAgency> relying_agency;
    /// A certificate that its subscriber has not accepted so many months after its issue is put on
    /// hold (M 4.4.5); none: acceptance has no end.
    std::optional<int> accept_within_months;
    std::optional<RenewalPolicy> renewal;  ///< none: nothing is replaced on-line
    ExpiryPolicy expiry_notices = {};
    std::vector<KeyFileOffer> key_files;
    CardPolicy cards;
    SlipPolicy slips;
    std::int64_t officers_min;          ///< different people a decision takes: 2 = four eyes
    std::vector<std::string> profiles;  ///< certificate profiles by name
    std::vector<Form> forms;  ///< in the order a day's files are taken: registration first
    std::optional<OfficeHours> office_hours;  ///< none: hours run on, working days end at 17:30
    std::vector<Deficiency> deficiencies;     ///< that every form's officers may choose
    std::optional<ReturnPeriod> return_period;
    std::vector<Fee> fees;  ///< of what is sold without a form (T 6.4)
    RefundRule refunds;
    std::map<std::string, Bilingual> texts;

    [[nodiscard]] const Form* find_form(std::string_view form_id) const;
};

/// Reads `folder`/scheme.yaml and the forms it names; `folder`/../schema holds the JSON schemas.
/// Errors (Invalid, `where` = "file:line"): scheme.no_such_file, scheme.not_yaml,
/// scheme.repeated_key, scheme.shape (schema violated, unknown key), scheme.reference (names a
/// field, choice, document, role or text that does not exist), scheme.repeated_name.
[[nodiscard]] Result<Scheme> load(const std::filesystem::path& folder);

/// All schemes below `forms_folder` (each folder with a scheme.yaml), by id. Errors as of load().
[[nodiscard]] Result<std::vector<Scheme>> load_all(const std::filesystem::path& forms_folder);

[[nodiscard]] const Scheme* find_scheme(const std::vector<Scheme>& schemes, std::string_view id);
[[nodiscard]] const Form* find_form(const std::vector<Scheme>& schemes, std::string_view scheme_id,
                                    std::string_view form_id);

/// The fees an approved form costs, given its values; `per` is multiplied out.
[[nodiscard]] std::vector<Fee> fees_due(const Form& form, const Values& values);

/// The checklist lines that apply, given the values.
[[nodiscard]] std::vector<ChecklistItem> checklist_for(const Form& form, const Values& values);

/// The label a person reads for a stored value: of a choice or delivery its label, "是/Yes" for
/// yes, of a list of documents their labels, anything else as it is.
[[nodiscard]] std::string label_of(const Form& form, const Field& field, std::string_view value,
                                   Language language);

}  // namespace sealdesk::scheme
