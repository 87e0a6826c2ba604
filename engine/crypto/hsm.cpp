#include "crypto/hsm.h"

#include <array>
#include <cstdio>
#include <mutex>
#include <utility>

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include "base/error.h"
#include "crypto/rsa_encoding.h"

namespace sealdesk::crypto {
namespace {

constexpr std::size_t kTokenLabelLength = 32;  // CK_TOKEN_INFO.label, padded with blanks

Error hsm_error(ErrorKind kind, std::string code, std::string detail, std::string where) {
    return {kind, std::move(code), std::move(detail), std::move(where), "M 6.2.1"};
}

/// The module did not do what it should.
void require_hsm(CK_RV result, std::string_view call) {
    if (result != CKR_OK) {
        std::array<char, 24> number{};
        std::snprintf(number.data(), number.size(), "0x%08lx", result);
        throw_unavailable("hsm.failed", "The hardware security module broke off " +
                                            std::string(call) + " with " + number.data() +
                                            "; look at it, then begin again.");
    }
}

/// The module of this file, ready for use by several threads.
Result<CK_FUNCTION_LIST*> load_module(const std::filesystem::path& file) {
    static std::mutex one_at_a_time;
    const std::scoped_lock lock(one_at_a_time);
    if (file.empty()) {
        return hsm_error(ErrorKind::Invalid, "hsm.no_module",
                         "This CA's key lies in a hardware security module; say which PKCS#11 "
                         "library reaches it and which token: ca.pkcs11_module, ca.pkcs11_token.",
                         {});
    }
    const auto unusable = [&](const std::string& why) {
        return hsm_error(ErrorKind::Invalid, "hsm.module_unusable",
                         "The PKCS#11 library cannot be used (" + why +
                             "); check ca.pkcs11_module and the library's own configuration.",
                         file.string());
    };
    void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const symbol = library == nullptr ? nullptr : ::dlsym(library, "C_GetFunctionList");
    if (symbol == nullptr) {
        const char* const why = ::dlerror();  // NOLINT(concurrency-mt-unsafe): under the lock
        return unusable(why == nullptr ? "C_GetFunctionList" : why);
    }
    CK_FUNCTION_LIST* functions = nullptr;
    const auto get_functions = reinterpret_cast<CK_C_GetFunctionList>(symbol);
    if (get_functions(&functions) != CKR_OK || functions == nullptr) {
        return unusable("C_GetFunctionList");
    }
    CK_C_INITIALIZE_ARGS threads{};
    threads.flags = CKF_OS_LOCKING_OK;
    const CK_RV begun = functions->C_Initialize(&threads);
    if (begun != CKR_OK && begun != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
        return unusable("C_Initialize");
    }
    return functions;
}

std::string label_of(const CK_TOKEN_INFO& info) {
    const std::string_view label(reinterpret_cast<const char*>(info.label), kTokenLabelLength);
    return std::string(label.substr(0, label.find_last_not_of(' ') + 1));
}

struct Slot {
    CK_FUNCTION_LIST* module;
    CK_SLOT_ID id;
    CK_FLAGS flags;
};

Result<Slot> find_token(const HsmPlace& place) {
    const auto module = load_module(place.module);
    if (!module) {
        return module.error();
    }
    CK_FUNCTION_LIST* const functions = *module;
    CK_ULONG count = 0;
    require_hsm(functions->C_GetSlotList(CK_TRUE, nullptr, &count), "C_GetSlotList");
    std::vector<CK_SLOT_ID> ids(count);
    require_hsm(functions->C_GetSlotList(CK_TRUE, ids.data(), &count), "C_GetSlotList");
    ids.resize(count);
    std::vector<Slot> found;
    for (const CK_SLOT_ID id : ids) {
        CK_TOKEN_INFO info{};
        if (functions->C_GetTokenInfo(id, &info) == CKR_OK && label_of(info) == place.token) {
            found.push_back({functions, id, info.flags});
        }
    }
    if (found.empty()) {
        return hsm_error(ErrorKind::Invalid, "hsm.token_not_found",
                         "The PKCS#11 library knows no token of this label; is it plugged in, is "
                         "its service running, and is ca.pkcs11_token right?",
                         place.token);
    }
    if (found.size() > 1) {
        return hsm_error(ErrorKind::Invalid, "hsm.several_tokens",
                         "Several tokens have this label; give them different ones.", place.token);
    }
    return found.front();
}

/// Logs out when the last session of the process ends.
class Session {
public:
    Session(const Slot& slot, CK_FLAGS flags) : module_(slot.module) {
        require_hsm(
            module_->C_OpenSession(slot.id, CKF_SERIAL_SESSION | flags, nullptr, nullptr, &id_),
            "C_OpenSession");
    }
    Session(Session&& other) noexcept
        : module_(std::exchange(other.module_, nullptr)), id_(other.id_) {}
    Session& operator=(Session&&) = delete;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        if (module_ != nullptr) {
            module_->C_CloseSession(id_);
        }
    }

