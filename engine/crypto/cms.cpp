#include "crypto/cms.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <openssl/cms.h>
#include <openssl/ess.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/digest.h"
#include "base/text.h"
#include "crypto/der.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {
namespace {

using EssHandle = Handle<ESS_SIGNING_CERT_V2, &ESS_SIGNING_CERT_V2_free>;

void free_borrowed_stack(stack_st_X509* stack) { sk_X509_free(stack); }
using BorrowedStack = Handle<stack_st_X509, &free_borrowed_stack>;

constexpr unsigned kSignFlags =
    CMS_BINARY | CMS_DETACHED | CMS_CADES | CMS_NOSMIMECAP | CMS_PARTIAL;
// Trust comes from the certificates given, never from those inside or from a path.
constexpr unsigned kVerifyFlags =
    CMS_BINARY | CMS_DETACHED | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY;

Error bad_cms(std::string code, std::string detail) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), {}, {}};
}

Error certificate_not_valid() {
    return {ErrorKind::Refused,
            "cms.certificate_not_valid",
            "The signer's certificate is not valid at the time of signing.",
            {},
            {}};
}

Error unknown_signer() {
    return bad_cms("cms.unknown_signer", "The signer is none of those expected.");
}

CmsHandle parse_cms(std::string_view bytes) {
    const unsigned char* at = octets(bytes);
    CmsHandle cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(bytes.size())));
    if (cms == nullptr || at != octets(bytes) + bytes.size()) {
        forget_errors();
        return nullptr;
    }
    return cms;
}

BorrowedStack stack_of(std::span<const Certificate> certificates) {
    BorrowedStack stack(sk_X509_new_null());
    require(stack != nullptr, "sk_X509_new_null");
    for (const Certificate& certificate : certificates) {
        require(sk_X509_push(stack.get(), certificate.native()) > 0, "sk_X509_push");
    }
    return stack;
}

std::optional<Instant> signing_time(const CMS_SignerInfo* signer) {
    const int index = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
    X509_ATTRIBUTE* const attribute = index < 0 ? nullptr : CMS_signed_get_attr(signer, index);
    const ASN1_TYPE* const value =
        attribute == nullptr ? nullptr : X509_ATTRIBUTE_get0_type(attribute, 0);
    const bool is_time = value != nullptr &&
                         (value->type == V_ASN1_UTCTIME || value->type == V_ASN1_GENERALIZEDTIME);
    const TimeHandle epoch(ASN1_TIME_set(nullptr, 0));
    int days = 0;
    int seconds = 0;
    if (!is_time || ASN1_TIME_diff(&days, &seconds, epoch.get(), value->value.utctime) != 1) {
        forget_errors();
        return std::nullopt;
    }
    return Instant{std::chrono::days{days} + std::chrono::seconds{seconds}};
}

/// True when the signed signingCertificateV2 attribute (RFC 5035) names exactly this certificate:
/// without it, a signature could be passed off as made with another certificate of the same key.
bool names_certificate(const CMS_SignerInfo* signer, X509* certificate) {
    const int index = CMS_signed_get_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, -1);
    X509_ATTRIBUTE* const attribute = index < 0 ? nullptr : CMS_signed_get_attr(signer, index);
    const ASN1_TYPE* const value =
        attribute == nullptr ? nullptr : X509_ATTRIBUTE_get0_type(attribute, 0);
    if (value == nullptr || value->type != V_ASN1_SEQUENCE) {
        return false;
    }
    const unsigned char* at = value->value.sequence->data;
    const EssHandle ess(d2i_ESS_SIGNING_CERT_V2(nullptr, &at, value->value.sequence->length));
    const BorrowedStack chain(sk_X509_new_null());
    const bool names = ess != nullptr && sk_X509_push(chain.get(), certificate) > 0 &&
                       OSSL_ESS_check_signing_certs(nullptr, ess.get(), chain.get(), 1) > 0;
    forget_errors();
    return names;
}

bool is_sha256(CMS_SignerInfo* signer) {
    X509_ALGOR* digest = nullptr;
    CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, nullptr);
    return digest != nullptr && OBJ_obj2nid(digest->algorithm) == NID_sha256;
}

/// What CMS_final() would add, with a time of ours; signingCertificateV2 is there by CMS_CADES.
void add_attributes(CMS_SignerInfo* signer, std::string_view digest,
                    std::chrono::sys_seconds second) {
    const TimeHandle time(ASN1_TIME_set(nullptr, second.time_since_epoch().count()));
    require(time != nullptr && CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
                                                           time->type, time.get(), -1) == 1,
            "signingTime");
    require(CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_contentType, V_ASN1_OBJECT,
                                        OBJ_nid2obj(NID_pkcs7_data), -1) == 1,
            "contentType");
    require(CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING,
                                        digest.data(), static_cast<int>(digest.size())) == 1,
            "messageDigest");
}

