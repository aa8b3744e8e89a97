// A job's model, from the ones that this program has.
//
// Thread: any. What a user's program throws is a failure in a sentence.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/job/job.hpp"
#include "kernels/model.hpp"
#include "messages/failure.hpp"

namespace slackline {

/// Whether the program has a model of that kind.
bool has_model(const std::vector<model_entry>& models, const std::string& kind);

/// "mlp, linear"
std::string kinds_of(const std::vector<model_entry>& models);

/// A job's model, or the sentence why there is none.
result<std::unique_ptr<model>> make_model(const job& j, const data_shape& shape,
                                          const std::vector<model_entry>& models);

/// A model's layout; refused where the user's program throws instead.
result<model_layout> layout_of(const job& j, const model& m);

}  // namespace slackline
