#include "ca/crl_writer.h"

#include <array>
#include <cstdio>
#include <functional>
#include <list>
#include <utility>
#include <vector>

#include <unistd.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/crl_partition.h"
#include "ca/local_ca.h"
#include "ca/rekey_store.h"
#include "ca/to_be_signed.h"
#include "crypto/der.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;

// Rows in memory at once, some 0.4 KB each: few enough to stay in the processor's cache.
constexpr std::int64_t kEntryPage = 500;
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

/// Why a certificate is listed: extensions of its entry. The reason is left out when it is
/// unspecified, which RFC 5280 §5.3.1 says by saying nothing.
std::string reason_extensions(std::int64_t reason) {
    std::string extensions;
    if (reason != 0) {
        const std::string code{static_cast<char>(reason)};
        extensions = extension("2.5.29.21", false, der::element(der::kEnumerated, {code}));
    }
    if (reason == std::int64_t(Reason::CertificateHold)) {
        // holdInstructionCode (X.509): id-holdinstruction-reject, nobody is to be phoned.
        extensions +=
            extension("2.5.29.23", false, der::object_identifier("1.2.840.10040.2.3").value());
    }
    return extensions;
}

/// Elements of revokedCertificates: serial, time, why.
class EntryWriter {
public:
    EntryWriter() {
        for (std::size_t i = 0; i < reasons_.size(); ++i) {
            reasons_[i] = reason_extensions(std::int64_t(i));
        }
    }

    /// Good until the next call.
    std::string_view write(const RevokedEntry& revoked) {
        bytes_.assign(2, static_cast<char>(der::kSequence));
        bytes_ += der::integer_of(from_hex(revoked.serial));
        bytes_ += der::time(revoked.since);
        const std::string& reason = reasons_.at(std::size_t(revoked.reason));
        if (revoked.invalid_since) {
            bytes_ +=
                der::sequence({reason, extension("2.5.29.24", false,
                                                 der::generalized_time(*revoked.invalid_since))});
        } else if (!reason.empty()) {
            bytes_ += der::header(der::kSequence, reason.size());
            bytes_ += reason;
        }
        SEALDESK_CHECK(bytes_.size() < 130);  // the length of an entry takes one byte
        bytes_[1] = static_cast<char>(bytes_.size() - 2);
        return bytes_;
    }

private:
    std::array<std::string, 11> reasons_;  // a million times the same few
    std::string bytes_;
};

/// One CRL while its entries come in, beside the file it will be.
class CrlList {
public:
    /// `extensions` are those beyond key identifier and number.
    CrlList(const std::filesystem::path& file, std::string extensions)
        : file_(file),
          extensions_(std::move(extensions)),
          entries_(file.string() + ".entries.part") {}

    void add(std::string_view entry) {
        entries_.write(entry);
        bytes_ += entry.size();
        ++count_;
    }

    /// Signs and completes the file.
    CrlInfo finish(const Authority& authority, CrlInfo crl);

private:
    std::filesystem::path file_;
    std::string extensions_;
    WorkFile entries_;
    std::uint64_t bytes_ = 0;
    std::int64_t count_ = 0;
};

CrlInfo CrlList::finish(const Authority& authority, CrlInfo crl) {
    const std::string front = der::integer(1) + std::string(signature_algorithm()) +
                              authority.issuer().name + der::time(crl.this_update) +
                              der::time(crl.next_update);
    const std::string extensions = der::element(
        der::context_constructed(0),
        {der::sequence(
            {extension("2.5.29.35", false, authority_key_value(authority.issuer().key_id)),
             extension("2.5.29.20", false, der::integer(static_cast<std::uint64_t>(crl.number))),
             extensions_})});
    // An empty list of entries must be absent (RFC 5280 §5.1.2.6).
    const std::string entries_header =
        count_ == 0 ? std::string() : der::header(der::kSequence, bytes_);
    const std::uint64_t tbs_length =
        front.size() + entries_header.size() + bytes_ + extensions.size();
    const std::string tbs_header = der::header(der::kSequence, tbs_length);

    Sha256 digest;
    digest.add(tbs_header + front + entries_header);
    entries_.read_all([&](std::string_view piece) { digest.add(piece); });
    digest.add(extensions);
    const std::string signature = authority.sign_digest(digest.finish());
    const std::string trailer =
        std::string(signature_algorithm()) +
        der::element(der::kBitString, {std::string_view("\0", 1), signature});

    WorkFile whole(file_.string() + ".part");
    Sha256 file_digest;
    const auto put = [&](std::string_view bytes) {
        whole.write(bytes);
        file_digest.add(bytes);
    };
    put(der::header(der::kSequence, tbs_header.size() + tbs_length + trailer.size()));
    put(tbs_header + front + entries_header);
    entries_.read_all(put);
    put(extensions + trailer);
    whole.keep_as(file_);
    crl.entries = count_;
    crl.sha256 = file_digest.finish_hex();
    crl.file = file_;
    return crl;
}

