#include "cluster/node/held_part.hpp"

#include <fmt/format.h>

#include "cluster/log_places.hpp"
#include "cluster/run_start.hpp"
#include "kernels/gemm.hpp"

namespace slackline {

held_part::held_part(const run_part& part, const run_order& order, const node_place& here,
                     held_part_edges edges)
    : run_(order.run),
      job_(part.what),
      data_(order.data),
      here_(here),
      edges_(std::move(edges)),
      map_(part.spec.map),
      places_(part.spec.places),
      observer_(order.run,
                coordinates() ? address{role::COORDINATOR, 0} : address{role::NODE, here.node},
                [this](frame f) { edges_.link.send({role::REGISTRAR, 0}, std::move(f)); }),
      files_(job_.checkpoint_dir),
      log_files_(here.log_dir),
      store_({identity_of(job_, data_), map_->layout(), state_slots(job_.optimizer.kind), job_.keep,
              logged()},
             files_, now_utc, [this](const std::string& s) { observer_.warned(s); }),
      tree_(edges_.system, part.spec, edges_of_tree(), true) {}

run_edges held_part::edges_of_tree() {
    const auto tell = [this](const std::string& s) {
        edges_.log(s);
        observer_.happened(fmt::format("node {}: {}", here_.name, s));
    };
    return {edges_.actors, edges_.link,
            edges_.clock,  edges_.incarnations,
            store_,        observer_,
            tell,          [here = &here_](address who) { return here->has(who); },
            logs(tell)};
}

std::function<log_place(address)> held_part::logs(std::function<void(const std::string&)> tell) {
    if (!logged()) return {};
    return logs_in(log_files_, std::to_string(run_), run_, std::move(tell));
}

void held_part::forget_others() {
    const auto runs = log_files_.list("");
    if (!runs) return;  // it has kept none
    for (const auto& name : *runs)
        if (name != std::to_string(run_)) forget(name);
}

void held_part::forget(const std::string& name) {
    if (auto r = log_files_.remove(name); !r) edges_.log(r.error().sentence);
}

run_introduction held_part::introduction() const {
    return {data_.samples, job_.workers,       job_.shards,
            job_.batch,    blas_description(), job_.checkpoint_dir};
}

result<void> held_part::start(std::function<void(const std::string& reason)> on_end) {
    forget_others();
    if (coordinates()) {
        auto held = hold_run_folder(files_, job_.name);
        if (!held) return tl::unexpected(held.error());
        lock_ = std::move(*held);
        observer_.introduced(introduction());
    }
    tree_.start(std::move(on_end));
    return {};
}

std::set<address> held_part::holders_of_state() const {
    if (coordinates()) return {{role::COORDINATOR, 0}};
    std::set<address> all;
    for (const auto& part : here_.all.parts_on(here_.node, map_->shards()))
        if (part.role != role::WORKER && part.copy < places_) all.insert(part);
    return all;
}

}  // namespace slackline
