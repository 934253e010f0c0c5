"""Names of the inference engines, for code that must not import them."""

from typing import Final, Literal

EngineName = Literal["auto", "torch", "openvino", "onnxruntime"]
ENGINES: Final[tuple[EngineName, ...]] = ("auto", "torch", "openvino", "onnxruntime")
ENGINE_VARIABLE: Final = "LOOKALIKE_ENGINE"
