#include "ca/cmp_ca.h"

#include <set>
#include <utility>

#include <openssl/pem.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/cmp_failure.h"
#include "ca/cmp_handles.h"
#include "ca/cmp_message.h"
#include "ca/cmp_subject.h"
#include "ca/key_check.h"
#include "ca/to_be_signed.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;

using CsrHandle = Handle<X509_REQ, &X509_REQ_free>;
using NameHandle = Handle<X509_NAME, &X509_NAME_free>;
using OctetHandle = Handle<ASN1_OCTET_STRING, &ASN1_OCTET_STRING_free>;

constexpr std::size_t kTransactionIdLength = 16;  // RFC 4210 §5.1.1
constexpr int kReasonHold = 6;
constexpr int kReasonRelease = 8;  // removeFromCRL

Error client_error(ErrorKind kind, std::string code, std::string detail, std::string where) {
    return {kind, std::move(code), std::move(detail), std::move(where), {}};
}

std::string bytes_of_hex_digits(std::string_view hex) {
    const auto digit = [](char c) {
        return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(digit(hex[i]) << 4U | digit(hex[i + 1]));
    }
    return bytes;
}

/// One exchange: OpenSSL builds the request, the transport carries it, OpenSSL checks the answer.
class Exchange {
public:
    Exchange(const CmpParties& parties, const CmpCa::Transport& transport, std::string order_key)
        : transport_(transport),
          order_key_(std::move(order_key)),
          context_(OSSL_CMP_CTX_new(nullptr, nullptr)) {
        crypto::require(context_ != nullptr, "OSSL_CMP_CTX_new");
        const OctetHandle id(ASN1_OCTET_STRING_new());
        const std::string digest = sha256(order_key_).substr(0, kTransactionIdLength);
        crypto::require(
            id != nullptr &&
                ASN1_OCTET_STRING_set(id.get(), crypto::octets(digest), int(digest.size())) == 1 &&
                OSSL_CMP_CTX_set1_transactionID(native(), id.get()) == 1 &&
                OSSL_CMP_CTX_set_log_cb(native(), &forget_cmp_log) == 1 &&
                OSSL_CMP_CTX_set1_pkey(native(), parties.key.native()) == 1 &&
                OSSL_CMP_CTX_set1_cert(native(), parties.certificate.native()) == 1 &&
                OSSL_CMP_CTX_set1_srvCert(native(), parties.responder.native()) == 1 &&
                OSSL_CMP_CTX_set_transfer_cb(native(), &Exchange::on_transfer) == 1 &&
                OSSL_CMP_CTX_set_transfer_cb_arg(native(), this) == 1 &&
                OSSL_CMP_CTX_set_option(native(), OSSL_CMP_OPT_IMPLICIT_CONFIRM, 1) == 1,
            "OSSL_CMP_CTX");
    }

    [[nodiscard]] OSSL_CMP_CTX* native() const { return context_.get(); }

    void add_info(std::string_view oid, const std::string& value) {
        const unsigned char* at = crypto::octets(value);
        OSSL_CMP_ITAV* const info =
            OSSL_CMP_ITAV_create(OBJ_txt2obj(std::string(oid).c_str(), 1),
                                 d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(value.size())));
        crypto::require(info != nullptr && OSSL_CMP_CTX_push0_geninfo_ITAV(native(), info) == 1,
                        "OSSL_CMP_CTX_push0_geninfo_ITAV");
    }

    /// Why the exchange that just failed did.
    [[nodiscard]] Error failure() {
        crypto::forget_errors();
        if (fault_) {
            return *fault_;
        }
        if (OSSL_CMP_CTX_get_status(native()) == OSSL_CMP_PKISTATUS_rejection) {
            return from_cmp_failure(static_cast<unsigned>(OSSL_CMP_CTX_get_failInfoCode(native())),
                                    status_text(), order_key_);
        }
        return client_error(ErrorKind::Unavailable, "ca.cmp_no_answer",
                            "The CA gave no answer that could be verified; ask again.", order_key_);
    }

