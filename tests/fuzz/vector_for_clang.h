// Included before everything else where clang meets qpdf's headers: a defaulted destructor there
// holds a std::vector of a type that is not complete yet, and clang asks at once whether the
// vector's destructor is constexpr (C++20). Here it is not.
#include <memory>
#include <string>

#include <bits/refwrap.h>
#include <bits/stl_uninitialized.h>

#pragma push_macro("_GLIBCXX20_CONSTEXPR")
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#include <bits/stl_vector.h>
#define __fill_a1 fill_bits_apart
#include <bits/stl_bvector.h>
#undef __fill_a1
#include <bits/vector.tcc>
#pragma pop_macro("_GLIBCXX20_CONSTEXPR")
