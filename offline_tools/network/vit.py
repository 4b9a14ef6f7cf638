# SPDX-License-Identifier: Apache-2.0
"""The vision transformer of DINOv2 with registers, on torch alone: patches of 14 pixels to patch tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: The position embedding was trained on a grid of 37 x 37 patches (518 pixels).
TRAINED_GRID = 37
PATCH = 14
REGISTERS = 4


class VisionTransformer(nn.Module):
    """Images (B, 3, 14 h, 14 w), normalised, -> patch tokens after the final norm, (B, width, h, w)."""

    def __init__(self, width: int, heads: int, depth: int = 12) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.register_tokens = nn.Parameter(torch.zeros(1, REGISTERS, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + TRAINED_GRID**2, width))
        self.patch_embed = PatchEmbedding(width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self._frozen: Tensor | None = None
        for token in (self.cls_token, self.register_tokens, self.pos_embed):
            nn.init.trunc_normal_(token, std=0.02)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patch_embed.proj(images)
        rows, columns = patches.shape[-2:]
        tokens = patches.flatten(2).transpose(1, 2) + self._patch_positions(rows, columns)
        # Registers come after the class token and have no position.
        first = torch.cat([self.cls_token + self.pos_embed[:, :1], self.register_tokens], 1)
        tokens = torch.cat([first.expand(len(images), -1, -1), tokens], 1)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens[:, 1 + REGISTERS :]).transpose(1, 2).unflatten(2, (rows, columns))

    def freeze_positions(self, rows: int, columns: int) -> None:
        """Keep the position embedding for one grid as a constant: no runtime resizes with bicubic antialias."""
        self._frozen = None
        self._frozen = self._patch_positions(rows, columns).detach()

    def _patch_positions(self, rows: int, columns: int) -> Tensor:
        if self._frozen is not None:
            return self._frozen.to(self.pos_embed.dtype)
        grid = self.pos_embed[:, 1:].transpose(1, 2).unflatten(2, (TRAINED_GRID, TRAINED_GRID))
        resized = functional.interpolate(grid, (rows, columns), mode="bicubic", antialias=True, align_corners=False)
        return resized.flatten(2).transpose(1, 2)


class PatchEmbedding(nn.Module):
    """One token per patch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, PATCH)


class Block(nn.Module):
    """Attention and MLP, each with its norm before and its LayerScale after."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn, self.mlp = Attention(width, heads), Mlp(width)
        self.ls1, self.ls2 = LayerScale(width), LayerScale(width)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        return tokens + self.ls2(self.mlp(self.norm2(tokens)))


class Attention(nn.Module):
    """Self-attention of all tokens."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        q, k, v = self.qkv(tokens).view(batch, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(batch, count, width))


class Mlp(nn.Module):
    """Four times as wide inside, exact GELU."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(tokens)))


class LayerScale(nn.Module):
    """One learned factor a channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((width,), 1e-5))

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens * self.gamma
