// A model's state as safetensors files, and back. Pure. Thread: any.
#pragma once

#include <string>

#include "actors/checkpoint_store.hpp"
#include "actors/storage.hpp"
#include "kernels/layout.hpp"

namespace slackline {

constexpr const char* model_file_name = "model.safetensors";
constexpr const char* state_file_name = "state.safetensors";

/// The name of slot k of a parameter's optimizer state.
std::string slot_name(const std::string& name, std::size_t slot);

/// Tensors under their names; a table as NAME.ids (U64) and NAME.rows.
bytes model_file(const model_layout& layout, const model_state& state);

/// Slot k of a tensor as NAME.state<k>, of a table as NAME.rows.state<k>.
bytes state_file(const model_layout& layout, const model_state& state);

/// Fill `to` from a file, the model first; refuse names or shapes that are not the layout's.
result<void> read_model_file(const bytes& file, const std::string& place,
                             const model_layout& layout, model_state& to);
result<void> read_state_file(const bytes& file, const std::string& place,
                             const model_layout& layout, std::size_t slots, model_state& to);

}  // namespace slackline
