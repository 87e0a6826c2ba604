#include "bench/reader_bench.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ostream>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "intake/bundle.h"
#include "intake/evaluate.h"
#include "intake/xlsx_out.h"
#include "scheme/scheme.h"

namespace sealdesk::bench {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kColumns{
    "record_number",    "received_on",   "applicant_kind", "applicant_name",
    "id_number",        "birth_date",    "residence",      "registered_address",
    "contact_name",     "contact_phone", "contact_email",  "contact_address",
    "certificate_kind", "slip_delivery", "documents",      "terms_accepted"};

std::vector<std::string> form_no(std::int64_t row) {
    const std::string number = std::to_string(row);
    return {"B" + number,
            "115/11/20",
            "自然人",
            "吳𠮷" + number,
            "A123456789",
            "80/01/02",
            "有",
            "100臺北市中正區延平南路85號" + number + "樓",
            "張㛢" + number,
            "02-2370-8886",
            "b" + number + "@example.test",
            "300新竹市東區中山路5段202號" + number + "樓",
            "軟體憑證",
            "現場領取",
            "身分證影本;健保卡影本",
            "是"};
}

void write_csv(const fs::path& file, std::int64_t rows) {
    std::ofstream out(file);
    const auto line = [&](const std::vector<std::string>& cells) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            out << (i == 0 ? "" : ",") << cells[i];
        }
        out << '\n';
    };
    line(kColumns);
    for (std::int64_t row = 1; row <= rows; ++row) {
        line(form_no(row));
    }
}

void write_xml(const fs::path& file, std::int64_t rows) {
    std::ofstream out(file);
    out << "<submissions form=\"registration\">\n";
    for (std::int64_t row = 1; row <= rows; ++row) {
        out << "<submission>";
        const auto cells = form_no(row);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            out << "<field name=\"" << kColumns[i] << "\">" << cells[i] << "</field>";
        }
        out << "</submission>\n";
    }
    out << "</submissions>\n";
}

void write_xlsx(const fs::path& file, std::int64_t rows, bool streaming) {
    intake::XlsxOut out(file, streaming);
    lxw_worksheet* const sheet = out.add_sheet("Forms");
    lxw_format* const plain = out.look({.as_text = true});
    for (std::int64_t row = 0; row <= rows; ++row) {
        const auto cells = row == 0 ? kColumns : form_no(row);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            intake::XlsxOut::text(sheet, static_cast<std::uint32_t>(row),
                                  static_cast<std::uint16_t>(i), cells[i], plain);
        }
    }
    out.finish();
}

class NoScans final : public intake::ScanReader {
public:
    Result<std::string> read(std::string_view) override {
        return Error{ErrorKind::Invalid, "scan.missing", {}, {}, {}};
    }
};

int read_all(const fs::path& file, std::int64_t rows, std::ostream& out) {
    const auto schemes = scheme::load_all(fs::path(SEALDESK_SOURCE_DIR) / "forms").value();
    intake::SourceOptions options;
    options.form = "registration";
    const auto today = std::chrono::year{2026} / std::chrono::month{11} / std::chrono::day{20};
    const auto start = std::chrono::steady_clock::now();
    const auto source = intake::open_records(file, file.filename(), schemes, options);
    if (!source) {
        out << "readers  " << source.error().detail << '\n';
        return 1;
    }
    NoScans scans;
    const intake::Evaluator evaluator(*(*source)->info().scheme, *(*source)->info().form);
    intake::Record record;
    std::int64_t count = 0;
    while ((*source)->next(record)) {
        count += evaluator.evaluate(record, scans, today).row > 0 ? 1 : 0;
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    out << "readers  " << file.filename().string() << ": " << count << " rows, "
        << std::int64_t(double(count) / seconds) << " rows/s, peak memory "
        << usage.ru_maxrss / 1024 << " MB, file " << fs::file_size(file) / 1024 / 1024 << " MB"
        << std::endl;
    return count == rows ? 0 : 1;
}

/// In a process of its own, so that its peak memory is its own.
int in_a_child(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(work());
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int run_reader_bench(std::int64_t rows, std::ostream& out) {
    const fs::path folder =
        fs::temp_directory_path() / ("sealdesk-readers-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    int failed = in_a_child([&] {
        write_csv(folder / "day.csv", rows);
        write_xml(folder / "day.xml", rows);
        write_xlsx(folder / "streamed.xlsx", rows, /*streaming=*/true);
        write_xlsx(folder / "shared.xlsx", rows, /*streaming=*/false);
        return 0;
    });
    for (const char* file : {"day.csv", "day.xml", "shared.xlsx", "streamed.xlsx"}) {
        failed += in_a_child([&] { return read_all(folder / file, rows, out); });
    }
    fs::remove_all(folder);
    return failed == 0 ? 0 : 1;
}

}  // namespace sealdesk::bench
