#include "cluster/run.hpp"

int main(int argc, char** argv) {
    return slackline::run(argc, argv);
}
