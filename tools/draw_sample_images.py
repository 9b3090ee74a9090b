"""Draw the pictures that the sample conversations share.

Each picture is a flat illustration of 320 by 240 pixels, drawn with Pillow at
three times that size, reduced, and stored as a PNG with a small palette. No
randomness is used, so two runs with one version of Pillow give the same bytes.

    python tools/draw_sample_images.py [output folder]
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 320, 240
SCALE = 3
COLOURS = 64
DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "data" / "raw" / "sample_images"

Colour = str
Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Canvas:
    """A drawing surface in final-picture coordinates, painted at SCALE times their size."""

    def __init__(self, background: Colour) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), background)
        self._draw = ImageDraw.Draw(self.image)

    def rect(self, box: Box, fill: Colour, radius: float = 0) -> None:
        x0, y0, x1, y1 = box
        self._draw.rounded_rectangle(_scaled([(x0, y0), (x1, y1)]), radius=radius * SCALE, fill=fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        self._draw.ellipse(_scaled([(x - rx, y - ry), (x + rx, y + ry)]), fill=fill)

    def polygon(self, points: list[Point], fill: Colour) -> None:
        self._draw.polygon(_scaled(points), fill=fill)

    def line(self, points: list[Point], fill: Colour, width: float) -> None:
        self._draw.line(_scaled(points), fill=fill, width=round(width * SCALE), joint="curve")

    def arc(self, centre: Point, radii: Point, degrees: Point, fill: Colour, width: float) -> None:
        (x, y), (rx, ry) = centre, radii
        box = _scaled([(x - rx, y - ry), (x + rx, y + ry)])
        self._draw.arc(box, degrees[0], degrees[1], fill=fill, width=round(width * SCALE))

    def finished(self) -> Image.Image:
        """The picture at its final size, with a reduced palette."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        return small.quantize(colors=COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _scaled(points: list[Point]) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]


def beehives() -> Canvas:
    """Three painted hives in a meadow."""
    c = Canvas("#bfe3f2")
    c.ellipse(258, 48, 22, 22, "#ffe08a")
    c.ellipse(60, 190, 190, 80, "#8cc26a")
    c.ellipse(270, 195, 170, 70, "#7ab65c")
    c.rect((0, 180, WIDTH, HEIGHT), "#6aa84f")
    hives = [(40, "#f2c230", "#d9a514"), (125, "#4a90c2", "#38759f"), (210, "#ee8fb0", "#d66f94")]
    for x, light, dark in hives:
        c.rect((x + 6, 196, x + 14, 212), "#5c4632")
        c.rect((x + 56, 196, x + 64, 212), "#5c4632")
        c.rect((x, 112, x + 70, 152), light)
        c.rect((x, 155, x + 70, 198), light)
        c.rect((x, 150, x + 70, 156), dark)
        c.rect((x + 20, 188, x + 50, 194), "#3a2a1c", radius=2)
        c.rect((x - 5, 100, x + 75, 114), "#8a8f94", radius=2)
        c.rect((x + 24, 128, x + 46, 133), dark, radius=2)
    for x, y in [(28, 95), (118, 80), (200, 120), (298, 150), (186, 72)]:
        c.ellipse(x - 2, y - 5, 3, 4, "#ffffff")
        c.ellipse(x + 3, y - 5, 3, 4, "#ffffff")
        c.ellipse(x, y, 6, 4, "#f2c230")
        c.rect((x - 1, y - 4, x + 1, y + 4), "#3a2a1c")
    for x, y, petal in [
        (20, 225, "#ffffff"),
        (100, 226, "#f7a6b9"),
        (180, 222, "#ffffff"),
        (296, 220, "#f7a6b9"),
        (250, 230, "#ffffff"),
    ]:
        for turn in range(5):
            angle = turn * 2 * math.pi / 5
            c.ellipse(x + 4 * math.cos(angle), y + 4 * math.sin(angle), 3, 3, petal)
        c.ellipse(x, y, 2.5, 2.5, "#f2c230")
    return c