/// Everything that is made of one reading.
class CrlLists {
public:
    CrlLists(const Publication& publication, const CrlSet& set) : base_(set.base) {
        const bool with_delta = !publication.delta_crl.empty();
        // RFC 5280 §5.2.6: where the delta is found.
        std::string freshest;
        if (with_delta) {
            freshest = extension("2.5.29.46", false, crl_points_value({publication.delta_crl}));
        }
        complete_ = &lists_.emplace_back(crl_file(set.folder, set.crl.number), freshest);
        for (int i = 1; i <= set.partitions; ++i) {
            // RFC 5280 §5.2.5: the name is the one in the certificates.
            const std::string point =
                der::sequence({crl_point_name(partition_address(publication, i))});
            partitions_.push_back(
                &lists_.emplace_back(partition_file(set.folder, i, set.crl.number),
                                     extension("2.5.29.28", true, point)));
        }
        if (with_delta) {
            // RFC 5280 §5.2.4
            delta_ = &lists_.emplace_back(
                delta_file(set.folder, set.crl.number),
                extension("2.5.29.27", true,
                          der::integer(static_cast<std::uint64_t>(set.base.number))));
        }
    }

    void add(const RevokedEntry& revoked) {
        const std::string_view bytes = writer_.write(revoked);
        put(revoked, bytes, revoked.after_crl >= base_.number);
        const auto place = static_cast<std::size_t>(revoked.partition);
        if (revoked.reason != kReleased && place > 0 && place <= partitions_.size()) {
            partitions_[place - 1]->add(bytes);
        }
    }

    /// Of another key of the CA, which has CRL numbers of its own: its changes are told by their
    /// time. The delta may repeat what its base has.
    void add_of_other_key(const RevokedEntry& revoked) {
        put(revoked, writer_.write(revoked), revoked.since >= base_.this_update - kClockTolerance);
    }

    CrlInfo finish(const Authority& authority, const CrlInfo& crl) {
        for (CrlList& list : lists_) {
            if (&list != complete_) {
                list.finish(authority, crl);
            }
        }
        return complete_->finish(authority, crl);
    }

private:
    void put(const RevokedEntry& revoked, std::string_view bytes, bool is_news) {
        if (delta_ != nullptr && is_news) {
            delta_->add(bytes);
        }
        if (revoked.reason != kReleased) {
            complete_->add(bytes);
        }
    }

    EntryWriter writer_;
    BaseCrl base_;
    std::list<CrlList> lists_;  // a list: they stay where they are
    CrlList* complete_ = nullptr;
    std::vector<CrlList*> partitions_;
    CrlList* delta_ = nullptr;
};

/// All entries of the key's certificates, front to end; few are in memory at once.
template <class Take>
void read_entries(store::Database& database, std::string_view key, EntryPage next,
                  const Take& take) {
    while (true) {
        const auto page = store::transact(
            database, "ca.crl.read", [&](store::Tx& tx) { return entries_after(tx, key, next); });
        if (page.empty()) {
            return;
        }
        for (const RevokedEntry& revoked : page) {
            take(revoked);
        }
        next.after = page.back().id;
    }
}

}  // namespace

std::filesystem::path crl_file(const std::filesystem::path& folder, std::int64_t number) {
    return folder / ("crl-" + std::to_string(number) + ".crl");
}

std::filesystem::path partition_file(const std::filesystem::path& folder, int partition,
                                     std::int64_t number) {
    return folder /
           ("partition-" + std::to_string(partition) + "-" + std::to_string(number) + ".crl");
}

std::filesystem::path delta_file(const std::filesystem::path& folder, std::int64_t number) {
    return folder / ("delta-" + std::to_string(number) + ".crl");
}

CrlInfo write_crls(store::Database& database, const Authority& authority,
                   const Publication& publication, const CrlSet& set) {
    CrlLists lists(publication, set);
    const bool placed = set.partitions > 0 || !publication.delta_crl.empty();
    read_entries(database, authority.id(), {set.oldest, 0, kEntryPage, placed},
                 [&](const RevokedEntry& revoked) { lists.add(revoked); });
    const auto others = store::transact(
        database, "ca.crl.read", [&](store::Tx& tx) { return other_keys(tx, authority.id()); });
    for (const std::string& key : others) {
        read_entries(database, key, {set.oldest, 0, kEntryPage, false},
                     [&](const RevokedEntry& revoked) { lists.add_of_other_key(revoked); });
    }
    return lists.finish(authority, set.crl);
}

}  // namespace sealdesk::ca
