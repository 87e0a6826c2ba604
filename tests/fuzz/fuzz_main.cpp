// One fuzzer for all targets: FUZZ_TARGET in the environment names the one to run.
#include <cstdlib>
#include <iostream>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
    static const auto run = [] {
        const char* const wanted = std::getenv("FUZZ_TARGET");
        for (const auto& target : sealdesk::fuzz::targets()) {
            if (wanted != nullptr && target.name == wanted) {
                return target.run;
            }
        }
        std::cerr << "FUZZ_TARGET names none of the targets\n";
        std::exit(2);
    }();
    run({reinterpret_cast<const char*>(bytes), size});
    return 0;
}
