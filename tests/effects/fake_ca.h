#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "ca/ca_client.h"

namespace sealdesk::effects {

/// A CA that writes down what it is asked, knows repeated orders by their key, and fails on demand.
class FakeCa final : public ca::CaClient {
public:
    std::vector<Result<ca::IssuedCertificate>> issue_all(
        std::span<const ca::Order> orders) override {
        std::vector<Result<ca::IssuedCertificate>> issued;
        for (const ca::Order& order : orders) {
            if (trouble) {
                issued.emplace_back(*trouble);
                continue;
            }
            ordered.push_back(order);
            issued.emplace_back(
                ca::IssuedCertificate{order.key, sha256_hex(order.key).substr(0, 32), der,
                                      not_before, not_before + std::chrono::days(365)});
        }
        return issued;
    }
    Outcome hold(const ca::StatusOrder& order) override { return take("hold", order); }
    Outcome release(const ca::StatusOrder& order) override { return take("release", order); }
    Outcome revoke(const ca::StatusOrder& order) override { return take("revoke", order); }
    Result<ca::CertificateStatus> status(std::string_view) override { return *trouble; }
    Result<ca::CrlInfo> latest_crl() override { return *trouble; }

    std::optional<Error> trouble;
    std::string der;                                          ///< of every certificate it issues
    Instant not_before = from_stored(1'795'137'300'000'000);  ///< when the tests' clock stands
    std::vector<ca::Order> ordered;
    std::vector<std::string> asked;  ///< what was done, without repetitions

private:
    Outcome take(const std::string& what, const ca::StatusOrder& order) {
        if (trouble) {
            return *trouble;
        }
        if (keys_.insert(order.key).second) {
            asked.push_back(what + " " + order.serial);
        }
        return done();
    }
    std::set<std::string> keys_;
};

}  // namespace sealdesk::effects
