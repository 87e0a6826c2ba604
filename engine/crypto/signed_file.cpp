#include "crypto/signed_file.h"

#include <openssl/cms.h>

#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {
namespace {

Error bad_signed_file() {
    return {ErrorKind::Invalid,
            "cms.unreadable",
            "This is not a signature with its content inside, or it is damaged.",
            {},
            {}};
}

CmsHandle read_signed_data(std::string_view bytes) {
    const unsigned char* at = octets(bytes);
    CmsHandle cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(bytes.size())));
    const bool sound = cms != nullptr && at == octets(bytes) + bytes.size() &&
                       OBJ_obj2nid(CMS_get0_type(cms.get())) == NID_pkcs7_signed;
    if (!sound) {
        forget_errors();
        return nullptr;
    }
    return cms;
}

std::vector<Certificate> certificates_in(CMS_ContentInfo* cms) {
    STACK_OF(X509)* const stack = CMS_get1_certs(cms);
    std::vector<Certificate> all;
    for (int i = 0; i < sk_X509_num(stack); ++i) {
        X509* const one = sk_X509_value(stack, i);
        require(X509_up_ref(one) == 1, "X509_up_ref");
        all.emplace_back(one);
    }
    sk_X509_pop_free(stack, &X509_free);
    return all;
}

/// The content taken out: what is left is the signature as it was made.
std::string take_content(CMS_ContentInfo* cms) {
    ASN1_OCTET_STRING** const place = CMS_get0_content(cms);
    if (place == nullptr || *place == nullptr) {
        return {};
    }
    std::string content(reinterpret_cast<const char*>(ASN1_STRING_get0_data(*place)),
                        static_cast<std::size_t>(ASN1_STRING_length(*place)));
    ASN1_OCTET_STRING_free(*place);
    *place = nullptr;
    return content;
}

}  // namespace

Result<std::string> make_signed_file(std::string_view signature, std::string_view content,
                                     std::span<const Certificate> chain) {
    const CmsHandle cms = read_signed_data(signature);
    ASN1_OCTET_STRING** const place = cms == nullptr ? nullptr : CMS_get0_content(cms.get());
    if (place == nullptr || *place != nullptr) {
        forget_errors();
        return bad_signed_file();
    }
    *place = ASN1_OCTET_STRING_new();
    require(*place != nullptr &&
                ASN1_STRING_set(*place, content.data(), static_cast<int>(content.size())) == 1,
            "ASN1_STRING_set");
    for (const Certificate& one : chain) {
        require(CMS_add1_cert(cms.get(), one.native()) == 1, "CMS_add1_cert");
    }
    return to_der<CMS_ContentInfo>(cms.get(), &i2d_CMS_ContentInfo);
}

Result<SignedFile> open_signed_file(std::string_view file) {
    const CmsHandle cms = read_signed_data(file);
    if (cms == nullptr) {
        return bad_signed_file();
    }
    std::vector<Certificate> inside = certificates_in(cms.get());
    std::string content = take_content(cms.get());
    std::string signature = to_der<CMS_ContentInfo>(cms.get(), &i2d_CMS_ContentInfo);
    auto signer = verify_detached(signature, content, inside);
    if (!signer) {
        return signer.error();
    }
    std::erase(inside, signer->certificate);
    return SignedFile{std::move(content), std::move(signature), *std::move(signer),
                      std::move(inside)};
}

bool is_certified_by(const Certificate& certificate, const Certificate& issuer) {
    const bool named = X509_check_issued(issuer.native(), certificate.native()) == X509_V_OK;
    EVP_PKEY* const key = X509_get0_pubkey(issuer.native());
    const bool signed_by = named && key != nullptr && X509_verify(certificate.native(), key) == 1;
    forget_errors();
    return signed_by;
}

}  // namespace sealdesk::crypto
