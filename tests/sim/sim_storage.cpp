#include "tests/sim/sim_storage.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace slackline {

struct sim_storage::file_node {
    bytes now;
    bytes durable;
    bool sync_failed = false;
};

struct sim_storage::entry {
    std::shared_ptr<file_node> file;
    std::shared_ptr<folder_node> folder;
    bool operator==(const entry&) const = default;
    explicit operator bool() const { return file || folder; }
};

struct sim_storage::folder_node {
    std::map<std::string, entry> now;
    std::map<std::string, entry> durable;
    std::map<std::string, entry> lost;  ///< changes, absence included, that a failed sync dropped

    static entry at(const std::map<std::string, entry>& names, const std::string& name) {
        const auto e = names.find(name);
        return e == names.end() ? entry{} : e->second;
    }

    static void set(std::map<std::string, entry>& names, const std::string& name, const entry& e) {
        if (e)
            names[name] = e;
        else
            names.erase(name);
    }

    std::set<std::string> all_names() const {
        std::set<std::string> names;
        for (const auto& [name, e] : now) names.insert(name);
        for (const auto& [name, e] : durable) names.insert(name);
        return names;
    }
};

class sim_storage::open_file : public storage_file {
public:
    open_file(sim_storage& disk, std::shared_ptr<file_node> file, std::string path)
        : disk_(disk), file_(std::move(file)), path_(std::move(path)), powered_(disk.powered_) {}

    result<void> append(std::span<const std::byte> data) override {
        if (powered_ != disk_.powered_) return fail(failure_code::io, path_ + ": no power");
        return disk_.append(*file_, data, path_);
    }
    result<void> sync() override {
        if (powered_ != disk_.powered_) return fail(failure_code::io, path_ + ": no power");
        return disk_.sync(*file_, path_);
    }

private:
    sim_storage& disk_;
    std::shared_ptr<file_node> file_;
    std::string path_;
    std::uint64_t powered_;
};

sim_storage::sim_storage() : root_(std::make_shared<folder_node>()) {}
sim_storage::~sim_storage() = default;

result<void> sim_storage::operation(const std::string& what) {
    ++operations_;
    if (operations_ == crash_at_) crashed_ = true;
    if (crashed_) return fail(failure_code::io, what + ": no power");
    if (fail_at_.contains(operations_)) return fail(failure_code::io, what + ": the disk refused");
    return {};
}

result<sim_storage::entry> sim_storage::find(const std::string& path) {
    if (crashed_) return fail(failure_code::io, path + ": no power");
    entry at{nullptr, root_};
    for (std::size_t begin = 0; begin < path.size();) {
        const auto end = std::min(path.find('/', begin), path.size());
        if (!at.folder) return fail(failure_code::io, path + ": a part of it is no folder");
        at = folder_node::at(at.folder->now, path.substr(begin, end - begin));
        if (!at) return fail(failure_code::not_found, path + ": there is none");
        begin = end + 1;
    }
    return at;
}

result<std::pair<sim_storage::folder_node*, std::string>> sim_storage::parent_of(
    const std::string& path) {
    const auto slash = path.rfind('/');
    const auto folder = find(slash == path.npos ? "" : path.substr(0, slash));
    if (!folder) return tl::unexpected(folder.error());
    if (!folder->folder) return fail(failure_code::io, path + ": it lies in no folder");
    return std::pair(folder->folder.get(), slash == path.npos ? path : path.substr(slash + 1));
}

result<std::unique_ptr<storage_file>> sim_storage::create(const std::string& path) {
    auto parent = parent_of(path);
    if (!parent) return tl::unexpected(parent.error());
    auto& [folder, name] = *parent;
    if (folder_node::at(folder->now, name))
        return fail(failure_code::already_exists, path + ": it is there");
    if (auto r = operation("create " + path); !r) return tl::unexpected(r.error());
    const entry made{std::make_shared<file_node>(), nullptr};
    folder->now[name] = made;
    return std::make_unique<open_file>(*this, made.file, path);
}

result<void> sim_storage::append(file_node& file, std::span<const std::byte> data,
                                 const std::string& path) {
    if (file.sync_failed) violations_.push_back(path + " is written after a failed sync");
    const auto r = operation("append to " + path);
    const auto written = data.first(r ? data.size() : data.size() / 2);
    file.now.insert(file.now.end(), written.begin(), written.end());
    return r;
}

result<void> sim_storage::sync(file_node& file, const std::string& path) {
    if (file.sync_failed) violations_.push_back(path + " is synced after a failed sync");
    const auto r = operation("sync " + path);
    if (!r)
        file.sync_failed = true;
    else if (!file.sync_failed)
        file.durable = file.now;
    return r;
}

result<bytes> sim_storage::read(const std::string& path) {
    if (reads_refused_) return fail(*reads_refused_, path + ": it cannot be read now");
    const auto e = find(path);
    if (!e) return tl::unexpected(e.error());
    if (!e->file) return fail(failure_code::io, path + ": it is no file");
    return e->file->now;
}