/// The signed attributes as they are hashed: DER of a SET OF (RFC 5652 §5.4), whose members stand
/// in the order of their bytes (X.690 §11.6).
std::string signed_attributes(const CMS_SignerInfo* signer) {
    std::vector<std::string> members;
    members.reserve(std::size_t(CMS_signed_get_attr_count(signer)));
    for (int i = 0; i < CMS_signed_get_attr_count(signer); ++i) {
        members.push_back(
            to_der<X509_ATTRIBUTE>(CMS_signed_get_attr(signer, i), &i2d_X509_ATTRIBUTE));
    }
    std::ranges::sort(members);
    std::string all;
    for (const std::string& one : members) {
        all += one;
    }
    return der::element(der::kSet, {all});
}

/// The one signer, or nothing when there are several or none.
CMS_SignerInfo* only_signer(CMS_ContentInfo* cms) {
    STACK_OF(CMS_SignerInfo)* const signers =
        OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed &&
                OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_pkcs7_data
            ? CMS_get0_SignerInfos(cms)
            : nullptr;
    return sk_CMS_SignerInfo_num(signers) == 1 ? sk_CMS_SignerInfo_value(signers, 0) : nullptr;
}

Result<Secret> secret_from(BIO* bio) {
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(bio, &bytes);
    Secret content(static_cast<std::size_t>(length < 0 ? 0 : length));
    if (length > 0) {
        std::string_view(bytes, content.size()).copy(content.fill().data(), content.size());
    }
    return content;
}

/// What stands between BEGIN CMS and END CMS; empty when that is not there.
std::string bytes_of_pem(std::string_view pem) {
    const BioHandle in = reading_from(pem);
    unsigned char* bytes = nullptr;
    long length = 0;
    if (PEM_bytes_read_bio(&bytes, &length, nullptr, PEM_STRING_CMS, in.get(), nullptr, nullptr) !=
        1) {
        forget_errors();
        return {};
    }
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return der;
}

/// The content of a CMS whose key is set, at most `limit` bytes; read from the chain directly, for
/// CMS_decrypt() leaves a copy of it on the stack. Nothing when the padding is wrong.
std::optional<Secret> read_clear(CMS_ContentInfo* cms, std::size_t limit) {
    const BioHandle chain(CMS_dataInit(cms, nullptr));
    if (chain == nullptr) {
        return std::nullopt;
    }
    Secret buffer(limit);
    std::size_t used = 0;
    while (used < limit) {
        const int count =
            BIO_read(chain.get(), buffer.fill().data() + used, static_cast<int>(limit - used));
        if (count <= 0) {
            break;
        }
        used += static_cast<std::size_t>(count);
    }
    if (BIO_get_cipher_status(chain.get()) != 1) {
        return std::nullopt;
    }
    return Secret(buffer.reveal().substr(0, used));
}

/// Encrypts the content into the structure. Written into the chain directly: CMS_final() would
/// leave a copy of it on the stack.
void write_content(CMS_ContentInfo* cms, std::string_view bytes) {
    const BioHandle chain(CMS_dataInit(cms, nullptr));
    require(chain != nullptr, "CMS_dataInit");
    const int size = static_cast<int>(bytes.size());
    require(BIO_write(chain.get(), bytes.data(), size) == size && BIO_flush(chain.get()) == 1 &&
                CMS_dataFinal(cms, chain.get()) == 1,
            "CMS_dataFinal");
}

/// CMS_verify of OpenSSL 3.0 copies a memory BIO, and loses the copy when the structure names a
/// digest that it does not know; what stands behind a filter it reads in place.
BioHandle behind_filter(BioHandle content) {
    BioHandle filter(BIO_new(BIO_f_null()));
    require(filter != nullptr, "BIO_new");
    BIO_push(filter.get(), content.release());
    return filter;
}

/// Of the signer's certificate; null when it is named by its key.
const ASN1_INTEGER* serial_of(CMS_SignerInfo* signer) {
    ASN1_OCTET_STRING* key = nullptr;
    X509_NAME* issuer = nullptr;
    ASN1_INTEGER* serial = nullptr;
    CMS_SignerInfo_get0_signer_id(signer, &key, &issuer, &serial);
    return serial;
}

/// A CMS with content and one signer, DER or PEM.
Result<CmsHandle> parse_attached(std::string_view bytes) {
    const bool is_der = bytes.starts_with('\x30');  // SEQUENCE; the content may well be PEM
    CmsHandle cms = is_der ? parse_cms(bytes) : parse_cms(bytes_of_pem(bytes));
    if (cms == nullptr) {
        return bad_cms("cms.unreadable", "The signature is not a CMS structure, or is damaged.");
    }
    if (only_signer(cms.get()) == nullptr || CMS_is_detached(cms.get()) != 0) {
        return bad_cms("cms.not_one_signer", "There is not exactly one signer over a content.");
    }
    return cms;
}

}  // namespace

