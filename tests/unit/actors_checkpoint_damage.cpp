// Every flipped bit and every cut of every file of a checkpoint, and of the journal, is detected
// and named; what is damaged is never loaded.
#include "actors/checkpoint/inspection.hpp"
#include "actors/checkpoint/journal.hpp"
#include "actors/checkpoint/model_files.hpp"
#include "tests/catch.hpp"
#include "tests/sim/sim_storage.hpp"
#include "tests/unit/checkpoint_samples.hpp"

using namespace slackline;

namespace {

const std::vector<std::string> file_names{model_file_name, state_file_name, manifest_name};

// Two checkpoints, and the newer one's path.
struct two_checkpoints {
    two_checkpoints() : store(disk) {
        REQUIRE(store.begin_era());
        REQUIRE(store.publish(sample_state(1, 10)));
        newer = *store.publish(sample_state(1, 20));
    }
    checkpoint_info newest() {
        const auto all = list_checkpoints(disk, "runner");
        REQUIRE(all);
        REQUIRE(all->size() == 2);
        return all->back();
    }

    sim_storage disk;
    sample_store store;
    std::string newer;
};

bytes flipped(bytes content, std::size_t bit) {
    content[bit / 8] ^= std::byte{1} << (bit % 8);
    return content;
}

bytes cut(const bytes& content, std::size_t size) {
    return {content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size)};
}

bool names(const std::string& sentence, const std::string& path) {
    return sentence.find(path) != std::string::npos;
}

std::string require_refused(two_checkpoints& there, const std::string& path) {
    const auto loaded = load_checkpoint(there.disk, there.newest(), sample_layout(), sample_slots);
    REQUIRE(!loaded);
    REQUIRE(names(loaded.error().sentence, path));
    return loaded.error().sentence;
}

void require_found(two_checkpoints& there, const std::string& path) {
    const auto damage = find_damage(there.disk, there.newest());
    REQUIRE(damage.size() == 1);
    REQUIRE(names(damage.front().sentence, path));
    there.store.warnings.clear();
    const auto older = there.store.newest();
    REQUIRE(older);
    REQUIRE(*older);
    REQUIRE(same(**older, sample_state(1, 10)));
    REQUIRE(there.store.warnings.size() == 1);
    REQUIRE(names(there.store.warnings.front(), path));
}

}  // namespace

TEST_CASE("what is undamaged is found to be so, and loaded as it was written") {
    two_checkpoints there;
    REQUIRE(find_damage(there.disk, there.newest()).empty());
    REQUIRE(has_every_file(there.disk, there.newest()));
    const auto loaded = load_checkpoint(there.disk, there.newest(), sample_layout(), sample_slots);
    REQUIRE(loaded);
    REQUIRE(same(*loaded, sample_state(1, 20)));
}

TEST_CASE("a flipped bit anywhere in a checkpoint is refused and its file named") {
    two_checkpoints there;
    for (const auto& name : file_names) {
        const auto path = there.newer + "/" + name;
        const auto whole = *there.disk.read(path);
        REQUIRE(whole.size() < 4'000);
        for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
            CAPTURE(name, bit);
            there.disk.overwrite(path, flipped(whole, bit));
            require_refused(there, path);
            if (bit % 41 == 0) require_found(there, path);
        }
        there.disk.overwrite(path, whole);
    }
}

TEST_CASE("a file of a checkpoint that was cut or grew is refused and named") {
    two_checkpoints there;
    for (const auto& name : file_names) {
        const auto path = there.newer + "/" + name;
        const auto whole = *there.disk.read(path);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            CAPTURE(name, size);
            there.disk.overwrite(path, cut(whole, size));
            const auto why = require_refused(there, path);
            if (name != manifest_name) REQUIRE(names(why, "bytes and its manifest says"));
            if (size % 29 == 0) require_found(there, path);
        }
        auto longer = whole;
        longer.push_back(std::byte{' '});
        there.disk.overwrite(path, longer);
        require_found(there, path);
        there.disk.overwrite(path, whole);
    }
}

TEST_CASE("a missing file of a checkpoint is named; without its manifest there is no checkpoint") {
    for (const auto& name : {model_file_name, state_file_name}) {
        two_checkpoints there;
        REQUIRE(there.disk.remove(there.newer + "/" + name));
        require_found(there, there.newer + "/" + name);
        const auto whole = has_every_file(there.disk, there.newest());
        REQUIRE(!whole);
        REQUIRE(names(whole.error().sentence, name));
    }
    two_checkpoints there;
    REQUIRE(there.disk.remove(there.newer + "/" + manifest_name));
    REQUIRE(list_checkpoints(there.disk, "runner")->size() == 1);
}

TEST_CASE("where every checkpoint is damaged the run does not start over in silence") {
    two_checkpoints there;
    const auto all = list_checkpoints(there.disk, "runner").value();
    for (const auto& c : all) there.disk.overwrite(c.path + "/" + model_file_name, {});
    const auto newest = there.store.newest();
    REQUIRE(!newest);
    REQUIRE(names(newest.error().sentence, "runner"));
    REQUIRE(there.store.warnings.size() == 2);
}

TEST_CASE("files of different checkpoints are not mixed") {
    two_checkpoints there;
    const auto all = *list_checkpoints(there.disk, "runner");
    const auto path = all[1].path + "/" + state_file_name;
    there.disk.overwrite(path, *there.disk.read(all[0].path + "/" + state_file_name));
    require_found(there, path);
}

TEST_CASE("a flipped bit or a cut anywhere in the journal is refused with its place") {
    sim_storage disk;
    REQUIRE(disk.make_directory("runner"));
    for (const char* e : {"era 1", "era 2", "era 3"})
        REQUIRE(append_journal(disk, "runner/journal", e));
    const auto whole = *disk.read("runner/journal");
    const auto require_damage = [&](const bytes& content) {
        disk.overwrite("runner/journal", content);
        const auto entries = read_journal(disk, "runner/journal");
        REQUIRE(!entries);
        REQUIRE(names(entries.error().sentence, "runner/journal is damaged at byte "));
        REQUIRE(!append_journal(disk, "runner/journal", "era 4"));
        REQUIRE(*disk.read("runner/journal") == content);
        REQUIRE(!sample_store(disk).begin_era());
    };
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        CAPTURE(bit);
        require_damage(flipped(whole, bit));
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        require_damage(cut(whole, size));
    }
    auto longer = whole;
    longer.push_back(std::byte{0});
    require_damage(longer);
}
