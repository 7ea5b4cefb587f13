// The library of the C++ example worker. `make cpp` compiles it; so does installing the package where there is a compiler.

#include <cstddef>
#include <cstdint>
#include <limits>

#if defined(_WIN32)
#define EXPORTED extern "C" __declspec(dllexport)
#else
#define EXPORTED extern "C" __attribute__((visibility("default")))
#endif

namespace {

// Sums that would overflow stop at the largest or smallest number.
std::int64_t add(std::int64_t a, std::int64_t b) {
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
    if (b > 0 && a > largest - b) return largest;
    if (b < 0 && a < smallest - b) return smallest;
    return a + b;
}

}  // namespace

// The sum of two integers.
EXPORTED std::int32_t get_sum(const std::int32_t a, const std::int32_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

// What an order costs: writes the total of each line, in cents, and returns their sum.
EXPORTED std::int64_t get_order_total(const std::int32_t* quantities, const std::size_t lines,
                                      const std::int32_t* unit_cents, std::int64_t* line_cents) {
    std::int64_t total = 0;
    for (std::size_t line = 0; line < lines; ++line) {
        line_cents[line] = static_cast<std::int64_t>(quantities[line]) * unit_cents[line];
        total = add(total, line_cents[line]);
    }
    return total;
}
