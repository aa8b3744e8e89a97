#include "tests/unit/cluster_file_text.hpp"

using namespace slackline;
using cluster_text::edited;
using cluster_text::parse;

namespace {

struct wrong_file {
    std::string from;  ///< what is replaced in the fine file ...
    std::string to;    ///< ... by what
    std::string sentence;
};

// `sentence` may end in "...": only its beginning counts.
void check(const result<cluster_file>& f, const std::string& sentence) {
    REQUIRE_FALSE(f);
    CHECK((f.error().code == failure_code::usage));
    const auto& said = f.error().sentence;
    for (const char c : said) REQUIRE((c >= ' ' && c <= '~'));
    if (sentence.ends_with("..."))
        CHECK(said.substr(0, sentence.size() - 3) + "..." == sentence);
    else
        CHECK(said == sentence);
}

void check(const std::vector<wrong_file>& table) {
    for (const auto& w : table) {
        INFO(w.from << " -> " << w.to);
        check(parse(edited(w.from, w.to)), w.sentence);
    }
}

const std::string head_address = "\"127.0.0.1:7001\"";
const std::string fit = "of letters, digits, '-', '_' and '.', the first no '.'";

}  // namespace

TEST_CASE("unknown sections and keys of a cluster file are refused with the nearest one",
          "[cluster][file]") {
    check(std::vector<wrong_file>{
        {"[cluster]", "[clutser]",
         "my.toml:1: there is no section [clutser]; did you mean [cluster]?"},
        {"[security]", "[securty]",
         "my.toml:6: there is no section [securty]; did you mean [security]?"},
        {"[[node]]\nname = \"two\"", "[[nodes]]\nname = \"two\"",
         "my.toml:20: there is no section [[nodes]]; did you mean [[node]]?"},
        {"[security]", "[[xyzxyz]]", "my.toml:6: there is no section [[xyzxyz]]; remove it"},
        {"heartbeat_ms", "heartbeatms",
         "my.toml:4: there is no key cluster.heartbeatms; did you mean cluster.heartbeat_ms?"},
        {"secret = ", "insecur = ",
         "my.toml:7: there is no key security.insecur; did you mean security.insecure?"},
        {"address = " + head_address, "adress = " + head_address,
         "my.toml:11: there is no key node.adress; did you mean node.address?"},
        {"roles = [\"shard\"]", "role = [\"shard\"]",
         "my.toml:17: there is no key node.role; did you mean node.roles?"},
        {"workers = 3", "gpu = 3", "my.toml:24: there is no key node.gpu; remove it"},
        {"[cluster]", "epochs = 3\n[cluster]",
         "my.toml:1: the key epochs stands outside of every section; put it into one or remove "
         "it"},
    });
}

TEST_CASE("what is no [[node]] is refused", "[cluster][file]") {
    const std::string cluster = "[cluster]\nname = \"c\"\n";
    check(parse(cluster + "[node]\nname = \"a\"\n"),
          "my.toml:3: node: this is a section; write [[node]], once for each");
    check(parse("node = []\n" + cluster),
          "my.toml:1: node: this is a list; write [[node]], once for each");
    check(parse("node = [5]\n" + cluster),
          "my.toml:1: node: this is a list; write [[node]], once for each");
    check(parse("[[cluster]]\nname = \"c\"\n"),
          "my.toml:1: cluster: this is a list; write a section [cluster]");
}

