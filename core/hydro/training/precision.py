"""Mixed precision, where the settings ask for it and the device has it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Precision:
    """The number format of forward passes, in training and in inference."""

    device: torch.device
    train_dtype: torch.dtype | None
    inference_dtype: torch.dtype | None

    @classmethod
    def of(cls, device: torch.device, *, training: bool, inference: bool) -> "Precision":
        """Choose bfloat16 where the GPU computes in it, else float16; float32 on a CPU."""
        half = _half(device)
        return cls(device, half if training else None, half if inference else None)

    def without_effect(self, given: Mapping[str, object]) -> list[str]:
        """Describe the settings of mixed precision, by dotted name, that do nothing here."""
        asked = (
            ("environment.mixed_precision_training", self.train_dtype),
            ("environment.mixed_precision_inference", self.inference_dtype),
        )
        return [
            f"{name} does nothing on {self.device.type.upper()}s, which compute in float32"
            for name, dtype in asked
            if dtype is None and given.get(name) is True
        ]

    @property
    def name(self) -> str:
        """The number format of training: float32, bfloat16 or float16."""
        return str(self.train_dtype or torch.float32).removeprefix("torch.")

    def training(self) -> AbstractContextManager[object]:
        """Return the autocast context of a training step; it does nothing in float32."""
        return self._autocast(self.train_dtype)

    def inference(self) -> AbstractContextManager[object]:
        """Return the autocast context of inference; it does nothing in float32."""
        return self._autocast(self.inference_dtype)

    def scaler(self) -> torch.amp.GradScaler:
        """Return the loss scaler, which is disabled unless training is in float16."""
        return torch.amp.GradScaler(self.device.type, enabled=self.train_dtype is torch.float16)

    def _autocast(self, dtype: torch.dtype | None) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, dtype) if dtype else nullcontext()


def _half(device: torch.device) -> torch.dtype | None:
    if device.type != "cuda":
        return None
    # is_bf16_supported() is true of GPUs that only emulate it, and asks the current one.
    native = torch.version.hip or torch.cuda.get_device_properties(device).major >= 8
    return torch.bfloat16 if native else torch.float16
