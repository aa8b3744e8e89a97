// Views of parameters and gradients, as a model reads and writes them. They own nothing.
//
// A dense tensor comes as one or more segments of whole rows, in order, without gaps: one where a
// single shard holds it, more where it is cut over several. Models work on segments as they lie,
// so that nothing is copied between a shard's buffer and the arithmetic.
// A table comes as the rows that model::prepare asked for, in the order of its request.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace slackline {

template <class T>
struct segment {
    std::size_t row_begin = 0;
    std::size_t row_end = 0;
    T* data = nullptr;  ///< [row_end - row_begin, width]
};

template <class T>
struct tensor_view {
    std::size_t rows = 0;
    std::size_t width = 0;
    std::vector<segment<T>> segments;

    std::size_t size() const { return rows * width; }
    T* row(std::size_t r) const {
        for (const auto& s : segments)
            if (r < s.row_end) return s.data + (r - s.row_begin) * width;
        return nullptr;
    }
};

template <class T>
struct rows_view {
    std::size_t width = 0;
    std::vector<T*> rows;  ///< one pointer a requested row, each to `width` floats
};

template <class T>
struct parameter_view {
    std::vector<tensor_view<T>> tensors;  ///< as model_layout::tensors
    std::vector<rows_view<T>> tables;     ///< as model_layout::tables
};

using parameters = parameter_view<const float>;
using gradients = parameter_view<float>;

/// Sets every element to zero.
void fill_zero(const gradients& g);

/// Square of the Euclidean norm over all elements, in double, summed in a fixed order.
double squared_norm(const gradients& g);

/// The same of `floats` elements, and whether none of them is infinite or not a number.
double squared_norm(const float* data, std::size_t floats);
bool all_finite(const float* data, std::size_t floats);

}  // namespace slackline
