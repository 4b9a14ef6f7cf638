# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="needs torch")

from benchmarks.plain_mapper import forward  # noqa: E402
from mia_ros.errors import MiaError  # noqa: E402
from offline_tools.network import PRESETS, build  # noqa: E402


def parameters(name: str) -> int:
    return sum(value.numel() for value in build(name).parameters())


def test_the_paper_s_network_has_the_paper_s_parameters() -> None:
    """90.06 M with the mask token (768), which only its pretraining uses."""
    assert parameters("mapper_vitb") + 768 == pytest.approx(90.06e6, abs=0.005e6)


def test_the_small_network_is_small() -> None:
    assert 3e6 < parameters("mapper_edge") <= 8e6


@pytest.mark.parametrize("name", ["mapper_vits", "mapper_edge"])
@pytest.mark.parametrize("height", [512, 288])
def test_shapes(name: str, height: int) -> None:
    with torch.inference_mode():
        out = build(name)(torch.rand(2, 3, height, 512), torch.tensor([[400.0, 410, 255, 144], [300, 300, 250, 140]]))
    assert out.logits.shape == out.probabilities.shape == (2, 6, 100, 100)
    assert out.observed.shape == (2, 100, 101)
    assert out.observed.dtype == torch.bool
    torch.testing.assert_close(out.probabilities, torch.sigmoid(out.logits))


@pytest.mark.parametrize("name", ["mapper_vits", "mapper_edge"])
def test_the_plain_formulation_gives_the_same(name: str) -> None:
    """Attention written out, grid_sample in both lifts."""
    torch.manual_seed(1)
    net, images = build(name), torch.rand(1, 3, 512, 512)
    with torch.inference_mode():
        for focal in (256.0, 700.0):
            cameras = torch.tensor([[focal, focal * 0.98, 260.0, 240.0]])
            ours, plain = net(images, cameras), forward(net, images, cameras)
            assert (ours.logits - plain.logits).abs().max() < 1e-4
            assert (ours.observed == plain.observed).all()


@pytest.mark.parametrize("name", ["mapper_edge", "mapper_vits"])
def test_batch_and_threads_do_not_matter(name: str) -> None:
    torch.manual_seed(2)
    net, images = build(name), torch.rand(3, 3, 288, 512)
    cameras = torch.tensor([[400.0, 400, 255, 144]] * 3)
    threads = torch.get_num_threads()
    try:
        with torch.inference_mode():
            together = net(images, cameras).probabilities
            torch.set_num_threads(1)
            alone = torch.cat([net(images[i : i + 1], cameras[:1]).probabilities for i in range(3)])
    finally:
        torch.set_num_threads(threads)
    assert (together - alone).abs().max() < 1e-5


def test_the_same_input_gives_the_same_bits() -> None:
    torch.manual_seed(3)
    net, images, cameras = build("mapper_edge"), torch.rand(1, 3, 288, 512), torch.tensor([[400.0, 400, 255, 144]])
    with torch.inference_mode():
        first = net(images, cameras).logits
        net(torch.rand(1, 3, 288, 512), cameras * 0.7)
        assert (net(images, cameras).logits == first).all()


def test_unknown_presets_are_named() -> None:
    with pytest.raises(MiaError, match="no preset 'mapper_vitx'; there are " + ", ".join(PRESETS)):
        build("mapper_vitx")
