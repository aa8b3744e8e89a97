#include "cluster/data/libsvm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "cluster/data/file.hpp"
#include "cluster/data/word.hpp"

namespace slackline {

namespace {

constexpr std::uint64_t id_max = (std::uint64_t{1} << 63) - 1;

class parser {
public:
    parser(const std::string& path, const libsvm_options& options)
        : path_(path), options_(options) {}

    result<void> line(std::string_view text) {
        ++number_;
        if (const auto comment = text.find('#'); comment != text.npos)
            text = text.substr(0, comment);
        const auto label = next_word(text);
        if (label.empty()) return {};
        const auto value = read_number(label);
        if (!value) return refuse(fmt::format("the label {} is no number", shown(label)));
        labels_.push_back(*value);
        lines_.push_back(number_);
        std::optional<std::uint64_t> last;
        for (auto word = next_word(text); !word.empty(); word = next_word(text))
            if (auto r = feature(word, last); !r) return r;
        samples_.row_start.push_back(samples_.ids.size());
        return {};
    }

    result<std::shared_ptr<const dataset>> finish() {
        if (labels_.empty()) return refuse("there is no sample");
        data_shape shape{features_, 0, true};
        if (options_.value_target) {
            for (const auto l : labels_) samples_.targets.push_back(static_cast<float>(l));
        } else if (auto classes = read_classes(); classes) {
            shape.classes = *classes;
        } else {
            return tl::unexpected(classes.error());
        }
        if (options_.like) {
            shape.features = options_.like->features;
            shape.classes = options_.like->classes;
        }
        return std::make_shared<sparse_dataset>(std::move(samples_), shape);
    }

private:
    tl::unexpected<failure> refuse(const std::string& why) const { return refuse(number_, why); }
    tl::unexpected<failure> refuse(std::size_t line, const std::string& why) const {
        return fail(
            failure_code::malformed,
            fmt::format("{}:{}: {}; correct the line or the [data] section", path_, line, why));
    }

    static std::string_view next_word(std::string_view& text) {
        const auto begin = text.find_first_not_of(" \t\r");
        if (begin == text.npos) return text = {};
        text = text.substr(begin);
        const auto end = std::min(text.find_first_of(" \t\r"), text.size());
        const auto word = text.substr(0, end);
        text = text.substr(end);
        return word;
    }

    result<void> feature(std::string_view word, std::optional<std::uint64_t>& last) {
        const auto colon = word.find(':');
        std::uint64_t index = 0;
        const auto [end, error] =
            std::from_chars(word.data(), word.data() + std::min(colon, word.size()), index);
        const auto value = colon == word.npos ? std::nullopt : read_number(word.substr(colon + 1));
        if (!value || error != std::errc() || end != word.data() + colon)
            return refuse(fmt::format("{} is no INDEX:VALUE", shown(word)));
        if (index < options_.index_base)
            return refuse("index 0 in data stated as 1-based (set index_base = 0 if it is not)");
        if (last && index <= *last)
            return refuse(
                fmt::format("index {} stands behind {}: indices must rise", index, *last));
        last = index;
        const auto id = index - options_.index_base;
        if (id > id_max) return refuse(fmt::format("index {} is beyond {}", index, id_max));
        if (options_.like && id >= options_.like->features)
            return refuse(fmt::format("index {} is beyond the training set's {} features", index,
                                      options_.like->features));
        features_ = std::max(features_, id + 1);
        samples_.ids.push_back(id);
        samples_.values.push_back(static_cast<float>(*value));
        return {};
    }

    result<std::uint32_t> read_classes() {
        const bool signs =
            std::any_of(labels_.begin(), labels_.end(), [](double l) { return l == -1; });
        double top = 1;
        for (std::size_t s = 0; s < labels_.size(); ++s) {
            const double l = signs ? (labels_[s] + 1) / 2 : labels_[s];
            if (l < 0 || l != std::floor(l) || l > (signs ? 1 : 1e6))
                return refuse(lines_[s], fmt::format("the label {} is no class{} (set target_kind "
                                                     "= \"value\" for a regression)",
                                                     labels_[s], signs ? " beside -1" : ""));
            if (options_.like && l >= options_.like->classes)
                return refuse(lines_[s],
                              fmt::format("class {} is beyond the training set's {} classes", l,
                                          options_.like->classes));
            samples_.labels.push_back(static_cast<std::int32_t>(l));
            top = std::max(top, l);
        }
        return static_cast<std::uint32_t>(top) + 1;
    }

    const std::string& path_;
    const libsvm_options& options_;
    std::size_t number_ = 0;
    std::uint64_t features_ = 0;
    std::vector<double> labels_;
    std::vector<std::size_t> lines_;  ///< [labels]
    sparse_samples samples_;
};

}  // namespace

result<std::shared_ptr<const dataset>> read_libsvm(const std::string& path,
                                                   const libsvm_options& options) {
    parser p(path, options);
    return read_lines(path, [&](std::string_view line) { return p.line(line); }).and_then([&] {
        return p.finish();
    });
}

}  // namespace slackline
