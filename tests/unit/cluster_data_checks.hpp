// What the tests of the data readers share: an own gzip writer, and what every refusal owes.
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "cluster/data/dataset.hpp"
#include "messages/failure.hpp"
#include "tests/catch.hpp"

namespace slackline::data_checks {

inline void append_little_endian(std::string& to, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xFF);
}

/// RFC 1952 around RFC 1951's stored blocks, with the CRC-32 computed bit by bit.
inline std::string gzip(const std::string& content) {
    std::string file("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    std::size_t at = 0;
    do {
        const auto n = std::min<std::size_t>(content.size() - at, 1000);
        file += static_cast<char>(at + n == content.size());
        append_little_endian(file, n, 2);
        append_little_endian(file, ~n, 2);
        file += content.substr(at, n);
        at += n;
    } while (at < content.size());
    std::uint32_t crc = ~0u;
    for (const char c : content) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0u);
    }
    append_little_endian(file, ~crc, 4);
    append_little_endian(file, content.size(), 4);
    return file;
}

/// Every refusal is one sentence that names its place, the cause and a remedy behind a ';'.
inline void check_sentence(const std::string& sentence, const std::vector<std::string>& parts) {
    CAPTURE(sentence);
    for (const char c : sentence) REQUIRE((c >= ' ' && c <= '~'));
    CHECK(sentence.find("; ") != std::string::npos);
    for (const auto& part : parts) {
        CAPTURE(part);
        CHECK(sentence.find(part) != std::string::npos);
    }
}

template <class T>
void check_refused(const result<T>& r, failure_code code, const std::vector<std::string>& parts) {
    CAPTURE(parts);
    REQUIRE_FALSE(r);
    CHECK(static_cast<int>(r.error().code) == static_cast<int>(code));
    check_sentence(r.error().sentence, parts);
}

inline batch whole(const dataset& d) {
    std::vector<std::uint64_t> samples(d.size());
    std::iota(samples.begin(), samples.end(), std::uint64_t{0});
    batch b;
    d.fill(samples, b);
    return b;
}

}  // namespace slackline::data_checks
