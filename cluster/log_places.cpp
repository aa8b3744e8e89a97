#include "cluster/log_places.hpp"

#include <fmt/format.h>

namespace slackline {

std::function<log_place(address)> logs_in(posix_storage& files, std::string folder,
                                          std::uint64_t run,
                                          std::function<void(const std::string&)> tell) {
    return [&files, folder = std::move(folder), run, tell = std::move(tell)](address who) {
        log_place p;
        p.files = &files;
        p.folder = folder + "/" +
                   (who.role == role::SEQUENCER ? "sequencer" : fmt::format("shard-{}", who.index));
        if (who.copy > 0) p.folder += fmt::format("-{}", who.copy);
        p.id = {run, who};
        p.lock = [&files](const std::string& log) { return files.lock(log + ".lock"); };
        p.tell = tell;
        return p;
    };
}

}  // namespace slackline
