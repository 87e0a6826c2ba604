#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "intake/record.h"
#include "scheme/scheme.h"

namespace sealdesk::intake {

/// Something an officer must look at, which is no ground to refuse the form at the door: a
/// missing document, an address without postal code.
struct Finding {
    std::string check;  ///< the check it belongs to: "documents", "identity", "eligibility" …
    std::string code;
    std::string field;
    std::string citation;
    Bilingual message;
};

/// An image that came with the form.
struct Scan {
    std::string field;   ///< the Scan field, such as "seal_scan"
    std::string name;    ///< base name as given
    std::string sha256;  ///< lower-case hex
    std::string bytes;   ///< for the desk's files; empty when read back from storage
};

/// One record, judged by everything that needs no database.
struct Draft {
    std::int64_t row = 0;
    const scheme::Form* form = nullptr;
    std::string record_number;           ///< 收件編號 as keyed; empty when there is none
    scheme::Values values;               ///< normalised; see scheme/condition.h
    std::vector<std::string> documents;  ///< known documents handed in, by value
    std::vector<Scan> scans;
    /// The user code as keyed, until its verifier is made (requests/receive.cpp); copies of a draft
    /// share it, and it is wiped with the last of them.
    std::shared_ptr<const Secret> user_code;
    std::string user_code_verifier;
    std::vector<Reason> reasons;  ///< why it is refused, or a duplicate
    std::vector<Finding> findings;
    std::string duplicate_of;  ///< request number; set by judge_by_registry
    std::string content;  ///< SHA-256 hex of what was keyed and of the scans: same form, same value
    std::string payload;  ///< canonical JSON: normalised; of a refused record as keyed

    [[nodiscard]] bool refused() const { return !reasons.empty() && duplicate_of.empty(); }
    /// A value, or "" when the field was left empty.
    [[nodiscard]] std::string value(std::string_view key) const;
};

/// Judges records of one form. Made once a file: it holds the form's words in a form quick to look
/// up. `scheme` and `form` must outlive it.
class Evaluator {
public:
    Evaluator(const scheme::Scheme& scheme, const scheme::Form& form);
    ~Evaluator();
    Evaluator(const Evaluator&) = delete;
    Evaluator& operator=(const Evaluator&) = delete;

    /// Reads each field by its type's rule, then the form's own rules, then the scans. Every fault
    /// of a row is reported, not only the first. `today` (Taipei) stands in for the day of receipt
    /// where the form has none. A user code in `record` is wiped there and goes into the draft.
    [[nodiscard]] Draft evaluate(Record& record, ScanReader& scans,
                                 std::chrono::year_month_day today) const;

private:
    struct Words;
    const scheme::Scheme& scheme_;
    const scheme::Form& form_;
    std::unique_ptr<Words> words_;
};

/// The same for one record, such as an amended one.
[[nodiscard]] Draft evaluate(Record record, const scheme::Scheme& scheme, const scheme::Form& form,
                             ScanReader& scans, std::chrono::year_month_day today);

/// A stored request as a record again, to be judged after a field was changed: each cell holds
/// the stored value (scans: their SHA-256, by which `scans` must then find them).
[[nodiscard]] Record record_of(const scheme::Form& form, const scheme::Values& values);

/// The values of a stored payload (documents joined with ";"). Throws Failure
/// (intake.bad_payload) when it is not one.
[[nodiscard]] scheme::Values values_of(std::string_view payload);

/// The documents of a stored payload.
[[nodiscard]] std::vector<std::string> documents_of(std::string_view payload);

/// Findings as the JSON text that is stored with a request:
/// [{"check","code","field","rule","zh","en"}], and back.
[[nodiscard]] std::string findings_to_json(const std::vector<Finding>& findings);
[[nodiscard]] std::vector<Finding> findings_from_json(std::string_view json);

/// Reasons likewise: [{"code","rule","field","zh","en"}].
[[nodiscard]] std::string reasons_to_json(const std::vector<Reason>& reasons);
[[nodiscard]] std::vector<Reason> reasons_from_json(std::string_view json);

// ---- Rules that need the register ------------------------------------------------------------

/// A subscriber as far as intake asks.
struct KnownSubscriber {
    std::string kind;                           ///< applicant kind
    std::string name;                           ///< as registered
    std::string request_number;                 ///< of the registration
    std::set<std::string> living_serials = {};  ///< certificates neither revoked nor expired
    bool certificates_ended = false;            ///< it had some, and none lives
    bool certificate_held = false;              ///< one of them is on hold
    std::set<std::string> hold_sources = {};    ///< of their open holds, as definitions name them
    bool has_primary_token = false;
    bool token_at_counter = false;  ///< a card lies at the counter
};

/// What the office already has. requests/ answers from its tables, for a chunk of rows at once,
/// plus what the rows before this one in the same chunk have opened.
class Registry {
public:
    virtual ~Registry() = default;
    [[nodiscard]] virtual const KnownSubscriber* find_subscriber(
        std::string_view scheme, std::string_view id_number) const = 0;
    /// Number of the open request of this form and applicant, or "".
    [[nodiscard]] virtual std::string open_request(std::string_view scheme, std::string_view form,
                                                   std::string_view id_number) const = 0;
};

/// The derived value that tells the kind where the form itself has no field for it.
inline constexpr std::string_view kRegisteredKind = "applicant_kind";

/// Judges an accepted draft by SubscriberExists, NotRegistered and OneOpenRequest, and, where
/// the form does not say the applicant's kind, by the registered kind's seals. The draft as judged
/// has further `reasons` and `findings` (a name that differs from the registered one is a finding
/// for the identity check), `duplicate_of`, `values["applicant_kind"]` from the register, and a
/// payload to match. Nothing when the register changes nothing, or the draft is refused already.
[[nodiscard]] std::optional<Draft> judge_by_registry(const Draft& draft,
                                                     const scheme::Scheme& scheme,
                                                     const Registry& registry);

/// The key under which a submission is filed: the same form keyed again, the n-th time in one
/// file (`occurrence` from 1), judged for the n-th time (`attempt` from 1), has the same key.
[[nodiscard]] std::string row_key(std::string_view content, std::int64_t occurrence,
                                  std::int64_t attempt);

}  // namespace sealdesk::intake
