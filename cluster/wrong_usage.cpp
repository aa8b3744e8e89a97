#include "cluster/wrong_usage.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "cluster/job/section.hpp"

namespace slackline {

namespace {

std::string list_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
    return text;
}

std::vector<std::string> commands_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(sub->get_name());
    return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

}  // namespace

std::string wrong_usage(const CLI::App& app, const CLI::ParseError& why) {
    const auto* at = &app;
    auto command = std::filesystem::path(app.get_name()).filename().string();
    while (!at->get_subcommands().empty()) {
        at = at->get_subcommands().front();
        command += " " + at->get_name();
    }
    const auto commands = commands_of(*at);
    const auto unknown = at->remaining();
    if (unknown.empty() && !commands.empty())
        return fmt::format("{}: name a command: {}", command, list_of(commands));
    if (unknown.empty()) return fmt::format("{0}: {1}; see {0} --help", command, why.what());
    const auto& word = unknown.front();
    const bool option = word.starts_with("-");
    const auto near = nearest(word, option ? options_of(*at) : commands);
    const auto remedy = !near.empty()                ? fmt::format("did you mean '{}'?", near)
                        : option || commands.empty() ? fmt::format("see {} --help", command)
                                                     : fmt::format("choose {}", list_of(commands));
    const auto what = option             ? "there is no option"
                      : commands.empty() ? "nothing takes the argument"
                                         : "there is no command";
    return fmt::format("{}: {} '{}'; {}", command, what, word, remedy);
}

}  // namespace slackline
