#include "cluster/node/run_order.hpp"

#include "actors/wire_layout.hpp"

namespace slackline {

result<run_order> read_order(wire::RunSpec::Reader from) {
    run_order to;
    to.run = from.getRun();
    const auto job = from.getJob();
    to.job = {job.getFile(), job.getText(), job.getFolder(), {}};
    for (const auto o : job.getOverrides()) to.job.overrides.push_back(o);
    to.data = {from.getSamples(), from.getChecksum()};
    auto layout = read_layout(from);
    if (!layout) return tl::unexpected(layout.error());
    to.layout = std::move(*layout);
    to.first_era = from.getFirstEra();
    to.adopt = from.getAdopt();
    for (const auto n : from.getRemoved()) to.removed.insert(n);
    return to;
}

}  // namespace slackline
