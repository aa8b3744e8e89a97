#include "cluster/file/cluster_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cluster/file/cluster_checks.hpp"
#include "cluster/file/node_section.hpp"
#include "cluster/job/section.hpp"

namespace slackline {

namespace {

// A path of the user's own naming; the fallback is one already.
std::string path_key(toml_section& s, const std::string& key, const std::string& folder,
                     const std::string& fallback) {
    const auto written = s.text(key, fallback);
    if (written.empty()) s.refuse(key, "name a path, or remove the key");
    return path_from(folder, written);
}

void read_cluster(toml_section s, const std::string& folder, cluster_file& to) {
    to.name = s.text("name", "");
    if (!fit_name(to.name))
        s.refuse("name",
                 "a cluster needs a name of letters, digits, '-', '_' and '.', the first no '.'");
    to.state_dir = path_key(s, "state_dir", folder, "state");
    to.heartbeat_ms = s.integer("heartbeat_ms", to.heartbeat_ms, 10, 60'000);
    s.end();
}

void read_security(toml_section s, const std::string& folder, cluster_file& to) {
    to.secret_file = path_key(s, "secret", folder, to.state_dir + "/secret");
    to.insecure = s.flag("insecure", false);
    s.end();
}

}  // namespace

std::optional<std::uint32_t> cluster_file::find(const std::string& node_name) const {
    for (std::uint32_t i = 0; i < nodes.size(); ++i)
        if (nodes[i].name == node_name) return i;
    return std::nullopt;
}

result<cluster_file> parse_cluster_file(const std::string& text, const std::string& place,
                                        const std::string& folder) {
    toml_source source{place, {}, {}};
    toml::table root;
    try {
        root = toml::parse(text, place);
    } catch (const toml::parse_error& e) {
        return fail(failure_code::usage, fmt::format("{}:{}: {}; correct the line", place,
                                                     e.source().begin.line, e.description()));
    }
    cluster_file file;
    file.path = place;
    toml_section all(source, &root, "");
    read_cluster(all.section("cluster"), folder, file);
    read_security(all.section("security"), folder, file);
    auto nodes = all.sections("node");
    for (auto& n : nodes) file.nodes.push_back(read_node(n, folder));
    all.end();
    check_nodes(source, nodes, file);
    if (source.error) return tl::unexpected(std::move(*source.error));
    return file;
}

result<cluster_file> read_cluster_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::error_code error;
    if (!file || std::filesystem::is_directory(path, error))
        return fail(failure_code::usage,
                    fmt::format("the cluster file {} cannot be read; check the path", path));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    // Without links on the way: all who read the file, by whatever path, mean one state_dir.
    const auto folder =
        std::filesystem::canonical(std::filesystem::absolute(path).parent_path(), error);
    if (error)
        return fail(failure_code::usage, fmt::format("the folder of the cluster file {} cannot be "
                                                     "read: {}; check the path",
                                                     path, error.message()));
    return parse_cluster_file(text, path, folder.string());
}

}  // namespace slackline
