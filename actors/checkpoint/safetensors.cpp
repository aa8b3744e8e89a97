#include "actors/checkpoint/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "messages/little_endian.hpp"

namespace slackline {

namespace {

// An ordered object: tensors stand in the header as they stand in the file.
using json = nlohmann::ordered_json;

std::size_t width_of(tensor_type t) {
    return t == tensor_type::f32 ? 4 : 8;
}

// Bytes of a shape; nothing where they do not fit 64 bits.
std::optional<std::uint64_t> bytes_of(const std::vector<std::size_t>& shape, tensor_type type) {
    std::uint64_t n = width_of(type);
    for (const auto d : shape)
        if (__builtin_mul_overflow(n, d, &n)) return std::nullopt;
    return n;
}

tl::unexpected<failure> damaged(const std::string& place, const std::string& how) {
    return fail(failure_code::malformed,
                fmt::format("{} is no valid safetensors file: {}; restore it or use an older "
                            "checkpoint",
                            place, how));
}

result<tensor_entry> read_entry(const std::string& name, const json& j,
                                std::span<const std::byte> data, const std::string& place) {
    tensor_entry e;
    e.name = name;
    const auto type = j.at("dtype").get<std::string>();
    if (type != "F32" && type != "U64")
        return damaged(place, fmt::format("{} has the unknown type {}", name, type));
    e.type = type == "F32" ? tensor_type::f32 : tensor_type::u64;
    e.shape = j.at("shape").get<std::vector<std::size_t>>();
    const auto at = j.at("data_offsets").get<std::vector<std::uint64_t>>();
    const auto size = bytes_of(e.shape, e.type);
    if (at.size() != 2 || at[0] > at[1] || at[1] > data.size() || !size || at[1] - at[0] != *size)
        return damaged(place, fmt::format("{}'s offsets do not fit its shape", name));
    e.data = data.subspan(at[0], at[1] - at[0]);
    return e;
}

// Tensors fill the data without gaps; nullptr where they do.
const char* misplaced(const std::vector<tensor_entry>& entries, std::span<const std::byte> data) {
    std::vector<std::span<const std::byte>> parts;
    for (const auto& e : entries) parts.push_back(e.data);
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
        return std::tuple(a.data(), a.size()) < std::tuple(b.data(), b.size());
    });
    const std::byte* end = data.data();
    for (const auto& part : parts) {
        if (part.data() != end) return "its tensors overlap or leave a gap";
        end += part.size();
    }
    return end == data.data() + data.size() ? nullptr : "there are bytes behind its last tensor";
}

}  // namespace

bytes write_safetensors(std::span<const tensor_entry> tensors,
                        const std::map<std::string, std::string>& metadata) {
    json header;
    header["__metadata__"] = metadata;
    std::uint64_t offset = 0;
    for (const auto& t : tensors) {
        assert(bytes_of(t.shape, t.type) == t.data.size());
        header[t.name] = {{"dtype", t.type == tensor_type::f32 ? "F32" : "U64"},
                          {"shape", t.shape},
                          {"data_offsets", {offset, offset + t.data.size()}}};
        offset += t.data.size();
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    bytes file(8 + text.size() + offset);
    store_little_endian(file.data(), std::uint64_t{text.size()});
    std::memcpy(file.data() + 8, text.data(), text.size());
    std::byte* to = file.data() + 8 + text.size();
    for (const auto& t : tensors) {
        if (!t.data.empty()) std::memcpy(to, t.data.data(), t.data.size());
        to += t.data.size();
    }
    return file;
}

result<std::vector<tensor_entry>> read_safetensors(std::span<const std::byte> file,
                                                   const std::string& place) {
    if (file.size() < 8) return damaged(place, "it is shorter than its header's length");
    const auto length = load_little_endian<std::uint64_t>(file.data());
    if (length > file.size() - 8) return damaged(place, "its header is cut off");
    const auto* text = reinterpret_cast<const char*>(file.data() + 8);
    const auto header = json::parse(text, text + length, nullptr, false);
    if (!header.is_object()) return damaged(place, "its header is no JSON object");
    const auto data = file.subspan(8 + length);
    std::vector<tensor_entry> entries;
    try {
        for (const auto& [name, j] : header.items()) {
            if (name == "__metadata__") continue;
            auto entry = read_entry(name, j, data, place);
            if (!entry) return tl::unexpected(entry.error());
            entries.push_back(std::move(*entry));
        }
    } catch (const nlohmann::json::exception& e) {
        return damaged(place, e.what());
    }
    if (const char* how = misplaced(entries, data)) return damaged(place, how);
    return entries;
}

}  // namespace slackline
