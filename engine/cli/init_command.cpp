#include <ostream>

#include <CLI/CLI.hpp>

#include "base/durable_file.h"
#include "cli/ca_of.h"
#include "cli/desk.h"
#include "cli/passphrase.h"
#include "crypto/pkcs12.h"
#include "officers/officer.h"
#include "store/migrations.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;

struct InitArguments {
    std::string store = "sqlite:data/sealdesk.db";
    std::string store_password_file;
    std::string store_socket;
    std::string store_tls_ca;
    bool demo = false;
    int mail_port = 12525;
};

constexpr std::chrono::days kKeyLife{3650};

void make_folders(const fs::path& desk) {
    for (const char* name : {"data", "files", "secrets", "officers", "print", "ca", "audit",
                             "results", "scratch", "reports", "inbox", "unblock"}) {
        fs::create_directories(desk / name);
        fs::permissions(desk / name, fs::perms::owner_all);
    }
    fs::permissions(desk, fs::perms::owner_all);
}

std::string settings_text(const InitArguments& arguments) {
    std::string text =
        "# 案場設定 — the desk's configuration. Paths are relative to this folder. Secrets are "
        "never\n"
        "# here, only the names of files that hold them (mode 0600). Every setting: README.md.\n"
        "store:\n  url: " +
        arguments.store + "\n";
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) {
            text += std::string("  ") + key + ": " + value + "\n";
        }
    };
    add("password_file", arguments.store_password_file);
    add("socket", arguments.store_socket);
    add("tls_ca", arguments.store_tls_ca);
    text += "office:\n  officers: officers\n";
    text += arguments.demo ? "  demo: true\ninbox:\n  counter1: dee\n" : "";
    text += "mail:\n";
    text += arguments.demo
                ? "  host: localhost\n  port: " + std::to_string(arguments.mail_port) +
                      "\n  tls: starttls\n  ca_file: mail-sink/sink.pem\n  user: sealdesk\n"
                      "  password_file: secrets/mail.password\n"
                      "  message_id_domain: demo.sealdesk.example.test\n"
                : "  host: localhost          # your mail server\n  port: 587\n  tls: starttls\n"
                  "  message_id_domain: sealdesk.invalid   # your domain\n";
    text +=
        "print:\n  certificate: print/room.pem\n  key: print/room.key\n"
        "  key_password_file: secrets/print.passphrase\n"
        "ca:\n  folder: ca\n  passphrase_file: secrets/ca.passphrase\n"
        "audit:\n  folder: audit\n  passphrase_file: secrets/audit.passphrase\n";
    return text;
}

/// A key under its own passphrase with a certificate that is trusted because it is pinned.
void make_pinned_key(const Desk& desk, Random& random, const fs::path& base,
                     const std::string& secret, const crypto::SelfSigned& wanted) {
    const Secret passphrase = make_passphrase(desk.folder / "secrets" / secret, random);
    const crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
    key.save(base.string() + ".key", passphrase);
    write_file_durably(base.string() + ".pem", crypto::make_self_signed(key, wanted, random).pem(),
                       FileAccess::Everyone);
}

crypto::SelfSigned signed_for(const Desk& desk, const std::string& name,
                              crypto::SelfSignedUse use) {
    const Instant now = desk.clock.now();
    return {name, use, now, now + kKeyLife};
}

struct DemoOfficer {
    const char* login;
    const char* name;
    const char* roles;
};

constexpr DemoOfficer kDemoOfficers[] = {{"ann", "安審驗 Ann", "officer"},
                                         {"ben", "班核定 Ben", "officer"},
                                         {"dee", "狄列印 Dee", "operator"},
                                         {"amy", "艾管理 Amy", "administrator"}};

Outcome add_demo_officer(Desk& desk, const DemoOfficer& one) {
    const bool known = store::transact(desk.database, "officer.find", [&](store::Tx& tx) {
        return officers::find_by_login(tx, one.login).has_value();
    });
    if (known) {
        return done();  // an init before this one was cut short
    }
    const auto roles = officers::parse_roles(one.roles);
    if (!roles) {
        return roles.error();
    }
    crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
    crypto::Certificate certificate = crypto::make_self_signed(
        key,
        signed_for(desk, std::string("Demo officer ") + one.login, crypto::SelfSignedUse::Signing),
        desk.random);
    const fs::path folder = desk.settings.officers;
    const Secret password =
        make_passphrase(folder / (std::string(one.login) + ".password"), desk.random);
    write_file_durably(folder / (std::string(one.login) + ".p12"),
                       crypto::make_pkcs12({std::move(key), certificate, {}}, one.login, password,
                                           crypto::kPkcs12IterationsRandomPassword),
                       FileAccess::Owner);
    const auto added = store::transact(desk.database, "officer.add", [&](store::Tx& tx) {
        return officers::add(tx, {one.login, one.name, *roles, certificate}, "system");
    });
    return added ? done() : added.error();
}

