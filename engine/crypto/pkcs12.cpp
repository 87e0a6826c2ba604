#include "crypto/pkcs12.h"

#include <utility>

#include <openssl/pkcs12.h>

#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {
namespace {

using Pkcs12Handle = Handle<PKCS12, &PKCS12_free>;

void free_stack(stack_st_X509* stack) { sk_X509_pop_free(stack, X509_free); }
using ChainHandle = Handle<stack_st_X509, &free_stack>;

/// The C interface wants a terminated text; the copy is a Secret too.
Secret terminated(const Secret& password) {
    const std::string_view text = password.reveal();
    Secret copy(text.size() + 1);
    text.copy(copy.fill().data(), text.size());
    return copy;
}

Error bad_pkcs12(std::string code, std::string detail) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), {}, {}};
}

/// How the parts of a file are protected.
struct Protection {
    int cipher;  ///< OpenSSL's number
    int iterations;
    const EVP_MD* mac;
};

Pkcs12Handle build_pkcs12(const Pkcs12& content, std::string_view friendly_name,
                          const Secret& password, const Protection& how) {
    SEALDESK_CHECK(content.certificate.belongs_to(content.key) && password.size() > 0);
    const ChainHandle chain(sk_X509_new_null());
    for (const Certificate& certificate : content.chain) {
        X509_up_ref(certificate.native());
        require(sk_X509_push(chain.get(), certificate.native()) > 0, "sk_X509_push");
    }
    const Secret text = terminated(password);
    const std::string name(friendly_name);
    constexpr int no_mac = -1;
    Pkcs12Handle made(PKCS12_create(text.reveal().data(), name.c_str(), content.key.native(),
                                    content.certificate.native(), chain.get(), how.cipher,
                                    how.cipher, how.iterations, no_mac, 0));
    require(made != nullptr, "PKCS12_create");
    require(PKCS12_set_mac(made.get(), text.reveal().data(), -1, nullptr, 0, how.iterations,
                           how.mac) == 1,
            "PKCS12_set_mac");
    return made;
}

}  // namespace

std::string make_pkcs12(const Pkcs12& content, std::string_view friendly_name,
                        const Secret& password, int iterations) {
    const Pkcs12Handle made =
        build_pkcs12(content, friendly_name, password, {NID_aes_256_cbc, iterations, EVP_sha256()});
    return to_der<PKCS12>(made.get(), &i2d_PKCS12);
}

std::string make_legacy_pkcs12(const Pkcs12& content, std::string_view friendly_name,
                               const Secret& password) {
    const Pkcs12Handle made =
        build_pkcs12(content, friendly_name, password,
                     {NID_pbe_WithSHA1And3_Key_TripleDES_CBC, kLegacyPkcs12Iterations, EVP_sha1()});
    return to_der<PKCS12>(made.get(), &i2d_PKCS12);
}

Result<Pkcs12> open_pkcs12(std::string_view bytes, const Secret& password) {
    const unsigned char* at = octets(bytes);
    const Pkcs12Handle file(d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size())));
    if (file == nullptr) {
        forget_errors();
        return bad_pkcs12("pkcs12.unreadable", "This is not a PKCS#12 file, or it is damaged.");
    }
    const Secret text = terminated(password);
    if (PKCS12_verify_mac(file.get(), text.reveal().data(), -1) != 1) {
        forget_errors();
        return bad_pkcs12("pkcs12.wrong_password",
                          "The password does not open this PKCS#12 file, or it was changed.");
    }
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    stack_st_X509* others = nullptr;
    const int parsed = PKCS12_parse(file.get(), text.reveal().data(), &key, &certificate, &others);
    // Owners first: what was found is freed on every way out.
    const ChainHandle chain(others);
    PkeyHandle owned_key(key);
    X509Handle owned_certificate(certificate);
    forget_errors();
    if (parsed != 1 || owned_key == nullptr || owned_certificate == nullptr) {
        return bad_pkcs12("pkcs12.incomplete",
                          "The PKCS#12 file does not hold a private key with its certificate.");
    }
    Pkcs12 content{KeyPair(owned_key.release()), Certificate(owned_certificate.release()), {}};
    if (!content.certificate.belongs_to(content.key)) {
        return bad_pkcs12("pkcs12.key_mismatch",
                          "Key and certificate in the PKCS#12 file do not belong together.");
    }
    for (int i = 0; i < sk_X509_num(chain.get()); ++i) {
        X509* const other = sk_X509_value(chain.get(), i);
        X509_up_ref(other);
        content.chain.emplace_back(other);
    }
    return content;
}

}  // namespace sealdesk::crypto
