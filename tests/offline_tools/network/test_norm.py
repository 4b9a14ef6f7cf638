# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="needs torch")

from offline_tools.network.norm import InstanceNorm  # noqa: E402


def both(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    pooled = InstanceNorm()
    pooled.pooled = True
    return InstanceNorm()(features), pooled(features)


@pytest.mark.parametrize("shape", [(2, 5, 13, 9), (1, 48, 100, 100), (1, 1, 1, 2)])
def test_both_ways_agree(shape: tuple[int, ...]) -> None:
    plain, pooled = both(torch.randn(shape, generator=torch.Generator().manual_seed(1)) * 7 + 3)
    torch.testing.assert_close(pooled, plain, rtol=1e-4, atol=1e-5)


def test_channels_of_one_value_become_nothing() -> None:
    for normed in both(torch.full((1, 3, 8, 8), 5.0)):
        assert normed.abs().max() < 1e-3


def test_half_precision_neither_overflows_nor_grows() -> None:
    """10,000 squares of up to 1e5 each: neither one of them nor their sum is a float16."""
    features = torch.randn((1, 4, 100, 100), generator=torch.Generator().manual_seed(2)) * 300
    _, pooled = both(features.half())
    assert pooled.dtype == torch.float16
    torch.testing.assert_close(pooled.float(), both(features)[0], rtol=1e-2, atol=2e-3)


def test_it_holds_no_weights() -> None:
    assert not InstanceNorm().state_dict()
