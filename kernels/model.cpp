#include "kernels/model.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "kernels/linear.hpp"
#include "kernels/mlp.hpp"

namespace slackline {

namespace {

template <class T>
constexpr const char* type_name() {
    if constexpr (std::is_same_v<T, bool>) return "true or false";
    if constexpr (std::is_same_v<T, std::int64_t>) return "an integer";
    if constexpr (std::is_same_v<T, double>) return "a number";
    if constexpr (std::is_same_v<T, std::string>) return "a string";
    return "a list of integers";
}

void write(std::ostream& to, const std::string& text) {
    to << '"' << text << '"';
}

void write(std::ostream& to, const std::vector<std::int64_t>& list) {
    to << '[';
    for (std::size_t i = 0; i < list.size(); ++i) to << (i == 0 ? "" : ", ") << list[i];
    to << ']';
}

template <class T>
void write(std::ostream& to, T number) {
    to << number;
}

}  // namespace

void model::prepare(batch& b, row_requests& requests) {
    requests.clear();
    b.places.clear();
}

template <class T>
T model_options::take(const std::string& key, T fallback) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
    const auto found = values_.find(key);
    if (found == values_.end()) return fallback;
    if (const T* v = std::get_if<T>(&found->second)) return *v;
    if constexpr (std::is_same_v<T, double>)
        if (const auto* v = std::get_if<std::int64_t>(&found->second))
            return static_cast<double>(*v);
    const std::string is = std::visit(
        [](const auto& v) { return type_name<std::decay_t<decltype(v)>>(); }, found->second);
    throw std::invalid_argument("model." + key + " is " + is + "; write " + type_name<T>());
}

template bool model_options::take(const std::string&, bool);
template std::int64_t model_options::take(const std::string&, std::int64_t);
template double model_options::take(const std::string&, double);
template std::string model_options::take(const std::string&, std::string);
template std::vector<std::int64_t> model_options::take(const std::string&,
                                                       std::vector<std::int64_t>);

std::string model_options::text() const {
    std::ostringstream all;
    all << std::boolalpha << std::setprecision(17);
    const char* gap = "";
    for (const auto& [key, v] : values_) {
        all << std::exchange(gap, " ") << key << '=';
        std::visit([&](const auto& x) { write(all, x); }, v);
    }
    return all.str();
}

std::vector<std::string> model_options::untaken() const {
    std::vector<std::string> keys;
    for (const auto& [key, v] : values_)
        if (std::find(known_.begin(), known_.end(), key) == known_.end()) keys.push_back(key);
    return keys;
}

std::vector<model_entry> builtin_models() {
    return {{"mlp", make_mlp}, {"linear", make_linear}};
}

}  // namespace slackline
