#include "cluster/checkpoint_choice.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace slackline {

namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& n : names) text += (text.empty() ? "" : ", ") + n;
    return text;
}

tl::unexpected<failure> wrong(std::string sentence) {
    return fail(failure_code::usage, std::move(sentence));
}

}  // namespace

result<std::vector<std::string>> list_runs(storage& files, const std::string& dir) {
    const auto names = files.list("");
    if (!names && names.error().code == failure_code::not_found)
        return wrong(fmt::format("there is no folder {}; correct --dir", dir));
    if (!names) return tl::unexpected(names.error());
    std::vector<std::string> runs;
    for (const auto& n : *names)
        if (files.list(n)) runs.push_back(n);
    return runs;
}

result<std::string> choose_run(storage& files, const checkpoint_choice& choice) {
    const auto runs = list_runs(files, choice.dir);
    if (!runs) return tl::unexpected(runs.error());
    if (runs->empty()) return wrong(fmt::format("{} holds no run; correct --dir", choice.dir));
    if (choice.run.empty() && runs->size() == 1) return runs->front();
    if (choice.run.empty())
        return wrong(
            fmt::format("{} holds the runs {}; choose one with --run", choice.dir, joined(*runs)));
    if (std::find(runs->begin(), runs->end(), choice.run) == runs->end())
        return wrong(
            fmt::format("{} holds no run '{}'; it has {}", choice.dir, choice.run, joined(*runs)));
    return choice.run;
}

result<checkpoint_info> choose_checkpoint(storage& files, const checkpoint_choice& choice,
                                          const std::string& run) {
    const auto all = list_checkpoints(files, run);
    if (!all) return tl::unexpected(all.error());
    if (all->empty())
        return fail(
            failure_code::not_found,
            fmt::format("run '{}' in {} has no checkpoint yet; train it first", run, choice.dir));
    if (choice.checkpoint.empty()) return all->back();
    for (const auto& c : *all)
        if (name_of(c) == choice.checkpoint) return c;
    return wrong(fmt::format("run '{}' in {} has no checkpoint '{}'; its newest is {}", run,
                             choice.dir, choice.checkpoint, name_of(all->back())));
}

std::string name_of(const checkpoint_info& info) {
    return info.path.substr(info.path.rfind('/') + 1);
}

}  // namespace slackline