private:
    [[nodiscard]] std::string status_text() const {
        const OSSL_CMP_PKIFREETEXT* const texts = OSSL_CMP_CTX_get0_statusString(native());
        if (texts == nullptr || sk_ASN1_UTF8STRING_num(texts) == 0) {
            return {};
        }
        const ASN1_UTF8STRING* const text = sk_ASN1_UTF8STRING_value(texts, 0);
        return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                static_cast<std::size_t>(ASN1_STRING_length(text))};
    }

    /// Stands between C and C++: no exception leaves.
    static OSSL_CMP_MSG* on_transfer(OSSL_CMP_CTX* context, const OSSL_CMP_MSG* request) noexcept {
        auto* const exchange = static_cast<Exchange*>(OSSL_CMP_CTX_get_transfer_cb_arg(context));
        try {
            const auto answer = exchange->transport_(cmp_to_der(request));
            if (!answer) {
                exchange->fault_ = answer.error();
                return nullptr;
            }
            return answer->size() <= kCmpMessageMax ? parse_cmp(*answer).release() : nullptr;
        } catch (const Failure& failure) {
            exchange->fault_ = failure.error();
        } catch (const std::exception&) {
            // as if there had been no answer
        }
        return nullptr;
    }

    const CmpCa::Transport& transport_;
    std::string order_key_;
    CmpContext context_;
    std::optional<Error> fault_;
};

void add_order_infos(Exchange& exchange, const std::string& profile, const std::string& approval) {
    if (!profile.empty()) {
        exchange.add_info(kCmpProfileOid, der::element(der::kUtf8String, {profile}));
    }
    exchange.add_info(kCmpApprovalOid,
                      der::element(der::kOctetString, {bytes_of_hex_digits(approval)}));
}

bool is_sha256(std::string_view text) {
    return text.size() == 64 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

CsrHandle parse_csr(std::string_view csr) {
    if (csr.find("-----BEGIN ") != std::string_view::npos) {
        const crypto::BioHandle bio = crypto::reading_from(csr);
        return CsrHandle(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
    }
    const unsigned char* at = crypto::octets(csr);
    return CsrHandle(d2i_X509_REQ(nullptr, &at, static_cast<long>(csr.size())));
}

/// True when the CSR's own words give exactly the approved fields.
bool says_what_was_approved(const X509_REQ* csr, const Profile& profile,
                            const std::map<std::string, std::string>& fields) {
    const std::string name =
        crypto::to_der<X509_NAME>(X509_REQ_get_subject_name(csr), &i2d_X509_NAME);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): 3.0 reads only and says otherwise
    X509_EXTENSIONS* const extensions = X509_REQ_get_extensions(const_cast<X509_REQ*>(csr));
    const std::string wished =
        extensions == nullptr || sk_X509_EXTENSION_num(extensions) == 0
            ? std::string()
            : crypto::to_der<X509_EXTENSIONS>(extensions, &i2d_X509_EXTENSIONS);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    const auto read = read_cmp_subject(profile, name, wished);
    return read && read->fields == fields;
}

/// Puts key, name and extensions into the template of an ir.
void fill_template(const Exchange& exchange, const std::string& spki, const std::string& name,
                   const std::string& extensions) {
    const unsigned char* at = crypto::octets(spki);
    crypto::PkeyHandle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
    at = crypto::octets(name);
    const NameHandle subject(d2i_X509_NAME(nullptr, &at, static_cast<long>(name.size())));
    crypto::require(key != nullptr && subject != nullptr &&
                        OSSL_CMP_CTX_set0_newPkey(exchange.native(), 0, key.release()) == 1 &&
                        OSSL_CMP_CTX_set1_subjectName(exchange.native(), subject.get()) == 1 &&
                        OSSL_CMP_CTX_set_option(exchange.native(), OSSL_CMP_OPT_POPO_METHOD,
                                                OSSL_CRMF_POPO_RAVERIFIED) == 1,
                    "certificate template");
    if (!extensions.empty()) {
        at = crypto::octets(extensions);
        crypto::require(
            OSSL_CMP_CTX_set0_reqExtensions(
                exchange.native(),
                d2i_X509_EXTENSIONS(nullptr, &at, static_cast<long>(extensions.size()))) == 1,
            "OSSL_CMP_CTX_set0_reqExtensions");
    }
}

/// The order's fields without the empty ones, which mean none.
std::map<std::string, std::string> given_fields(const Order& order) {
    std::map<std::string, std::string> fields = order.subject;
    std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
    return fields;
}

/// What is sent for an order, checked before anything leaves.
struct Enrolment {
    const Profile* profile;
    std::string public_key;
    std::string name;
    std::string extensions;
    CsrHandle csr;  ///< to be sent as p10cr; none: ir
};

Result<Enrolment> prepare(const Order& order, const Profiles& profiles) {
    const Profile* const profile = profiles.find(order.profile);
    if (profile == nullptr) {
        return client_error(ErrorKind::Invalid, "ca.unknown_profile",
                            "There is no certificate profile of this name.", order.key);
    }
    if (!is_sha256(order.approval_sha256) || order.key.empty() ||
        order.csr.empty() == order.public_key.empty()) {
        return client_error(ErrorKind::Invalid, "ca.bad_order",
                            "An order needs a key, either a certificate request or a public key, "
                            "and the approval's SHA-256.",
                            order.key);
    }
    const Outcome sound = check_subject(*profile, order.subject);
    if (!sound) {
        return sound.error();
    }
    auto key =
        order.csr.empty() ? Result<std::string>(order.public_key) : public_key_of_csr(order.csr);
    if (!key) {
        return key.error();
    }
    const auto checked = check_key(*key, *profile);
    if (!checked) {
        return checked.error();
    }
    const auto fields = given_fields(order);
    Enrolment enrolment{profile, *std::move(key), name_of(profile->subject, fields),
                        write_cmp_extensions(*profile, fields), nullptr};
    const auto read = read_cmp_subject(*profile, enrolment.name, enrolment.extensions);
    if (!read || read->fields != fields) {
        return client_error(ErrorKind::Invalid, "ca.bad_field",
                            "CMP cannot carry every field of this order.", order.key);
    }
    if (!order.csr.empty()) {
        CsrHandle csr = parse_csr(order.csr);
        if (csr != nullptr && says_what_was_approved(csr.get(), *profile, fields)) {
            enrolment.csr = std::move(csr);
        }
    }
    return enrolment;
}

}  // namespace

