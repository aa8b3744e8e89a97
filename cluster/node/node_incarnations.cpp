#include "cluster/node/node_incarnations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "actors/checkpoint/durable_files.hpp"
#include "messages/crc32c.hpp"

namespace slackline {

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// The content of the file: the number and the checksum of its digits.
std::string written(std::uint32_t number) {
    const auto digits = std::to_string(number);
    return fmt::format("{} {:08x}\n", digits, crc32c(bytes_of(digits)));
}

// One text a number, so whatever else stands there is damage.
std::optional<std::uint32_t> parsed(std::string_view text) {
    std::uint32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (text != written(number)) return std::nullopt;
    return number;
}

result<std::uint32_t> last_number(posix_storage& state, const std::string& path) {
    const auto content = state.read(path);
    if (!content && content.error().code == failure_code::not_found) return 0;
    if (!content) return tl::unexpected(content.error());
    const auto number = parsed({reinterpret_cast<const char*>(content->data()), content->size()});
    if (number && *number < std::numeric_limits<std::uint32_t>::max()) return *number;
    return fail(failure_code::malformed,
                fmt::format("{} is damaged; stop every node of the cluster, remove the file and "
                            "start them again",
                            state.full(path)));
}

}  // namespace

result<std::unique_ptr<node_incarnations>> node_incarnations::open(posix_storage& state,
                                                                   const std::string& node,
                                                                   std::uint32_t unix_time_s) {
    if (auto r = make_durable_directory(state, node); !r) return tl::unexpected(r.error());
    auto lock = state.lock(node + "/lock");
    if (!lock && lock.error().code == failure_code::already_exists)
        return fail(failure_code::already_exists,
                    fmt::format("node {} already runs as process {}; stop it, or choose another "
                                "name",
                                node, state.holder(node + "/lock")));
    if (!lock) return tl::unexpected(lock.error());
    return open(state, node, std::move(*lock), unix_time_s);
}

result<std::unique_ptr<node_incarnations>> node_incarnations::open(posix_storage& state,
                                                                   const std::string& folder,
                                                                   std::shared_ptr<void> lock,
                                                                   std::uint32_t unix_time_s) {
    const auto path = folder + "/incarnation";
    const auto last = last_number(state, path);
    if (!last) return tl::unexpected(last.error());
    const auto number = std::max(*last + 1, unix_time_s);
    if (auto r = write_durably(state, path, bytes_of(written(number))); !r)
        return tl::unexpected(r.error());
    return std::unique_ptr<node_incarnations>(new node_incarnations(std::move(lock), number));
}

}  // namespace slackline
