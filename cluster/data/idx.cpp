#include "cluster/data/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cluster/data/file.hpp"

namespace slackline {

namespace {

struct idx_content {
    std::vector<std::uint32_t> dimensions;
    std::vector<std::uint8_t> data;
};

std::uint32_t big_endian(const std::string& s, std::size_t at) {
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < 4; ++i) v = v << 8 | static_cast<std::uint8_t>(s[at + i]);
    return v;
}

result<idx_content> parse(const std::string& path, const std::string& file, unsigned dimensions) {
    const auto refuse = [&](std::size_t offset, const std::string& why) {
        return fail(failure_code::malformed,
                    fmt::format("{} at byte {}: {}; use an IDX file of unsigned bytes with {} "
                                "dimension{}",
                                path, offset, why, dimensions, dimensions == 1 ? "" : "s"));
    };
    const std::size_t header = 4 + 4 * dimensions;
    const auto magic = file.size() < 4 ? std::nullopt : std::optional(big_endian(file, 0));
    if (magic && *magic != (0x0800u | dimensions))
        return refuse(0, fmt::format("the magic number is {:#010x}, not {:#010x}", *magic,
                                     0x0800u | dimensions));
    if (file.size() < header)
        return refuse(file.size(), fmt::format("it ends inside its {}-byte header", header));
    idx_content content;
    std::uint64_t size = 1;
    for (unsigned d = 0; d < dimensions; ++d) {
        content.dimensions.push_back(big_endian(file, 4 + 4 * d));
        if (__builtin_mul_overflow(size, content.dimensions.back(), &size))
            return refuse(4 + 4 * d, "its dimensions overflow");
    }
    if (file.size() - header != size)
        return refuse(file.size(), fmt::format("its header promises {} bytes of data and {} follow",
                                               size, file.size() - header));
    content.data.assign(file.begin() + static_cast<std::ptrdiff_t>(header), file.end());
    return content;
}

result<idx_content> read(const std::string& path, unsigned dimensions) {
    return read_whole_file(path).and_then(
        [&](const std::string& file) { return parse(path, file, dimensions); });
}

}  // namespace

result<std::shared_ptr<const dataset>> read_idx(const std::string& images,
                                                const std::string& labels) {
    auto pixels = read(images, 3);
    if (!pixels) return tl::unexpected(pixels.error());
    auto classes = read(labels, 1);
    if (!classes) return tl::unexpected(classes.error());
    const auto n = pixels->dimensions[0];
    if (n == 0)
        return fail(failure_code::malformed,
                    fmt::format("{} at byte 4: it holds no image; use another file", images));
    if (n != classes->dimensions[0])
        return fail(failure_code::mismatch,
                    fmt::format("{} holds {} images and {} {} labels; use files of one set", images,
                                n, labels, classes->dimensions[0]));
    if (pixels->data.empty())
        return fail(failure_code::malformed,
                    fmt::format("{} at byte 8: its images have {} x {} pixels; use another file",
                                images, pixels->dimensions[1], pixels->dimensions[2]));
    const auto top = *std::max_element(classes->data.begin(), classes->data.end());
    const std::size_t features =
        static_cast<std::size_t>(pixels->dimensions[1]) * pixels->dimensions[2];
    return std::make_shared<image_dataset>(std::move(pixels->data), std::move(classes->data),
                                           features, std::max(2u, std::uint32_t{top} + 1));
}

}  // namespace slackline
