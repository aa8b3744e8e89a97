// Why an actor ended, as a sentence.
//
// Thread: any.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <string>

namespace slackline {

/// The sentence that its exception or its supervisor gave, or CAF's word for the reason.
inline std::string exit_sentence(const caf::error& why, const caf::actor_system& system) {
    if (!why) return system.render(why);  // it has no context at all
    const auto& context = why.context();
    return context.match_elements<std::string>() ? context.get_as<std::string>(0)
                                                 : system.render(why);
}

}  // namespace slackline
