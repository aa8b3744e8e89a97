#include "actors/checkpoint/journal.hpp"

#include <fmt/format.h>

#include "actors/checkpoint/durable_files.hpp"
#include "messages/crc32c.hpp"

namespace slackline {

namespace {

constexpr std::size_t head_bytes = 8;

void put(bytes& to, std::uint64_t value, unsigned n) {
    for (unsigned i = 0; i < n; ++i) to.push_back(static_cast<std::byte>(value >> (8 * i)));
}

std::uint32_t get32(const std::byte* from) {
    std::uint32_t v = 0;
    for (unsigned i = 0; i < 4; ++i) v |= std::to_integer<std::uint32_t>(from[i]) << (8 * i);
    return v;
}

std::uint32_t checksum(std::uint64_t position, std::span<const std::byte> payload) {
    bytes at;
    put(at, position, 8);
    return crc32c(payload, crc32c(at));
}

bytes encode(std::uint64_t position, const std::string& entry) {
    const auto payload = std::as_bytes(std::span(entry));
    bytes out;
    put(out, entry.size(), 4);
    put(out, checksum(position, payload), 4);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

}  // namespace

result<std::vector<std::string>> read_journal(storage& files, const std::string& path) {
    const auto file = files.read(path);
    if (!file && file.error().code == failure_code::not_found) return std::vector<std::string>{};
    if (!file) return tl::unexpected(file.error());
    std::vector<std::string> entries;
    for (std::size_t at = 0; at < file->size();) {
        const std::size_t left = file->size() - at;
        const auto length = left >= head_bytes ? get32(file->data() + at) : 0;
        const bool whole = left >= head_bytes && length <= left - head_bytes;
        const std::span payload(file->data() + (whole ? at + head_bytes : 0), whole ? length : 0);
        if (!whole || checksum(entries.size(), payload) != get32(file->data() + at + 4))
            return fail(failure_code::checksum,
                        fmt::format("{} is damaged at byte {}: the entry there does not check; "
                                    "restore the file, or begin a new run in another folder",
                                    path, at));
        entries.emplace_back(reinterpret_cast<const char*>(payload.data()), length);
        at += head_bytes + length;
    }
    return entries;
}

result<void> append_journal(storage& files, const std::string& path, const std::string& entry) {
    const auto content = read_journal(files, path);
    if (!content) return tl::unexpected(content.error());
    bytes whole;
    std::uint64_t position = 0;
    for (const auto& e : *content) {
        const auto b = encode(position++, e);
        whole.insert(whole.end(), b.begin(), b.end());
    }
    const auto last = encode(position, entry);
    whole.insert(whole.end(), last.begin(), last.end());
    return write_durably(files, path, whole);
}

}  // namespace slackline