    [[nodiscard]] CK_FUNCTION_LIST* operator->() const { return module_; }
    [[nodiscard]] CK_SESSION_HANDLE id() const { return id_; }

private:
    CK_FUNCTION_LIST* module_;
    CK_SESSION_HANDLE id_ = 0;
};

/// PKCS#11 takes pointers to something it may change; it does not.
template <class T>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const T& value) {
    return {type, const_cast<T*>(&value), sizeof value};  // NOLINT(*-const-cast)
}
CK_ATTRIBUTE text_attribute(CK_ATTRIBUTE_TYPE type, std::string_view text) {
    return {type, const_cast<char*>(text.data()), text.size()};  // NOLINT(*-const-cast)
}

Outcome log_in(const Session& session, const std::string& token, const Secret& pin) {
    const std::string_view text = pin.reveal();
    auto* const bytes =
        reinterpret_cast<CK_UTF8CHAR*>(const_cast<char*>(text.data()));  // NOLINT(*-const-cast)
    const CK_RV result = session->C_Login(session.id(), CKU_USER, bytes, text.size());
    switch (result) {
        case CKR_OK:
        case CKR_USER_ALREADY_LOGGED_IN:  // by another session of this process
            return done();
        case CKR_PIN_INCORRECT:
        case CKR_PIN_INVALID:
        case CKR_PIN_LEN_RANGE:
            return hsm_error(ErrorKind::Refused, "hsm.pin_wrong",
                             "The token's PIN is wrong. A token locks after a few wrong PINs: "
                             "put it right before anything tries again.",
                             token);
        case CKR_PIN_LOCKED:
            return hsm_error(ErrorKind::Refused, "hsm.pin_locked",
                             "The token is locked after too many wrong PINs; its security officer "
                             "unlocks it with the vendor's own tool.",
                             token);
        default: require_hsm(result, "C_Login"); return done();
    }
}

std::vector<CK_OBJECT_HANDLE> find_keys(const Session& session, CK_OBJECT_CLASS kind,
                                        std::string_view label) {
    const CK_KEY_TYPE rsa = CKK_RSA;
    std::array wanted{attribute(CKA_CLASS, kind), attribute(CKA_KEY_TYPE, rsa),
                      text_attribute(CKA_LABEL, label)};
    require_hsm(session->C_FindObjectsInit(session.id(), wanted.data(), wanted.size()),
                "C_FindObjectsInit");
    std::vector<CK_OBJECT_HANDLE> found(8);
    CK_ULONG count = 0;
    const CK_RV result = session->C_FindObjects(session.id(), found.data(), found.size(), &count);
    session->C_FindObjectsFinal(session.id());
    require_hsm(result, "C_FindObjects");
    found.resize(count);
    return found;
}

std::string read_attribute(const Session& session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type) {
    CK_ATTRIBUTE wanted{type, nullptr, 0};
    require_hsm(session->C_GetAttributeValue(session.id(), key, &wanted, 1), "C_GetAttributeValue");
    std::string value(wanted.ulValueLen, '\0');
    wanted.pValue = value.data();
    require_hsm(session->C_GetAttributeValue(session.id(), key, &wanted, 1), "C_GetAttributeValue");
    return value;
}

/// DER SubjectPublicKeyInfo of a public or private key object.
std::string public_key_of(const Session& session, CK_OBJECT_HANDLE key) {
    return rsa_public_key(read_attribute(session, key, CKA_MODULUS),
                          read_attribute(session, key, CKA_PUBLIC_EXPONENT));
}

Result<Session> logged_in(const HsmPlace& place, const Secret& pin, CK_FLAGS flags) {
    const auto slot = find_token(place);
    if (!slot) {
        return slot.error();
    }
    Session session(*slot, flags);
    const Outcome allowed = log_in(session, place.token, pin);
    if (!allowed) {
        return allowed.error();
    }
    return session;
}

