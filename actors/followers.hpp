// The command lines that follow runs: which client gets which run's events. Bounded.
//
// A client follows one run, the last that it submitted or asked for, until it is forgotten; those
// of ended runs give way to others first.
// Pure; owner and thread: the registrar.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "actors/run_book.hpp"

namespace slackline {

class followers {
public:
    static constexpr std::size_t clients_max = 64;

    /// Whether this client can follow a run: it does already, or there is room.
    bool admits(std::uint32_t client, const run_book& book);

    /// Only where it is admitted.
    void follow(std::uint32_t client, std::uint64_t run) { runs_[client] = run; }
    /// Who follows one run follows the other from now on.
    void pass_on(std::uint64_t run, std::uint64_t to) {
        for (auto& [client, followed] : runs_)
            if (followed == run) followed = to;
    }
    void forget(std::uint32_t client) { runs_.erase(client); }

    std::optional<std::uint64_t> followed_by(std::uint32_t client) const;
    std::vector<std::uint32_t> of(std::uint64_t run) const;

private:
    std::map<std::uint32_t, std::uint64_t> runs_;  ///< by client
};

}  // namespace slackline
