#include "actors/registry_journal.hpp"

#include <fmt/format.h>

#include <utility>

#include "actors/checkpoint/journal.hpp"

namespace slackline {

file_registry_journal::file_registry_journal(storage& files, std::string folder, std::string path)
    : files_(files), folder_(std::move(folder)), path_(std::move(path)) {}

std::string file_registry_journal::place() const {
    return folder_ + "/" + path_;
}

result<std::vector<std::string>> file_registry_journal::read() {
    auto entries = read_journal(files_, path_);
    if (!entries)
        return fail(entries.error().code,
                    fmt::format("{}: the journal of the cluster's runs cannot be read: {}", place(),
                                entries.error().sentence));
    entries_ = std::move(*entries);
    return entries_;
}

result<void> file_registry_journal::append(const std::string& entry) {
    auto longer = entries_;
    longer.push_back(entry);
    return replace(longer);
}

result<void> file_registry_journal::replace(const std::vector<std::string>& entries) {
    if (auto written = replace_journal(files_, path_, entries); !written)
        return fail(written.error().code,
                    fmt::format("{}: the journal of the cluster's runs cannot be written: {}",
                                place(), written.error().sentence));
    entries_ = entries;
    return {};
}

}  // namespace slackline
