#include "ca/crl_writer.h"

#include <cstdio>
#include <functional>
#include <utility>
#include <vector>

#include <unistd.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/ca_store.h"
#include "ca/local_ca.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;

constexpr std::int64_t kEntryPage = 2000;
constexpr std::size_t kCopyPiece = 65536;

/// A file being written or read, closed and, unless kept, removed at the end.
class WorkFile {
public:
    explicit WorkFile(std::filesystem::path path)
        : path_(std::move(path)), file_(std::fopen(path_.c_str(), "w+be")) {
        require(file_ != nullptr);
    }
    ~WorkFile() {
        if (file_ != nullptr) {
            std::fclose(file_);
            std::error_code ignored;
            std::filesystem::remove(path_, ignored);
        }
    }
    WorkFile(const WorkFile&) = delete;
    WorkFile& operator=(const WorkFile&) = delete;

    void write(std::string_view bytes) {
        require(std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size());
    }

    /// Gives the content from the start, piece by piece.
    void read_all(const std::function<void(std::string_view)>& take) {
        require(std::fseek(file_, 0, SEEK_SET) == 0);
        std::string piece(kCopyPiece, '\0');
        while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), file_)) {
            take(std::string_view(piece).substr(0, count));
        }
        require(std::ferror(file_) == 0);
    }

    /// Makes it last and moves it to its name.
    void keep_as(const std::filesystem::path& name) {
        require(std::fflush(file_) == 0 && ::fsync(::fileno(file_)) == 0);
        require(std::fclose(std::exchange(file_, nullptr)) == 0);
        std::filesystem::permissions(path_, std::filesystem::perms(0644));
        rename_durably(path_, name);
    }

private:
    void require(bool succeeded) const {
        if (!succeeded) {
            throw_unavailable("file.not_written",
                              "The file " + path_.string() + " cannot be written; check the disk.");
        }
    }

    std::filesystem::path path_;
    std::FILE* file_;
};

/// revokedCertificates' element: serial, time, and the reason unless it is unspecified, which
/// RFC 5280 §5.3.1 says by saying nothing.
std::string entry(const RevokedEntry& revoked) {
    std::string extensions;
    if (revoked.reason != 0) {
        const std::string code{static_cast<char>(revoked.reason)};
        extensions =
            der::sequence({extension("2.5.29.21", false, der::element(der::kEnumerated, {code}))});
    }
    return der::sequence(
        {der::integer_of(from_hex(revoked.serial)), der::time(revoked.since), extensions});
}

struct Entries {
    std::uint64_t bytes = 0;
    std::int64_t count = 0;
};

Entries write_entries(store::Database& database, const Authority& authority, Instant oldest,
                      WorkFile& file) {
    Entries written;
    for (const std::string_view state : {"held", "revoked"}) {
        EntryPosition position{oldest, 0};
        while (true) {
            const auto page = store::transact(database, "ca.crl.read", [&](store::Tx& tx) {
                return entries_after(tx, authority.id(), state, position, kEntryPage);
            });
            if (page.empty()) {
                break;
            }
            std::string bytes;
            for (const RevokedEntry& revoked : page) {
                bytes += entry(revoked);
            }
            file.write(bytes);
            written.bytes += bytes.size();
            written.count += static_cast<std::int64_t>(page.size());
            position = {page.back().not_after, page.back().id};
        }
    }
    return written;
}

}  // namespace

CrlInfo write_crl(store::Database& database, const Authority& authority, CrlInfo crl,
                  Instant oldest, const std::filesystem::path& file) {
    WorkFile entries_file(file.string() + ".entries.part");
    const Entries entries = write_entries(database, authority, oldest, entries_file);

    const std::string front = der::integer(1) + std::string(signature_algorithm()) +
                              authority.issuer().name + der::time(crl.this_update) +
                              der::time(crl.next_update);
    const std::string extensions = der::element(
        der::context_constructed(0),
        {der::sequence(
            {extension("2.5.29.35", false, authority_key_value(authority.issuer().key_id)),
             extension("2.5.29.20", false,
                       der::integer(static_cast<std::uint64_t>(crl.number)))})});
    // An empty list of entries must be absent (RFC 5280 §5.1.2.6).
    const std::string entries_header =
        entries.count == 0 ? std::string() : der::header(der::kSequence, entries.bytes);
    const std::uint64_t tbs_length =
        front.size() + entries_header.size() + entries.bytes + extensions.size();
    const std::string tbs_header = der::header(der::kSequence, tbs_length);

    Sha256 digest;
    digest.add(tbs_header + front + entries_header);
    entries_file.read_all([&](std::string_view piece) { digest.add(piece); });
    digest.add(extensions);
    const std::string signature = authority.sign_digest(digest.finish());
    const std::string trailer =
        std::string(signature_algorithm()) +
        der::element(der::kBitString, {std::string_view("\0", 1), signature});

    WorkFile whole(file.string() + ".part");
    Sha256 file_digest;
    const auto put = [&](std::string_view bytes) {
        whole.write(bytes);
        file_digest.add(bytes);
    };
    put(der::header(der::kSequence, tbs_header.size() + tbs_length + trailer.size()));
    put(tbs_header + front + entries_header);
    entries_file.read_all(put);
    put(extensions + trailer);
    whole.keep_as(file);
    crl.entries = entries.count;
    crl.sha256 = file_digest.finish_hex();
    crl.file = file;
    return crl;
}

}  // namespace sealdesk::ca
