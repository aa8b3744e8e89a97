"""Reads checkpoints with the reference safetensors package, and predicts from them with NumPy."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
COMMAND_S = 60

ACTIVATIONS = {
    "relu": lambda x: numpy.maximum(x, 0),
    "tanh": numpy.tanh,
    "sigmoid": lambda x: 1 / (1 + numpy.exp(-x)),
}


def slackline(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True,
                          timeout=COMMAND_S)
    assert done.returncode == 0, f"slackline {words} exits with {done.returncode}: {done.stderr}"
    return done.stdout


def train(job, folder, *settings):
    """Returns the checkpoint's folder."""
    out = slackline("train", job, "--json", "--set", f"checkpoint.dir={folder}", *settings)
    return pathlib.Path(json.loads(out.splitlines()[-1])["checkpoint"])


def predictions(job, folder, *words):
    """The columns of `slackline predict`, by name."""
    out = slackline("predict", job, "--set", f"checkpoint.dir={folder}", *words)
    rows = list(csv.DictReader(out.splitlines()))
    return {name: numpy.array([float(row[name]) for row in rows]) for name in rows[0]}


def check_close(name, ours, theirs):
    numpy.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6, err_msg=name)


def check_equal(name, ours, theirs):
    assert ours.keys() == theirs.keys(), f"{name}: {ours.keys()} and {theirs.keys()}"
    for key in ours:
        assert ours[key].dtype == theirs[key].dtype, f"{name}: {key}"
        assert ours[key].shape == theirs[key].shape, f"{name}: {key}"
        assert ours[key].tobytes() == theirs[key].tobytes(), f"{name}: {key} differs"


def check_layout(name, file, expected):
    """Names, types and shapes as the reference reader sees them, and readable metadata."""
    with safe_open(file, framework="numpy") as reader:
        metadata = reader.metadata()
        seen = {key: (reader.get_slice(key).get_dtype(), list(reader.get_slice(key).get_shape()))
                for key in reader.keys()}
    assert seen == expected, f"{name}: {seen}, and it should be {expected}"
    assert metadata, f"{name}: no metadata"
    assert all(isinstance(text, str) for text in metadata.values()), f"{name}: {metadata}"
    return metadata


def check_files(name, checkpoint, folder, model, state):
    """Both files of a checkpoint, and the exported one; returns the model's tensors."""
    check_layout(f"{name}: model", checkpoint / "model.safetensors", model)
    check_layout(f"{name}: state", checkpoint / "state.safetensors", state)
    exported = folder / "exported.safetensors"
    slackline("checkpoint", "export", "--dir", folder, "--to", exported)
    check_layout(f"{name}: export", exported, model)
    tensors = load_file(exported)
    check_equal(f"{name}: export", tensors, load_file(checkpoint / "model.safetensors"))
    for tensor in [*tensors.values(), *load_file(checkpoint / "state.safetensors").values()]:
        assert numpy.isfinite(tensor).all(), f"{name}: a value is not finite"
    inspected = json.loads(slackline("checkpoint", "inspect", "--dir", folder, "--json"))
    for tensor in inspected["files"][0]["tensors"]:
        if tensor["dtype"] == "F32":
            check_close(f"{name}: mean of {tensor['name']}", tensor["mean"],
                        tensors[tensor["name"]].astype(numpy.float64).mean())
    return tensors


def mlp_layout(widths, slots):
    model = {}
    for layer, (rows, columns) in enumerate(zip(widths, widths[1:])):
        model[f"layer{layer}.weight"] = ("F32", [rows, columns])
        model[f"layer{layer}.bias"] = ("F32", [columns])
    state = {f"{name}.state{slot}": of for name, of in model.items() for slot in range(slots)}
    return model, state


def mlp_outputs(tensors, x, activation):
    layers = len(tensors) // 2
    for layer in range(layers):
        x = x @ tensors[f"layer{layer}.weight"].astype(numpy.float64)
        x = x + tensors[f"layer{layer}.bias"]
        if layer + 1 < layers:
            x = ACTIVATIONS[activation](x)
    return x


def check_regression(scratch):
    """An MLP of one value: the example, on one shard and on five."""
    job = ROOT / "examples/regression/job.toml"
    with open(ROOT / "examples/regression/test.csv") as file:
        rows = numpy.array([[float(v) for v in row] for row in list(csv.reader(file))[1:]])
    alone = ("--set", "run.workers=1", "--set", "consistency.preset=bsp", "--set",
             "consistency.staleness=0")
    of_shards = {}
    for shards in (1, 5):
        folder = scratch / f"regression{shards}"
        checkpoint = train(job, folder, *alone, "--set", f"run.shards={shards}")
        tensors = check_files(f"regression on {shards} shards", checkpoint, folder,
                              *mlp_layout([3, 10, 1], 2))
        seen = predictions(job, folder)
        check_close("regression: targets", seen["target"], rows[:, 3])
        outputs = mlp_outputs(tensors, rows[:, :3], "relu")[:, 0]
        check_close("regression: predictions", seen["prediction"], outputs)
        of_shards[shards] = tensors, load_file(checkpoint / "state.safetensors")
    # One worker's gradients come in one order, and products of cut matrices differ by rounding
    # alone: the shards' pieces must make the same whole.
    for one, five in zip(of_shards[1], of_shards[5]):
        for key in one:
            numpy.testing.assert_allclose(one[key], five[key], rtol=1e-3, atol=1e-4,
                                          err_msg=f"on 1 and 5 shards: {key}")


