#pragma once

#include <functional>
#include <string>

#include "cli/desk.h"
#include "effects/key_file.h"
#include "effects/with_user_code.h"

namespace CLI {
class App;
}

// What the files of `cert` share; nothing else includes it.
namespace sealdesk::cli {

/// What the subscriber names, and the files with the user code and a new one.
struct CodeArguments {
    std::string serial;
    std::string card;
    std::string code_file;
    std::string new_code_file;
    std::string reservation = {};  ///< number of a name reservation
};

/// A website account, and the file with its password.
struct AccountArguments {
    std::string name;
    std::string password_file = {};
};

/// Who asks for a key with its certificate as one file, and where it goes.
struct KeyFileArguments {
    std::string request;
    std::string password_file = {};
    bool legacy = false;
    std::string output = {};
};

using OrderKeyFile = std::function<Result<effects::KeyFile>(const effects::ApplicationDesk&,
                                                            const effects::KeyFileWish&)>;

using HoldWithCode = Result<subscribers::CodeTry> (*)(const requests::Office&,
                                                      const effects::Named&, const Secret&);

void add_code_options(CLI::App& command, Program& program, CodeArguments& arguments);
Outcome move_hold_with_code(Program& program, Desk& desk, const CodeArguments& arguments,
                            HoldWithCode move);
void add_release_command(CLI::App& cert, Program& program);
void add_accept_command(CLI::App& cert, Program& program);

/// A certificate's content, for a person to check; written to `output` as PEM ("-": printed) unless
/// that is empty.
Outcome print_certificate(Program& program, const std::string& der, const std::string& output);

/// Activation with the website password; the certificate goes to `output`.
Outcome accept_with_password(Program& program, Desk& desk, const AccountArguments& account,
                             const std::string& serial, const std::string& output);
void add_own_certificate_commands(CLI::App& cert, Program& program);
void add_rekey_command(CLI::App& cert, Program& program);

/// The options of KeyFileArguments save the request's.
void add_key_file_options(CLI::App& command, Program& program, KeyFileArguments& arguments);
/// Orders at the scheme's CA, writes the PKCS#12, and prints what was certified.
Outcome write_key_file(Program& program, Desk& desk, const std::string& scheme,
                       const KeyFileArguments& arguments, const OrderKeyFile& order);
void add_key_file_command(CLI::App& cert, Program& program);
void add_formation_commands(CLI::App& cert, Program& program);

}  // namespace sealdesk::cli
