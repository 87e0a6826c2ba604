#include "bench/print_run_bench.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <ostream>

#include <sys/resource.h>

#include "crypto/verifier.h"
#include "slips/password.h"
#include "slips/print_batch.h"
#include "store/migrations.h"
#include "support/temp_folder.h"

namespace sealdesk::bench {
namespace {

constexpr double kGrowthMax = 1.1;  ///< of the peak, from the first batch to the last

double print_cpu_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

double print_peak_memory() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_maxrss) / 1024;
}

void order_slips(store::Database& database, int first, int count) {
    store::transact(database, "bench.order", [&](store::Tx& tx) {
        for (int i = first; i < first + count; ++i) {
            const std::string number = std::to_string(1'000'000 + i);
            static_cast<void>(slips::create_slip(
                tx, {.scheme = "none",
                     .template_name = "account-slip",
                     .request = RequestId(i),
                     .request_number = "R115-" + number + "-7",
                     .account = AccountId(i),
                     .account_generation = 1,
                     .account_name = "T" + number,
                     .delivery = slips::Delivery::Post,
                     .recipient = {i % 20 == 0 ? "陳𠮷" : "林淑芬", "300",
                                   "新竹市東區復興路" + std::to_string(i % 400 + 1) + "號"},
                     .fields = {{"scheme_title", "試辦用戶憑證"},
                                {"authority_name", "試辦註冊中心"},
                                {"authority_address", "(100) 臺北市中正區試辦路85號10樓"},
                                {"authority_phone", "02-2370-0000"},
                                {"website", "https://ra.example.test/login"},
                                {"strikes", "3"}},
                     .actor = "bench"}));
        }
    });
}

/// A verifier of each slip's password must be made, whatever else is: so many a CPU-second.
double verifiers_a_second() {
    constexpr int kVerifiers = 300;
    SystemRandom random;
    const double start = print_cpu_seconds();
    for (int i = 0; i < kVerifiers; ++i) {
        const Secret password = slips::make_password(random, slips::kPasswordLength);
        static_cast<void>(crypto::make_verifier(password, random, crypto::kGeneratedSecretCost));
    }
    return kVerifiers / (print_cpu_seconds() - start);
}

}  // namespace

int run_print_run_bench(int slips, std::ostream& out) {
    const test::TempFolder folder;
    store::ConnectionOptions options;
    options.url = "sqlite:" + (folder.path() / "bench.db").string();
    options.create_if_missing = true;
    const auto connection = store::open(options);
    const SystemClock clock;
    SystemRandom random;
    store::Database database(*connection, clock, random);
    const std::filesystem::path source(SEALDESK_SOURCE_DIR);
    store::migrate(*connection, source / "ddl", clock);
    slips::TemplateShelf templates(source / "templates");
    const auto key = crypto::KeyPair::generate_rsa(crypto::kRsaBitsMin);
    const auto room = crypto::make_self_signed(key,
                                               {.common_name = "print room",
                                                .use = crypto::SelfSignedUse::Encryption,
                                                .not_before = from_stored(0),
                                                .not_after = from_stored(4'000'000'000'000'000)},
                                               random);
    const slips::PrintRun run{
        database, templates, folder.path() / "print", room,
        [](store::Tx&, AccountId, std::int64_t, const std::string&) { return Outcome(done()); }};
    double making = 0;
    double first_peak = 0;
    std::int64_t pages = 0;
    for (int made = 0; made < slips;) {
        const int count = std::min(slips - made, slips::kSlipsPerBatchMax);
        order_slips(database, made + 1, count);
        const double start = print_cpu_seconds();
        const auto batch = slips::make_print_batch(run);
        SEALDESK_CHECK(batch && batch->has_value());
        making += print_cpu_seconds() - start;
        pages += (*batch)->pages;
        made += count;
        first_peak = first_peak == 0 ? print_peak_memory() : first_peak;
        // The files would be printed and gone by now.
        std::filesystem::remove_all(folder.path() / "print");
    }
    const double last_peak = print_peak_memory();
    const double slips_a_second = slips / making;
    const double limit = verifiers_a_second();
    out << "print run: " << slips << " slips in batches of " << slips::kSlipsPerBatchMax
        << ", with database, CMS and disk, of CPU\n"
        << "  pages a second                " << double(pages) / making << "\n"
        << "  slips a second                " << slips_a_second << "\n"
        << "  verifiers alone a second      " << limit << "\n"
        << "  of that limit                 " << slips_a_second / limit << "\n"
        << "  peak memory, first batch      " << first_peak << " MiB\n"
        << "  peak memory, last batch       " << last_peak << " MiB\n";
    return last_peak <= first_peak * kGrowthMax ? 0 : 1;
}

}  // namespace sealdesk::bench
