// The data sets that a job names.
#pragma once

#include <memory>

#include "cluster/data/dataset.hpp"
#include "cluster/job/job.hpp"

namespace slackline {

struct loaded_data {
    std::shared_ptr<const dataset> train;
    std::shared_ptr<const dataset> validation;  ///< null where the job splits none off
    std::shared_ptr<const dataset> test;
};

result<loaded_data> load_data(const job& j);

/// The test set alone; its shape is checked against `like`.
result<std::shared_ptr<const dataset>> load_test(const job& j, const data_shape& like);

}  // namespace slackline
