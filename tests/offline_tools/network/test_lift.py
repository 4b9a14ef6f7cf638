# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="needs torch")

from offline_tools.network.lift import Lift, feature_cameras, hat  # noqa: E402


def camera(fx: float = 30.0, fy: float = 30.0, cx: float = 17.5) -> "torch.Tensor":
    return torch.tensor([[fx, fy, cx, 17.5]])


def test_features_in_one_column_land_on_one_ray() -> None:
    """Column 20 of 36, f = 30 px, cx = 17.5: x / z = 2.5 / 30; everything else stays empty."""
    features = torch.zeros(1, 4, 36, 36)
    features[:, :, :, 20] = 1
    ground, _ = Lift(4)(features, camera())
    depth = 50 - 0.5 * torch.arange(100)
    sideways = -25 + 0.5 * torch.arange(100)
    column = 30 * sideways / depth[:, None] + 17.5
    expected = torch.clamp(1 - (column - 20).abs(), min=0)
    torch.testing.assert_close(ground[0, 0], expected, atol=1e-5, rtol=0)


def test_observed_is_the_horizontal_frustum_of_the_features() -> None:
    _, observed = Lift(4)(torch.zeros(1, 4, 20, 36), camera())
    assert observed.shape == (1, 100, 101)
    # Straight ahead always; 25 m to the side at 50 m: 30 * 0.5 + 17.5 = 32.5, inside 0..35; at 25 m: 47.5, outside.
    assert observed[0, :, 50].all()
    assert observed[0, 0, 100]
    assert not observed[0, 50, 100]


def test_depths_beyond_the_scales_take_the_mean_of_the_column() -> None:
    """fy = 10 px: depths beyond 10 m have a scale below one pixel a metre and fade out of the bins within one bin."""
    features = torch.rand(1, 4, 36, 36)
    lift = Lift(4)
    polar = lift.polar(features, torch.tensor([10.0]))
    far = 50 - 0.5 * torch.arange(100) > 10 * 2 ** (9 / 31)
    mean = features.mean(2).transpose(1, 2)[:, None].expand(-1, int(far.sum()), -1, -1)
    torch.testing.assert_close(polar[:, far], mean, atol=1e-5, rtol=0)


def test_a_score_at_one_scale_puts_its_row_at_that_depth() -> None:
    """Row 7 votes for scale bin 10 = 2^(90/31) px a metre: at f = 64 px that is 8.55 m; there it gets the weight."""
    lift = Lift(2)
    torch.nn.init.zeros_(lift.scale_scores.weight)
    torch.nn.init.zeros_(lift.scale_scores.bias)
    with torch.no_grad():
        lift.scale_scores.weight[10, 0] = 50.0
    features = torch.zeros(1, 2, 36, 36)
    features[0, 0, 7], features[0, 1, 7] = 1.0, 3.0
    polar = lift.polar(features, torch.tensor([64.0]))
    depth = 50 - 0.5 * torch.arange(100)
    nearest = int((depth - 64 / 2 ** (90 / 31)).abs().argmin())
    assert polar[0, nearest, :, 1].min() > 2.9
    assert polar[0, 0, :, 1].max() < 0.2


def test_cameras_of_features_keep_pixel_centres() -> None:
    (camera_of_features,) = feature_cameras(torch.tensor([[512.0, 500.0, 255.5, 100.0]]), 36 / 512).tolist()
    assert camera_of_features == pytest.approx([36.0, 500 * 36 / 512, 17.5, 100.5 * 36 / 512 - 0.5])


def test_hat_is_linear_interpolation_with_zero_outside() -> None:
    assert hat(torch.tensor([-1.5, -1.0, -0.25, 0.0, 0.5, 1.0])).tolist() == [0, 0, 0.75, 1, 0.5, 0]


def test_a_grounded_lift_begins_with_rows_where_level_ground_appears():
    rows, focal, horizon = 64, 40.0, 20.0
    lift = Lift(rows, grounded=True)
    torch.nn.init.zeros_(lift.scale_scores.weight)
    torch.nn.init.zeros_(lift.scale_scores.bias)
    features = torch.eye(rows)[None, :, :, None].expand(1, rows, rows, 3)  # each row says which it is
    shares = lift.polar(features, torch.tensor([focal]), torch.tensor([horizon]))[0, :, 0]
    for depth in (3.0, 6.0, 12.0):
        at = int((lift.depths - depth).abs().argmin())
        expected = horizon + focal * 1.5 / depth
        assert abs(int(shares[at].argmax()) - expected) <= 1
        assert shares[at, int(horizon) + 1 :].sum() > 0.5


def test_a_lift_as_published_has_no_rows_of_its_own():
    assert Lift(8).row_scores is None
    assert set(Lift(8).state_dict()) == {"scale_scores.weight", "scale_scores.bias"}
