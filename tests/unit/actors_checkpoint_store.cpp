// The store of a run's checkpoints: what it keeps, what it refuses, and what it never repeats.
#include "tests/catch.hpp"
#include "tests/sim/sim_storage.hpp"
#include "tests/unit/checkpoint_samples.hpp"

using namespace slackline;

namespace {

std::vector<std::uint64_t> counts(storage& disk) {
    std::vector<std::uint64_t> found;
    const auto all = list_checkpoints(disk, "runner").value();
    for (const auto& c : all) found.push_back(c.content ? c.content->at.count : 0);
    return found;
}

using list = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a new run has no checkpoint, and an era of its own") {
    sim_storage disk;
    sample_store store(disk);
    REQUIRE(store.newest().value() == std::nullopt);
    REQUIRE(store.begin_era().value().era == 1);
    REQUIRE(store.begin_era().value().era == 2);
    REQUIRE(sample_store(disk).begin_era().value().era == 3);
    REQUIRE(store.newest().value() == std::nullopt);
}

TEST_CASE("the last era is known to whoever comes after, without beginning one") {
    sim_storage disk;
    REQUIRE(sample_store(disk).last_era().value() == 0);
    REQUIRE(disk.list("runner").error().code == failure_code::not_found);  // a look makes nothing
    sample_store store(disk);
    REQUIRE(store.begin_era().value().era == 1);
    REQUIRE(store.begin_era().value().era == 2);
    REQUIRE(store.last_era().value() == 2);
    REQUIRE(sample_store(disk).last_era().value() == 2);
    REQUIRE(store.publish(sample_state(2, 10)));
    REQUIRE(disk.remove("runner/journal"));
    REQUIRE(store.last_era().value() == 2);  // as begin_era: above every checkpoint's
    REQUIRE(store.begin_era().value().era == 3);
    disk.overwrite("runner/journal", {std::byte{1}});
    REQUIRE_FALSE(store.last_era());
}

TEST_CASE("the newest checkpoints stay, as many as are to be kept") {
    for (std::size_t keep : {2, 3, 5}) {
        sim_storage disk;
        sample_store store(disk, keep);
        REQUIRE(store.begin_era());
        list expected;
        for (std::uint64_t count = 10; count <= 80; count += 10) {
            REQUIRE(store.publish(sample_state(1, count)));
            expected.push_back(count);
            if (expected.size() > keep) expected.erase(expected.begin());
            REQUIRE(counts(disk) == expected);
        }
        REQUIRE(disk.list("runner")->size() == keep + 1);  // and the journal
        REQUIRE(store.warnings.empty());
    }
}

TEST_CASE("a damaged manifest does not count as one of the kept") {
    sim_storage disk;
    sample_store store(disk);
    REQUIRE(store.publish(sample_state(1, 10)));
    const auto second = store.publish(sample_state(1, 20)).value();
    disk.overwrite(second + "/" + manifest_name, {});
    REQUIRE(store.publish(sample_state(1, 30)));
    REQUIRE(counts(disk) == list{10, 0, 30});
    REQUIRE(store.publish(sample_state(1, 40)));
    REQUIRE(counts(disk) == list{30, 40});
}

TEST_CASE("the checkpoint of a later era is the newer one, whatever its count") {
    sim_storage disk;
    sample_store store(disk);
    REQUIRE(store.publish(sample_state(1, 50)));
    REQUIRE(store.publish(sample_state(2, 20)));
    REQUIRE(store.newest().value()->at == version{2, 20});
}

TEST_CASE("what was never published, and what was half removed, goes with the next checkpoint") {
    sim_storage disk;
    sample_store store(disk);
    REQUIRE(disk.make_directory("runner/checkpoint-000001-000000000005-000001"));
    REQUIRE(disk.create("runner/checkpoint-000001-000000000005-000001/model.safetensors"));
    REQUIRE(disk.make_directory("runner/notes"));
    REQUIRE(store.publish(sample_state(1, 10)));
    REQUIRE(disk.list("runner").value() ==
            std::vector<std::string>{"checkpoint-000001-000000000010-000012", "notes"});
}

TEST_CASE("a cut that is reported twice is written once") {
    sim_storage disk;
    sample_store store(disk);
    const auto path = store.publish(sample_state(1, 10));
    const auto before = disk.operations();
    REQUIRE(store.publish(sample_state(1, 10)).value() == path.value());
    REQUIRE(disk.operations() == before);
}