result<std::uint64_t> sim_storage::size(const std::string& path) {
    return read(path).map([](const bytes& b) -> std::uint64_t { return b.size(); });
}

result<void> sim_storage::rename(const std::string& from, const std::string& to) {
    const auto source = parent_of(from);
    if (!source) return tl::unexpected(source.error());
    const auto target = parent_of(to);
    if (!target) return tl::unexpected(target.error());
    const auto moved = folder_node::at(source->first->now, source->second);
    if (!moved) return fail(failure_code::not_found, from + ": there is none");
    if (auto r = operation("rename " + from); !r) return r;
    source->first->now.erase(source->second);
    target->first->now[target->second] = moved;
    return {};
}

result<void> sim_storage::make_directory(const std::string& path) {
    if (path.empty()) return {};
    if (const auto slash = path.rfind('/'); slash != path.npos)
        if (auto r = make_directory(path.substr(0, slash)); !r) return r;
    const auto parent = parent_of(path);
    if (!parent) return tl::unexpected(parent.error());
    const auto there = folder_node::at(parent->first->now, parent->second);
    if (there.folder) return {};
    if (there.file) return fail(failure_code::already_exists, path + ": it is a file");
    if (auto r = operation("make " + path); !r) return r;
    parent->first->now[parent->second] = {nullptr, std::make_shared<folder_node>()};
    return {};
}

result<void> sim_storage::sync_directory(const std::string& path) {
    const auto e = find(path);
    if (!e) return tl::unexpected(e.error());
    if (!e->folder) return fail(failure_code::io, path + ": it is no folder");
    auto& folder = *e->folder;
    const auto r = operation("sync " + path);
    for (const auto& name : folder.all_names()) {
        const auto now = folder_node::at(folder.now, name);
        if (now == folder_node::at(folder.durable, name)) continue;
        const auto lost = folder.lost.find(name);
        if (!r)
            folder.lost[name] = now;
        else if (lost == folder.lost.end() || !(lost->second == now))
            folder_node::set(folder.durable, name, now);
    }
    return r;
}

result<std::vector<std::string>> sim_storage::list(const std::string& path) {
    const auto e = find(path);
    if (!e) return tl::unexpected(e.error());
    if (!e->folder) return fail(failure_code::io, path + ": it is no folder");
    std::vector<std::string> names;
    for (const auto& [name, there] : e->folder->now) names.push_back(name);
    return names;
}

result<void> sim_storage::remove(const std::string& path) {
    const auto parent = parent_of(path);
    if (!parent && parent.error().code == failure_code::not_found) return {};
    if (!parent) return tl::unexpected(parent.error());
    return remove_from(*parent->first, parent->second, path);
}

result<void> sim_storage::remove_from(folder_node& folder, const std::string& name,
                                      const std::string& path) {
    const auto there = folder_node::at(folder.now, name);
    if (!there) return {};
    if (there.folder) {
        const auto inside = there.folder->now;
        for (const auto& [n, e] : inside)
            if (auto r = remove_from(*there.folder, n, path + "/" + n); !r) return r;
    }
    if (auto r = operation("remove " + path); !r) return r;
    folder.now.erase(name);
    return {};
}

void sim_storage::restart(survivors what, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    settle(*root_, what, random);
    crashed_ = false;
    crash_at_ = 0;
    fail_at_.clear();
    ++powered_;
}

void sim_storage::settle(folder_node& folder, survivors what, std::mt19937_64& random) {
    std::map<std::string, entry> left;
    for (const auto& name : folder.all_names()) {
        const bool fresh =
            what == survivors::names || (what == survivors::drawn && random() % 2 == 0);
        const auto e = folder_node::at(fresh ? folder.now : folder.durable, name);
        folder_node::set(left, name, e);
        if (e.file) settle(*e.file, what, random);
        if (e.folder) settle(*e.folder, what, random);
    }
    folder.now = folder.durable = left;
    folder.lost.clear();
}

// Bytes behind the durable ones: some of them, and of these blocks here and there, and perhaps the
// last, as zeros: a disk is written in any order.
void sim_storage::settle(file_node& file, survivors what, std::mt19937_64& random) {
    if (what == survivors::drawn && file.now.size() > file.durable.size()) {
        const auto old = file.durable.size();
        const auto kept = old + random() % (file.now.size() - old + 1);
        const auto whole = old + random() % (kept - old + 1);
        file.durable.assign(file.now.begin(),
                            file.now.begin() + static_cast<std::ptrdiff_t>(whole));
        constexpr std::size_t block = 64;
        for (auto at = old; at < whole; at += block)
            if (random() % 8 == 0)
                std::fill_n(file.durable.begin() + static_cast<std::ptrdiff_t>(at),
                            std::min(block, whole - at), std::byte{0});
        file.durable.resize(kept, std::byte{0});
    }
    file.now = file.durable;
    file.sync_failed = false;
}

void sim_storage::overwrite(const std::string& path, const bytes& content) {
    const auto e = find(path);
    if (!e || !e->file) throw std::invalid_argument(path + " is no file");
    e->file->now = e->file->durable = content;
}

}  // namespace slackline
