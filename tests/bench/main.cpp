// The benchmark: our speed beside the limit of each stage, both measured in the same run.
//
//   tests/bench.sh                    all stages (starts a private mail server for the mails)
//   sealdesk_bench import ROWS        rows/s against bare inserts of the same rows
//   sealdesk_bench readers ROWS       rows/s and peak memory of CSV, XML and XLSX
//   sealdesk_bench registry ROWS      rows/s of a register's change file, few of them ours
//   sealdesk_bench night CERTIFICATES a night's notices among few and among many certificates
//   sealdesk_bench slips SLIPS        pages/s; e-delivered slips/s against their key derivation
//   sealdesk_bench printing SLIPS     batches of 1,000 against their verifiers; peak memory
//   sealdesk_bench scans PAGES        pages read right, flagged, wrong; ms beside decoding alone
//   sealdesk_bench ca CERTIFICATES    certificates/s against bare signatures, OCSP answers/s
//   sealdesk_bench crl ENTRIES        a CRL against its limit and against openssl ca -gencrl
//   sealdesk_bench mails MAILS        mails/s against plain clients; needs the mail server's
//                                     SEALDESK_TEST_SMTP_… environment (tests/support/postfix.sh)
#include <cstdlib>
#include <iostream>
#include <string>

#include "base/memory.h"
#include "base/text.h"
#include "bench/ca_bench.h"
#include "bench/crl_bench.h"
#include "bench/import_bench.h"
#include "bench/mail_bench.h"
#include "bench/night_bench.h"
#include "bench/print_run_bench.h"
#include "bench/reader_bench.h"
#include "bench/registry_bench.h"
#include "bench/scan_bench.h"
#include "bench/slip_bench.h"
#include "support/backends.h"

namespace {

constexpr const char* kUsage =
    "usage: sealdesk_bench import|readers|registry|night|slips|printing|scans|ca|crl|mails COUNT\n";

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    return value == nullptr ? "" : value;
}

int bench_mails(int mails) {
    sealdesk::bench::MailBenchOptions options;
    const auto port = sealdesk::parse_number(environment("SEALDESK_TEST_SMTP_PORT"));
    if (!port) {
        std::cerr << "start a mail server first: tests/support/postfix.sh start DIR\n";
        return 2;
    }
    options.port = static_cast<std::uint16_t>(*port);
    options.plain_port = static_cast<std::uint16_t>(
        sealdesk::parse_number(environment("SEALDESK_TEST_SMTP_PLAIN_PORT")).value_or(0));
    options.ca_file = environment("SEALDESK_TEST_SMTP_CA");
    options.user = environment("SEALDESK_TEST_SMTP_USER");
    options.password_file = environment("SEALDESK_TEST_SMTP_PASSWORD_FILE");
    options.mails = mails;
    const sealdesk::test::TempFolder folder;
    options.store_url = sealdesk::test::fresh_database("sqlite", folder).url;
    const auto result = sealdesk::bench::run_mail_bench(options, std::cout);
    std::cout << "mails  worst ratio to the fastest plain client: " << result.ratio() << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    sealdesk::give_back_large_buffers();  // as the program does
    const std::string stage = argc > 1 ? argv[1] : "";
    const auto count = argc > 2 ? sealdesk::parse_number(argv[2]) : std::nullopt;
    if (!count || *count < 1) {
        std::cerr << kUsage;
        return 2;
    }
    if (stage == "import") {
        return sealdesk::bench::run_import_bench(*count, std::cout);
    }
    if (stage == "readers") {
        return sealdesk::bench::run_reader_bench(*count, std::cout);
    }
    if (stage == "registry") {
        return sealdesk::bench::run_registry_bench(*count, std::cout);
    }
    if (stage == "night") {
        return sealdesk::bench::run_night_bench(*count, std::cout);
    }
    if (stage == "slips") {
        return sealdesk::bench::run_slip_bench(int(*count), std::cout);
    }
    if (stage == "printing") {
        return sealdesk::bench::run_print_run_bench(int(*count), std::cout);
    }
    if (stage == "scans") {
        return sealdesk::bench::run_scan_bench(int(*count), std::cout);
    }
    if (stage == "ca") {
        return sealdesk::bench::run_ca_bench(*count, std::cout);
    }
    if (stage == "crl") {
        return sealdesk::bench::run_crl_bench(*count, std::cout);
    }
    if (stage == "mails") {
        return bench_mails(int(*count));
    }
    std::cerr << kUsage;
    return 2;
}