/// A certificate for the demo's mail server (samples/mail_sink.py) and its password.
void make_mail_sink(Desk& desk) {
    const fs::path folder = desk.folder / "mail-sink";
    fs::create_directories(folder / "mails");
    make_passphrase(desk.folder / "secrets/mail.password", desk.random);
    const crypto::KeyPair key = crypto::KeyPair::generate_p256();
    const Secret passphrase = make_passphrase(desk.folder / "secrets/sink.passphrase", desk.random);
    key.save(folder / "sink.key", passphrase);
    write_file_durably(
        folder / "sink.pem",
        crypto::make_self_signed(
            key, signed_for(desk, "localhost", crypto::SelfSignedUse::TlsServer), desk.random)
            .pem(),
        FileAccess::Everyone);
}

Outcome make_demo(Program& program, Desk& desk) {
    for (const DemoOfficer& one : kDemoOfficers) {
        auto added = add_demo_officer(desk, one);
        if (!added) {
            return added;
        }
    }
    make_mail_sink(desk);
    for (const scheme::Scheme& scheme : desk.schemes) {
        const auto made = make_demo_ca(program, desk, scheme.id);
        if (!made && made.error().code != "ca.exists") {
            return made.error();
        }
    }
    return done();
}

Outcome make_keys(Desk& desk) {
    make_pinned_key(desk, desk.random, desk.folder / "audit/audit", "audit.passphrase",
                    signed_for(desk, "Sealdesk audit log", crypto::SelfSignedUse::Signing));
    make_pinned_key(desk, desk.random, desk.folder / "print/room", "print.passphrase",
                    signed_for(desk, "Sealdesk print room", crypto::SelfSignedUse::Encryption));
    if (!fs::exists(desk.folder / "secrets/ca.passphrase")) {  // a CA may lie under it already
        make_passphrase(desk.folder / "secrets/ca.passphrase", desk.random);
    }
    return done();
}

/// PUKs are sealed to it. A desk of an earlier version gets it at its next init; one that is there
/// is never made again, because nothing else opens what was sealed.
void make_unblock_key(const Desk& desk, Random& random) {
    if (desk.settings.unblock_certificate == desk.folder / "unblock/service.pem" &&
        !fs::exists(desk.settings.unblock_certificate)) {
        make_pinned_key(
            desk, random, desk.folder / "unblock/service", "unblock.passphrase",
            signed_for(desk, "Sealdesk unblock service", crypto::SelfSignedUse::Encryption));
    }
}

Outcome init_desk(Program& program, const InitArguments& arguments) {
    const fs::path file = program.desk / "sealdesk.yaml";
    const bool fresh = !fs::exists(file);
    make_folders(program.desk);
    if (fresh) {
        write_file_durably(file, settings_text(arguments), FileAccess::Owner);
    }
    auto settings = read_settings(program.desk);
    if (!settings) {
        return settings.error();
    }
    for (const auto& [counter, login] : settings->counters) {
        fs::create_directories(settings->inbox / counter);
    }
    settings->store.create_if_missing = true;
    SystemClock clock;
    {
        const auto connection = store::open(settings->store);
        const int applied = store::migrate(*connection, settings->ddl, clock);
        program.err << program.pick("資料庫已更新，步驟數 ", "database brought up to date, steps: ")
                    << applied << '\n';
    }
    auto desk = Desk::open(program);
    if (!desk) {
        return desk.error();
    }
    make_unblock_key(**desk, (*desk)->random);
    // A crash half way leaves the last mark unwritten, and the next init begins the keys anew.
    const fs::path mark = program.desk / "secrets/complete";
    if (!fs::exists(mark)) {
        const auto keys = make_keys(**desk);
        auto demo = keys && arguments.demo ? make_demo(program, **desk) : keys;
        if (!demo) {
            return demo;
        }
        write_file_durably(mark, to_utc_text(clock.now()), FileAccess::Owner);
    }
    program.err << program.pick("案場已就緒：", "the desk is ready: ")
                << fs::absolute(program.desk).lexically_normal().string() << '\n';
    return done();
}

}  // namespace

void add_init_command(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<InitArguments>();
    auto* init = app.add_subcommand(
        "init", program.text("建立（或升級）案場：設定、資料庫、金鑰",
                             "make a desk, or bring it up to date: configuration, "
                             "database, keys"));
    init->footer(program.text("例： ", "Examples: ") +
                 "sealdesk --desk demo init --demo\n"
                 "  sealdesk init --store mysql://ra@db.example:3306/ra --store-password-file "
                 "db.password --store-tls-ca ca.pem");
    init->add_option("--store", arguments->store, "sqlite:PATH | mysql://user@host:port/database");
    init->add_option("--store-password-file", arguments->store_password_file,
                     program.text("資料庫密碼檔（或 $SEALDESK_STORE_PASSWORD）",
                                  "file with the database password "
                                  "(or $SEALDESK_STORE_PASSWORD)"));
    init->add_option("--store-socket", arguments->store_socket, "mysql: Unix socket");
    init->add_option("--store-tls-ca", arguments->store_tls_ca,
                     "mysql: CA file; TLS is then required and verified");
    init->add_flag("--demo", arguments->demo,
                   program.text("另建示範人員、憑證機構、郵件接收端",
                                "also demo officers, a demo CA and a mail sink"));
    init->add_option("--mail-port", arguments->mail_port,
                     program.text("示範郵件接收端的埠", "port of the demo mail sink"))
        ->check(CLI::Range(1, 65535));
    init->callback([&program, arguments] {
        run_guarded(program, [&] { return init_desk(program, *arguments); });
    });
}

}  // namespace sealdesk::cli