Result<std::string> sign_detached(std::string_view bytes, const OutsideKey& key,
                                  const Certificate& certificate, Instant at) {
    if (certificate.public_key() != key.public_key) {
        return bad_cms("cms.key_mismatch", "The key does not belong to the certificate.");
    }
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    if (!certificate.is_valid_at(second)) {
        return certificate_not_valid();
    }
    const CmsHandle cms(CMS_sign(nullptr, nullptr, nullptr, nullptr, kSignFlags));
    require(cms != nullptr, "CMS_sign");
    // The public half stands where OpenSSL wants a private key: it only names the algorithm here.
    CMS_SignerInfo* const signer =
        CMS_add1_signer(cms.get(), certificate.native(), X509_get0_pubkey(certificate.native()),
                        EVP_sha256(), kSignFlags);
    require(signer != nullptr, "CMS_add1_signer");
    add_attributes(signer, sha256(bytes), second);
    const auto signature = key.sign(sha256(signed_attributes(signer)));
    if (!signature) {
        return signature.error();
    }
    require(ASN1_STRING_set(CMS_SignerInfo_get0_signature(signer), signature->data(),
                            static_cast<int>(signature->size())) == 1,
            "ASN1_STRING_set");
    return to_der<CMS_ContentInfo>(cms.get(), &i2d_CMS_ContentInfo);
}

Result<std::string> sign_detached(std::string_view bytes, const KeyPair& key,
                                  const Certificate& certificate, Instant at) {
    return sign_detached(bytes, as_outside_key(key), certificate, at);
}

Result<SignerInfo> verify_detached(std::string_view signature, std::string_view bytes,
                                   std::span<const Certificate> trusted) {
    const CmsHandle cms = parse_cms(signature);
    if (cms == nullptr) {
        return bad_cms("cms.unreadable", "The signature is not a CMS structure, or is damaged.");
    }
    CMS_SignerInfo* const signer = only_signer(cms.get());
    if (signer == nullptr) {
        return bad_cms("cms.not_one_signer", "There is not exactly one signer.");
    }
    const Certificate* signed_by = nullptr;
    for (const Certificate& certificate : trusted) {
        if (CMS_SignerInfo_cert_cmp(signer, certificate.native()) == 0) {
            signed_by = &certificate;
        }
    }
    if (signed_by == nullptr) {
        return unknown_signer();
    }
    if (!is_sha256(signer)) {
        return bad_cms("cms.weak_digest", "Only SHA-256 is accepted.");
    }
    const auto at = signing_time(signer);
    if (!at || !names_certificate(signer, signed_by->native())) {
        return bad_cms("cms.not_cades",
                       "The signature lacks the signing time or does not name its certificate "
                       "(CAdES-BES).");
    }
    const BorrowedStack pinned = stack_of({signed_by, 1});
    const BioHandle content = behind_filter(reading_from(bytes));
    if (CMS_verify(cms.get(), pinned.get(), nullptr, content.get(), nullptr, kVerifyFlags) != 1) {
        forget_errors();
        return bad_cms("cms.bad_signature", "The signature is not over these bytes.");
    }
    if (!signed_by->is_valid_at(*at)) {
        return certificate_not_valid();
    }
    return SignerInfo{*signed_by, *at};
}

