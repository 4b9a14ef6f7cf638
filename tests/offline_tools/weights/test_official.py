# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from offline_tools.weights.official import MAPPER_UNUSED, dinov2_name, mapper_name


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("encoder.vit.blocks.11.ls2.gamma", "model.image_encoder.backbone_model.blocks.11.ls2.gamma"),
        ("encoder.vit.norm.weight", "model.image_encoder.backbone_model.norm.weight"),
        ("encoder.projection.bias", "model.image_encoder.feat_projection.bias"),
        ("lift.scale_scores.weight", "model.scale_classifier.weight"),
        ("decoder.stem_norm.running_var", "model.decoder.bn1.running_var"),
        ("decoder.stages.1.0.norm2.bias", "model.decoder.layer2.0.bn2.bias"),
        ("decoder.stages.2.0.shortcut.1.running_mean", "model.decoder.layer3.0.downsample.1.running_mean"),
        ("decoder.ups.0.conv.weight", "model.decoder.up3_skip.upsample_layer.1.weight"),
        ("decoder.ups.2.conv.weight", "model.decoder.up1_skip.upsample_layer.1.weight"),
        ("decoder.head_out.bias", "model.decoder.segmentation_head.4.bias"),
    ],
)
def test_names_in_mias_checkpoints(ours: str, theirs: str) -> None:
    assert mapper_name(ours) == theirs


def test_names_in_dinov2s_files() -> None:
    assert dinov2_name("encoder.vit.patch_embed.proj.weight") == "patch_embed.proj.weight"


def test_all_names_and_shapes_of_the_published_network(shared: Path) -> None:
    pytest.importorskip("torch", reason="needs torch")
    from offline_tools.weights.layout import preset_shapes

    published = json.loads((shared / "fixtures/mapper/keys.json").read_text())["keys"]
    ours = {mapper_name(name): list(shape) for name, shape in preset_shapes("mapper_vitb").items()}
    assert {**ours, MAPPER_UNUSED: [1, 768]} == {name: entry["shape"] for name, entry in published.items()}
