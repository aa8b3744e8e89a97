#include "actors/checkpoint/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "actors/checkpoint/model_files.hpp"

namespace slackline {

namespace {

using tensors = std::vector<tensor_entry>;

template <class T>
std::vector<T> values_of(const tensor_entry& e) {
    std::vector<T> values(e.data.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), e.data.data(), e.data.size());
    return values;
}

// Mean and deviation in one pass (Welford 1962).
template <class T>
void measure(const std::vector<T>& values, tensor_summary& to) {
    double n = 0;
    double squares = 0;
    to.values = values.size();
    for (const auto v : values) {
        const auto x = static_cast<double>(v);
        if (!std::isfinite(x)) continue;
        to.zeros += x == 0 ? 1 : 0;
        to.min = n == 0 ? x : std::min(to.min, x);
        to.max = n == 0 ? x : std::max(to.max, x);
        n += 1;
        const double off = x - to.mean;
        to.mean += off / n;
        squares += off * (x - to.mean);
    }
    to.not_finite = values.size() - static_cast<std::uint64_t>(n);
    if (n > 0) to.deviation = std::sqrt(squares / n);
}

const tensor_entry* find(const tensors& all, const std::string& name) {
    const auto e =
        std::find_if(all.begin(), all.end(), [&](const auto& t) { return t.name == name; });
    return e == all.end() ? nullptr : &*e;
}

// Every table has an id a row, each once.
result<void> check_tables(const tensors& model, const std::string& place) {
    for (const auto& e : model) {
        if (e.type != tensor_type::u64) continue;
        const auto ids = values_of<std::uint64_t>(e);
        const auto dot = e.name.rfind(".ids");
        const auto* rows = find(model, e.name.substr(0, dot) + ".rows");
        const std::set<std::uint64_t> once(ids.begin(), ids.end());
        if (dot == e.name.npos || !rows || rows->shape.empty() ||
            rows->shape.front() != ids.size() || once.size() != ids.size())
            return fail(failure_code::malformed,
                        fmt::format("{} is damaged: {} does not name each row of its table once; "
                                    "use another checkpoint",
                                    place, e.name));
    }
    return {};
}

// Every parameter has all slots of the optimizer's state, of its own shape, and nothing is over.
result<void> check_state(const tensors& model, const tensors& state, std::size_t slots,
                         const std::string& place) {
    std::size_t expected = 0;
    for (const auto& e : model) {
        if (e.type == tensor_type::u64) continue;
        for (std::size_t s = 0; s < slots; ++s, ++expected) {
            const auto name = slot_name(e.name, s);
            const auto* slot = find(state, name);
            if (!slot || slot->shape != e.shape || slot->type != e.type)
                return fail(failure_code::malformed,
                            fmt::format("{} is damaged: {} is absent or has another shape than {}; "
                                        "use another checkpoint",
                                        place, name, e.name));
        }
    }
    if (state.size() != expected)
        return fail(failure_code::malformed,
                    fmt::format("{} is damaged: it has {} tensors and its model needs {}; use "
                                "another checkpoint",
                                place, state.size(), expected));
    return {};
}

class inspection {
public:
    inspection(storage& files, const checkpoint_info& info) : files_(files), info_(info) {}

    std::vector<failure> run() {
        if (!info_.content) return {info_.content.error()};
        for (const auto& f : info_.content->files)
            if (f.name != model_file_name && f.name != state_file_name) note(open(f.name));
        const auto model = open(model_file_name);
        const auto state = open(state_file_name);
        const auto models = tensors_of(model, model_file_name);
        const auto states = tensors_of(state, state_file_name);
        note(models);
        note(states);
        if (models) note(check_tables(*models, place(model_file_name)));
        if (models && states) check_slots(*models, *states);
        return found_;
    }

private:
    std::string place(const std::string& name) const { return info_.path + "/" + name; }

    result<bytes> open(const std::string& name) const {
        return read_checkpoint_file(files_, info_, name);
    }

    result<tensors> tensors_of(const result<bytes>& file, const std::string& name) const {
        if (!file) return tl::unexpected(file.error());
        return read_safetensors(*file, place(name));
    }

    void check_slots(const tensors& model, const tensors& state) {
        optimizer_kind kind{};
        const auto& name = info_.content->identity.optimizer;
        if (from_string(name, kind))
            return note(check_state(model, state, state_slots(kind), place(state_file_name)));
        found_.push_back({failure_code::mismatch,
                          fmt::format("{} has the optimizer '{}', which this program does not; use "
                                      "a matching version",
                                      place(manifest_name), name)});
    }

    template <class T>
    void note(const result<T>& r) {
        if (!r) found_.push_back(r.error());
    }

    storage& files_;
    const checkpoint_info& info_;
    std::vector<failure> found_;
};

}  // namespace

std::vector<failure> find_damage(storage& files, const checkpoint_info& info) {
    return inspection(files, info).run();
}

result<std::vector<tensor_summary>> summarize(const bytes& file, const std::string& place) {
    const auto entries = read_safetensors(file, place);
    if (!entries) return tl::unexpected(entries.error());
    std::vector<tensor_summary> summaries;
    for (const auto& e : *entries) {
        tensor_summary s;
        s.name = e.name;
        s.type = e.type;
        s.shape = e.shape;
        if (e.type == tensor_type::f32)
            measure(values_of<float>(e), s);
        else
            measure(values_of<std::uint64_t>(e), s);
        summaries.push_back(std::move(s));
    }
    return summaries;
}

result<void> has_every_file(storage& files, const checkpoint_info& info) {
    if (!info.content) return tl::unexpected(info.content.error());
    for (const auto& f : info.content->files) {
        const std::string path = info.path + "/" + f.name;
        const auto size = files.size(path);
        if (!size)
            return fail(size.error().code, size.error().sentence + "; use another checkpoint");
        if (*size != f.size_bytes)
            return fail(failure_code::checksum,
                        fmt::format("{} has {} bytes and its manifest says {}; use another "
                                    "checkpoint",
                                    path, *size, f.size_bytes));
    }
    return {};
}

}  // namespace slackline
