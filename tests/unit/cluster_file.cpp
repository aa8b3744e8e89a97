#include "cluster/file/cluster_file.hpp"

#include <filesystem>

#include "tests/unit/cluster_file_text.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;
using cluster_text::edited;
using cluster_text::parse;

TEST_CASE("every key of a cluster file is read", "[cluster][file]") {
    const auto f = parse(cluster_text::fine);
    REQUIRE(f);
    CHECK(f->path == "my.toml");
    CHECK(f->name == "a-Cluster_1.x");
    CHECK(f->state_dir == "/home/of/file/kept/here");
    CHECK(f->heartbeat_ms == 50);
    CHECK(f->secret_file == "/home/of/secret.hex");
    CHECK_FALSE(f->insecure);
    REQUIRE(f->nodes.size() == 3);

    const auto& head = f->nodes[0];
    CHECK(head.name == "head");
    CHECK(head.host == "127.0.0.1");
    CHECK(head.port == 7001);
    CHECK((head.coordinator && head.sequencer && !head.shard));
    CHECK(head.workers == 0);
    CHECK(head.program.empty());
    CHECK(head.place == "my.toml:10");

    const auto& one = f->nodes[1];
    CHECK(one.host == "::1");
    CHECK(one.port == 7002);
    CHECK((!one.coordinator && !one.sequencer && one.shard));
    CHECK(one.program == "/home/of/file/bin/other");

    const auto& two = f->nodes[2];
    CHECK(two.host == "localhost");
    CHECK(two.port == 0);
    CHECK((!two.coordinator && !two.sequencer && two.shard));
    CHECK(two.workers == 3);
    CHECK(two.device == "cpu");
    CHECK(two.place == "my.toml:21");
}

TEST_CASE("keys of a cluster file that are absent have their defaults", "[cluster][file]") {
    const auto f = parse(
        "[cluster]\nname = \"c\"\n"
        "[[node]]\nname = \"all\"\naddress = \"127.0.0.1:0\"\n"
        "roles = [\"coordinator\", \"shard\", \"worker\"]\nprogram = \"from-the-path\"\n");
    REQUIRE(f);
    CHECK(f->state_dir == "/home/of/file/state");
    CHECK(f->heartbeat_ms == 200);
    CHECK(f->secret_file == "/home/of/file/state/secret");
    CHECK_FALSE(f->insecure);
    CHECK(f->nodes.at(0).workers == 1);
    CHECK(f->nodes.at(0).program == "from-the-path");
}

TEST_CASE("the default secret is in the state_dir that was chosen", "[cluster][file]") {
    const auto f = parse(edited("secret = \"../secret.hex\"", "insecure = true"));
    REQUIRE(f);
    CHECK(f->secret_file == "/home/of/file/kept/here/secret");
    CHECK(f->insecure);
}

TEST_CASE("nodes may be beyond loopback where insecure is spelled out", "[cluster][file]") {
    const std::string roles = "\"\nroles = [\"coordinator\", \"shard\"]\n";
    const auto f = parse(
        "[cluster]\nname = \"c\"\n[security]\ninsecure = true\n[[node]]\n"
        "name = \"a\"\naddress = \"[fd00:0::01]:1" +
        roles +
        "[[node]]\nname = \"b\"\naddress = \"worker.lan:65535\"\n"
        "roles = [\"worker\"]\n");
    REQUIRE(f);
    CHECK(f->nodes.at(0).host == "fd00::1");
    CHECK(f->nodes.at(0).port == 1);
    CHECK(f->nodes.at(1).host == "worker.lan");
    CHECK(f->nodes.at(1).port == 65535);
}

TEST_CASE("a node is found by its name", "[cluster][file]") {
    const auto f = parse(cluster_text::fine);
    REQUIRE(f);
    CHECK(f->find("head") == 0u);
    CHECK(f->find("two") == 2u);
    CHECK_FALSE(f->find("three"));
    CHECK_FALSE(f->find(""));
}

TEST_CASE("a cluster file is read from the disk, its paths from its folder", "[cluster][file]") {
    const scratch_folder folder;
    const auto path = folder.put("real/c.toml", cluster_text::fine);
    std::filesystem::create_directory_symlink(folder.path("real"), folder.path("link"));
    const auto real = std::filesystem::canonical(folder.path("real")).string();

    const auto f = read_cluster_file(path);
    REQUIRE(f);
    CHECK(f->path == path);
    CHECK(f->state_dir == real + "/kept/here");
    CHECK(f->nodes[1].program == real + "/bin/other");
    CHECK(f->nodes[0].place == path + ":10");

    const auto by_link = read_cluster_file(folder.path("link/c.toml"));
    REQUIRE(by_link);
    CHECK(by_link->state_dir == f->state_dir);
}

TEST_CASE("a cluster file that cannot be read is refused", "[cluster][file]") {
    const scratch_folder folder;
    folder.put("c.toml", "");
    for (const auto& path : {folder.path("absent.toml"), folder.path(".")}) {
        const auto f = read_cluster_file(path);
        REQUIRE_FALSE(f);
        CHECK((f.error().code == failure_code::usage));
        CHECK(f.error().sentence == "the cluster file " + path + " cannot be read; check the path");
    }
}

TEST_CASE("the example of a local cluster is fine", "[cluster][file]") {
    const auto f = read_cluster_file(EXAMPLES_FOLDER "/clusters/local.toml");
    REQUIRE(f);
    CHECK(f->nodes.size() == 5);
    const auto worker = f->find("worker-1");
    REQUIRE(worker);
    CHECK(f->nodes[*worker].workers == 1);
    CHECK(std::filesystem::path(f->state_dir).filename() == "cluster");
}