TEST_CASE("a checkpoint that was given up leaves nothing, and can be written again") {
    sim_storage counted;
    REQUIRE(sample_store(counted).publish(sample_state(1, 10)));
    const auto all = counted.operations();
    REQUIRE(all > 10);
    for (std::uint64_t n = 1; n <= all; ++n) {
        CAPTURE(n);
        sim_storage disk;
        sample_store store(disk);
        disk.fail_at(n);
        REQUIRE(!store.publish(sample_state(1, 10)));
        REQUIRE(counts(disk).empty());
        REQUIRE(disk.operations() <= all + 5);  // nothing is tried again, but what is there removed
        REQUIRE(store.publish(sample_state(1, 10)));
        disk.restart(survivors::nothing);
        REQUIRE(same(*store.newest().value(), sample_state(1, 10)));
        REQUIRE(disk.violations().empty());
    }
}

TEST_CASE("a checkpoint that takes the place of one of its name is never mixed with it") {
    auto first = sample_state(1, 10);
    auto second = first;
    second.tensors[0][0] = -1;
    for (std::uint64_t n = 1; n <= 40; ++n)
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            CAPTURE(n, seed);
            sim_storage disk;
            REQUIRE(sample_store(disk).publish(sample_state(1, 5)));
            REQUIRE(sample_store(disk).publish(first));
            disk.crash_at(disk.operations() + n);
            static_cast<void>(sample_store(disk).publish(second));
            disk.restart(seed == 0 ? survivors::nothing : survivors::drawn, seed);
            sample_store store(disk);
            const auto left = store.newest().value();
            REQUIRE(store.warnings.empty());
            REQUIRE(left);
            REQUIRE((same(*left, first) || same(*left, second) || same(*left, sample_state(1, 5))));
        }
}

TEST_CASE("older checkpoints go only after the new one is durable") {
    sim_storage disk;
    sample_store store(disk);
    for (std::uint64_t count : {10, 20, 30}) REQUIRE(store.publish(sample_state(1, count)));
    REQUIRE(counts(disk) == list{20, 30});
    const auto begin = disk.operations();
    REQUIRE(store.publish(sample_state(1, 40)));
    const auto end = disk.operations();
    bool gone = false;
    for (auto n = begin + 1; n <= end + 1; ++n) {
        CAPTURE(n - begin);
        sim_storage again;
        sample_store other(again);
        for (std::uint64_t count : {10, 20, 30}) REQUIRE(other.publish(sample_state(1, count)));
        again.crash_at(n);
        static_cast<void>(other.publish(sample_state(1, 40)));
        again.restart(survivors::nothing);
        const auto left = counts(again);
        if (left.empty() || left.front() != 20) gone = true;
        const bool durable = !left.empty() && left.back() == 40;
        REQUIRE((left == list{20, 30} || left == list{20, 30, 40} || left == list{30, 40}));
        REQUIRE((!gone || durable));
    }
    REQUIRE(gone);
}

TEST_CASE("a checkpoint of other data, batch or seed is refused with the difference") {
    for (const char* key : {"data", "batch", "seed", "model"}) {
        sim_storage disk;
        REQUIRE(sample_store(disk).publish(sample_state(1, 10)));
        auto other = sample_identity();
        other.fingerprint[key] = "777";
        sample_store store(disk, 2, other);
        const auto newest = store.newest();
        REQUIRE(!newest);
        REQUIRE(newest.error().code == failure_code::mismatch);
        const auto named =
            fmt::format("{} = {} and the job has 777", key, sample_identity().fingerprint.at(key));
        REQUIRE(newest.error().sentence.find(named) != std::string::npos);
        REQUIRE(store.warnings.empty());  // no older one is tried instead
    }
}

TEST_CASE("a checkpoint is not loaded into a model of other tensors") {
    sim_storage disk;
    REQUIRE(sample_store(disk).publish(sample_state(1, 10)));
    const auto info = list_checkpoints(disk, "runner").value().front();
    const auto require_named = [&](const model_layout& layout, std::size_t slots,
                                   const std::string& name) {
        const auto loaded = load_checkpoint(disk, info, layout, slots);
        REQUIRE(!loaded);
        REQUIRE(loaded.error().code == failure_code::mismatch);
        CAPTURE(loaded.error().sentence);
        REQUIRE(loaded.error().sentence.find(name) != std::string::npos);
    };
    auto layout = sample_layout();
    layout.tensors[0].shape = {2, 3};
    require_named(layout, 2, "dense.weight");
    layout = sample_layout();
    layout.tensors[1].name = "bias";
    require_named(layout, 2, "bias");
    layout = sample_layout();
    layout.tensors.pop_back();
    require_named(layout, 2, "dense.bias");
    layout = sample_layout();
    layout.tables[0].width = 3;
    require_named(layout, 2, "rows.rows");
    layout = sample_layout();
    layout.tables.clear();
    require_named(layout, 2, "rows.");
    require_named(sample_layout(), 1, ".state1");
    require_named(sample_layout(), 3, ".state2");
}

