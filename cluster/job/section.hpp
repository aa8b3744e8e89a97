// One section of a TOML file, read key by key: what nobody asked for is an unknown key. The file
// itself is the section without a name, whose keys are sections.
//
// Errors are collected: one counts. Each names file and line (or the override), the key,
// what was wanted and what stands there.
// Owner and thread: one reader.
#pragma once

#include <toml++/toml.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/failure.hpp"

namespace slackline {

/// Where the values come from, and the first thing that was wrong; what is written wrongly counts
/// before what is absent, since that may be the same misspelt key.
struct toml_source {
    std::string file;
    std::vector<std::string> overridden;  ///< "section.key" given on the command line
    std::optional<failure> error;
    bool error_of_absent = false;

    void refuse(std::string sentence, bool of_absent = false) {
        if (error && (of_absent || !error_of_absent)) return;
        error = failure{failure_code::usage, std::move(sentence)};
        error_of_absent = of_absent;
    }
};

class toml_section {
public:
    /// `table` may be null: the section is absent and every key has its default.
    toml_section(toml_source& source, const toml::table* table, std::string name)
        : source_(source), table_(table), name_(std::move(name)) {}

    std::string text(const std::string& key, std::string fallback);
    bool flag(const std::string& key, bool fallback);
    std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t least,
                         std::int64_t most);
    double number(const std::string& key, double fallback, double least, double most);

    /// The node itself, for keys of several types; null when absent.
    const toml::node* node(const std::string& key);

    /// The section [name]; absent, it has every default. Of the file only.
    toml_section section(const std::string& name);

    /// The sections [[name]] in their order. Of the file only.
    std::vector<toml_section> sections(const std::string& name);

    /// Refuses this key's value.
    void refuse(const std::string& key, const std::string& why);
    void refuse_type(const std::string& key, const std::string& wanted);

    /// Marks a key as known, without reading it.
    void know(const std::string& key) { known_.push_back(key); }

    /// Every key must be known by now; also the keys, for sections that others read.
    void end();
    const toml::table* table() const { return table_; }
    bool has(const std::string& key) const { return table_ && table_->contains(key); }

    /// "job.toml:12" or "--set run.batch"; the section's line for a key that is absent.
    std::string place(const std::string& key) const;

private:
    void refuse_unknown(const std::string& key, const toml::node& value);
    std::string written(const std::string& key, bool repeated) const;

    toml_source& source_;
    const toml::table* table_;
    std::string name_;
    std::vector<std::string> known_;
    std::vector<std::string> repeated_;  ///< of these, the ones written [[name]]
};

/// The nearest of `known` by edit distance; empty when none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace slackline