TEST_CASE("values of a wrong type are refused in a cluster file", "[cluster][file]") {
    check(std::vector<wrong_file>{
        {"\"a-Cluster_1.x\"", "5", "my.toml:2: cluster.name: this is an integer; write a string"},
        {"50", "\"50\"", "my.toml:4: cluster.heartbeat_ms: this is a string; write an integer"},
        {"\"../secret.hex\"", "true",
         "my.toml:7: security.secret: this is true or false; write a string"},
        {"secret = \"../secret.hex\"", "insecure = 1",
         "my.toml:7: security.insecure: this is an integer; write true or false"},
        {head_address, "7001", "my.toml:11: node.address: this is an integer; write a string"},
        {"[\"shard\"]", "\"shard\"",
         "my.toml:17: node.roles: this is a string; write a list of \"coordinator\", "
         "\"sequencer\", \"shard\", \"worker\""},
        {"[\"shard\"]", "[1]", "my.toml:17: node.roles: a list here holds strings only"},
        {"workers = 3", "workers = 1.5",
         "my.toml:24: node.workers: this is a number; write an integer"},
        {"workers = 3", "device = 0", "my.toml:24: node.device: this is an integer; write a ..."},
        {"\"bin/other\"", "[]", "my.toml:18: node.program: this is a list; write a string"},
    });
}

TEST_CASE("values of a cluster file out of range are refused", "[cluster][file]") {
    check(std::vector<wrong_file>{
        {"50", "9", "my.toml:4: cluster.heartbeat_ms: 9 is out of range; write 10 to 60000"},
        {"50", "60001",
         "my.toml:4: cluster.heartbeat_ms: 60001 is out of range; write 10 to 60000"},
        {"workers = 3", "workers = 0",
         "my.toml:24: node.workers: 0 is out of range; write 1 to 1000"},
        {"workers = 3", "workers = 1001",
         "my.toml:24: node.workers: 1001 is out of range; write 1 to 1000"},
        {"\"kept/here/\"", "\"\"", "my.toml:3: cluster.state_dir: name a path, or remove the key"},
        {"\"../secret.hex\"", "\"\"", "my.toml:7: security.secret: name a path, or remove the key"},
        {"\"bin/other\"", "\"\"", "my.toml:18: node.program: name a program, or remove the key"},
        {"workers = 3", "device = \"cuda\"",
         "my.toml:24: node.device: workers compute on \"cpu\" and nothing else so far; write "
         "that, or remove the key"},
    });
}

TEST_CASE("names that are none, or not there, or there twice are refused", "[cluster][file]") {
    for (const char* name : {"", "a b", "a/b", ".", "..", ".a", "a:b", "\\u00e9", "a\\nb"}) {
        const auto written = '"' + std::string(name) + '"';
        check(parse(edited("\"a-Cluster_1.x\"", written)),
              "my.toml:2: cluster.name: a cluster needs a name " + fit);
        check(parse(edited("\"head\"", written)),
              "my.toml:10: node.name: a node needs a name " + fit);
    }
    check(std::vector<wrong_file>{
        {"name = \"a-Cluster_1.x\"\n", "", "my.toml:1: cluster.name: a cluster needs a name ..."},
        {"name = \"head\"\n", "", "my.toml:9: node.name: a node needs a name ..."},
        {"\"two\"", "\"head\"",
         "my.toml:21: node.name: the node at my.toml:10 is called \"head\" too; give one of them "
         "another name"},
    });
    check(parse(""), "my.toml: cluster.name: a cluster needs a name " + fit);
}

