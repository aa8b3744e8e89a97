#include "cluster/node/job_of.hpp"

namespace slackline {

result<job> job_of(const job_text& from) {
    job_overrides overrides;
    for (const auto& o : from.overrides) {
        auto parsed = read_override(o);
        if (!parsed) return tl::unexpected(parsed.error());
        overrides.push_back(std::move(*parsed));
    }
    return parse_job(from.text, from.file, from.folder, overrides);
}

}  // namespace slackline
