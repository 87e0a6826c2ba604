#include "scheme/condition.h"

#include <algorithm>

namespace sealdesk::scheme {

namespace {

bool test_holds(const FieldTest& test, const Values& values) {
    const auto found = values.find(test.field);
    const bool filled = found != values.end() && !found->second.empty();
    switch (test.kind) {
        case FieldTest::Kind::Filled: return filled;
        case FieldTest::Kind::Empty: return !filled;
        case FieldTest::Kind::OneOf:
            return filled && std::ranges::find(test.values, found->second) != test.values.end();
        case FieldTest::Kind::NoneOf:
            return !filled || std::ranges::find(test.values, found->second) == test.values.end();
    }
    return false;
}

}  // namespace

bool holds(const Condition& condition, const Values& values) {
    return std::ranges::all_of(condition.all,
                               [&](const FieldTest& test) { return test_holds(test, values); });
}

}  // namespace sealdesk::scheme