TEST_CASE("addresses that are none are refused", "[cluster][file]") {
    const std::string here = "my.toml:11: node.address: ";
    const std::string no_port = "there is no port; write \"host:port\", such as \"127.0.0.1:7000\"";
    const std::string no_host = "this is neither an IPv4 address nor a host's name; correct it";
    const std::string brackets = "an IPv6 address stands in brackets; write \"[address]:port\"";
    const std::string no_number =
        "this is no port; write a number from 0 to 65535 behind the last colon";
    const std::string no_six = "this is no IPv6 address in the brackets; correct it";
    const std::string every =
        "this stands for every address of a host; write the one that others dial";
    const std::vector<std::pair<std::string, std::string>> table{
        {"", no_port},
        {"localhost", no_port},
        {"localhost:", no_port},
        {"[::1]", no_port},
        {":7000", no_host},
        {"a b:7000", no_host},
        {"127.0.0:7000", no_host},
        {"127.0.0.256:1", no_host},
        {"7000:7000", no_host},
        {"[::1:7000", brackets},
        {"::1:7000", brackets},
        {"a:b:1", brackets},
        {"[:::1]:1", no_six},
        {"[127.0.0.1]:1", no_six},
        {"[]:1", no_six},
        {"[fe80::1%lo]:1", no_six},
        {"localhost:65536", no_number},
        {"localhost:-1", no_number},
        {"localhost:+1", no_number},
        {"localhost:1x", no_number},
        {"localhost: 1", no_number},
        {"0.0.0.0:7000", every},
        {"[::]:7000", every},
    };
    for (const auto& [address, why] : table) {
        INFO(address);
        check(parse(edited(head_address, '"' + address + '"')), here + why);
    }
    check(parse(edited("address = " + head_address + "\n", "")),
          "my.toml:9: node.address: where is this node? write \"host:port\", such as "
          "\"127.0.0.1:0\"");
}

TEST_CASE("two nodes at one address are refused, by whatever spelling", "[cluster][file]") {
    const std::string told =
        "my.toml:22: node.address: the node at my.toml:10 has this address too; give one of them "
        "another port";
    check(parse(edited("localhost:0", "localhost:7001")), told);
    check(parse(edited("localhost:0", "127.0.0.1:7001")), told);
    check(parse(edited("localhost:0", "LocalHost:7001")), told);
    check(parse(edited("localhost:0", "[0:0::1]:7002")),
          "my.toml:22: node.address: the node at my.toml:15 has this address too; ...");
    CHECK(parse(edited("localhost:0", "127.0.0.2:7001")));
    CHECK(parse(edited("127.0.0.1:7001", "localhost:0")));
}

TEST_CASE("roles that are none, or stand there twice are refused", "[cluster][file]") {
    const std::string here = "my.toml:17: node.roles: ";
    check(std::vector<wrong_file>{
        {"[\"shard\"]", "[]",
         here + "a node without a role does nothing; write a list of \"coordinator\", "
                "\"sequencer\", \"shard\", \"worker\""},
        {"[\"shard\"]", "[\"shrad\"]",
         here + "there is no role \"shrad\"; did you mean \"shard\"?"},
        {"[\"shard\"]", "[\"shard\", \"Worker\"]",
         here + "there is no role \"Worker\"; did you mean \"worker\"?"},
        {"[\"shard\"]", "[\"x\"]", here + "there is no role \"x\"; write a list of \"coord..."},
        {"[\"shard\"]", "[\"shard\", \"shard\"]",
         here + "\"shard\" stands there twice; remove one"},
        {"roles = [\"shard\"]\n", "",
         "my.toml:14: node.roles: this is absent; write a list of \"coordinator\", ..."},
        {"[\"shard\"]", "[\"shard\", \"coordinator\"]",
         here + "the node at my.toml:10 is \"coordinator\" already and a cluster has one; remove "
                "one of them"},
        {"[\"shard\"]", "[\"shard\", \"sequencer\"]",
         here + "the node at my.toml:10 is \"sequencer\" already and a cluster has one; remove "
                "one of them"},
    });
}

TEST_CASE("roles that no node has are refused", "[cluster][file]") {
    const auto none = [](const std::string& role) {
        return "my.toml: no node has the role \"" + role + "\"; add it to the roles of one";
    };
    check(parse(edited("\"coordinator\", ", "")), none("coordinator"));
    check(parse(edited("\"worker\", \"shard\"]\nworkers = 3", "\"shard\"]")), none("worker"));
    check(parse("[cluster]\nname = \"c\"\n[[node]]\nname = \"a\"\naddress = \"localhost:0\"\n"
                "roles = [\"coordinator\", \"worker\"]\n"),
          none("shard"));
    check(parse("[cluster]\nname = \"c\"\n"),
          "my.toml: there is no [[node]]; write one for each process of the cluster");
    CHECK(parse(edited(", \"sequencer\"", "")));
}

