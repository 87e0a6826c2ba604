#pragma once

#include "cli/desk.h"

// What `sealdesk slip` has in files of its own.
namespace sealdesk::cli {

/// Of `slip ack BATCH --scan FILE`.
struct SlipScanArguments {
    std::string batch;
    std::string scan;     ///< what the hand scanner wrote; may be empty
    std::string spoiled;  ///< the same of spoiled sheets; may be empty
    bool dry_run = false;
};
[[nodiscard]] Outcome acknowledge_by_scan(Program& program, Desk& desk,
                                          const SlipScanArguments& arguments);

/// `slip list`, `slip show`.
void add_slip_list_commands(CLI::App& slip, Program& program);

/// `slip stock …`: pre-numbered forms.
void add_form_stock_commands(CLI::App& slip, Program& program);

}  // namespace sealdesk::cli
