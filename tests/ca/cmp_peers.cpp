#include "ca/cmp_peers.h"

#include <openssl/x509v3.h>

#include "base/text.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;
namespace der = crypto::der;
using NameHandle = Handle<X509_NAME, &X509_NAME_free>;

constexpr std::string_view kProfile = "tipo-software";

const crypto::KeyPair& ca_key() {
    static const auto key = crypto::KeyPair::load(test_ca_files().key, test_passphrase());
    return *key;
}

const crypto::Certificate& ca_certificate() {
    static const auto certificate = crypto::Certificate::load(test_ca_files().certificate);
    return *certificate;
}

void add_entry(X509_NAME* name, int nid, const std::string& value) {
    X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, crypto::octets(value), int(value.size()),
                               -1, 0);
}

NameHandle subject_name(const std::string& common_name) {
    NameHandle name(X509_NAME_new());
    add_entry(name.get(), NID_countryName, "TW");
    add_entry(name.get(), NID_organizationName, "測試股份有限公司");
    add_entry(name.get(), NID_commonName, common_name);
    add_entry(name.get(), NID_serialNumber, "12345675");
    return name;
}

void add_to(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, ca_certificate().native(), certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Identity certified(crypto::KeyPair key, const std::string& common_name) {
    static int serial = 100;
    crypto::X509Handle made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -86'400);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400);
    const NameHandle name(X509_NAME_new());
    add_entry(name.get(), NID_commonName, common_name);
    X509_set_subject_name(made.get(), name.get());
    X509_set_issuer_name(made.get(), X509_get_subject_name(ca_certificate().native()));
    X509_set_pubkey(made.get(), key.native());
    add_to(made.get(), NID_subject_key_identifier, "hash");
    add_to(made.get(), NID_key_usage, "critical,digitalSignature");
    crypto::require(X509_sign(made.get(), ca_key().native(), EVP_sha256()) > 0, "X509_sign");
    return {std::move(key), crypto::Certificate(made.release())};
}

}  // namespace

crypto::KeyPair share(const crypto::KeyPair& key) {
    EVP_PKEY_up_ref(key.native());
    return crypto::KeyPair(key.native());
}

CmpClient::CmpClient(const Identity& identity, const Identity& responder, Carry carry)
    : carry_(std::move(carry)), context_(OSSL_CMP_CTX_new(nullptr, nullptr)) {
    OSSL_CMP_CTX_set_log_cb(native(), &forget_cmp_log);
    OSSL_CMP_CTX_set1_pkey(native(), identity.key.native());
    OSSL_CMP_CTX_set1_cert(native(), identity.certificate.native());
    OSSL_CMP_CTX_set1_srvCert(native(), responder.certificate.native());
    OSSL_CMP_CTX_set_transfer_cb(native(), &CmpClient::transfer);
    OSSL_CMP_CTX_set_option(native(), OSSL_CMP_OPT_IMPLICIT_CONFIRM, 1);
    OSSL_CMP_CTX_set_option(native(), OSSL_CMP_OPT_POPO_METHOD, OSSL_CRMF_POPO_RAVERIFIED);
}

OSSL_CMP_MSG* CmpClient::transfer(OSSL_CMP_CTX* context, const OSSL_CMP_MSG* request) {
    auto* const client = static_cast<CmpClient*>(OSSL_CMP_CTX_get_transfer_cb_arg(context));
    client->requests.push_back(cmp_to_der(request));
    client->answers.push_back(client->carry_(client->requests.back()));
    return parse_cmp(client->answers.back()).release();
}

CmpClient& CmpClient::transaction(const std::string& id) {
    ASN1_OCTET_STRING* const octets = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(octets, crypto::octets(id), int(id.size()));
    OSSL_CMP_CTX_set1_transactionID(native(), octets);
    ASN1_OCTET_STRING_free(octets);
    return *this;
}

CmpClient& CmpClient::subject(const std::string& common_name) {
    OSSL_CMP_CTX_set1_subjectName(native(), subject_name(common_name).get());
    return *this;
}