TEST_CASE("keys of workers are refused on a node without", "[cluster][file]") {
    const std::string why = "this node has no role \"worker\"; add it to roles, or remove the key";
    check(parse(edited("program = \"bin/other\"", "workers = 2")),
          "my.toml:18: node.workers: " + why);
    check(parse(edited("program = \"bin/other\"", "device = \"cpu\"")),
          "my.toml:18: node.device: " + why);
}

TEST_CASE("more workers or shards than a run may have are refused", "[cluster][file]") {
    const std::string one_more =
        "\n[[node]]\nname = \"more\"\naddress = \"localhost:0\"\nroles = [\"worker\"]\n";
    CHECK(parse(edited("workers = 3", "workers = 999") + one_more));
    check(parse(edited("workers = 3", "workers = 1000") + one_more),
          "my.toml: the nodes have 2 shards and 1001 workers; a run has at most 1000 of each, "
          "remove some");
}

TEST_CASE("nothing is beyond loopback that is not fit for it", "[cluster][file]") {
    const auto at = [](const std::string& address, const std::string& security) {
        return parse("[cluster]\nname = \"c\"\n" + security +
                     "[[node]]\nname = \"a\"\naddress = \"" + address +
                     "\"\nroles = [\"coordinator\", \"shard\", \"worker\"]\n");
    };
    for (const std::string host : {"10.0.0.1", "[fd00::1]", "trainer-3", "128.0.0.1", "[::2]"}) {
        INFO(host);
        const auto bare = host[0] == '[' ? host.substr(1, host.size() - 2) : host;
        check(at(host + ":7000", ""),
              "my.toml:5: node.address: beyond loopback connections to " + bare +
                  " are neither encrypted nor checked so far; write insecure = true in [security] "
                  "where that is fine, or stay on \"127.0.0.1:0\"");
        check(at(host + ":7000", "[security]\ninsecure = false\n"), "my.toml:7: node.address: ...");
        CHECK(at(host + ":7000", "[security]\ninsecure = true\n"));
        check(at(host + ":0", "[security]\ninsecure = true\n"),
              "my.toml:7: node.address: other hosts cannot know which free port is found for 0; "
              "write its number");
    }
    check(parse(edited("localhost:0", "10.0.0.1:7003")),
          "my.toml:11: node.address: only its own "
          "host reaches 127.0.0.1, and the node at "
          "my.toml:21 is beyond it; write an "
          "address that all hosts reach");
}

TEST_CASE("what is written wrongly counts before what is absent in a cluster file",
          "[cluster][file]") {
    // The first node has no address, the last one a misspelt role: so there is no worker either.
    auto text = edited("\"worker\", \"shard\"]\nworkers = 3", "\"wroker\"]");
    const std::string line = "address = " + head_address + "\n";
    text.replace(text.find(line), line.size(), "");
    check(parse(text), "my.toml:22: node.roles: there is no role \"wroker\"; did you mean ...");
}

TEST_CASE("a cluster file that is no TOML is refused with the line", "[cluster][file]") {
    check(parse(edited("heartbeat_ms = 50", "heartbeat_ms = ")), "my.toml:4: ...");
    check(parse(edited("[[node]]\nname = \"two\"", "[[node]\nname = \"two\"")), "my.toml:20: ...");
}

TEST_CASE("every beginning of a cluster file is fine or refused in one sentence",
          "[cluster][file]") {
    std::size_t fine = 0;
    for (std::size_t n = 0; n < cluster_text::fine.size(); ++n) {
        INFO(cluster_text::fine.substr(0, n));
        const auto f = parse(cluster_text::fine.substr(0, n));
        fine += f.has_value();
        if (!f) check(f, "my.toml...");
    }
    CHECK(fine > 1);
}
