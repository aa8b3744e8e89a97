// What a model's parameters are: dense tensors and tables, with their initial values.
//
// A dense tensor of shape [R, d1, d2 ...] is R rows of width d1*d2*...; it may be cut between rows,
// never inside one. A tensor of shape [R] has rows of width 1.
// A table is a sparse parameter: rows of one width, named by any 64-bit id.
//
// Initial values are pure functions of (seed, stream, index): nothing has to be stored or sent to
// know them, whatever the number of shards. Streams: dense tensor i is stream i; table t is stream
// 2^32 + t. Index: element index for a tensor, id * width + column (mod 2^64) for a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace slackline {

enum class init_kind { zero, uniform, normal };

struct init_rule {
    init_kind kind = init_kind::zero;
    float scale = 0;  ///< uniform: values in [-scale, scale); normal: standard deviation
};

struct tensor_spec {
    std::string name;
    std::vector<std::size_t> shape;  ///< at least one dimension, none zero
    init_rule init;

    std::size_t rows() const { return shape.front(); }
    std::size_t width() const {
        std::size_t w = 1;
        for (std::size_t d = 1; d < shape.size(); ++d) w *= shape[d];
        return w;
    }
    std::size_t size() const { return rows() * width(); }
};

struct table_spec {
    std::string name;
    std::size_t width = 1;  ///< floats a row
    init_rule init;
};

struct model_layout {
    std::vector<tensor_spec> tensors;
    std::vector<table_spec> tables;
};

constexpr std::uint64_t table_stream(std::size_t table) {
    return (1ull << 32) + table;
}

/// The initial value at one index of one stream. Counter-based: no state, any order, any thread.
float initial_value(const init_rule& rule, std::uint64_t seed, std::uint64_t stream,
                    std::uint64_t index);

}  // namespace slackline