CmpClient& CmpClient::public_key(const crypto::KeyPair& key) {
    const std::string spki = key.public_key();
    const unsigned char* at = crypto::octets(spki);
    OSSL_CMP_CTX_set0_newPkey(native(), 0, d2i_PUBKEY(nullptr, &at, long(spki.size())));
    return *this;
}

CmpClient& CmpClient::private_key(const crypto::KeyPair& key) {
    EVP_PKEY_up_ref(key.native());
    OSSL_CMP_CTX_set0_newPkey(native(), 1, key.native());
    OSSL_CMP_CTX_set_option(native(), OSSL_CMP_OPT_POPO_METHOD, OSSL_CRMF_POPO_SIGNATURE);
    return *this;
}

CmpClient& CmpClient::old_certificate(const std::string& der) {
    OSSL_CMP_CTX_set1_oldCert(native(), crypto::Certificate::parse(der)->native());
    return *this;
}

CmpClient& CmpClient::info(std::string_view oid, const std::string& value) {
    const unsigned char* at = crypto::octets(value);
    OSSL_CMP_CTX_push0_geninfo_ITAV(
        native(), OSSL_CMP_ITAV_create(OBJ_txt2obj(std::string(oid).c_str(), 1),
                                       d2i_ASN1_TYPE(nullptr, &at, long(value.size()))));
    return *this;
}

std::string CmpClient::enrol(int kind) {
    OSSL_CMP_CTX_set_transfer_cb_arg(native(), this);
    const X509* const issued = OSSL_CMP_exec_certreq(native(), kind, nullptr);
    crypto::forget_errors();
    return issued == nullptr ? std::string() : crypto::to_der<X509>(issued, &i2d_X509);
}

std::string CmpClient::enrol_csr(const std::string& der) {
    const unsigned char* at = crypto::octets(der);
    const Handle<X509_REQ, &X509_REQ_free> csr(d2i_X509_REQ(nullptr, &at, long(der.size())));
    OSSL_CMP_CTX_set1_p10CSR(native(), csr.get());
    return enrol(OSSL_CMP_P10CR);
}

std::string CmpClient::revoke(const std::string& certificate, int reason) {
    OSSL_CMP_CTX_set_transfer_cb_arg(native(), this);
    old_certificate(certificate);
    OSSL_CMP_CTX_set_option(native(), OSSL_CMP_OPT_REVOCATION_REASON, reason);
    const bool is_done = OSSL_CMP_exec_RR_ses(native()) == 1;
    crypto::forget_errors();
    return is_done ? "ok" : text();
}

bool CmpClient::failed_with(CmpFailureBit bit) const {
    return OSSL_CMP_CTX_get_status(native()) == OSSL_CMP_PKISTATUS_rejection &&
           OSSL_CMP_CTX_get_failInfoCode(native()) == 1 << unsigned(bit);
}

std::string CmpClient::text() const {
    const OSSL_CMP_PKIFREETEXT* const texts = OSSL_CMP_CTX_get0_statusString(native());
    if (texts == nullptr || sk_ASN1_UTF8STRING_num(texts) == 0) {
        return {};
    }
    const ASN1_UTF8STRING* const text = sk_ASN1_UTF8STRING_value(texts, 0);
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            std::size_t(ASN1_STRING_length(text))};
}

ReadAnswer read_answer(const std::string& der) {
    ReadAnswer answer;
    const auto message = read_cmp_message(der);
    if (!message || parse_cmp(der) == nullptr) {
        ADD_FAILURE() << "no PKIMessage: " << to_hex(der);
        return answer;
    }
    answer.kind = message->kind;
    if (message->kind == cmp_body::kErrorMessage) {
        der::Reader content(der::Reader(message->body).next()->content);
        der::Reader status(content.next()->content);
        static_cast<void>(status.next());  // rejection
        answer.text = der::Reader(status.next()->content).next()->content;
        const std::string_view bits = status.next()->content;
        for (std::size_t i = 8; i < bits.size() * 8; ++i) {
            answer.bits |= ((unsigned(bits[i / 8]) >> (7 - i % 8)) & 1U) << (i - 8);
        }
    }
    return answer;
}

OpenedMessage opened(const std::string& der) {
    der::Reader parts(der::Reader(der).next()->content);
    const auto header = parts.next();
    const auto body = parts.next();
    return {std::string(header->whole), std::string(body->whole)};
}