def canoe() -> Canvas:
    """A strip-built canoe on two trestles in a garage."""
    c = Canvas("#d8d2c4")
    c.rect((0, 180, WIDTH, HEIGHT), "#a9a294")
    c.rect((205, 30, 290, 95), "#8a7a62")
    c.rect((210, 35, 285, 90), "#cfe8f3")
    c.rect((245, 35, 249, 90), "#8a7a62")
    c.rect((30, 40, 150, 46), "#8a6b48")
    for x, length in [(45, 36), (70, 26), (95, 44), (120, 30)]:
        c.rect((x, 46, x + 4, 46 + length), "#6e5337")
        c.rect((x - 4, 40 + length, x + 8, 50 + length), "#7d858c", radius=2)
    rim: list[Point] = [(16, 96), (26, 112), (60, 124), (110, 130), (210, 130), (260, 124), (294, 112), (304, 96)]
    hull = [*rim, (300, 124), (280, 148), (246, 164), (200, 170), (120, 170), (74, 164), (40, 148), (20, 124)]
    for x in (80, 240):
        c.line([(x, 165), (x - 24, 222)], "#6e5337", 7)
        c.line([(x, 165), (x + 24, 222)], "#6e5337", 7)
        c.rect((x - 17, 200, x + 17, 206), "#5c4632")
    c.polygon(hull, "#b8642f")
    c.line([(28, 126), (62, 137), (110, 143), (210, 143), (258, 137), (292, 126)], "#d08248", 2.5)
    c.line([(38, 142), (70, 150), (114, 156), (206, 156), (250, 150), (282, 142)], "#d08248", 2.5)
    c.line(rim, "#e8bd88", 5)
    for x in (80, 240):
        c.rect((x - 34, 164, x + 34, 172), "#8a6b48", radius=2)
    return c


def one_eyed_cat() -> Canvas:
    """A grey cat with one eye on a windowsill at night."""
    c = Canvas("#e8dcc5")
    c.rect((50, 10, 270, 195), "#a47148")
    c.rect((60, 20, 260, 190), "#23395b")
    c.rect((157, 20, 163, 190), "#a47148")
    c.ellipse(95, 58, 18, 18, "#f7edc4")
    c.ellipse(103, 53, 15, 15, "#23395b")
    for x, y in [(130, 45), (190, 40), (230, 75), (215, 110), (82, 110), (240, 35)]:
        c.ellipse(x, y, 1.6, 1.6, "#f7edc4")
    c.rect((35, 190, 285, 206), "#8a5a36", radius=3)
    c.arc((215, 180), (26, 18), (270, 100), "#6b7480", 11)
    c.ellipse(172, 152, 46, 44, "#7d8793")
    c.polygon([(134, 92), (130, 50), (162, 72)], "#7d8793")
    c.polygon([(210, 92), (214, 50), (182, 72)], "#7d8793")
    c.polygon([(138, 78), (136, 60), (152, 70)], "#e3a6a6")
    c.polygon([(206, 78), (208, 60), (192, 70)], "#e3a6a6")
    c.ellipse(172, 98, 42, 34, "#8b95a1")
    c.ellipse(190, 94, 9, 10, "#d8d04a")
    c.ellipse(190, 94, 3, 8, "#1d1d1d")
    c.line([(146, 96), (152, 99), (162, 95)], "#3d444c", 2.5)
    c.polygon([(167, 106), (177, 106), (172, 112)], "#e3a6a6")
    c.arc((166, 112), (6, 5), (0, 170), "#3d444c", 2)
    c.arc((178, 112), (6, 5), (10, 180), "#3d444c", 2)
    for dy in (-3, 3):
        c.line([(150, 110 + dy / 2), (120, 108 + dy * 2)], "#eef0f2", 1.2)
        c.line([(194, 110 + dy / 2), (224, 108 + dy * 2)], "#eef0f2", 1.2)
    c.ellipse(156, 190, 14, 8, "#aab2bb")
    c.ellipse(188, 190, 14, 8, "#aab2bb")
    return c