CmpCa::CmpCa(const Clock& clock, CmpParties parties, Profiles profiles, Transport transport,
             FindCertificate find_certificate)
    : clock_(clock),
      parties_(std::move(parties)),
      profiles_(std::move(profiles)),
      transport_(std::move(transport)),
      find_certificate_(std::move(find_certificate)) {}

std::vector<Result<IssuedCertificate>> CmpCa::issue_all(std::span<const Order> orders) {
    SEALDESK_CHECK(orders.size() <= kOrdersMax);
    std::vector<Result<IssuedCertificate>> results;
    std::set<std::string> keys;
    std::optional<Error> silence;
    for (const Order& order : orders) {
        if (!keys.insert(order.key).second) {
            results.emplace_back(client_error(ErrorKind::Conflict, "ca.order_repeated",
                                              "The order stands twice in one call.", order.key));
            continue;
        }
        results.push_back(silence ? Result<IssuedCertificate>(*silence) : issue_one(order));
        if (!results.back() && results.back().error().kind == ErrorKind::Unavailable) {
            silence = results.back().error();
            silence->where.clear();
        }
    }
    return results;
}

/// OpenSSL asks no dates of pinned certificates.
Outcome CmpCa::check_parties() const {
    const Instant now = clock_.now();
    if (!parties_.certificate.is_valid_at(now) || !parties_.responder.is_valid_at(now)) {
        return client_error(ErrorKind::Refused, "ca.cmp_expired",
                            "The certificate of the RA or of the CA's responder is not valid now.",
                            "cmp");
    }
    return done();
}

