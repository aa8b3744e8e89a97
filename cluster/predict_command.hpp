// `slackline predict`: a saved model's outputs on data, as CSV, and its metrics where labels exist.
//
// Columns: sample, then label or target where the data has them, prediction, and the outputs:
//   classes     output0 ... : the scores; prediction is the class of the largest
//   binary      output, probability: the logit and its logistic function; prediction is 0 or 1
//   regression  none: the prediction is the output
// Numbers are written so that they read back as the same float.
// Owner and thread: the main thread.
#pragma once

#include <string>
#include <vector>

#include "cluster/checkpoint_choice.hpp"
#include "cluster/job/job.hpp"
#include "kernels/model.hpp"

namespace slackline {

struct predict_options {
    checkpoint_choice from;  ///< folder and run are the job's where they are empty
    std::string model_file;  ///< a safetensors file instead of a checkpoint
    std::string part;        ///< "test", "train" or "validation"
    std::string data;        ///< instead: another file of the job's format (csv, libsvm)
    std::string to;          ///< empty: stdout
    bool force = false;      ///< replace `to`
    bool json = false;       ///< the metrics as a JSON line
};

/// Returns the exit code: 0 done, 1 failed, 2 usage. The metrics go to stdout where the predictions
/// go to a file, and to stderr where they go to stdout.
int predict(job j, const predict_options& options, const std::vector<model_entry>& models);

}  // namespace slackline