def honey_jars() -> Canvas:
    """Two jars of honey and a prize ribbon on a table."""
    c = Canvas("#dfe9dc")
    for x in range(0, WIDTH, 40):
        c.rect((x, 0, x + 20, 165), "#d3e1cf")
    c.rect((0, 165, WIDTH, HEIGHT), "#a9744a")
    for y in (180, 203, 224):
        c.rect((0, y, WIDTH, y + 2), "#946240")
    for x, width, top in [(48, 84, 62), (150, 72, 88)]:
        c.rect((x, top, x + width, 198), "#f6d98a", radius=12)
        c.rect((x + 4, top + 16, x + width - 4, 194), "#e39a1c", radius=10)
        c.rect((x + 9, top + 22, x + 15, 182), "#f4bd55", radius=3)
        c.rect((x + 4, top - 16, x + width - 4, top + 4), "#8c5a2b", radius=4)
        middle = x + width / 2
        c.rect((x + 14, top + 44, x + width - 14, top + 88), "#fff6df", radius=3)
        c.ellipse(middle, top + 66, 12, 9, "#f2c230")
        c.rect((middle - 2, top + 58, middle + 1, top + 74), "#3a2a1c")
        c.rect((middle + 5, top + 59, middle + 8, top + 73), "#3a2a1c")
        c.ellipse(middle - 4, top + 55, 6, 5, "#dbe9f0")
        c.ellipse(middle + 6, top + 55, 6, 5, "#dbe9f0")
    c.polygon([(252, 150), (240, 214), (254, 204), (266, 214), (268, 150)], "#a81f2b")
    c.polygon([(258, 150), (262, 214), (273, 204), (288, 210), (274, 150)], "#c02a37")
    for turn in range(14):
        angle = turn * 2 * math.pi / 14
        c.ellipse(263 + 27 * math.cos(angle), 130 + 27 * math.sin(angle), 9, 9, "#c02a37")
    c.ellipse(263, 130, 27, 27, "#d63a48")
    c.ellipse(263, 130, 18, 18, "#fff6df")
    c.arc((263, 125), (6, 6), (180, 60), "#a81f2b", 3)
    c.line([(268, 129), (257, 140), (270, 140)], "#a81f2b", 3)
    return c


def _viola_body(c: Canvas, grow: float, fill: Colour) -> None:
    """A viola's body, `grow` pixels larger than its front on every side: two bouts and a waist."""
    c.ellipse(160, 110, 38 + grow, 31 + grow, fill)
    c.ellipse(160, 170, 48 + grow, 37 + grow, fill)
    waist = [(36.0, 116.0), (28.0, 126.0), (25.0, 137.0), (30.0, 148.0), (43.0, 156.0)]
    right = [(160 + x + grow, y) for x, y in waist]
    left = [(160 - x - grow, y) for x, y in reversed(waist)]
    c.polygon(right + left, fill)


