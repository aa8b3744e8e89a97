// The manifest of a checkpoint: what it is of, its ledger, and the checksum of every file.
//
// Published last: a checkpoint without a manifest that verifies does not exist.
// Pure. Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "actors/order.hpp"
#include "actors/storage.hpp"

namespace slackline {

/// What a run is of: a checkpoint belongs to a run only where all of it agrees.
struct run_identity {
    std::string run;
    std::map<std::string, std::string> fingerprint;  ///< "batch" -> "64", "seed" -> "1" ...
    std::string optimizer;
    std::string job;  ///< the job file's text, for people and for predict
};

struct manifest_file {
    std::string name;
    std::uint64_t size_bytes = 0;
    std::uint32_t crc32c = 0;
};

struct manifest {
    run_identity identity;
    version at;
    ledger_state ledger;
    std::string written;  ///< UTC, ISO 8601
    std::vector<manifest_file> files;
};

bytes write_manifest(const manifest& m);

/// Refuses bytes whose own checksum does not match. `place` names the file in errors.
result<manifest> read_manifest(const bytes& file, const std::string& place);

/// Refuses, naming the first difference, when the two are not of one run.
result<void> same_run(const run_identity& checkpoint, const run_identity& job,
                      const std::string& place);

}  // namespace slackline
