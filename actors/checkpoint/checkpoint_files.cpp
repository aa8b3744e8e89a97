#include "actors/checkpoint/checkpoint_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/checkpoint/model_files.hpp"
#include "messages/crc32c.hpp"

namespace slackline {

namespace {

constexpr const char* prefix = "checkpoint-";
constexpr const char* manifest_name = "manifest.json";

std::string folder_of(const std::string& run, const model_state& s) {
    return fmt::format("{}/{}{:06}-{:012}-{:06}", run, prefix, s.at.era, s.at.count, s.ledger.cuts);
}

result<void> write_file(storage& files, const std::string& folder, const std::string& name,
                        const bytes& content) {
    const std::string path = folder + "/" + name;
    auto file = files.create(path + ".new");
    if (!file) return tl::unexpected(file.error());
    if (auto r = (*file)->append(content); !r) return r;
    if (auto r = (*file)->sync(); !r) return r;
    if (auto r = files.rename(path + ".new", path); !r) return r;
    if (auto r = files.sync_directory(folder); !r) return r;
    const auto again = files.read(path);
    if (!again) return tl::unexpected(again.error());
    if (*again != content)
        return fail(
            failure_code::checksum,
            fmt::format("{} reads back otherwise than it was written; check the disk", path));
    return {};
}

result<bytes> read_verified(storage& files, const std::string& folder, const manifest_file& f) {
    const std::string path = folder + "/" + f.name;
    auto content = files.read(path);
    if (!content) return content;
    if (content->size() != f.size_bytes)
        return fail(failure_code::checksum,
                    fmt::format("{} has {} bytes and its manifest says {}; use another checkpoint",
                                path, content->size(), f.size_bytes));
    if (crc32c(*content) != f.crc32c)
        return fail(failure_code::checksum,
                    fmt::format("{} was changed after it was written: its checksum does not match; "
                                "use another checkpoint",
                                path));
    return content;
}

}  // namespace

result<std::vector<checkpoint_info>> list_checkpoints(storage& files, const std::string& run) {
    const auto names = files.list(run);
    if (!names && names.error().code == failure_code::not_found)
        return std::vector<checkpoint_info>{};
    if (!names) return tl::unexpected(names.error());
    std::vector<checkpoint_info> found;
    for (const auto& name : *names) {
        if (!name.starts_with(prefix)) continue;
        const std::string path = run + "/" + name;
        const auto file = files.read(path + "/" + manifest_name);
        if (!file && file.error().code == failure_code::not_found) continue;
        found.push_back({path, file ? read_manifest(*file, path + "/" + manifest_name)
                                    : result<manifest>(tl::unexpected(file.error()))});
    }
    return found;
}

result<void> verify_checkpoint(storage& files, const checkpoint_info& info) {
    if (!info.content) return tl::unexpected(info.content.error());
    for (const auto& f : info.content->files)
        if (const auto r = read_verified(files, info.path, f); !r) return tl::unexpected(r.error());
    return {};
}

result<model_state> load_checkpoint(storage& files, const checkpoint_info& info,
                                    const model_layout& layout, std::size_t state_slots) {
    if (!info.content) return tl::unexpected(info.content.error());
    model_state state;
    state.at = info.content->at;
    state.ledger = info.content->ledger;
    for (const auto& f : info.content->files) {
        const auto content = read_verified(files, info.path, f);
        if (!content) return tl::unexpected(content.error());
        const std::string place = info.path + "/" + f.name;
        const auto r = f.name == model_file_name
                           ? read_model_file(*content, place, layout, state)
                           : read_state_file(*content, place, layout, state_slots, state);
        if (!r) return tl::unexpected(r.error());
    }
    return state;
}

result<std::string> publish_checkpoint(storage& files, const run_identity& identity,
                                       const model_layout& layout, const model_state& state,
                                       const std::string& written) {
    const std::string folder = folder_of(identity.run, state);
    if (files.read(folder + "/" + manifest_name)) return folder;
    if (auto r = files.remove(folder); !r) return tl::unexpected(r.error());
    if (auto r = files.make_directory(folder); !r) return tl::unexpected(r.error());
    if (auto r = files.sync_directory(identity.run); !r) return tl::unexpected(r.error());
    manifest m{identity, state.at, state.ledger, written, {}};
    const auto add = [&](const std::string& name, const bytes& content) {
        m.files.push_back({name, content.size(), crc32c(content)});
        return write_file(files, folder, name, content);
    };
    if (auto r = add(model_file_name, model_file(layout, state)); !r)
        return tl::unexpected(r.error());
    if (auto r = add(state_file_name, state_file(layout, state)); !r)
        return tl::unexpected(r.error());
    if (auto r = write_file(files, folder, manifest_name, write_manifest(m)); !r)
        return tl::unexpected(r.error());
    return folder;
}

result<void> prune_checkpoints(storage& files, const std::string& run, std::size_t keep) {
    const auto names = files.list(run);
    if (!names) return tl::unexpected(names.error());
    const auto published = list_checkpoints(files, run);
    if (!published) return tl::unexpected(published.error());
    const std::size_t old = published->size() > keep ? published->size() - keep : 0;
    for (const auto& name : *names) {
        if (!name.starts_with(prefix)) continue;
        const std::string path = run + "/" + name;
        const auto at = std::find_if(published->begin(), published->end(),
                                     [&](const auto& p) { return p.path == path; });
        if (at != published->end() && static_cast<std::size_t>(at - published->begin()) >= old)
            continue;
        if (auto r = files.remove(path); !r) return r;
    }
    return {};
}

}  // namespace slackline
