// Functions for the tests of CppWorker: one for each way to pass something.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED std::int8_t same_i8(std::int8_t x) { return x; }
EXPORTED std::uint8_t same_u8(std::uint8_t x) { return x; }
EXPORTED std::int16_t same_i16(std::int16_t x) { return x; }
EXPORTED std::uint16_t same_u16(std::uint16_t x) { return x; }
EXPORTED std::int32_t same_i32(std::int32_t x) { return x; }
EXPORTED std::uint32_t same_u32(std::uint32_t x) { return x; }
EXPORTED std::int64_t same_i64(std::int64_t x) { return x; }
EXPORTED std::uint64_t same_u64(std::uint64_t x) { return x; }
EXPORTED float same_f32(float x) { return x; }
EXPORTED double same_f64(double x) { return x; }
EXPORTED bool opposite(bool x) { return !x; }
EXPORTED double root_of_negative() { return std::sqrt(-1.0); }
EXPORTED const char* greeting(const char* name) {
    static thread_local std::string text;
    text = std::string("Hello, ") + name;
    return text.c_str();
}
EXPORTED std::uint64_t sum_of_bytes(const std::uint8_t* data, std::size_t size) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += data[i];
    return sum;
}
EXPORTED double dot(const double* a, std::size_t size, const double* b) {
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += a[i] * b[i];
    return sum;
}
EXPORTED void squares(std::int32_t count, std::int64_t* out, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::int64_t>(i) * count;
}
EXPORTED void doubled(const std::uint64_t* in, std::size_t size, std::uint64_t* out) {
    for (std::size_t i = 0; i < size; ++i) out[i] = in[i] * 2;
}
static int freed = 0;
EXPORTED char* wrap_json(const char* json) {
    std::string text = std::string("{\"given\": ") + json + "}";
    char* copy = static_cast<char*>(std::malloc(text.size() + 1));
    std::memcpy(copy, text.c_str(), text.size() + 1);
    return copy;
}
EXPORTED void give_back(void* pointer) { ++freed; std::free(pointer); }
EXPORTED std::int32_t how_often_freed() { return freed; }
EXPORTED const char* no_string() { return nullptr; }
EXPORTED const char* broken_json() { return "{"; }
EXPORTED const char* broken_text() { return "\xff"; }
