# SPDX-License-Identifier: Apache-2.0
"""Names of the published networks' parameters, from ours."""

from __future__ import annotations

import re

#: Before every name in a Lightning checkpoint.
PREFIX = "model."
#: What our encoder keeps of DINOv2 stands below this; DINOv2's own files have no prefix at all.
ENCODER = "encoder.vit."
#: DINOv2's training needs it, its use does not: it must be in a published file, and we do not keep it.
MASK_TOKEN = "mask_token"  # noqa: S105
_BACKBONE = "image_encoder.backbone_model."

#: Our name (a pattern), theirs. In this order: the first that matches is taken.
_RULES = (
    (r"encoder\.vit\.", _BACKBONE),
    (r"encoder\.projection\.", "image_encoder.feat_projection."),
    (r"lift\.scale_scores\.", "scale_classifier."),
    (r"decoder\.stem_conv\.", "decoder.first_conv."),
    (r"decoder\.stem_norm\.", "decoder.bn1."),
    (r"decoder\.stages\.0\.", "decoder.layer1."),
    (r"decoder\.stages\.1\.", "decoder.layer2."),
    (r"decoder\.stages\.2\.", "decoder.layer3."),
    (r"decoder\.ups\.0\.conv\.", "decoder.up3_skip.upsample_layer.1."),
    (r"decoder\.ups\.1\.conv\.", "decoder.up2_skip.upsample_layer.1."),
    (r"decoder\.ups\.2\.conv\.", "decoder.up1_skip.upsample_layer.1."),
    (r"decoder\.head_conv\.", "decoder.segmentation_head.0."),
    (r"decoder\.head_out\.", "decoder.segmentation_head.4."),
)
#: Inside a residual block of the decoder.
_BLOCK = {"norm1": "bn1", "norm2": "bn2", "shortcut": "downsample"}


def mapper_name(ours: str) -> str:
    """The name in MIA's Lightning checkpoints. A name that they do not have comes back as it is, with their prefix."""
    for pattern, theirs in _RULES:
        if re.match(pattern, ours):
            name = theirs + re.sub(pattern, "", ours, count=1)
            return PREFIX + (_block_name(name) if name.startswith("decoder.layer") else name)
    return PREFIX + ours


def dinov2_name(ours: str) -> str:
    """The name in DINOv2's own files, of a parameter of the encoder."""
    return ours.removeprefix(ENCODER)


#: Names that a published file must hold beside ours.
MAPPER_UNUSED = PREFIX + _BACKBONE + MASK_TOKEN
DINOV2_UNUSED = MASK_TOKEN


def _block_name(name: str) -> str:
    return ".".join(_BLOCK.get(part, part) for part in name.split("."))