def write_idx(path, array):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def check_classes(scratch, activation):
    """An MLP of classes, asynchronously on three shards, on images that NumPy drew."""
    name = f"images-{activation}"
    folder = scratch / name
    folder.mkdir()
    draw = numpy.random.default_rng(1)
    images = {}
    for stem, samples in (("train", 300), ("t10k", 40)):
        labels = draw.integers(0, 3, samples, dtype=numpy.uint8)
        images[stem] = draw.integers(0, 200, (samples, 4, 5), dtype=numpy.uint8)
        images[stem][numpy.arange(samples), labels] += 55  # a class is a brighter row
        write_idx(folder / f"{stem}-images-idx3-ubyte", images[stem])
        write_idx(folder / f"{stem}-labels-idx1-ubyte", labels)
    job = folder / "job.toml"
    job.write_text(f"""[run]
name = "images"
epochs = 4
batch = 16
shards = 3
[data]
format = "idx"
path = "."
[model]
kind = "mlp"
hidden = [9, 7]
activation = "{activation}"
[optimizer]
kind = "momentum"
learning_rate = 0.05
""")
    runs = folder / "runs"
    checkpoint = train(job, runs)
    tensors = check_files(name, checkpoint, runs, *mlp_layout([20, 9, 7, 3], 1))
    seen = predictions(job, runs)
    x = images["t10k"].reshape(40, 20).astype(numpy.float64) / 255
    outputs = mlp_outputs(tensors, x, activation)
    for column in range(3):
        check_close(f"{name}: output {column}", seen[f"output{column}"], outputs[:, column])
    # Where two outputs are equal but for rounding, either may be the prediction.
    top = numpy.sort(outputs, axis=1)
    clear = top[:, -1] - top[:, -2] > 1e-4
    assert (seen["prediction"][clear] == outputs.argmax(axis=1)[clear]).all(), name


def check_table(scratch):
    """A logistic model on a table: ids and rows, and rows that no sample ever touched."""
    folder = scratch / "sparse"
    folder.mkdir()
    draw = numpy.random.default_rng(2)
    trained = [*range(37), 39]

    def write(path, samples, ids):
        lines = []
        for _ in range(samples):
            some = numpy.sort(draw.choice(ids, 5, replace=False))
            label = int((some % 2 == 0).sum() > 2)
            pairs = [f"{i + 1}:{draw.integers(1, 9) / 4}" for i in some]
            lines.append(" ".join([str(label), *pairs]))
        path.write_text("\n".join(lines) + "\n")
        return lines

    write(folder / "train", 400, trained)
    test = write(folder / "test", 50, range(40))
    job = folder / "job.toml"
    job.write_text("""[run]
name = "sparse"
epochs = 3
batch = 8
shards = 3
[data]
format = "libsvm"
train = "train"
test = "test"
index_base = 1
[model]
kind = "linear"
[optimizer]
kind = "ftrl"
learning_rate = 0.1
""")
    runs = folder / "runs"
    checkpoint = train(job, runs)
    rows = len(trained)
    model = {"bias": ("F32", [1]), "weights.ids": ("U64", [rows]),
             "weights.rows": ("F32", [rows, 1])}
    state = {f"{name}.state{slot}": model[name] for name in ("bias", "weights.rows")
             for slot in range(2)}
    tensors = check_files("sparse", checkpoint, runs, model, state)
    assert sorted(tensors["weights.ids"]) == trained, "sparse: ids"
    weights = dict(zip(tensors["weights.ids"].tolist(), tensors["weights.rows"][:, 0].tolist()))
    assert any(weights.values()), "sparse: nothing was learned"
    outputs = []
    for line in test:  # a row that no update touched has its initial value, zero
        pairs = [pair.split(":") for pair in line.split()[1:]]
        outputs.append(float(tensors["bias"][0]) +
                       sum(weights.get(int(i) - 1, 0.0) * float(value) for i, value in pairs))
    seen = predictions(job, runs)
    check_close("sparse: outputs", seen["output"], outputs)
    check_close("sparse: probabilities", seen["probability"], 1 / (1 + numpy.exp(-seen["output"])))


def main():
    with tempfile.TemporaryDirectory(prefix="slackline-interop-") as folder:
        scratch = pathlib.Path(folder)
        check_regression(scratch)
        for activation in ACTIVATIONS:
            check_classes(scratch, activation)
        check_table(scratch)
    print("the reference reader sees every tensor, and NumPy predicts what slackline does")


if __name__ == "__main__":
    main()