def viola() -> Canvas:
    """A viola without strings between tools on a workshop wall."""
    c = Canvas("#e6d8bf")
    for y in range(0, HEIGHT, 48):
        c.rect((0, y, WIDTH, y + 2), "#d6c5a6")
    c.rect((0, 212, WIDTH, HEIGHT), "#8a6b48")
    c.rect((0, 212, WIDTH, 217), "#6e5337")
    _viola_body(c, 3, "#7a3b16")
    _viola_body(c, 0, "#c46a28")
    c.ellipse(160, 108, 22, 18, "#d07a36")
    c.ellipse(160, 176, 30, 20, "#d07a36")
    for side in (-1, 1):
        c.line([(160 + side * 18, 132), (160 + side * 20, 146), (160 + side * 25, 158)], "#2b1a10", 2.5)
        c.ellipse(160 + side * 17, 131, 2.6, 2.6, "#2b1a10")
        c.ellipse(160 + side * 26, 159, 2.6, 2.6, "#2b1a10")
    c.rect((155, 32, 165, 84), "#a8572a")
    c.polygon([(155, 40), (165, 40), (168, 128), (152, 128)], "#2b1a10")
    c.rect((153, 18, 167, 42), "#a8572a", radius=4)
    c.ellipse(160, 16, 9, 9, "#a8572a")
    c.arc((160, 16), (5, 5), (0, 300), "#6b2f10", 2)
    for side in (-1, 1):
        for y in (25, 35):
            c.rect((160 + side * 14 - 6, y - 2, 160 + side * 14 + 6, y + 2), "#2b1a10", radius=2)
    c.line([(160, 0), (160, 8)], "#555b61", 3)
    # A gouge, a knife and a saw.
    c.rect((44, 46, 56, 100), "#9c5a2c", radius=5)
    c.polygon([(46, 100), (54, 100), (54, 152), (50, 160), (46, 152)], "#9aa3aa")
    c.rect((80, 46, 92, 90), "#7d4522", radius=5)
    c.polygon([(82, 90), (90, 90), (90, 118), (82, 132)], "#9aa3aa")
    c.polygon([(236, 60), (246, 60), (268, 168), (228, 168)], "#aeb6bc")
    for step in range(7):
        c.polygon([(228 + step * 5.7, 168), (234 + step * 5.7, 168), (231 + step * 5.7, 174)], "#aeb6bc")
    c.rect((228, 40, 256, 66), "#9c5a2c", radius=6)
    c.rect((235, 48, 249, 58), "#e6d8bf", radius=4)
    c.rect((284, 46, 294, 130), "#9c5a2c", radius=4)
    c.rect((270, 120, 308, 142), "#c99a5b", radius=4)
    return c


def volcano() -> Canvas:
    """A black volcano with white steam and snow."""
    c = Canvas("#9fb4c4")
    c.rect((0, 0, WIDTH, 70), "#8ba3b6")
    for x, y, r in [(160, 78, 16), (174, 58, 21), (158, 40, 24), (184, 24, 27), (214, 14, 24), (140, 20, 20)]:
        c.ellipse(x, y, r, r * 0.85, "#f2f5f7")
    c.polygon([(0, 190), (52, 135), (110, 190)], "#5d6b78")
    c.polygon([(220, 190), (280, 128), (340, 190)], "#5d6b78")
    c.polygon([(30, 200), (138, 82), (148, 88), (162, 86), (174, 88), (184, 82), (296, 200)], "#2a2b30")
    c.polygon(
        [
            (138, 82),
            (148, 88),
            (162, 86),
            (174, 88),
            (184, 82),
            (206, 106),
            (196, 118),
            (186, 104),
            (178, 124),
            (166, 106),
            (154, 122),
            (146, 104),
            (130, 116),
            (116, 106),
        ],
        "#f7f9fa",
    )
    c.polygon([(92, 160), (104, 146), (112, 170), (100, 186)], "#e3e9ed")
    c.polygon([(220, 146), (232, 152), (244, 178), (232, 172)], "#e3e9ed")
    c.polygon([(160, 120), (170, 122), (178, 200), (150, 200)], "#1f2024")
    c.rect((0, 198, WIDTH, HEIGHT), "#eef2f4")
    for x, y, r in [(30, 214, 14), (88, 226, 10), (230, 218, 18), (290, 228, 12), (160, 222, 8)]:
        c.ellipse(x, y, r, r * 0.45, "#3b3d43")
    return c


