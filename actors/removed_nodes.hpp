// The nodes that were taken out of a cluster, by name. They keep their numbers, so that nobody's
// place changes, and get them back when they come again.
//
// In the registrar's journal each is an entry, a JSON object on one line: {"entry": "removed",
// "name"}.
// Pure; owner and thread: the registrar.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "messages/failure.hpp"

namespace slackline {

class removed_nodes {
public:
    /// Takes those of its kind out of the entries of a journal. Malformed where one cannot be read.
    static result<removed_nodes> replay(std::vector<std::string>& entries);
    /// Entries that make this list.
    std::vector<std::string> entries() const;

    bool has(const std::string& name) const { return names_.contains(name); }
    void add(const std::string& name) { names_.insert(name); }
    void restore(const std::string& name) { names_.erase(name); }
    const std::set<std::string>& names() const { return names_; }

private:
    std::set<std::string> names_;
};

}  // namespace slackline
