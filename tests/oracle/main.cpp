// sealdesk_oracle SEED COUNT: numbers and what this program says of each, for run.sh.
#include <iostream>
#include <string>

#include "oracle/numbers.h"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "sealdesk_oracle SEED COUNT\n";
        return 2;
    }
    using namespace sealdesk::test;
    for (const Number& number : make_numbers(std::stoull(argv[1]), std::stoi(argv[2]))) {
        std::cout << number.kind << ' ' << number.text << ' ' << is_right(number) << '\n';
    }
    return 0;
}