def mitten() -> Canvas:
    """A blue knitted mitten with a white star pattern."""
    c = Canvas("#f1e2c8")
    for x in range(-40, WIDTH, 32):
        c.line([(x, HEIGHT), (x + 80, 0)], "#ead7b7", 8)
    c.ellipse(112, 136, 22, 38, "#2f6690")
    c.polygon([(98, 160), (132, 104), (150, 150), (140, 186)], "#2f6690")
    c.rect((124, 36, 206, 180), "#3a7ca5", radius=40)
    c.rect((124, 120, 206, 184), "#3a7ca5")
    c.rect((118, 180, 212, 218), "#f6f1e7", radius=7)
    for x in range(124, 210, 10):
        c.rect((x, 182, x + 3, 216), "#dccfb6")
    for row, y in enumerate(range(60, 176, 14)):
        for x in range(134 + (row % 2) * 7, 202, 14):
            c.line([(x - 3, y - 3), (x, y), (x + 3, y - 3)], "#5b9bc0", 1.5)
    for turn in range(8):
        angle = turn * math.pi / 4
        far = (165 + 26 * math.cos(angle), 108 + 26 * math.sin(angle))
        c.line([(165, 108), far], "#f6f1e7", 6)
        c.ellipse(far[0], far[1], 4.5, 4.5, "#f6f1e7")
    c.rect((124, 160, 206, 166), "#c8443c")
    c.rect((124, 170, 206, 174), "#f6f1e7")
    c.ellipse(262, 176, 30, 30, "#c8443c")
    for offset in (-16, -8, 0, 8, 16):
        c.arc((262 + offset, 176), (14, 28), (100, 260), "#e06a61", 2)
    c.line([(244, 200), (226, 212), (196, 214)], "#c8443c", 2.5)
    return c


def lithophone() -> Canvas:
    """Ten dark stone bars on a wooden frame, with two mallets."""
    c = Canvas("#dde3e6")
    c.rect((0, 170, WIDTH, HEIGHT), "#b9a58a")
    c.rect((36, 128, 46, 222), "#a8733f")
    c.rect((274, 128, 284, 222), "#a8733f")
    c.rect((36, 196, 284, 204), "#8f5f32")
    c.polygon([(14, 66), (306, 84), (306, 94), (14, 78)], "#c08a50")
    c.polygon([(14, 146), (306, 124), (306, 134), (14, 158)], "#c08a50")
    shades = ["#3c4046", "#474c53", "#34383d", "#42474e"]
    for bar in range(10):
        x = 20 + bar * 28.5
        half = 58 - bar * 3.4
        middle = 110.0
        c.polygon(
            [(x + 2, middle - half), (x + 21, middle - half + 3), (x + 22, middle + half - 2), (x, middle + half)],
            shades[bar % 4],
        )
        c.polygon(
            [
                (x + 4, middle - half + 4),
                (x + 8, middle - half + 5),
                (x + 7, middle + half - 8),
                (x + 4, middle + half - 6),
            ],
            "#5d636b",
        )
        c.ellipse(x + 11, 73 + bar * 1.75, 2.4, 2.4, "#c9ced2")
        c.ellipse(x + 11, 151 - bar * 2.2, 2.4, 2.4, "#c9ced2")
    c.line([(84, 232), (186, 178)], "#e0bd85", 5)
    c.ellipse(190, 176, 11, 10, "#c8443c")
    c.line([(128, 236), (238, 192)], "#e0bd85", 5)
    c.ellipse(242, 190, 11, 10, "#c8443c")
    return c


