// Reader of the IDX format of MNIST, plain or gzip: images (u8, 3 dimensions) and labels (u8).
//
// Format: http://yann.lecun.com/exdb/mnist: magic 0x0000TTDD (type 8 = u8, dimensions), then each
// dimension as big-endian u32, then the data. Every field is checked against the file's length.
#pragma once

#include <string>

#include "cluster/data/images.hpp"

namespace slackline {

result<std::shared_ptr<const dataset>> read_idx(const std::string& images,
                                                const std::string& labels);

}  // namespace slackline
