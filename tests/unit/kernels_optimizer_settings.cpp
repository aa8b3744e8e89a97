// The optimizers' names, slots of state and scalars of a step.
#include <array>
#include <utility>

#include "kernels/optimizer.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::array kinds = {optimizer_kind::sgd,      optimizer_kind::momentum,
                              optimizer_kind::nesterov, optimizer_kind::adagrad,
                              optimizer_kind::rmsprop,  optimizer_kind::adam,
                              optimizer_kind::adamw,    optimizer_kind::ftrl};

}  // namespace

TEST_CASE("bias corrections are those of the step, for adam and adamw alone", "[kernels]") {
    for (const auto kind : kinds) {
        INFO(to_string(kind));
        optimizer_settings s;
        s.kind = kind;
        s.beta1 = 0.5f;
        s.beta2 = 0.75f;
        const bool corrected = kind == optimizer_kind::adam || kind == optimizer_kind::adamw;
        const step_scalars third = step_scalars_at(s, 0.25f, 3);
        CHECK(third.learning_rate == 0.25f);
        CHECK(third.correction1 == (corrected ? 0.875f : 1.0f));     // 1 - 1/8
        CHECK(third.correction2 == (corrected ? 0.578125f : 1.0f));  // 1 - 27/64
    }
}

TEST_CASE("optimizers have the documented slots and names", "[kernels]") {
    const std::array<std::pair<std::string, std::size_t>, 8> documented = {{{"sgd", 0},
                                                                            {"momentum", 1},
                                                                            {"nesterov", 1},
                                                                            {"adagrad", 1},
                                                                            {"rmsprop", 1},
                                                                            {"adam", 2},
                                                                            {"adamw", 2},
                                                                            {"ftrl", 2}}};
    for (std::size_t k = 0; k < kinds.size(); ++k) {
        CHECK(to_string(kinds[k]) == documented[k].first);
        CHECK(state_slots(kinds[k]) == documented[k].second);
        optimizer_kind found = kinds[(k + 1) % kinds.size()];
        CHECK(from_string(documented[k].first, found));
        CHECK(found == kinds[k]);
    }
    optimizer_kind untouched = optimizer_kind::adam;
    CHECK_FALSE(from_string("lamb", untouched));
    CHECK(untouched == optimizer_kind::adam);
}
