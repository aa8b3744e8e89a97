// Reader of LIBSVM's text format, plain or gzip: "LABEL INDEX:VALUE INDEX:VALUE ..." a line.
//
// Whether indices start at 0 or 1 is stated, never guessed. Classes: -1/+1 or 0/1 become 0/1, or
// whole numbers from 0 on; a value: the label as it is. Indices rise strictly within a line.
#pragma once

#include <optional>
#include <string>

#include "cluster/data/sparse.hpp"

namespace slackline {

struct libsvm_options {
    unsigned index_base = 1;  ///< 0 or 1
    bool value_target = false;
    std::optional<data_shape> like;  ///< the training set's shape: ids beyond it are refused
};

result<std::shared_ptr<const dataset>> read_libsvm(const std::string& path,
                                                   const libsvm_options& options);

}  // namespace slackline
