#include "slackline.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "tests/catch.hpp"

using nlohmann::json;

words slackline_command(const words& arguments) {
    words command = {SLACKLINE_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

child_end slackline(const words& arguments) {
    return run_child(slackline_command(arguments), patience);
}

words train_regression(const std::string& dir, const words& more) {
    words arguments = {"train", EXAMPLES_FOLDER "/regression/job.toml", "--set",
                       "checkpoint.dir=" + dir};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

void check_refused(const child_end& end, int code, const words& told) {
    INFO("standard error: " << end.err);
    CHECK(end.signal == 0);
    CHECK(end.code == code);
    CHECK(end.out == "");
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    for (const auto& part : told) {
        INFO("it should tell: " << part);
        CHECK(end.err.find(part) != std::string::npos);
    }
}

std::vector<json> json_lines(const std::string& out) {
    std::vector<json> lines;
    std::istringstream text(out);
    for (std::string line; std::getline(text, line);) {
        INFO("line: " << line);
        const auto parsed = json::parse(line, nullptr, false);
        REQUIRE(parsed.is_object());
        REQUIRE(parsed.contains("event"));
        lines.push_back(parsed);
    }
    return lines;
}

json check_done(const std::string& out) {
    INFO("standard output: " << out);
    const auto lines = json_lines(out);
    REQUIRE(!lines.empty());
    const auto& done = lines.back();
    REQUIRE(done["event"] == "done");
    std::set<std::string> keys;
    for (const auto& [key, value] : done.items()) keys.insert(key);
    REQUIRE(keys == std::set<std::string>{"event", "run", "items", "applied", "skipped",
                                          "duplicates", "skips", "staleness_max", "staleness",
                                          "loss", "metrics", "seconds", "items_per_s",
                                          "checkpoint"});
    CHECK(done["items"] == done["applied"].get<long>() + done["skipped"].get<long>());
    CHECK(done["skips"].size() == done["skipped"]);
    long gradients = 0;
    long stalest = 0;
    for (const auto& [updates, count] : done["staleness"].items()) {
        gradients += count.get<long>();
        stalest = std::max(stalest, std::stol(updates));
    }
    CHECK(gradients == done["applied"]);
    CHECK(stalest == done["staleness_max"]);
    CHECK(done["metrics"]["loss"] == done["loss"]);
    CHECK(done["loss"].is_number());
    CHECK(done["seconds"].get<double>() > 0);
    CHECK(
        std::filesystem::is_regular_file(done["checkpoint"].get<std::string>() + "/manifest.json"));
    return done;
}

folder_content files_in(const std::string& folder) {
    folder_content files;
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        std::string content = "a folder";
        if (entry.is_regular_file()) {
            std::ifstream file(entry.path(), std::ios::binary);
            content.assign(std::istreambuf_iterator<char>(file), {});
        }
        files[entry.path().string()] = content;
    }
    return files;
}

words changed_since(const folder_content& before, const std::string& folder) {
    const auto after = files_in(folder);
    words changed;
    const auto compare = [&](const folder_content& from, const folder_content& to) {
        for (const auto& [path, content] : from) {
            const auto other = to.find(path);
            if ((other == to.end() || other->second != content) && !path.ends_with("/lock"))
                changed.push_back(path);
        }
    };
    compare(before, after);
    compare(after, before);
    return changed;
}
