#include "cluster/judgement.hpp"

#include <fmt/format.h>

namespace slackline {

result<void> judge(const run_account& account, const std::string& then) {
    if (account.stats.applied == 0 && account.stats.skipped > 0)
        return fail(failure_code::refused,
                    "every item was skipped and nothing was learnt; remove the cause that is told "
                    "above");
    if (account.unheard) return tl::unexpected(unheard(*account.unheard, then));
    return {};
}

failure unheard(const std::string& why, const std::string& then) {
    return {failure_code::io,
            fmt::format("the standard output cannot be written: {}; {}", why, then)};
}

}  // namespace slackline
