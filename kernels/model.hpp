// The door for every model: what its parameters are, which rows a batch needs, and its gradient.
//
// Owner and thread: each device owns an instance of its own (scratch memory lives in it); its
// functions are called by one thread at a time. A model keeps no state that matters between calls:
// the gradient is a function of (parameters, batch) alone.
// Errors: throw a std::exception; the item is tried again and, if it throws repeatedly, skipped
// with the exception's sentence as its cause.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "kernels/batch.hpp"
#include "kernels/layout.hpp"
#include "kernels/parameters.hpp"

namespace slackline {

/// Per table: the ids of the rows that a batch reads, each once, in order of first use.
using row_requests = std::vector<std::vector<std::uint64_t>>;

enum class task { classification, binary, regression };

class model {
public:
    virtual ~model() = default;

    virtual model_layout layout() const = 0;

    virtual slackline::task task() const = 0;

    /// Numbers that predict writes a sample: classes (classification: scores whose largest is the
    /// answer), or 1 (binary: a logit; regression: the value).
    virtual std::size_t outputs() const = 0;

    /// Fills `requests` (one list a table) and `b.places`. Models without tables need not override.
    virtual void prepare(batch& b, row_requests& requests);

    /// Writes every element of `g` (the mean gradient over the batch) and returns the mean loss.
    virtual double gradient(const parameters& p, const batch& b, const gradients& g) = 0;

    /// Writes outputs [B, outputs()].
    virtual void predict(const parameters& p, const batch& b, std::span<float> out) = 0;

    /// Mean loss of outputs that predict wrote.
    virtual double loss(std::span<const float> out, const batch& b) const = 0;
};

/// The keys of a job's [model] section. `take` marks a key as known; what nobody took is unknown.
class model_options {
public:
    using value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>>;

    void set(std::string key, value v) { values_[std::move(key)] = std::move(v); }

    /// The value of `key`, or `fallback` when it is absent. An integer serves where a double is
    /// wanted. Throws std::invalid_argument, naming the key, on another type.
    template <class T>
    T take(const std::string& key, T fallback);

    /// Every key and its value, in order, in one line: hidden=[256, 128] loss="mse"
    std::string text() const;

    /// Keys that no take() has named so far, in order.
    std::vector<std::string> untaken() const;
    /// Keys that take() asked for so far, in order: the known ones.
    const std::vector<std::string>& known() const { return known_; }

private:
    std::map<std::string, value> values_;
    std::vector<std::string> known_;
};

/// A named way to make a model from its options and the data's shape. `make` throws
/// std::invalid_argument with a sentence when they do not fit together.
struct model_entry {
    std::string kind;
    std::function<std::unique_ptr<model>(model_options&, const data_shape&)> make;
};

/// The models of this library: "mlp" and "linear".
std::vector<model_entry> builtin_models();

}  // namespace slackline
