#include "actors/checkpoint/journal.hpp"

#include <fmt/format.h>

#include <cassert>
#include <optional>

#include "actors/checkpoint/durable_files.hpp"
#include "messages/crc32c.hpp"
#include "messages/little_endian.hpp"

namespace slackline {

namespace {

constexpr std::size_t head_bytes = 8;
constexpr std::uint32_t end_mark = 0xffffffff;

template <class T>
void put(bytes& to, T value) {
    to.resize(to.size() + sizeof value);
    store_little_endian(to.data() + to.size() - sizeof value, value);
}

std::uint32_t checksum(std::uint64_t position, std::span<const std::byte> payload) {
    bytes at;
    put(at, position);
    return crc32c(payload, crc32c(at));
}

void put_entry(bytes& to, std::uint32_t length, std::uint64_t position, const std::string& entry) {
    const auto payload = std::as_bytes(std::span(entry));
    put(to, length);
    put(to, checksum(position, payload));
    to.insert(to.end(), payload.begin(), payload.end());
}

bytes encode(const std::vector<std::string>& entries) {
    bytes out;
    std::uint64_t position = 0;
    for (const auto& e : entries)
        put_entry(out, static_cast<std::uint32_t>(e.size()), position++, e);
    put_entry(out, end_mark, position, "");
    return out;
}

// The entry at `at`, which moves behind it; nothing where it does not check. The end mark is an
// empty entry.
std::optional<std::string> take_entry(const bytes& file, std::uint64_t position, std::size_t& at) {
    const std::size_t left = file.size() - at;
    if (left < head_bytes) return std::nullopt;
    const auto length = load_little_endian<std::uint32_t>(file.data() + at);
    const bool end = length == end_mark && left == head_bytes;
    if (!end && (length == 0 || length > left - head_bytes)) return std::nullopt;
    const std::span payload(file.data() + at + head_bytes, end ? 0 : length);
    if (checksum(position, payload) != load_little_endian<std::uint32_t>(file.data() + at + 4))
        return std::nullopt;
    at += head_bytes + payload.size();
    return std::string(reinterpret_cast<const char*>(payload.data()), payload.size());
}

}  // namespace

result<std::vector<std::string>> read_journal(storage& files, const std::string& path) {
    const auto file = files.read(path);
    if (!file && file.error().code == failure_code::not_found) return std::vector<std::string>{};
    if (!file) return tl::unexpected(file.error());
    std::vector<std::string> entries;
    for (std::size_t at = 0;;) {
        auto entry = take_entry(*file, entries.size(), at);
        if (!entry)
            return fail(failure_code::checksum,
                        fmt::format("{} is damaged at byte {}: the entry there does not check; "
                                    "restore the file, or begin a new run in another folder",
                                    path, at));
        if (entry->empty()) return entries;
        entries.push_back(std::move(*entry));
    }
}

result<void> append_journal(storage& files, const std::string& path, const std::string& entry) {
    assert(!entry.empty());
    auto entries = read_journal(files, path);
    if (!entries) return tl::unexpected(entries.error());
    entries->push_back(entry);
    return replace_journal(files, path, *entries);
}

result<void> replace_journal(storage& files, const std::string& path,
                             const std::vector<std::string>& entries) {
    return write_durably(files, path, encode(entries));
}

}  // namespace slackline