Result<IssuedCertificate> CmpCa::issue_one(const Order& order) {
    const Outcome parties = check_parties();
    if (!parties) {
        return parties.error();
    }
    const auto enrolment = prepare(order, profiles_);
    if (!enrolment) {
        return enrolment.error();
    }
    Exchange exchange(parties_, transport_, order.key);
    add_order_infos(exchange, order.profile, order.approval_sha256);
    const bool by_csr = enrolment->csr != nullptr;
    if (by_csr) {
        crypto::require(OSSL_CMP_CTX_set1_p10CSR(exchange.native(), enrolment->csr.get()) == 1,
                        "OSSL_CMP_CTX_set1_p10CSR");
    } else {
        fill_template(exchange, enrolment->public_key, enrolment->name, enrolment->extensions);
    }
    X509* const issued = by_csr ? OSSL_CMP_exec_P10CR_ses(exchange.native())
                                : OSSL_CMP_exec_IR_ses(exchange.native());
    if (issued == nullptr) {
        return exchange.failure();
    }
    X509_up_ref(issued);  // the context owns the other reference
    const crypto::Certificate certificate(issued);
    const std::string subject =
        crypto::to_der<X509_NAME>(X509_get_subject_name(issued), &i2d_X509_NAME);
    const auto read = read_cmp_subject(*enrolment->profile, subject, enrolment->extensions);
    if (certificate.public_key() != enrolment->public_key ||
        certificate.issuer() != parties_.authority.subject() || !read ||
        read->fields != given_fields(order)) {
        return client_error(ErrorKind::Internal, "ca.cmp_wrong_certificate",
                            "The CA issued certificate " + certificate.serial() +
                                " with another key, name or issuer than ordered; call the CA.",
                            order.key);
    }
    return IssuedCertificate{order.key, certificate.serial(), certificate.der(),
                             certificate.not_before(), certificate.not_after()};
}

Outcome CmpCa::change_status(const StatusOrder& order, int reason) {
    const Outcome parties = check_parties();
    if (!parties) {
        return parties.error();
    }
    if (order.key.empty() || !is_sha256(order.approval_sha256)) {
        return client_error(ErrorKind::Invalid, "ca.bad_order",
                            "An order needs a key and the approval's SHA-256.", order.key);
    }
    const auto found = find_certificate_(order.serial);
    const auto certificate =
        crypto::Certificate::parse(found ? std::string_view(*found) : std::string_view());
    if (!found || !certificate) {
        return client_error(ErrorKind::NotFound, "ca.unknown_serial",
                            "The CA issued no certificate of this serial number.", order.serial);
    }
    Exchange exchange(parties_, transport_, order.key);
    add_order_infos(exchange, {}, order.approval_sha256);
    crypto::require(
        OSSL_CMP_CTX_set1_oldCert(exchange.native(), certificate->native()) == 1 &&
            OSSL_CMP_CTX_set_option(exchange.native(), OSSL_CMP_OPT_REVOCATION_REASON, reason) == 1,
        "OSSL_CMP_CTX_set1_oldCert");
    if (OSSL_CMP_exec_RR_ses(exchange.native()) != 1) {
        return exchange.failure();
    }
    return done();
}

Outcome CmpCa::hold(const StatusOrder& order) { return change_status(order, kReasonHold); }

Outcome CmpCa::release(const StatusOrder& order) { return change_status(order, kReasonRelease); }

Outcome CmpCa::revoke(const StatusOrder& order) {
    if (order.reason == Reason::CertificateHold) {
        return client_error(ErrorKind::Invalid, "ca.bad_order",
                            "A hold is ordered as a hold, not as a revocation.", order.serial);
    }
    return change_status(order, static_cast<int>(order.reason));
}

Result<CertificateStatus> CmpCa::status(std::string_view serial) {
    return client_error(ErrorKind::Unavailable, "ca.cmp_no_status",
                        "A CA reached by CMP does not tell a certificate's state; ask its OCSP "
                        "responder.",
                        std::string(serial));
}

Result<CrlInfo> CmpCa::latest_crl() {
    return client_error(ErrorKind::NotFound, "ca.no_crl",
                        "A CA reached by CMP publishes its CRL itself.", {});
}

}  // namespace sealdesk::ca
