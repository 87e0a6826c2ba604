#include "ca/crl_partition.h"

#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "crypto/certificate.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::ca {
namespace {

/// The number in the place kept for it; 0 when the address is not of that form.
int number_in_address(const std::string& pattern, std::string_view address) {
    const auto place = pattern.find(kPartitionPlace);
    if (place == std::string::npos) {
        return 0;
    }
    const std::string_view before = std::string_view(pattern).substr(0, place);
    const std::string_view after = std::string_view(pattern).substr(place + kPartitionPlace.size());
    if (address.size() <= before.size() + after.size() || !address.starts_with(before) ||
        !address.ends_with(after)) {
        return 0;
    }
    const auto number =
        parse_number(address.substr(before.size(), address.size() - before.size() - after.size()));
    return number && *number > 0 && *number <= kPartitionsMax ? int(*number) : 0;
}

std::string_view text_in(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

int number_in_point(const std::string& pattern, const DIST_POINT* point) {
    if (point->distpoint == nullptr || point->distpoint->type != 0) {
        return 0;
    }
    const GENERAL_NAMES* const names = point->distpoint->name.fullname;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
        int type = 0;
        const auto* const text = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type));
        const int number = type == GEN_URI ? number_in_address(pattern, text_in(text)) : 0;
        if (number > 0) {
            return number;
        }
    }
    return 0;
}

}  // namespace

int partition_for(const Publication& publication, std::string_view serial) {
    if (publication.crl_partitions == 0 || serial.size() < 2) {
        return 0;
    }
    // Its last bytes are random.
    const auto last = serial.substr(serial.size() - 2);
    const unsigned drawn =
        unsigned(static_cast<unsigned char>(last[0])) << 8U | static_cast<unsigned char>(last[1]);
    return 1 + int(drawn % unsigned(publication.crl_partitions));
}

std::string partition_address(const Publication& publication, int partition) {
    std::string address = publication.crl_partition;
    const auto place = address.find(kPartitionPlace);
    SEALDESK_CHECK(place != std::string::npos);  // the schema of profiles.yaml asks for it
    return address.replace(place, kPartitionPlace.size(), std::to_string(partition));
}

std::vector<std::string> crl_addresses(const Publication& publication, std::string_view serial) {
    std::vector<std::string> addresses;
    const int partition = partition_for(publication, serial);
    if (partition > 0) {
        addresses.push_back(partition_address(publication, partition));
    }
    addresses.insert(addresses.end(), publication.crl.begin(), publication.crl.end());
    return addresses;
}

int partition_of(const Publication& publication, std::string_view certificate) {
    if (publication.crl_partition.empty()) {
        return 0;
    }
    const auto parsed = crypto::Certificate::parse_keyless(certificate);
    if (!parsed) {
        return 0;
    }
    const Handle<CRL_DIST_POINTS, &CRL_DIST_POINTS_free> points(static_cast<CRL_DIST_POINTS*>(
        X509_get_ext_d2i(parsed->native(), NID_crl_distribution_points, nullptr, nullptr)));
    for (int i = 0; points != nullptr && i < sk_DIST_POINT_num(points.get()); ++i) {
        const int number =
            number_in_point(publication.crl_partition, sk_DIST_POINT_value(points.get(), i));
        if (number > 0) {
            return number;
        }
    }
    return 0;
}

}  // namespace sealdesk::ca