def library_van() -> Canvas:
    """A green mobile library van beside a hedge."""
    c = Canvas("#cdeaf5")
    c.ellipse(70, 44, 30, 13, "#ffffff")
    c.ellipse(96, 38, 26, 15, "#ffffff")
    c.ellipse(256, 30, 34, 12, "#ffffff")
    for x in range(-10, WIDTH + 20, 26):
        c.ellipse(x, 150, 24, 30, "#4f8a3c" if x % 52 else "#5c9a47")
    c.rect((0, 152, WIDTH, 192), "#4f8a3c")
    c.rect((0, 190, WIDTH, HEIGHT), "#8d9297")
    for x in range(10, WIDTH, 70):
        c.rect((x, 218, x + 36, 223), "#f4f4ee")
    c.rect((40, 70, 226, 190), "#2e7d5b", radius=10)
    c.polygon([(218, 86), (258, 88), (276, 132), (288, 140), (288, 190), (218, 190)], "#2e7d5b")
    c.polygon([(228, 96), (253, 97), (268, 130), (228, 130)], "#d6eef7")
    c.rect((40, 164, 288, 172), "#f2e6c9")
    c.rect((54, 84, 164, 132), "#fdf6e3", radius=4)
    spines = ["#c8443c", "#e0a030", "#3a7ca5", "#7b4b94", "#4f8a3c", "#d97b93"]
    for book in range(14):
        spine = 60 + book * 7.2
        c.rect((spine, 93 + (book * 5) % 9, spine + 6, 128), spines[book % 6], radius=1)
    c.rect((54, 128, 164, 133), "#a47148")
    c.rect((178, 84, 212, 186), "#24664a", radius=3)
    c.rect((183, 90, 207, 128), "#d6eef7", radius=2)
    c.rect((74, 142, 146, 158), "#f2e6c9", radius=3)
    # An open book for a sign.
    c.polygon([(96, 144), (109, 147), (109, 157), (96, 154)], "#c8443c")
    c.polygon([(124, 144), (111, 147), (111, 157), (124, 154)], "#c8443c")
    for x in (84, 248):
        c.ellipse(x, 192, 22, 22, "#2b2d31")
        c.ellipse(x, 192, 10, 10, "#c9ced2")
    c.rect((278, 150, 288, 160), "#ffe08a", radius=2)
    return c


def soup_bowl() -> Canvas:
    """A steaming bowl of orange soup with green leaves and a spoon."""
    c = Canvas("#f3e3cf")
    c.rect((0, 130, WIDTH, HEIGHT), "#b98a5e")
    for y in (150, 182, 212):
        c.rect((0, y, WIDTH, y + 2), "#a67848")
    c.ellipse(150, 206, 112, 20, "#94693f")
    c.ellipse(150, 200, 56, 14, "#33658a")
    c.polygon([(40, 124), (260, 124), (244, 164), (204, 200), (96, 200), (56, 164)], "#3d7ea6")
    c.ellipse(150, 124, 110, 34, "#5b9bc0")
    c.ellipse(150, 124, 99, 28, "#e07b1f")
    c.ellipse(150, 122, 88, 22, "#ec8f34")
    c.arc((142, 122), (46, 11), (20, 320), "#fbe6c4", 4)
    for x, y, tilt in [(132, 116, -1), (152, 110, 1), (166, 121, 1)]:
        c.polygon([(x - 15, y + 5 * tilt), (x - 4, y - 6), (x + 15, y - 5 * tilt), (x + 3, y + 6)], "#5d8f3f")
        c.line([(x - 13, y + 4 * tilt), (x + 13, y - 4 * tilt)], "#8fbf6a", 1.5)
    for x in (110, 150, 190):
        wave = [(x + 7 * math.sin(y / 9), 84.0 - y) for y in range(0, 62, 3)]
        c.line(wave, "#ffffff", 5)
    c.ellipse(286, 160, 13, 20, "#c9ced2")
    c.ellipse(286, 158, 8, 13, "#aeb6bc")
    c.rect((283, 176, 289, 232), "#c9ced2", radius=3)
    return c


def eclipse() -> Canvas:
    """A total solar eclipse with a white corona above a dark sea."""
    c = Canvas("#141a33")
    c.rect((0, 140, WIDTH, 165), "#33325a")
    c.rect((0, 158, WIDTH, 178), "#8a4f5a")
    c.rect((0, 170, WIDTH, 180), "#d98a54")
    for x, y in [(30, 30), (70, 80), (260, 40), (290, 100), (50, 120), (220, 18), (118, 16), (300, 20)]:
        c.ellipse(x, y, 1.5, 1.5, "#e8ecf7")
    for ray in range(24):
        angle = ray * math.pi / 12
        reach = 74 + 16 * math.cos(2 * angle) + 8 * (ray % 2)
        side = 0.11
        c.polygon(
            [
                (160 + 38 * math.cos(angle - side), 82 + 38 * math.sin(angle - side)),
                (160 + reach * math.cos(angle), 82 + reach * math.sin(angle)),
                (160 + 38 * math.cos(angle + side), 82 + 38 * math.sin(angle + side)),
            ],
            "#5f6b94",
        )
    c.ellipse(160, 82, 54, 52, "#7f8bb0")
    c.ellipse(160, 82, 46, 45, "#c3cbe0")
    c.ellipse(160, 82, 41, 41, "#ffffff")
    c.ellipse(160, 82, 37, 37, "#0b0e1c")
    c.rect((0, 179, WIDTH, HEIGHT), "#1c2747")
    for row, y in enumerate(range(188, 238, 9)):
        half = 14 + row * 9
        c.rect((160 - half, y, 160 + half, y + 2.5), "#8f9cc0", radius=1)
    c.polygon([(0, 240), (0, 214), (60, 226), (130, 240)], "#0b0e1c")
    # Two people on the beach.
    for x in (34, 54):
        c.ellipse(x, 196, 5, 5, "#0b0e1c")
        c.rect((x - 5, 201, x + 5, 228), "#0b0e1c", radius=4)
    return c


