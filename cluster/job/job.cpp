#include "cluster/job/job.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cluster/job/sections.hpp"

namespace slackline {

namespace {

// A TOML value, or else the text itself.
void put_override(toml::table& root, const std::string& key, const std::string& value,
                  toml_source& source) {
    const auto dot = key.find('.');
    const std::string section = key.substr(0, dot);
    const std::string name = key.substr(dot + 1);
    auto* table = root.insert(section, toml::table{}).first->second.as_table();
    if (!table) return source.refuse(fmt::format("--set {}: '{}' is no section", key, section));
    toml::table parsed;
    try {
        parsed = toml::parse("value = " + value);
    } catch (const toml::parse_error&) {
    }
    if (parsed.size() != 1) parsed = toml::table{{"value", value}};
    table->insert_or_assign(name, *parsed.get("value"));
    source.overridden.push_back(key);
}

}  // namespace

result<std::pair<std::string, std::string>> read_override(const std::string& argument) {
    const auto equals = argument.find('=');
    const auto dot = argument.find('.');
    if (equals == argument.npos || dot == argument.npos || dot == 0 || dot > equals ||
        dot + 1 == equals)
        return fail(failure_code::usage,
                    fmt::format("--set {}: write --set section.key=value", argument));
    return std::pair(argument.substr(0, equals), argument.substr(equals + 1));
}

result<job> parse_job(const std::string& text, const std::string& place, const std::string& folder,
                      const job_overrides& overrides) {
    toml_source source{place, {}, {}};
    toml::table root;
    try {
        root = toml::parse(text, place);
    } catch (const toml::parse_error& e) {
        return fail(failure_code::usage, fmt::format("{}:{}: {}; correct the line", place,
                                                     e.source().begin.line, e.description()));
    }
    for (const auto& [key, value] : overrides) put_override(root, key, value, source);
    job j;
    j.file = place;
    j.text = text;
    read_sections(source, root, folder, j);
    if (source.error) return tl::unexpected(*source.error);
    return j;
}

result<job> read_job(const std::string& path, const job_overrides& overrides) {
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path))
        return fail(failure_code::usage,
                    fmt::format("the job file {} cannot be read; check the path", path));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto folder = std::filesystem::absolute(path).parent_path().string();
    return parse_job(text, path, folder, overrides);
}

}  // namespace slackline
