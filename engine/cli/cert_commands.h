#pragma once

#include <string>

#include "cli/desk.h"
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
void add_key_file_command(CLI::App& cert, Program& program);
void add_formation_commands(CLI::App& cert, Program& program);

}  // namespace sealdesk::cli
