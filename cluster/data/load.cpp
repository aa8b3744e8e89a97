#include "cluster/data/load.hpp"

#include <fmt/format.h>

#include <cmath>

#include "cluster/data/drawn_digits.hpp"
#include "cluster/data/file.hpp"
#include "cluster/data/idx.hpp"

namespace slackline {

namespace {

using data_result = result<std::shared_ptr<const dataset>>;

data_result read_idx_pair(const data_settings& d, const std::string& images,
                          const std::string& labels, const std::string& stem) {
    const auto locate = [&](const std::string& named, const std::string& usual) {
        if (!named.empty()) return result<std::string>(named);
        return find_file(d.path, {usual + ".gz", usual});
    };
    const auto i = locate(images, stem + "-images-idx3-ubyte");
    if (!i) return tl::unexpected(i.error());
    const auto l = locate(labels, stem + "-labels-idx1-ubyte");
    if (!l) return tl::unexpected(l.error());
    return read_idx(*i, *l);
}

// The files of a folder, where the job names a folder.
result<job> with_files(job j) {
    auto& d = j.data;
    if (d.path.empty() || (!d.train.empty() && !d.test.empty())) return j;
    if (d.format == "libsvm") {
        const auto pair = find_train_and_test(d.path);
        if (!pair) return tl::unexpected(pair.error());
        if (d.train.empty()) d.train = pair->first;
        if (d.test.empty()) d.test = pair->second;
    }
    if (d.format == "csv")
        for (auto [file, name] :
             {std::pair(&d.train, "train.csv"), std::pair(&d.test, "test.csv")}) {
            if (!file->empty()) continue;
            const auto found = find_file(d.path, {fmt::format("{}.gz", name), name});
            if (!found) return tl::unexpected(found.error());
            *file = *found;
        }
    return j;
}

data_result read_train(const job& j) {
    const auto& d = j.data;
    if (d.format == "drawn-digits") return draw_digits(j.seed, 0, d.train_samples);
    if (d.format == "idx") return read_idx_pair(d, d.train, d.train_labels, "train");
    if (d.format == "libsvm") return read_libsvm(d.train, {d.index_base, d.value_target, {}});
    auto options = d.csv;
    options.value_target = d.value_target;
    return read_csv(d.train, options);
}

}  // namespace

result<std::shared_ptr<const dataset>> load_test(const job& j, const data_shape& like) {
    const auto& d = j.data;
    if (d.format == "drawn-digits") return draw_digits(j.seed, d.train_samples, d.test_samples);
    if (d.format == "libsvm") return read_libsvm(d.test, {d.index_base, d.value_target, like});
    if (d.format == "csv") {
        auto options = d.csv;
        options.value_target = d.value_target;
        options.like = like;
        return read_csv(d.test, options);
    }
    auto test = read_idx_pair(d, d.test, d.test_labels, "t10k");
    if (test &&
        ((*test)->shape().features != like.features || (*test)->shape().classes > like.classes))
        return fail(failure_code::mismatch,
                    fmt::format("the test set has {} features and {} classes, the training set {} "
                                "and {}; use files of one set",
                                (*test)->shape().features, (*test)->shape().classes, like.features,
                                like.classes));
    return test;
}

result<loaded_data> load_data(const job& as_given) {
    const auto named = with_files(as_given);
    if (!named) return tl::unexpected(named.error());
    const job& j = *named;
    auto all = read_train(j);
    if (!all) return tl::unexpected(all.error());
    auto test = load_test(j, (*all)->shape());
    if (!test) return tl::unexpected(test.error());
    if (auto r = same_columns(**all, j.data.train, **test, j.data.test); !r)
        return tl::unexpected(r.error());
    loaded_data loaded{*all, nullptr, *test};
    const auto n = (*all)->size();
    const auto held_out =
        static_cast<std::uint64_t>(std::floor(static_cast<double>(n) * j.data.validation));
    if (held_out > 0) {
        loaded.train = std::make_shared<part_of_dataset>(*all, 0, n - held_out);
        loaded.validation = std::make_shared<part_of_dataset>(*all, n - held_out, n);
    }
    return loaded;
}

}  // namespace slackline