def sea_swimmers() -> Canvas:
    """Three swimmers in bobble hats in a cold sea."""
    c = Canvas("#dfe8ee")
    c.ellipse(250, 60, 24, 24, "#f7d9a0")
    c.polygon([(0, 110), (50, 76), (120, 110)], "#93a8a0")
    c.rect((16, 52, 28, 107), "#f6f1e7")
    c.rect((16, 64, 28, 74), "#c8443c")
    c.rect((13, 46, 31, 54), "#4a4f55")
    c.rect((0, 108, WIDTH, HEIGHT), "#3f7f95")
    c.rect((0, 108, WIDTH, 122), "#6aa5b5")
    hats = [(72, 158, "#c8443c", "#f2c230"), (160, 146, "#e0a030", "#3a7ca5"), (248, 160, "#7b4b94", "#f6f1e7")]
    for x, y, hat, bobble in hats:
        c.ellipse(x, y + 44, 40, 14, "#e7f2f5")
        c.ellipse(x, y + 40, 34, 18, "#e2ab85")
        c.ellipse(x, y + 12, 24, 27, "#edbb97")
        c.ellipse(x, y - 4, 27, 20, hat)
        c.rect((x - 28, y - 5, x + 28, y + 6), bobble, radius=5)
        c.ellipse(x, y - 26, 9, 9, bobble)
        c.ellipse(x - 9, y + 14, 2.5, 3, "#3a2a1c")
        c.ellipse(x + 9, y + 14, 2.5, 3, "#3a2a1c")
        c.ellipse(x - 14, y + 22, 4, 3, "#e58f7d")
        c.ellipse(x + 14, y + 22, 4, 3, "#e58f7d")
        c.arc((x, y + 22), (9, 8), (10, 170), "#a5423a", 2.5)
        c.rect((x - 46, y + 48, x + 46, y + 64), "#3f7f95")
        c.arc((x, y + 48), (44, 8), (190, 350), "#e7f2f5", 2.5)
    for x, y in [(20, 140), (110, 132), (200, 134), (284, 142), (30, 222), (118, 226), (200, 222), (290, 228)]:
        c.arc((x, y), (12, 5), (190, 350), "#a9d0da", 2.5)
    return c


PICTURES: dict[str, Callable[[], Canvas]] = {
    "beehives": beehives,
    "canoe": canoe,
    "one_eyed_cat": one_eyed_cat,
    "honey_jars": honey_jars,
    "viola": viola,
    "volcano": volcano,
    "mitten": mitten,
    "lithophone": lithophone,
    "library_van": library_van,
    "soup_bowl": soup_bowl,
    "eclipse": eclipse,
    "sea_swimmers": sea_swimmers,
}


def draw_all(folder: Path) -> list[Path]:
    """Draw every picture into `folder` and return the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, picture in PICTURES.items():
        path = folder / f"{name}.png"
        picture().finished().save(path, optimize=True)
        paths.append(path)
    return paths


if __name__ == "__main__":
    for written in draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER):
        print(f"{written} {written.stat().st_size} bytes")