Result<std::string> claimed_signer(std::string_view bytes) {
    const auto cms = parse_attached(bytes);
    if (!cms) {
        return cms.error();
    }
    const ASN1_INTEGER* serial = serial_of(only_signer(cms->get()));
    if (serial == nullptr) {
        return unknown_signer();
    }
    return to_hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                   static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

Result<std::string> verify_attached(std::string_view bytes, const Certificate& certificate) {
    const auto cms = parse_attached(bytes);
    if (!cms) {
        return cms.error();
    }
    CMS_SignerInfo* const signer = only_signer(cms->get());
    if (CMS_SignerInfo_cert_cmp(signer, certificate.native()) != 0) {
        return unknown_signer();
    }
    if (!is_sha256(signer)) {
        return bad_cms("cms.weak_digest", "Only SHA-256 is accepted.");
    }
    const BorrowedStack pinned = stack_of({&certificate, 1});
    const BioHandle content = memory_bio();
    constexpr unsigned flags = CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY;
    if (CMS_verify(cms->get(), pinned.get(), nullptr, nullptr, content.get(), flags) != 1) {
        forget_errors();
        return bad_cms("cms.bad_signature", "The signature is not over these bytes.");
    }
    return written_to(content.get());
}

std::string encrypt_to(const Certificate& recipient, std::string_view bytes) {
    constexpr unsigned flags = CMS_BINARY | CMS_PARTIAL;
    const CmsHandle cms(CMS_EnvelopedData_create(EVP_aes_256_cbc()));
    require(cms != nullptr && CMS_set_detached(cms.get(), 0) == 1, "CMS_EnvelopedData_create");
    CMS_RecipientInfo* const to =
        CMS_add1_recipient_cert(cms.get(), recipient.native(), flags | CMS_KEY_PARAM);
    require(to != nullptr, "CMS_add1_recipient_cert");
    EVP_PKEY_CTX* const wrapping = CMS_RecipientInfo_get0_pkey_ctx(to);
    require(EVP_PKEY_CTX_set_rsa_padding(wrapping, RSA_PKCS1_OAEP_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_oaep_md(wrapping, EVP_sha256()) == 1,
            "RSA-OAEP");
    const BioHandle content = reading_from(bytes);
    require(CMS_final(cms.get(), content.get(), nullptr, flags) == 1, "CMS_final");
    return to_der<CMS_ContentInfo>(cms.get(), &i2d_CMS_ContentInfo);
}

std::string enclose_for_mail(const Certificate& recipient, std::string_view entity) {
    SEALDESK_CHECK(recipient.takes_keys());
    const CmsHandle cms(CMS_EnvelopedData_create(EVP_aes_256_cbc()));
    require(cms != nullptr && CMS_set_detached(cms.get(), 0) == 1 &&
                CMS_add1_recipient_cert(cms.get(), recipient.native(), 0) != nullptr,
            "CMS_EnvelopedData_create");
    write_content(cms.get(), entity);
    return to_der<CMS_ContentInfo>(cms.get(), &i2d_CMS_ContentInfo);
}

Result<Secret> decrypt(std::string_view enveloped, const KeyPair& key,
                       const Certificate& certificate) {
    const CmsHandle cms = parse_cms(enveloped);
    if (cms == nullptr || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_enveloped) {
        return bad_cms("cms.unreadable", "This is not an encrypted CMS, or it is damaged.");
    }
    // A memory BIO of the secure kind overwrites what it gives back, also while it grows.
    const BioHandle clear(BIO_new(BIO_s_secmem()));
    require(clear != nullptr, "BIO_new");
    if (CMS_decrypt(cms.get(), key.native(), certificate.native(), nullptr, clear.get(),
                    CMS_BINARY) != 1) {
        forget_errors();
        return bad_cms("cms.not_for_this_key", "This key cannot open it, or it was damaged.");
    }
    return secret_from(clear.get());
}

std::string encrypt_under(const Secret& passphrase, std::string_view bytes, int iterations) {
    SEALDESK_CHECK(passphrase.size() > 0 && iterations > 0);
    const CmsHandle cms(CMS_EnvelopedData_create(EVP_aes_256_cbc()));
    require(cms != nullptr && CMS_set_detached(cms.get(), 0) == 1, "CMS_EnvelopedData_create");
    // The structure takes this copy over and wipes it.
    const std::string_view text = passphrase.reveal();
    auto* const copy = static_cast<unsigned char*>(OPENSSL_memdup(text.data(), text.size()));
    CMS_RecipientInfo* const to =
        CMS_add0_recipient_password(cms.get(), iterations, NID_id_alg_PWRI_KEK, NID_undef, copy,
                                    static_cast<ossl_ssize_t>(text.size()), EVP_aes_256_cbc());
    if (to == nullptr) {
        OPENSSL_clear_free(copy, text.size());
    }
    require(to != nullptr, "CMS_add0_recipient_password");
    write_content(cms.get(), bytes);
    const BioHandle out = memory_bio();
    const std::string der = to_der<CMS_ContentInfo>(cms.get(), &i2d_CMS_ContentInfo);
    require(PEM_write_bio(out.get(), PEM_STRING_CMS, "", octets(der),
                          static_cast<long>(der.size())) > 0,
            "PEM_write_bio");
    return written_to(out.get());
}

Result<Secret> decrypt_under(const Secret& passphrase, std::string_view pem) {
    const CmsHandle cms = parse_cms(bytes_of_pem(pem));
    if (cms == nullptr || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_enveloped) {
        forget_errors();
        return bad_cms("cms.unreadable", "This is not an encrypted CMS, or it is damaged.");
    }
    // Borrowed for the call; the interface takes it as changeable and does not change it.
    const std::string_view text = passphrase.reveal();
    auto* const given = const_cast<unsigned char*>(octets(text));  // NOLINT
    auto content =
        CMS_decrypt_set1_password(cms.get(), given, static_cast<ossl_ssize_t>(text.size())) == 1
            ? read_clear(cms.get(), pem.size())
            : std::nullopt;
    forget_errors();
    if (!content) {
        return bad_cms("cms.wrong_passphrase",
                       "The passphrase does not open it, or it was damaged.");
    }
    return *std::move(content);
}

}  // namespace sealdesk::crypto
