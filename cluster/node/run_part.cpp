#include "cluster/node/run_part.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "actors/thrown.hpp"
#include "cluster/make_model.hpp"
#include "cluster/node/job_of.hpp"
#include "cluster/node/layout_difference.hpp"

namespace slackline {

namespace {

bool computes(const node_place& here) {
    if (here.has({role::EVALUATOR, 0})) return true;
    for (std::uint32_t w = 0; w < here.all.workers(); ++w)
        if (here.has({role::WORKER, w})) return true;
    return false;
}

result<void> same_cluster(const job& j, const node_place& here) {
    // Workers may have joined since.
    if (j.workers <= here.all.workers()) return {};
    return fail(
        failure_code::mismatch,
        fmt::format("the run has {} worker(s), and the cluster file of node {} {}; give every "
                    "node the same cluster file",
                    j.workers, here.name, here.all.workers()));
}

// What must be done where two nodes have different data.
std::string remedy(const data_settings& d) {
    if (d.format == "drawn-digits") return "run the same program on every node";
    const auto folder =
        d.path.empty() ? std::filesystem::path(d.train).parent_path().string() : d.path;
    return fmt::format("copy the same files to {}", folder);
}

result<void> same_data(const job& j, const data_facts& here, const data_facts& coordinator) {
    if (here.samples != coordinator.samples)
        return fail(failure_code::mismatch,
                    fmt::format("the training set here has {} samples and the coordinator's has "
                                "{}: {}",
                                here.samples, coordinator.samples, remedy(j.data)));
    if (here.checksum != coordinator.checksum)
        return fail(failure_code::mismatch,
                    fmt::format("the training set here has checksum {:08x} and the coordinator's "
                                "has {:08x}: {}",
                                here.checksum, coordinator.checksum, remedy(j.data)));
    return {};
}

result<void> same_model(const job& j, const data_shape& shape, const run_order& order,
                        const node_place& here, const std::vector<model_entry>& models) {
    if (!has_model(models, j.model_kind))
        return fail(failure_code::usage,
                    fmt::format("this program has no model '{}'; it has {}: let [[node]] program "
                                "of {} name the program that has it",
                                j.model_kind, kinds_of(models), here.name));
    const auto m = make_model(j, shape, models);
    if (!m) return tl::unexpected(m.error());
    const auto layout = layout_of(j, **m);
    if (!layout) return tl::unexpected(layout.error());
    if (const auto difference = layout_difference(*layout, order.layout))
        return fail(failure_code::mismatch,
                    fmt::format("the model '{}' of this program is another than the coordinator's: "
                                "{}; let [[node]] program of {} name the same program",
                                j.model_kind, *difference, here.name));
    return {};
}

result<void> add_compute(run_part& to, const run_order& order, const node_place& here,
                         const std::vector<model_entry>& models) {
    const auto data = load_data(to.what);
    if (!data) return tl::unexpected(data.error());
    if (auto r = same_data(to.what, facts_of(*data), order.data); !r) return r;
    const auto shape = data->train->shape();
    if (auto r = same_model(to.what, shape, order, here, models); !r) return r;
    add_compute(to.spec, to.what, *data, [j = to.what, shape, models]() -> std::shared_ptr<model> {
        return std::move(make_model(j, shape, models)).value();
    });
    return {};
}

result<run_part> checked_part(const run_order& order, const node_place& here,
                              const std::vector<model_entry>& models) {
    auto j = job_of(order.job);
    if (!j) return tl::unexpected(j.error());
    if (auto r = same_cluster(*j, here); !r) return tl::unexpected(r.error());
    run_part to{std::move(*j), {}};
    to.spec = spec_of(to.what, order.data.samples, order.layout, order.run);
    to.spec.first_era = order.first_era;
    to.spec.adopt = order.adopt;
    to.spec.places = replicas_max;  // nodes may join
    to.spec.removed = [all = here.all, gone = order.removed](address who) {
        const auto node = all.node_of(who);
        return node && gone.contains(*node);
    };
    to.spec.workers = here.all.workers();
    if (computes(here))
        if (auto r = add_compute(to, order, here, models); !r) return tl::unexpected(r.error());
    return to;
}

}  // namespace

result<run_part> make_part(const run_order& order, const node_place& here,
                           const std::vector<model_entry>& models) {
    try {
        return checked_part(order, here, models);
    } catch (...) {  // memory that there is not, or a user's model
        return fail(failure_code::exhausted,
                    fmt::format("{}: {}; give it less to do, or correct the model's program",
                                order.job.file, what_was_thrown()));
    }
}

}  // namespace slackline
