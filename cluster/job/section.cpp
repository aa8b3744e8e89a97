#include "cluster/job/section.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace slackline {

namespace {

std::size_t edits(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] =
                std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string type_of(const toml::node& n) {
    if (n.is_string()) return "a string";
    if (n.is_integer()) return "an integer";
    if (n.is_floating_point()) return "a number";
    if (n.is_boolean()) return "true or false";
    if (n.is_array()) return "a list";
    if (n.is_table()) return "a section";
    return "a date";
}

}  // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
    std::string best;
    std::size_t least = 1 + std::max<std::size_t>(2, word.size() / 2);
    for (const auto& k : known)
        if (const auto d = edits(word, k); d < least) {
            least = d;
            best = k;
        }
    return best;
}

std::string toml_section::place(const std::string& key) const {
    const std::string whole = name_.empty() ? key : name_ + "." + key;
    for (const auto& o : source_.overridden)
        if (o == whole || (name_.empty() && o.starts_with(key + "."))) return "--set " + o;
    if (!table_) return source_.file;
    const auto* n = table_->get(key);
    const auto line = (n ? n : table_)->source().begin.line;
    return line > 0 && !(name_.empty() && !n) ? fmt::format("{}:{}", source_.file, line)
                                              : source_.file;
}

const toml::node* toml_section::node(const std::string& key) {
    known_.push_back(key);
    return table_ ? table_->get(key) : nullptr;
}

toml_section toml_section::section(const std::string& name) {
    const auto* n = node(name);
    if (n && !n->is_table()) refuse_type(name, fmt::format("a section [{}]", name));
    return {source_, n ? n->as_table() : nullptr, name};
}

std::vector<toml_section> toml_section::sections(const std::string& name) {
    repeated_.push_back(name);
    std::vector<toml_section> all;
    const auto* n = node(name);
    if (!n) return all;
    if (!n->is_array_of_tables()) {
        refuse_type(name, fmt::format("[[{}]], once for each", name));
        return all;
    }
    for (const auto& element : *n->as_array())
        all.push_back(toml_section(source_, element.as_table(), name));
    return all;
}

void toml_section::refuse(const std::string& key, const std::string& why) {
    source_.refuse(
        fmt::format("{}: {}{}{}: {}", place(key), name_, name_.empty() ? "" : ".", key, why),
        !has(key));
}

void toml_section::refuse_type(const std::string& key, const std::string& wanted) {
    const auto* n = table_ ? table_->get(key) : nullptr;
    refuse(key, fmt::format("this is {}; write {}", n ? type_of(*n) : "absent", wanted));
}

std::string toml_section::text(const std::string& key, std::string fallback) {
    const auto* n = node(key);
    if (!n) return fallback;
    if (const auto v = n->value_exact<std::string>()) return *v;
    refuse_type(key, "a string");
    return fallback;
}

bool toml_section::flag(const std::string& key, bool fallback) {
    const auto* n = node(key);
    if (!n) return fallback;
    if (const auto v = n->value_exact<bool>()) return *v;
    refuse_type(key, "true or false");
    return fallback;
}

std::int64_t toml_section::integer(const std::string& key, std::int64_t fallback,
                                   std::int64_t least, std::int64_t most) {
    const auto* n = node(key);
    if (!n) return fallback;
    const auto v = n->value_exact<std::int64_t>();
    if (!v)
        refuse_type(key, "an integer");
    else if (*v < least || *v > most)
        refuse(key, fmt::format("{} is out of range; write {} to {}", *v, least, most));
    else
        return *v;
    return fallback;
}

double toml_section::number(const std::string& key, double fallback, double least, double most) {
    const auto* n = node(key);
    if (!n) return fallback;
    if (!n->is_number()) {
        refuse_type(key, "a number");
        return fallback;
    }
    const double v = n->is_integer() ? static_cast<double>(*n->value_exact<std::int64_t>())
                                     : *n->value_exact<double>();
    if (v >= least && v <= most) return v;
    refuse(key, fmt::format("{} is out of range; write {} to {}", v, least, most));
    return fallback;
}

void toml_section::end() {
    if (!table_) return;
    for (const auto& [key, value] : *table_) {
        const std::string k(key.str());
        if (std::find(known_.begin(), known_.end(), k) == known_.end()) refuse_unknown(k, value);
    }
}

std::string toml_section::written(const std::string& key, bool repeated) const {
    if (!name_.empty()) return name_ + "." + key;
    return repeated ? "[[" + key + "]]" : "[" + key + "]";
}

void toml_section::refuse_unknown(const std::string& key, const toml::node& value) {
    const bool repeated = value.is_array_of_tables();
    if (name_.empty() && !value.is_table() && !repeated)
        return source_.refuse(
            fmt::format("{}: the key {} stands outside of every section; put it "
                        "into one or remove it",
                        place(key), key));
    const auto near = nearest(key, known_);
    const bool near_repeated =
        std::find(repeated_.begin(), repeated_.end(), near) != repeated_.end();
    source_.refuse(fmt::format(
        "{}: there is no {} {}; {}", place(key), name_.empty() ? "section" : "key",
        written(key, repeated),
        near.empty() ? "remove it" : "did you mean " + written(near, near_repeated) + "?"));
}

}  // namespace slackline