TEST_CASE("a job of another model is refused by the newest checkpoint, and no older one is tried") {
    sim_storage disk;
    REQUIRE(sample_store(disk).publish(sample_state(1, 10)));
    REQUIRE(sample_store(disk).publish(sample_state(1, 20)));
    auto layout = sample_layout();
    layout.tensors[0].shape = {6, 1};
    std::size_t warnings = 0;
    stored_checkpoints store(
        {sample_identity(), layout, sample_slots, 2}, disk, [] { return std::string(); },
        [&](const std::string&) { ++warnings; });
    const auto newest = store.newest();
    REQUIRE(!newest);
    REQUIRE(newest.error().code == failure_code::mismatch);
    REQUIRE(warnings == 0);
}

TEST_CASE("without its journal a run's eras go on above those of its checkpoints") {
    sim_storage disk;
    REQUIRE(sample_store(disk).publish(sample_state(41, 10)));
    REQUIRE(sample_store(disk).begin_era().value().era == 42);
    REQUIRE(sample_store(disk).begin_era().value().era == 43);
}

TEST_CASE("a disk that returns other bytes than were written is noticed before the old one goes") {
    // Every file of the new checkpoint in turn, changed on its way to the disk.
    class bent_storage : public sim_storage {
    public:
        result<void> rename(const std::string& from, const std::string& to) override {
            auto r = sim_storage::rename(from, to);
            if (to.ends_with(bent)) {
                auto content = *read(to);
                content[content.size() / 2] ^= std::byte{1};
                overwrite(to, content);
            }
            return r;
        }
        std::string bent = "none";
    };
    for (const char* name : {"model.safetensors", "state.safetensors", "manifest.json"}) {
        bent_storage disk;
        sample_store store(disk);
        REQUIRE(store.publish(sample_state(1, 10)));
        REQUIRE(store.publish(sample_state(1, 20)));
        disk.bent = name;
        const auto published = store.publish(sample_state(1, 30));
        REQUIRE(!published);
        REQUIRE(published.error().sentence.find(name) != std::string::npos);
        REQUIRE(counts(disk) == list{10, 20});
        REQUIRE(same(*store.newest().value(), sample_state(1, 20)));
    }
}

TEST_CASE("of an era that was logged the newest state can be gone on from") {
    sim_storage disk;
    sample_store store(disk, 3);
    REQUIRE(store.begin_era());
    CHECK(store.newest_of(1).value() == std::nullopt);  // it began with nothing
    REQUIRE(store.publish(sample_state(1, 10)));
    CHECK(store.newest_of(1).value()->at == version{1, 10});
    REQUIRE(store.begin_era().value().from->at == version{1, 10});
    CHECK(store.newest_of(2).value()->at == version{1, 10});
    REQUIRE(store.publish(sample_state(2, 20)));
    REQUIRE(store.publish(sample_state(2, 30)));
    CHECK(store.newest_of(2).value()->at == version{2, 30});
    CHECK(sample_store(disk).newest_of(2).value()->at == version{2, 30});
    const auto damage = [&](const model_state& s) {
        disk.overwrite(checkpoint_folder("runner", s) + "/model.safetensors", {std::byte{1}});
    };
    damage(sample_state(2, 30));
    CHECK(store.newest_of(2).value()->at == version{2, 20});
    damage(sample_state(2, 20));
    CHECK(store.newest_of(2).value()->at == version{1, 10});
    damage(sample_state(1, 10));
    CHECK(store.newest_of(2).error().code == failure_code::not_found);
    CHECK(store.newest_of(3).error().code == failure_code::mismatch);
}

TEST_CASE("an era that was not logged cannot be gone on from") {
    sim_storage disk;
    stored_checkpoints store(
        {sample_identity(), sample_layout(), sample_slots, 2, false}, disk,
        [] { return std::string(); }, [](const std::string&) {});
    REQUIRE(store.begin_era());
    CHECK(store.newest_of(1).error().code == failure_code::mismatch);
}

TEST_CASE("once an era has begun nothing of an older one is published") {
    sim_storage disk;
    sample_store store(disk);
    REQUIRE(store.begin_era());
    REQUIRE(store.begin_era());
    CHECK(store.publish(sample_state(1, 10)).error().code == failure_code::mismatch);
    CHECK(store.newest().value() == std::nullopt);
}
