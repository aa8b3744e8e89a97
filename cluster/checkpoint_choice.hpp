// Which checkpoint a command is about: a folder, a run in it, a checkpoint of the run.
//
// Thread: any; it only reads.
#pragma once

#include <string>
#include <vector>

#include "actors/checkpoint/checkpoint_files.hpp"

namespace slackline {

struct checkpoint_choice {
    std::string dir;
    std::string run;         ///< empty: the only run in `dir`
    std::string checkpoint;  ///< empty: the newest
};

/// The folders in the storage: its runs.
result<std::vector<std::string>> list_runs(storage& files, const std::string& dir);

/// The run that is meant; a usage error names what there is where that is none, or not one.
result<std::string> choose_run(storage& files, const checkpoint_choice& choice);

/// The checkpoint that is meant, of a run that choose_run gave. Its manifest may be damaged.
result<checkpoint_info> choose_checkpoint(storage& files, const checkpoint_choice& choice,
                                          const std::string& run);

/// The last part of a checkpoint's path.
std::string name_of(const checkpoint_info& info);

}  // namespace slackline
