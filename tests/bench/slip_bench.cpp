#include "bench/slip_bench.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <vector>

#include <sys/resource.h>

#include "crypto/certificate.h"
#include "crypto/cms.h"
#include "crypto/verifier.h"
#include "slips/password.h"
#include "slips/template.h"

namespace sealdesk::bench {
namespace {

constexpr int kRounds = 3;             ///< the best of them counts: neighbours disturb
constexpr int kElectronicSlips = 200;  ///< each is a document of its own
constexpr double kPagesAim = 10'000;   ///< a second of CPU
constexpr double kElectronicAim = 250;

double cpu_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

template <class Work>
double seconds_of(Work&& work) {
    const double start = cpu_seconds();
    work();
    return cpu_seconds() - start;
}

/// Peak of the resident memory so far, in MiB.
double peak_memory() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_maxrss) / 1024;
}

/// Subscribers by number: names of common and rare characters, one in twenty rare.
std::vector<slips::Fields> make_fields(int count) {
    constexpr std::array<const char*, 6> kFamilies{"陳", "林", "黃", "張", "李", "王"};
    constexpr std::array<const char*, 6> kGiven{"家豪", "淑芬", "志明", "雅婷", "俊傑", "美玲"};
    constexpr std::array<const char*, 5> kRare{"𠮷", "㛢", "𡍼", "犇", "喆"};
    std::vector<slips::Fields> all;
    for (int i = 0; i < count; ++i) {
        const auto n = std::size_t(i);
        const std::string name = std::string(kFamilies.at(n % 6)) +
                                 (i % 20 == 0 ? kRare.at(n / 20 % 5) : kGiven.at(n / 6 % 6));
        const std::string number = std::to_string(1'000'000 + i);
        all.push_back({{"scheme_title", "試辦用戶憑證"},
                       {"authority_name", "試辦註冊中心"},
                       {"authority_address", "(100) 臺北市中正區試辦路85號10樓"},
                       {"authority_phone", "02-2370-0000"},
                       {"website", "https://ra.example.test/login"},
                       {"strikes", "3"},
                       {"recipient_name", name},
                       {"recipient_address", "新竹市東區復興路" + std::to_string(i % 9 + 1) + "段" +
                                                 std::to_string(i % 400 + 1) + "號"},
                       {"postal_code", std::to_string(100 + i % 800)},
                       {"account_name", "T" + number},
                       {"slip_number", "S115-" + number + "-4"},
                       {"request_number", "R115-" + number + "-7"},
                       {"issued_on", "115/11/20"}});
    }
    return all;
}

std::size_t draw_ours(const slips::CompiledTemplate& compiled,
                      const std::vector<slips::Fields>& all, const Secret& password) {
    paper::Document document(compiled.title(), from_stored(0));
    for (const slips::Fields& fields : all) {
        const auto pages = compiled.stamp(document, fields, {{"password", &password}});
        SEALDESK_CHECK(pages.has_value());
    }
    return document.finish().size();
}

/// Everything make_print_batch() does for a slip but the database and the disk.
double whole_making(const slips::CompiledTemplate& compiled, const std::vector<slips::Fields>& all,
                    const crypto::Certificate& room, Random& random) {
    return seconds_of([&] {
        paper::Document document(compiled.title(), from_stored(0));
        for (const slips::Fields& fields : all) {
            const Secret password = slips::make_password(random);
            static_cast<void>(compiled.stamp(document, fields, {{"password", &password}}));
            static_cast<void>(
                crypto::make_verifier(password, random, crypto::kGeneratedSecretCost));
        }
        static_cast<void>(crypto::encrypt_to(room, document.finish()));
    });
}

/// What no making of an e-delivered slip can do without: the key out of the code.
double key_making(int count, Random& random) {
    return seconds_of([&] {
        for (int i = 0; i < count; ++i) {
            const paper::Document locked("", from_stored(0), slips::make_opening_code(random),
                                         random);
        }
    });
}

struct ElectronicMaking {
    double seconds = 0;
    std::size_t largest = 0;  ///< bytes of a file
};

ElectronicMaking electronic_making(const slips::CompiledTemplate& compiled,
                                   const std::vector<slips::Fields>& all, int count,
                                   Random& random) {
    ElectronicMaking making;
    making.seconds = seconds_of([&] {
        for (int i = 0; i < count; ++i) {
            const Secret password = slips::make_password(random);
            const Secret code = slips::make_opening_code(random);
            paper::Document document(compiled.title(), from_stored(0), code, random);
            static_cast<void>(
                compiled.stamp(document, all[std::size_t(i)], {{"password", &password}}));
            making.largest = std::max(making.largest, document.finish().size());
        }
    });
    return making;
}

}  // namespace

int run_slip_bench(int slips, std::ostream& out) {
    SEALDESK_CHECK(slips > 0);
    const auto compiled = slips::CompiledTemplate::load(std::filesystem::path(SEALDESK_SOURCE_DIR) /
                                                        "templates" / "account-slip.yaml");
    SEALDESK_CHECK(compiled.has_value());
    SystemRandom random;
    const Secret password = slips::make_password(random);
    const auto all = make_fields(slips);
    static_cast<void>(draw_ours(*compiled, make_fields(1), password));  // fonts are found now

    double batch = 1e9;
    std::size_t bytes = 0;
    for (int round = 0; round < kRounds; ++round) {
        batch = std::min(batch, seconds_of([&] { bytes = draw_ours(*compiled, all, password); }));
    }
    const double pages = 2 * slips / batch;
    out << "slips: " << slips << " of two pages in one document, of CPU\n"
        << "  pages a second                " << pages << "  (" << bytes / std::size_t(slips)
        << " bytes a slip)\n";

    const auto key = crypto::KeyPair::generate_rsa(crypto::kRsaBitsMin);
    const auto room = crypto::make_self_signed(key,
                                               {.common_name = "print room",
                                                .use = crypto::SelfSignedUse::Encryption,
                                                .not_before = from_stored(0),
                                                .not_after = from_stored(4'000'000'000'000'000)},
                                               random);
    out << "  with password, verifier, CMS  " << slips / whole_making(*compiled, all, room, random)
        << "\n";
    const int electronic = std::min(slips, kElectronicSlips);
    const ElectronicMaking making = electronic_making(*compiled, all, electronic, random);
    const double made = electronic / making.seconds;
    const double keys = electronic / key_making(electronic, random);
    out << "  e-delivered, one PDF each     " << made << "  (largest file " << making.largest
        << " bytes)\n"
        << "  its key derivation alone      " << keys << "  ratio " << made / keys << "\n"
        << "  peak memory                   " << peak_memory() << " MiB\n";
    return pages >= kPagesAim && made >= kElectronicAim ? 0 : 1;
}

}  // namespace sealdesk::bench
