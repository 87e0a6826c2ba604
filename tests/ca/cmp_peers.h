#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ca/cmp_ca.h"
#include "ca/cmp_handles.h"
#include "ca/cmp_server.h"
#include "ca/demo_desk.h"

namespace sealdesk::ca {

/// A key and a certificate the test CA signed for it, valid for a day around the machine's time.
struct Identity {
    crypto::KeyPair key;
    crypto::Certificate certificate;
};

/// A copy that shares the key.
[[nodiscard]] crypto::KeyPair share(const crypto::KeyPair& key);

/// OpenSSL's own CMP client on one order, through DER both ways.
class CmpClient {
public:
    using Carry = std::function<std::string(std::string_view)>;

    CmpClient(const Identity& identity, const Identity& responder, Carry carry);

    [[nodiscard]] OSSL_CMP_CTX* native() const { return context_.get(); }
    CmpClient& transaction(const std::string& id);
    CmpClient& subject(const std::string& common_name);
    CmpClient& public_key(const crypto::KeyPair& key);
    CmpClient& private_key(const crypto::KeyPair& key);
    CmpClient& old_certificate(const std::string& der);
    CmpClient& info(std::string_view oid, const std::string& value);

    /// The certificate's DER; empty when there is none.
    [[nodiscard]] std::string enrol(int kind);
    [[nodiscard]] std::string enrol_csr(const std::string& der);
    /// "ok" or the failure.
    [[nodiscard]] std::string revoke(const std::string& certificate, int reason);

    /// The last refusal: bits of PKIFailureInfo, and its text.
    [[nodiscard]] bool failed_with(CmpFailureBit bit) const;
    [[nodiscard]] std::string text() const;

    std::vector<std::string> requests;
    std::vector<std::string> answers;

private:
    static OSSL_CMP_MSG* transfer(OSSL_CMP_CTX* context, const OSSL_CMP_MSG* request);

    Carry carry_;
    CmpContext context_;
};

/// Kind of the message's body, failure bits and text of an error message.
struct ReadAnswer {
    unsigned kind = 0;
    unsigned bits = 0;
    std::string text;
};
[[nodiscard]] ReadAnswer read_answer(const std::string& der);

/// A request taken apart, to be changed and signed again.
struct OpenedMessage {
    std::string header;  ///< DER PKIHeader
    std::string body;    ///< DER PKIBody
};
[[nodiscard]] OpenedMessage opened(const std::string& der);
[[nodiscard]] std::string signed_by(const Identity& identity, const OpenedMessage& message);

/// The header without the optional field of this tag number, or with it replaced.
[[nodiscard]] std::string with_header_field(const std::string& header, unsigned number,
                                            const std::string& replacement);

/// A PKCS#10 request, DER, for C, O, CN and serialNumber as CmpClient::subject makes them.
[[nodiscard]] std::string make_named_csr(const crypto::KeyPair& key,
                                         const std::string& common_name);

/// Fixture: a CA, a server before it, a registered RA. The clock shows the machine's time, because
/// OpenSSL stamps messages with it.
class WithCmp : public WithCa {
protected:
    void SetUp() override;

    [[nodiscard]] CmpServer& server() { return *server_; }
    [[nodiscard]] const Identity& ra() const;
    [[nodiscard]] const Identity& other_ra() const;
    [[nodiscard]] const Identity& responder() const;
    [[nodiscard]] CmpClient client();
    [[nodiscard]] CmpClient client_of(const Identity& identity);
    void register_other();

    /// A sealdesk RA in front of the server.
    [[nodiscard]] std::unique_ptr<CmpCa> cmp_ca(CmpCa::Transport transport = {});

    /// An ir of a new key; its certificate.
    std::string enrolled(const std::string& transaction, int key);

    std::string last_request;
    std::string last_answer;

private:
    std::unique_ptr<CmpServer> server_;
};

}  // namespace sealdesk::ca
