#include "cluster/node/node_actors.hpp"

namespace slackline {

caf::behavior agent_actor(caf::event_based_actor* self, std::shared_ptr<node_agent> core,
                          actor_edges edges, std::function<void(const node_agent&)> look) {
    return driven(self, core, edges, [core, look] { look(*core); }).or_else([core](leave_atom) {
        core->leave();
    });
}

caf::behavior registrar_actor(caf::event_based_actor* self, std::shared_ptr<registrar> core,
                              actor_edges edges, std::function<void(const std::string&)> failed) {
    return driven(self, core, edges, [core, failed] {
        if (const auto& why = core->failed()) failed(*why);
    });
}

}  // namespace slackline
