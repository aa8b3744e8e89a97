#include "cluster/file/cluster_id.hpp"

#include <fmt/format.h>

#include "messages/crc32c.hpp"

namespace slackline {

std::string cluster_id(const cluster_file& file) {
    std::string text;
    for (const auto& n : file.nodes)
        if (!n.joined)
            text += fmt::format("{} {:d} {:d} {:d} {}\n", n.name, n.coordinator, n.sequencer,
                                n.shard, n.workers);
    return fmt::format("{}-{:08x}", file.name, crc32c(std::as_bytes(std::span(text))));
}

}  // namespace slackline
