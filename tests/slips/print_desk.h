#pragma once

#include <map>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "slips/print_batch.h"
#include "slips/sample_fields.h"
#include "support/backends.h"

namespace sealdesk::slips {

/// A desk with a print room, on both databases.
class PrintDesk : public test::OnEveryBackend {
protected:
    void SetUp() override;

    /// From now on slips of the desk are printed on another stock: the templates of its scheme are
    /// the office's own with `stock:` in them.
    void print_on(const std::string& template_name, const std::string& stock);

    /// A slip for account `account`, generation 1, of request `account` + 1000.
    Slip new_slip(std::int64_t account, Delivery delivery, const std::string& name = "張㛢𠮷");
    PrintItemId new_letter(std::int64_t request, Delivery delivery);

    [[nodiscard]] PrintRun run_on(store::Database& database);
    /// Makes a batch; its number, or the error's code, or "none".
    std::string make_batch(store::Database& database);
    std::string make_batch() { return make_batch(db()); }
    [[nodiscard]] PrintRoom room_on(store::Database& database);
    [[nodiscard]] TemplateShelf& shelf() { return *shelf_; }
    /// Prints a batch; "ok" or the error's code.
    std::string print(store::Database& database, const std::string& number);
    std::string print(const std::string& number) { return print(db(), number); }

    [[nodiscard]] Slip reload(SlipId id);
    [[nodiscard]] SlipLedger ledger();
    [[nodiscard]] std::filesystem::path print_folder() const { return folder() / "print"; }
    [[nodiscard]] std::string queued_pdf(const std::string& number) const;
    [[nodiscard]] std::string queued_text(const std::string& number) const;
    /// The passwords on the printed pages, in their order.
    [[nodiscard]] std::vector<std::string> printed_passwords(const std::string& number) const;
    [[nodiscard]] std::string manifest_text(const std::string& number) const;

    /// What store_verifier was given last for each account; stands for subscribers/.
    std::map<std::int64_t, std::string> verifiers_;
    /// Accounts that have moved on to another generation.
    std::map<std::int64_t, bool> moved_on_;

private:
    std::unique_ptr<TemplateShelf> shelf_;
};

/// The print room's key and certificate; made once for all tests, RSA takes its time.
[[nodiscard]] const crypto::KeyPair& print_room_key();
[[nodiscard]] const crypto::Certificate& print_room_certificate();

/// "ok", or the error's code.
template <class T>
[[nodiscard]] std::string code_of(const Result<T>& result) {
    return result ? "ok" : result.error().code;
}

/// True when any file below the folder holds the text.
[[nodiscard]] bool any_file_holds(const std::filesystem::path& folder, std::string_view text);

}  // namespace sealdesk::slips
