// Messages an RA signed that no client of OpenSSL's would send.
#include <gtest/gtest.h>

#include "ca/cmp_peers.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;

class CmpMessageTest : public WithCmp {
protected:
    /// A good ir that was not sent.
    OpenedMessage good_request(int key) {
        std::string request;
        CmpClient one(ra(), responder(), [&](std::string_view message) {
            request = message;
            return std::string();
        });
        static_cast<void>(
            one.subject("測試股份有限公司").public_key(subject_key(key)).enrol(OSSL_CMP_IR));
        return opened(request);
    }

    /// The one failure bit of the error message that answers it.
    unsigned failure_of(const OpenedMessage& message) {
        const ReadAnswer answer = read_answer(server().answer(signed_by(ra(), message)));
        for (unsigned bit = 0; bit < 32; ++bit) {
            if (answer.bits == 1U << bit) {
                return bit;
            }
        }
        return 99;
    }
    unsigned failure_without(unsigned field, const std::string& replacement = {}) {
        OpenedMessage message = good_request(0);
        message.header = with_header_field(message.header, field, replacement);
        return failure_of(message);
    }
};

TEST_P(CmpMessageTest, SignedAnewItIsAsGoodAsBefore) {
    const OpenedMessage message = good_request(0);
    EXPECT_NE(read_answer(server().answer(signed_by(ra(), message))).kind, cmp_body::kErrorMessage);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
}

// RFC 4210 §5.1: extraCerts stand outside the protection.
TEST_P(CmpMessageTest, WhatAStrangerAddsBesideTheSignatureIsNotParsed) {
    const std::string message = signed_by(ra(), good_request(0));
    const std::string rubbish = der::element(der::context_constructed(1),
                                             {der::sequence({der::sequence({der::integer(7)})})});
    const std::string added = der::sequence({der::Reader(message).next()->content, rubbish});
    ASSERT_EQ(parse_cmp(added), nullptr);  // OpenSSL would refuse the whole
    EXPECT_NE(read_answer(server().answer(added)).kind, cmp_body::kErrorMessage);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
}

TEST_P(CmpMessageTest, AHeaderMustBeComplete) {
    const auto number = [](CmpFailureBit bit) { return unsigned(bit); };
    EXPECT_EQ(failure_without(0), number(CmpFailureBit::MissingTimeStamp));
    EXPECT_EQ(failure_without(1), number(CmpFailureBit::BadMessageCheck));
    EXPECT_EQ(failure_without(2), number(CmpFailureBit::SignerNotTrusted));
    EXPECT_EQ(failure_without(4), number(CmpFailureBit::BadDataFormat));
    const std::string long_id = der::element(
        der::context_constructed(4),
        {der::element(der::kOctetString, {std::string(kCmpTransactionIdMax + 1, 'x')})});
    EXPECT_EQ(failure_without(4, long_id), number(CmpFailureBit::BadDataFormat));
    // ecdsa-with-SHA1
    const std::string weak =
        der::element(der::context_constructed(1),
                     {der::sequence({*der::object_identifier("1.2.840.10045.4.1")})});
    EXPECT_EQ(failure_without(1, weak), number(CmpFailureBit::BadAlgorithm));
    OpenedMessage message = good_request(0);
    message.header[message.header.find("\x02\x01\x02") + 2] = 3;
    EXPECT_EQ(failure_of(message), number(CmpFailureBit::UnsupportedVersion));
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_cmp_transaction"), 0);
}

TEST_P(CmpMessageTest, OneCertificateAMessage) {
    OpenedMessage message = good_request(0);
    const auto list = der::Reader(der::Reader(message.body).next()->content).next();
    const std::string twice = der::sequence({list->content, list->content});
    message.body = der::element(der::context_constructed(0), {twice});
    EXPECT_EQ(failure_of(message), unsigned(CmpFailureBit::BadRequest));
    // Nor a message in a message.
    message.body = der::element(der::context_constructed(20), {twice});
    EXPECT_EQ(failure_of(message), unsigned(CmpFailureBit::BadRequest));
}

TEST_P(CmpMessageTest, ASignatureByAnotherKeyIsRefused) {
    const Identity thief{crypto::KeyPair::generate_p256(), ra().certificate};
    const ReadAnswer answer = read_answer(server().answer(signed_by(thief, good_request(0))));
    EXPECT_EQ(answer.bits, 1U << unsigned(CmpFailureBit::BadMessageCheck)) << answer.text;
}

// Behind a good signature: deeper than mutations of a whole message get.
TEST_P(CmpMessageTest, MutationsSignedByTheRaAreAnswered) {
    const OpenedMessage good = good_request(0);
    std::uint64_t state = 4'210;
    const auto draw = [&](std::size_t below) {  // xorshift: the same mutations every time
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        return static_cast<std::size_t>(state % below);
    };
    for (int round = 0; round < 1000; ++round) {
        OpenedMessage mutated = good;
        std::string& part = draw(4) == 0 ? mutated.header : mutated.body;
        for (std::size_t change = 0; change <= draw(2); ++change) {
            part[draw(part.size())] = static_cast<char>(draw(256));
        }
        const std::string answer = server().answer(signed_by(ra(), mutated));
        ASSERT_NE(parse_cmp(answer), nullptr) << round;
        ASSERT_TRUE(read_cmp_message(answer).has_value()) << round;
    }
    EXPECT_EQ(audit_verdict(), "ok");
}

SEALDESK_ON_EVERY_BACKEND(CmpMessageTest);

}  // namespace
}  // namespace sealdesk::ca
