"""One colour for each module, the same in pictures and on pages."""

from colorsys import hls_to_rgb


def colour(number: int, saturation: float, lightness: float) -> str:
    """The colour of the module of that number, in hexadecimal."""
    parts = hls_to_rgb((0.58 + number * 0.382) % 1, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
