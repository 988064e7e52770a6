"""An image tower for CLIP-like models: transformers' ResNet, whose pooled state is flat, as a projection wants it.

Importing this module lets `AutoModel` read folders whose image tower is of that type.
"""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, AutoModel, ResNetConfig, ResNetModel
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndNoAttention


class FlatResNetConfig(ResNetConfig):
    """A ResNet's, with the names that models of two towers ask for: the width of its pooled state, its input's side."""

    model_type = "flat-resnet"
    hidden_size: int = 0
    image_size: int = 64


class FlatResNet(ResNetModel):
    """`ResNetModel` (arXiv 1512.03385) with `pooler_output` (n, channels) instead of (n, channels, 1, 1)."""

    config_class = FlatResNetConfig

    def forward(self, *args: Any, **more: Any) -> BaseModelOutputWithPoolingAndNoAttention:
        out: Any = super().forward(*args, **more)
        out.pooler_output = out.pooler_output.flatten(1)
        return out


AutoConfig.register(FlatResNetConfig.model_type, FlatResNetConfig, exist_ok=True)
AutoModel.register(FlatResNetConfig, FlatResNet, exist_ok=True)
