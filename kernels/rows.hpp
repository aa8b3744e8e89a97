// From the ids of a batch to the rows that it reads, each once. Thread: pure; any.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace slackline {

/// `unique` receives each id once, in order of first use; places[i] the place of ids[i] in it.
void unique_rows(std::span<const std::uint64_t> ids, std::vector<std::uint64_t>& unique,
                 std::vector<std::uint32_t>& places);

}  // namespace slackline