std::string signed_by(const Identity& identity, const OpenedMessage& message) {
    const std::string signature = identity.key.sign(der::sequence({message.header, message.body}));
    const std::string bits = der::element(der::kBitString, {std::string_view("\0", 1), signature});
    return der::sequence(
        {message.header, message.body, der::element(der::context_constructed(0), {bits})});
}

std::string with_header_field(const std::string& header, unsigned number,
                              const std::string& replacement) {
    std::string fields;
    der::Reader reader(der::Reader(header).next()->content);
    for (int place = 0; const auto field = reader.next(); ++place) {
        const bool is_it = place > 2 && field->tag == der::context_constructed(number);
        fields += is_it ? replacement : std::string(field->whole);
    }
    return der::sequence({fields});
}

std::string make_named_csr(const crypto::KeyPair& key, const std::string& common_name) {
    const Handle<X509_REQ, &X509_REQ_free> request(X509_REQ_new());
    X509_REQ_set_subject_name(request.get(), subject_name(common_name).get());
    X509_REQ_set_pubkey(request.get(), key.native());
    X509_REQ_sign(request.get(), key.native(), EVP_sha256());
    return crypto::to_der<X509_REQ>(request.get(), &i2d_X509_REQ);
}

void WithCmp::SetUp() {
    WithCa::SetUp();
    clock().set(SystemClock().now() - 1h);
    CmpSettings settings{"test-ca", share(responder().key), responder().certificate,
                         test_profiles(), std::string(kProfile)};
    auto opened = CmpServer::open(db(), ca(), std::move(settings));
    ASSERT_EQ(code_of(opened), "ok");
    server_ = std::make_unique<CmpServer>(std::move(opened).value());
    store::transact(db(), "test.register", [&](store::Tx& tx) {
        EXPECT_EQ(code_of(register_ra(tx, "test-ca", "first", ra().certificate)), "ok");
    });
    clock().set(SystemClock().now());
}

void WithCmp::register_other() {
    store::transact(db(), "test.register", [&](store::Tx& tx) {
        EXPECT_EQ(code_of(register_ra(tx, "test-ca", "other", other_ra().certificate)), "ok");
    });
}

const Identity& WithCmp::ra() const {
    static const Identity identity = certified(crypto::KeyPair::generate_p256(), "RA one");
    return identity;
}

const Identity& WithCmp::other_ra() const {
    static const Identity identity = certified(crypto::KeyPair::generate_rsa(2048), "RA two");
    return identity;
}

const Identity& WithCmp::responder() const {
    static const Identity identity = certified(crypto::KeyPair::generate_rsa(2048), "CMP");
    return identity;
}

CmpClient WithCmp::client() { return client_of(ra()); }

CmpClient WithCmp::client_of(const Identity& identity) {
    return {identity, responder(), [this](std::string_view request) {
                last_request = request;
                last_answer = server().answer(request);
                return last_answer;
            }};
}

std::unique_ptr<CmpCa> WithCmp::cmp_ca(CmpCa::Transport transport) {
    if (!transport) {
        transport = [this](std::string_view request) -> Result<std::string> {
            last_request = request;
            last_answer = server().answer(request);
            return last_answer;
        };
    }
    CmpParties parties{share(ra().key), ra().certificate, responder().certificate,
                       ca_certificate()};
    return std::make_unique<CmpCa>(
        clock(), std::move(parties), test_profiles(), std::move(transport),
        [this](std::string_view serial) -> std::optional<std::string> {
            const std::vector<store::Value> args{std::string(serial)};
            const auto rows =
                connection().query("SELECT certificate FROM ca_certificate WHERE serial = ?", args);
            return rows.empty() ? std::nullopt : std::optional(rows[0].bytes(0));
        });
}

std::string WithCmp::enrolled(const std::string& transaction, int key) {
    auto one = client();
    std::string issued = one.transaction(transaction)
                             .subject("測試股份有限公司")
                             .public_key(subject_key(key))
                             .enrol(OSSL_CMP_IR);
    EXPECT_FALSE(issued.empty()) << one.text();
    return issued;
}

}  // namespace sealdesk::ca
