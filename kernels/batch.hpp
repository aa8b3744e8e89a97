// One mini-batch as a model sees it: dense features or sparse ones, with labels or targets.
//
// Owner and thread: filled by a data source, read by one device at a time.
// Units: x and values as the data set's reader scaled them.
#pragma once

#include <cstdint>
#include <vector>

namespace slackline {

/// What a data set looks like to a model.
struct data_shape {
    std::uint64_t features = 0;  ///< width of x, or one past the largest sparse id
    std::uint32_t classes = 0;   ///< number of classes; 0 for a regression target
    bool sparse = false;         ///< samples come as (id, value) pairs instead of x
};

struct batch {
    std::size_t size = 0;      ///< samples, B
    std::size_t features = 0;  ///< F; 0 when sparse

    std::vector<float> x;  ///< [B, F], row-major; empty when sparse

    std::vector<std::uint32_t> row_start;  ///< [B + 1], CSR offsets into ids; empty when dense
    std::vector<std::uint64_t> ids;        ///< [nnz] feature ids
    std::vector<float> values;             ///< [nnz]

    std::vector<std::int32_t> labels;  ///< [B], each in [0, classes); empty for a regression
    std::vector<float> targets;        ///< [B]; empty for a classification

    /// Per table of the model: for each id of the batch its place in the table's row request.
    /// Written by model::prepare.
    std::vector<std::vector<std::uint32_t>> places;  ///< [tables][nnz]
};

}  // namespace slackline
