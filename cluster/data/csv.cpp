#include "cluster/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "cluster/data/file.hpp"
#include "messages/crc32c.hpp"

namespace slackline {

namespace {

class table_dataset : public dataset {
public:
    table_dataset(std::vector<float> x, std::vector<float> target, data_shape shape)
        : x_(std::move(x)), target_(std::move(target)), shape_(shape) {}

    data_shape shape() const override { return shape_; }
    std::uint64_t size() const override { return target_.size(); }
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
            return refuse(cells.size(),
                          fmt::format("there are {} columns and the first line has {}",
                                      cells.size(), columns_));
        for (std::size_t c = 0; c < cells.size(); ++c) {
            double value = 0;
            const auto* end = cells[c].data() + cells[c].size();
            const auto read = std::from_chars(cells[c].data(), end, value);
            if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value))
                return refuse(c, fmt::format("'{}' is no number", cells[c]));
            if (c != target_column_) {
                x_.push_back(static_cast<float>(value));
                continue;
            }
            if (!options_.value_target && (value < 0 || value > 1e6 || value != std::floor(value)))
                return refuse(c, fmt::format("'{}' is no class (set target_kind = \"value\" for a "
                                             "regression)",
                                             cells[c]));
            target_.push_back(static_cast<float>(value));
        }
        return {};
    }

    result<std::shared_ptr<const dataset>> finish() {
        if (target_.empty()) return refuse(0, "there is no sample");
        data_shape shape{columns_ - 1, 0, false};
        if (!options_.value_target)
            shape.classes = std::max(
                2u,
                static_cast<std::uint32_t>(*std::max_element(target_.begin(), target_.end())) + 1);
        if (options_.like) {
            if (options_.like->features != shape.features || options_.like->classes < shape.classes)
                return refuse(0, "columns or classes are not those of the training set");
            shape = *options_.like;
        }
        return std::make_shared<table_dataset>(std::move(x_), std::move(target_), shape);
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
        const auto named = std::find(cells.begin(), cells.end(), options_.target);
        if (options_.header && named != cells.end()) {
            target_column_ = static_cast<std::size_t>(named - cells.begin());
            return {};
        }
        const auto* end = options_.target.data() + options_.target.size();
        const auto read = std::from_chars(options_.target.data(), end, target_column_);
        if (read.ec != std::errc() || read.ptr != end || target_column_ >= columns_)
            return refuse(0,
                          fmt::format("there is no column '{}' for the target", options_.target));
        return {};
    }

    const std::string& path_;
    const csv_options& options_;
    std::size_t number_ = 0;
    std::size_t columns_ = 0;
    std::size_t target_column_ = 0;
    std::vector<float> x_;
    std::vector<float> target_;
};

}  // namespace

result<std::shared_ptr<const dataset>> read_csv(const std::string& path,
                                                const csv_options& options) {
    const auto file = read_whole_file(path);
    if (!file) return tl::unexpected(file.error());
    parser p(path, options);
    for (std::size_t at = 0; at < file->size();) {
        const auto end = std::min(file->find('\n', at), file->size());
        if (auto r = p.line(std::string_view(*file).substr(at, end - at)); !r)
            return tl::unexpected(r.error());
        at = end + 1;
    }
    return p.finish();
}

}  // namespace slackline
