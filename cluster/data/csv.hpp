// Reader of numeric CSV, plain or gzip: one sample a line, one column its target.
//
// Header line and delimiter are stated. A class target holds whole numbers from 0 on.
#pragma once

#include <optional>
#include <string>

#include "cluster/data/dataset.hpp"

namespace slackline {

struct csv_options {
    bool header = true;
    char delimiter = ',';
    std::string target;         ///< a column's name (with a header) or its number from 0 on
    bool value_target = false;  ///< else a class
    std::optional<data_shape> like;
};

result<std::shared_ptr<const dataset>> read_csv(const std::string& path,
                                                const csv_options& options);

/// Refuses two data sets of read_csv whose headers name other columns, or these in another order.
result<void> same_columns(const dataset& train, const std::string& train_path, const dataset& test,
                          const std::string& test_path);

}  // namespace slackline
