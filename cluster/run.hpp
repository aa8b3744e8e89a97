// The command line of Slackline, for its own program and for users' programs with models of theirs.
#pragma once

#include <vector>

#include "kernels/model.hpp"

namespace slackline {

/// Everything that the program `slackline` does, with `own` models beside the built-in ones.
/// Returns the exit code: 0 done, 1 failed, 2 usage, 143 after SIGTERM and a saved checkpoint. Ends
/// the process with it where a gradient of such a model does not return.
int run(int argc, char** argv, std::vector<model_entry> own = {});

/// With one model of the user's own.
inline int run(int argc, char** argv, model_entry own) {
    return run(argc, argv, std::vector<model_entry>{std::move(own)});
}

}  // namespace slackline
