#include "actors/consistency.hpp"

#include <fmt/format.h>

namespace slackline {

result<consistency_settings> preset(const std::string& name) {
    consistency_settings s;
    if (name == "async") return s;
    if (name == "bounded") {
        s.staleness = 8;
        return s;
    }
    if (name == "ssp") {
        s.slack = 3;
        return s;
    }
    if (name == "ringmaster") {
        s.staleness = 7;
        s.late = late_policy::skip;
        s.cancel_late = true;
        return s;
    }
    s.staleness = 0;
    s.window = 1;
    if (name == "bsp") {
        s.aggregate = 0;
        s.repeats = false;
        return s;
    }
    s.late = late_policy::skip;
    if (name == "backup") {
        s.aggregate = 1;
        s.repeats = false;
        return s;
    }
    if (name == "rennala") {
        s.aggregate = 4;
        return s;
    }
    return fail(failure_code::usage,
                fmt::format("there is no consistency preset '{}'; use one of bsp, ssp, bounded, "
                            "async, ringmaster, rennala, backup",
                            name));
}

result<void> check(const consistency_settings& s, std::uint32_t workers) {
    if (s.window == 0)
        return fail(
            failure_code::usage,
            "consistency.window is 0, so no worker could start an item; set it to 1 or more");
    if (s.staleness == 0u && s.late == late_policy::wait && s.aggregate == 1 && workers > 1)
        return fail(
            failure_code::usage,
            fmt::format(
                "aggregate = 1 with staleness = 0 and late = \"wait\" lets one of {} workers "
                "work at a time; set aggregate = \"workers\", a staleness of at least 1, or "
                "run one worker",
                workers));
    if (s.cancel_late && (!s.staleness || s.late == late_policy::wait))
        return fail(failure_code::usage,
                    "cancelling late work needs a staleness bound and late = \"skip\" or "
                    "\"recompute\"; set both or choose another preset");
    if (s.level == ack_level::applied && s.replicas != 1)
        return fail(failure_code::usage,
                    "level = \"applied\" keeps one copy of everything; set level = \"replicated\", "
                    "or \"logged\", or remove replicas");
    if (s.level == ack_level::replicated && s.replicas < 2)
        return fail(failure_code::usage,
                    "level = \"replicated\" needs at least two copies; set replicas = 2 or more");
    if (s.late == late_policy::skip && s.staleness == 0u && s.aggregate > workers && !s.repeats)
        return fail(
            failure_code::usage,
            fmt::format(
                "aggregate = {} gradients of different workers cannot come from {} workers; "
                "lower aggregate or set repeats = true",
                s.aggregate, workers));
    return {};
}

std::string to_string(ack_level l) {
    switch (l) {
        case ack_level::applied:
            return "applied";
        case ack_level::replicated:
            return "replicated";
        case ack_level::logged:
            return "logged";
    }
    return "?";
}

result<ack_level> ack_level_from(const std::string& name) {
    for (auto l : {ack_level::applied, ack_level::replicated, ack_level::logged})
        if (to_string(l) == name) return l;
    return fail(failure_code::usage,
                fmt::format("level = \"{}\" is not one of \"applied\", \"replicated\", "
                            "\"logged\"",
                            name));
}

std::string to_string(late_policy p) {
    switch (p) {
        case late_policy::wait:
            return "wait";
        case late_policy::recompute:
            return "recompute";
        case late_policy::skip:
            return "skip";
    }
    return "?";
}

result<late_policy> late_policy_from(const std::string& name) {
    for (auto p : {late_policy::wait, late_policy::recompute, late_policy::skip})
        if (to_string(p) == name) return p;
    return fail(failure_code::usage, fmt::format("late = \"{}\" is not one of \"wait\", "
                                                 "\"recompute\", \"skip\"",
                                                 name));
}

}  // namespace slackline