CK_OBJECT_HANDLE make_key(const Session& session, std::string_view label, CK_ULONG bits) {
    const CK_BBOOL yes = CK_TRUE;
    const CK_BBOOL no = CK_FALSE;
    const std::array<CK_BYTE, 3> exponent{1, 0, 1};
    std::array public_template{attribute(CKA_TOKEN, yes),
                               attribute(CKA_PRIVATE, no),
                               attribute(CKA_VERIFY, yes),
                               attribute(CKA_ENCRYPT, no),
                               attribute(CKA_WRAP, no),
                               attribute(CKA_MODULUS_BITS, bits),
                               attribute(CKA_PUBLIC_EXPONENT, exponent),
                               text_attribute(CKA_ID, label),
                               text_attribute(CKA_LABEL, label)};
    std::array private_template{attribute(CKA_TOKEN, yes),       attribute(CKA_PRIVATE, yes),
                                attribute(CKA_SENSITIVE, yes),   attribute(CKA_EXTRACTABLE, no),
                                attribute(CKA_SIGN, yes),        attribute(CKA_DECRYPT, no),
                                attribute(CKA_UNWRAP, no),       text_attribute(CKA_ID, label),
                                text_attribute(CKA_LABEL, label)};
    CK_MECHANISM mechanism{CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0};
    CK_OBJECT_HANDLE public_half = 0;
    CK_OBJECT_HANDLE private_half = 0;
    require_hsm(session->C_GenerateKeyPair(session.id(), &mechanism, public_template.data(),
                                           public_template.size(), private_template.data(),
                                           private_template.size(), &public_half, &private_half),
                "C_GenerateKeyPair");
    return private_half;
}

}  // namespace

struct HsmKey::Parts {
    Session session;
    CK_OBJECT_HANDLE key;
    std::string public_key;
};

HsmKey::HsmKey(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HsmKey::HsmKey(HsmKey&&) noexcept = default;
HsmKey& HsmKey::operator=(HsmKey&&) noexcept = default;
HsmKey::~HsmKey() = default;

Result<HsmKey> HsmKey::open(const HsmPlace& place, std::string_view label, const Secret& pin) {
    auto session = logged_in(place, pin, 0);
    if (!session) {
        return session.error();
    }
    const auto keys = find_keys(*session, CKO_PRIVATE_KEY, label);
    const std::string where = place.token + ": " + std::string(label);
    if (keys.empty()) {
        return hsm_error(ErrorKind::Invalid, "hsm.key_not_found",
                         "The token has no RSA key of this label that this PIN opens.", where);
    }
    if (keys.size() > 1) {
        return hsm_error(ErrorKind::Invalid, "hsm.several_keys",
                         "The token has several keys of this label; rename or delete those that "
                         "are not the CA's, with the vendor's own tool.",
                         where);
    }
    std::string public_key = public_key_of(*session, keys.front());
    return HsmKey(
        std::make_unique<Parts>(Parts{*std::move(session), keys.front(), std::move(public_key)}));
}

Result<HsmKey> HsmKey::generate_rsa(const HsmPlace& place, std::string_view label,
                                    const Secret& pin, int bits) {
    auto session = logged_in(place, pin, CKF_RW_SESSION);
    if (!session) {
        return session.error();
    }
    if (!find_keys(*session, CKO_PRIVATE_KEY, label).empty()) {
        return hsm_error(ErrorKind::Refused, "hsm.key_exists",
                         "The token has a key of this label already; choose another label.",
                         place.token + ": " + std::string(label));
    }
    const CK_OBJECT_HANDLE key = make_key(*session, label, static_cast<CK_ULONG>(bits));
    std::string public_key = public_key_of(*session, key);
    return HsmKey(std::make_unique<Parts>(Parts{*std::move(session), key, std::move(public_key)}));
}

std::string HsmKey::public_key() const { return parts_->public_key; }

std::string HsmKey::sign_digest(std::string_view digest) const {
    std::string info = sha256_digest_info(digest);
    const Session& session = parts_->session;
    CK_MECHANISM mechanism{CKM_RSA_PKCS, nullptr, 0};
    require_hsm(session->C_SignInit(session.id(), &mechanism, parts_->key), "C_SignInit");
    std::array<CK_BYTE, 1024> signature{};  // RSA of up to 8192 bits
    CK_ULONG length = signature.size();
    require_hsm(session->C_Sign(session.id(), reinterpret_cast<CK_BYTE*>(info.data()), info.size(),
                                signature.data(), &length),
                "C_Sign");
    return {reinterpret_cast<const char*>(signature.data()), length};
}

Result<HsmState> look_at_hsm(const HsmPlace& place, std::string_view label) {
    const auto slot = find_token(place);
    if (!slot) {
        return slot.error();
    }
    const Session session(*slot, 0);
    HsmState state{(slot->flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) != 0,
                   (slot->flags & CKF_USER_PIN_LOCKED) != 0,
                   {}};
    for (const CK_OBJECT_HANDLE key : find_keys(session, CKO_PUBLIC_KEY, label)) {
        state.public_keys.push_back(public_key_of(session, key));
    }
    return state;
}

}  // namespace sealdesk::crypto
