#include "actors/checkpoint/model_files.hpp"

#include <fmt/format.h>

#include <cstring>

#include "actors/checkpoint/safetensors.hpp"

namespace slackline {

namespace {

template <class T>
std::span<const std::byte> raw(const std::vector<T>& v) {
    return std::as_bytes(std::span(v));
}

// A file's entries by name, taken out one by one with the shape that they must have.
class entry_reader {
public:
    static result<entry_reader> open(const bytes& file, const std::string& place) {
        auto entries = read_safetensors(file, place);
        if (!entries) return tl::unexpected(entries.error());
        entry_reader r(place);
        for (auto& e : *entries) r.entries_.emplace(e.name, std::move(e));
        return r;
    }

    template <class T>
    result<void> take(const std::string& name, const std::vector<std::size_t>& shape,
                      std::vector<T>& to) {
        const auto e = entries_.find(name);
        if (e == entries_.end())
            return fail(failure_code::mismatch,
                        fmt::format("{} has no tensor {}; use the checkpoint with the model that "
                                    "wrote it",
                                    place_, name));
        if (e->second.shape != shape || e->second.data.size() != bytes_of<T>(shape))
            return fail(failure_code::mismatch,
                        fmt::format("{} in {} has another shape than the model's; use the "
                                    "checkpoint with the model that wrote it",
                                    name, place_));
        to.resize(e->second.data.size() / sizeof(T));
        if (!to.empty()) std::memcpy(to.data(), e->second.data.data(), e->second.data.size());
        entries_.erase(e);
        return {};
    }

    /// Every entry was taken.
    result<void> end() const {
        if (entries_.empty()) return {};
        return fail(failure_code::mismatch,
                    fmt::format("{} has the tensor {} and the model does not; use the checkpoint "
                                "with the model that wrote it",
                                place_, entries_.begin()->first));
    }

    std::size_t rows_of(const std::string& name) const {
        const auto e = entries_.find(name);
        return e == entries_.end() || e->second.shape.empty() ? 0 : e->second.shape.front();
    }

private:
    explicit entry_reader(std::string place) : place_(std::move(place)) {}

    template <class T>
    static std::size_t bytes_of(const std::vector<std::size_t>& shape) {
        std::size_t n = sizeof(T);
        for (const auto d : shape) n *= d;
        return n;
    }

    std::string place_;
    std::map<std::string, tensor_entry> entries_;
};

}  // namespace

std::string slot_name(const std::string& name, std::size_t slot) {
    return fmt::format("{}.state{}", name, slot);
}

bytes model_file(const model_layout& layout, const model_state& state) {
    std::vector<tensor_entry> entries;
    for (std::size_t t = 0; t < layout.tensors.size(); ++t)
        entries.push_back({layout.tensors[t].name, tensor_type::f32, layout.tensors[t].shape,
                           raw(state.tensors[t])});
    for (std::size_t t = 0; t < layout.tables.size(); ++t) {
        const auto& spec = layout.tables[t];
        const auto& rows = state.tables[t];
        entries.push_back({spec.name + ".ids", tensor_type::u64, {rows.ids.size()}, raw(rows.ids)});
        entries.push_back(
            {spec.name + ".rows", tensor_type::f32, {rows.ids.size(), spec.width}, raw(rows.rows)});
    }
    return write_safetensors(entries, {{"format", "pt"}, {"writer", "slackline"}});
}

bytes state_file(const model_layout& layout, const model_state& state) {
    std::vector<tensor_entry> entries;
    for (std::size_t s = 0; s < state.state.size(); ++s)
        for (std::size_t t = 0; t < layout.tensors.size(); ++t)
            entries.push_back({slot_name(layout.tensors[t].name, s), tensor_type::f32,
                               layout.tensors[t].shape, raw(state.state[s][t])});
    for (std::size_t t = 0; t < layout.tables.size(); ++t)
        for (std::size_t s = 0; s < state.tables[t].state.size(); ++s)
            entries.push_back({slot_name(layout.tables[t].name + ".rows", s),
                               tensor_type::f32,
                               {state.tables[t].ids.size(), layout.tables[t].width},
                               raw(state.tables[t].state[s])});
    return write_safetensors(entries, {{"format", "pt"}, {"writer", "slackline"}});
}

result<void> read_model_file(const bytes& file, const std::string& place,
                             const model_layout& layout, model_state& to) {
    auto entries = entry_reader::open(file, place);
    if (!entries) return tl::unexpected(entries.error());
    to.tensors.resize(layout.tensors.size());
    to.tables.resize(layout.tables.size());
    for (std::size_t t = 0; t < layout.tensors.size(); ++t)
        if (auto r = entries->take(layout.tensors[t].name, layout.tensors[t].shape, to.tensors[t]);
            !r)
            return r;
    for (std::size_t t = 0; t < layout.tables.size(); ++t) {
        const auto& spec = layout.tables[t];
        const auto n = entries->rows_of(spec.name + ".ids");
        if (auto r = entries->take(spec.name + ".ids", {n}, to.tables[t].ids); !r) return r;
        if (auto r = entries->take(spec.name + ".rows", {n, spec.width}, to.tables[t].rows); !r)
            return r;
    }
    return entries->end();
}

result<void> read_state_file(const bytes& file, const std::string& place,
                             const model_layout& layout, std::size_t slots, model_state& to) {
    auto entries = entry_reader::open(file, place);
    if (!entries) return tl::unexpected(entries.error());
    to.state.assign(slots, std::vector<std::vector<float>>(layout.tensors.size()));
    to.tables.resize(layout.tables.size());
    for (std::size_t s = 0; s < slots; ++s)
        for (std::size_t t = 0; t < layout.tensors.size(); ++t)
            if (auto r = entries->take(slot_name(layout.tensors[t].name, s),
                                       layout.tensors[t].shape, to.state[s][t]);
                !r)
                return r;
    for (std::size_t t = 0; t < layout.tables.size(); ++t) {
        const auto name = layout.tables[t].name + ".rows";
        to.tables[t].state.resize(slots);
        for (std::size_t s = 0; s < slots; ++s) {
            if (auto r = entries->take(slot_name(name, s),
                                       {to.tables[t].ids.size(), layout.tables[t].width},
                                       to.tables[t].state[s]);
                !r)
                return r;
        }
    }
    return entries->end();
}

}  // namespace slackline
