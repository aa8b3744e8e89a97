#include "actors/checkpoint/checkpoint_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "actors/checkpoint/durable_files.hpp"
#include "actors/checkpoint/model_files.hpp"
#include "messages/crc32c.hpp"

namespace slackline {

namespace {

constexpr const char* another = "; use another checkpoint";

result<void> write_verified(storage& files, const std::string& path, const bytes& content) {
    if (auto r = write_durably(files, path, content); !r) return r;
    const auto again = files.read(path);
    if (!again) return tl::unexpected(again.error());
    if (*again != content)
        return fail(
            failure_code::checksum,
            fmt::format("{} reads back otherwise than it was written; check the disk", path));
    return {};
}

// The manifest goes first and durably: what is left of the folder after a crash is no checkpoint.
result<void> remove_checkpoint(storage& files, const std::string& folder) {
    const std::string manifest_path = folder + "/" + manifest_name;
    if (files.size(manifest_path)) {
        if (auto r = files.remove(manifest_path); !r) return r;
        if (auto r = files.sync_directory(folder); !r) return r;
    }
    return files.remove(folder);
}

result<void> write_checkpoint(storage& files, const std::string& folder, manifest m,
                              const model_layout& layout, const model_state& state) {
    const auto add = [&](const std::string& name, const bytes& content) {
        m.files.push_back({name, content.size(), crc32c(content)});
        return write_verified(files, folder + "/" + name, content);
    };
    if (auto r = make_durable_directory(files, folder); !r) return r;
    if (auto r = add(model_file_name, model_file(layout, state)); !r) return r;
    if (auto r = add(state_file_name, state_file(layout, state)); !r) return r;
    return write_verified(files, folder + "/" + manifest_name, write_manifest(m));
}

result<bytes> read_verified(storage& files, const std::string& folder, const manifest_file& f) {
    const std::string path = folder + "/" + f.name;
    auto content = files.read(path);
    if (!content) return fail(content.error().code, content.error().sentence + another);
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

std::string checkpoint_folder(const std::string& run, const model_state& s) {
    return fmt::format("{}/{}{:06}-{:012}-{:06}", run, checkpoint_prefix, s.at.era, s.at.count,
                       s.ledger.cuts);
}

result<std::vector<checkpoint_info>> list_checkpoints(storage& files, const std::string& run) {
    const auto names = files.list(run);
    if (!names && names.error().code == failure_code::not_found)
        return std::vector<checkpoint_info>{};
    if (!names) return tl::unexpected(names.error());
    std::vector<checkpoint_info> found;
    for (const auto& name : *names) {
        if (!name.starts_with(checkpoint_prefix)) continue;
        const std::string path = run + "/" + name;
        const auto file = files.read(path + "/" + manifest_name);
        if (!file && file.error().code == failure_code::not_found) continue;
        found.push_back({path, file ? read_manifest(*file, path + "/" + manifest_name)
                                    : result<manifest>(tl::unexpected(file.error()))});
    }
    return found;
}

result<bytes> read_checkpoint_file(storage& files, const checkpoint_info& info,
                                   const std::string& name) {
    if (!info.content) return tl::unexpected(info.content.error());
    const auto& all = info.content->files;
    const auto f =
        std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.name == name; });
    if (f == all.end())
        return fail(failure_code::malformed,
                    fmt::format("{}/{} does not name {}; use another checkpoint", info.path,
                                manifest_name, name));
    return read_verified(files, info.path, *f);
}

result<model_state> load_checkpoint(storage& files, const checkpoint_info& info,
                                    const model_layout& layout, std::size_t state_slots) {
    const auto model = read_checkpoint_file(files, info, model_file_name);
    if (!model) return tl::unexpected(model.error());
    model_state to;
    to.at = info.content->at;
    to.ledger = info.content->ledger;
    const auto place = info.path + "/";
    if (auto r = read_model_file(*model, place + model_file_name, layout, to); !r)
        return tl::unexpected(r.error());
    const auto state = read_checkpoint_file(files, info, state_file_name);
    if (!state) return tl::unexpected(state.error());
    if (auto r = read_state_file(*state, place + state_file_name, layout, state_slots, to); !r)
        return tl::unexpected(r.error());
    return to;
}

result<std::string> publish_checkpoint(storage& files, const run_identity& identity,
                                       const model_layout& layout, const model_state& state,
                                       const std::string& written) {
    const std::string folder = checkpoint_folder(identity.run, state);
    if (auto r = remove_checkpoint(files, folder); !r) return tl::unexpected(r.error());
    const auto r = write_checkpoint(files, folder, {identity, state.at, state.ledger, written, {}},
                                    layout, state);
    if (r) return folder;
    // Given up: it must not be taken for a published one. The failure to report is the first.
    static_cast<void>(remove_checkpoint(files, folder));
    return tl::unexpected(r.error());
}

result<void> prune_checkpoints(storage& files, const std::string& run, std::size_t keep) {
    const auto names = files.list(run);
    if (!names) return tl::unexpected(names.error());
    const auto published = list_checkpoints(files, run);
    if (!published) return tl::unexpected(published.error());
    std::set<std::string> kept;
    std::size_t readable = 0;
    for (auto p = published->rbegin(); p != published->rend() && readable < keep; ++p) {
        kept.insert(p->path);
        readable += p->content ? 1 : 0;
    }
    for (const auto& name : *names) {
        const std::string path = run + "/" + name;
        if (!name.starts_with(checkpoint_prefix) || kept.contains(path)) continue;
        if (auto r = remove_checkpoint(files, path); !r) return r;
    }
    return {};
}

}  // namespace slackline
