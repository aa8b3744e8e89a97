#include "cluster/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "cluster/data/file.hpp"
#include "cluster/data/word.hpp"
#include "messages/crc32c.hpp"

namespace slackline {

namespace {

class table_dataset : public dataset {
public:
    table_dataset(std::vector<float> x, std::vector<float> target, data_shape shape,
                  std::vector<std::string> columns)
        : x_(std::move(x)),
          target_(std::move(target)),
          shape_(shape),
          columns_(std::move(columns)) {}

    data_shape shape() const override { return shape_; }
    std::uint64_t size() const override { return target_.size(); }
    const std::vector<std::string>& columns() const { return columns_; }
    std::uint32_t checksum() const override {
        return crc32c(std::as_bytes(std::span(target_)), crc32c(std::as_bytes(std::span(x_))));
    }
    void fill(std::span<const std::uint64_t> samples, batch& out) const override {
        out.size = samples.size();
        out.features = shape_.features;
        out.x.clear();
        out.labels.clear();
        out.targets.clear();
        for (const auto s : samples) {
            const auto row = x_.begin() + static_cast<std::ptrdiff_t>(s * shape_.features);
            out.x.insert(out.x.end(), row, row + static_cast<std::ptrdiff_t>(shape_.features));
            if (shape_.classes > 0)
                out.labels.push_back(static_cast<std::int32_t>(target_[s]));
            else
                out.targets.push_back(target_[s]);
        }
    }

private:
    std::vector<float> x_;       ///< [samples, features]
    std::vector<float> target_;  ///< [samples]
    data_shape shape_;
    std::vector<std::string> columns_;
};

std::vector<std::string_view> split(std::string_view line, char delimiter) {
    std::vector<std::string_view> cells;
    for (;;) {
        const auto end = std::min(line.find(delimiter), line.size());
        auto cell = line.substr(0, end);
        while (!cell.empty() && (cell.front() == ' ' || cell.front() == '"')) cell.remove_prefix(1);
        while (!cell.empty() && (cell.back() == ' ' || cell.back() == '"' || cell.back() == '\r'))
            cell.remove_suffix(1);
        cells.push_back(cell);
        if (end == line.size()) return cells;
        line = line.substr(end + 1);
    }
}

class parser {
public:
    parser(const std::string& path, const csv_options& options) : path_(path), options_(options) {}

    result<void> line(std::string_view text) {
        ++number_;
        if (text.find_first_not_of(" \t\r") == text.npos) return {};
        const auto cells = split(text, options_.delimiter);
        if (columns_ == 0)
            if (auto r = first(cells); !r || options_.header) return r;
        if (cells.size() != columns_)
            return refuse(std::min(cells.size(), columns_),
                          fmt::format("there are {} columns and the first line has {}",
                                      cells.size(), columns_));
        for (std::size_t c = 0; c < cells.size(); ++c)
            if (auto r = cell(c, cells[c]); !r) return r;
        return {};
    }

    result<std::shared_ptr<const dataset>> finish() {
        if (target_.empty()) return refuse(0, "there is no sample");
        data_shape shape{columns_ - 1, 0, false};
        if (!options_.value_target)
            shape.classes = std::max(
                2u,
                static_cast<std::uint32_t>(*std::max_element(target_.begin(), target_.end())) + 1);
        if (options_.like) shape = *options_.like;
        return std::make_shared<table_dataset>(std::move(x_), std::move(target_), shape,
                                               std::move(names_));
    }

private:
    tl::unexpected<failure> refuse(std::size_t column, const std::string& why) const {
        return fail(failure_code::malformed,
                    fmt::format("{}:{}, column {}: {}; correct the file or the [data] section",
                                path_, number_, column + 1, why));
    }

    // Finds the target's column; a header line is only read for its names.
    result<void> first(const std::vector<std::string_view>& cells) {
        columns_ = cells.size();
        if (options_.header) names_.assign(cells.begin(), cells.end());
        if (auto r = find_target(); !r) return r;
        if (columns_ == 1)
            return refuse(0, fmt::format("there is no column beside the target; the delimiter is "
                                         "stated as '{}'",
                                         options_.delimiter));
        if (options_.like && options_.like->features != columns_ - 1)
            return refuse(columns_ - 1,
                          fmt::format("there are {} features and the training set has {}",
                                      columns_ - 1, options_.like->features));
        return {};
    }

    result<void> find_target() {
        const auto named = std::find(names_.begin(), names_.end(), options_.target);
        target_column_ = static_cast<std::size_t>(named - names_.begin());
        if (named != names_.end()) {
            const auto again = std::find(named + 1, names_.end(), options_.target);
            if (again == names_.end()) return {};
            return refuse(
                static_cast<std::size_t>(again - names_.begin()),
                fmt::format("a second column is called '{}' as the target is", options_.target));
        }
        const auto* end = options_.target.data() + options_.target.size();
        const auto read = std::from_chars(options_.target.data(), end, target_column_);
        if (read.ec != std::errc() || read.ptr != end || target_column_ >= columns_)
            return refuse(0,
                          fmt::format("there is no column '{}' for the target", options_.target));
        return {};
    }

    result<void> cell(std::size_t column, std::string_view text) {
        const auto value = read_number(text);
        if (!value) return refuse(column, fmt::format("{} is no number", shown(text)));
        if (column != target_column_) {
            x_.push_back(static_cast<float>(*value));
            return {};
        }
        if (auto r = check_class(*value, text); !r) return r;
        target_.push_back(static_cast<float>(*value));
        return {};
    }

    result<void> check_class(double value, std::string_view text) const {
        if (options_.value_target) return {};
        if (value < 0 || value > 1e6 || value != std::floor(value))
            return refuse(target_column_, fmt::format("{} is no class (set target_kind = "
                                                      "\"value\" for a regression)",
                                                      shown(text)));
        if (options_.like && value >= options_.like->classes)
            return refuse(target_column_,
                          fmt::format("class {} is beyond the training set's {} classes", text,
                                      options_.like->classes));
        return {};
    }

    const std::string& path_;
    const csv_options& options_;
    std::size_t number_ = 0;
    std::size_t columns_ = 0;
    std::size_t target_column_ = 0;
    std::vector<std::string> names_;
    std::vector<float> x_;
    std::vector<float> target_;
};

}  // namespace

result<std::shared_ptr<const dataset>> read_csv(const std::string& path,
                                                const csv_options& options) {
    parser p(path, options);
    return read_lines(path, [&](std::string_view line) { return p.line(line); }).and_then([&] {
        return p.finish();
    });
}

result<void> same_columns(const dataset& train, const std::string& train_path, const dataset& test,
                          const std::string& test_path) {
    const auto* a = dynamic_cast<const table_dataset*>(&train);
    const auto* b = dynamic_cast<const table_dataset*>(&test);
    if (!a || !b || a->columns() == b->columns()) return {};
    const auto differ = std::mismatch(a->columns().begin(), a->columns().end(),
                                      b->columns().begin(), b->columns().end());
    const auto name = [](auto at, auto end) { return at == end ? "nothing" : "'" + *at + "'"; };
    return fail(failure_code::mismatch,
                fmt::format("{}, column {} is {} and {} has {} there; use files of one set",
                            test_path, differ.second - b->columns().begin() + 1,
                            name(differ.second, b->columns().end()), train_path,
                            name(differ.first, a->columns().end())));
}

}  // namespace slackline
