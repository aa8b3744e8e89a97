// Rows of cells as aligned columns. Pure; thread: any.
#pragma once

#include <string>
#include <vector>

namespace slackline {

class text_table {
public:
    explicit text_table(std::vector<std::string> head) : rows_{std::move(head)} {}

    /// As many cells as the head has.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    /// Lines that begin with `indent`; a column is as wide as its widest cell. Empty without rows.
    std::string text(const std::string& indent = "") const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace slackline
