from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from mepg_agent.cli_input import read_size
from mepg_agent.cli_layout import WIDTH, layout_svg
from mepg_agent.printable import printable
from mepg_agent.scene import Box, Extent, Region, ScenePlan

SVG = "{http://www.w3.org/2000/svg}"


def plan(*regions: Region, prompt: str = "things") -> ScenePlan:
    return ScenePlan(prompt=prompt, global_prompt="things", extent=Extent(width=256, height=128), regions=regions)


def test_boxes_are_where_the_plan_puts_them_and_say_what_they_are():
    near = Region(
        id="fox", noun="fox", prompt="a red fox", style="ink", z=2, box=Box(x=0.5, y=0.25, width=0.25, height=0.5)
    )
    far = Region(id="castle", noun="castle", prompt="a castle", expert="woodcut", box=Box.full())
    svg = ElementTree.fromstring(layout_svg(plan(near, far)))
    groups = svg.findall(f"{SVG}g")
    assert [group.findtext(f"{SVG}text") for group in groups] == [
        "castle (z 0)",
        "fox (z 2)",
    ]  # the nearest last, on top
    fox = groups[1]
    rect = fox.find(f"{SVG}rect")
    assert rect is not None
    assert [float(rect.get(key, "")) for key in ("x", "y", "width", "height")] == [WIDTH / 2, 80, WIDTH / 4, 160]
    assert [text.text for text in fox.findall(f"{SVG}text")][1:] == ["a red fox", "ink"]
    assert groups[0].findall(f"{SVG}text")[2].text == "expert woodcut"


@given(st.text(min_size=1, max_size=200).filter(lambda words: printable(words).strip()))
def test_whatever_the_prompt_says_the_drawing_is_well_formed(words: str):
    fox = Region(id="fox", noun="fox", prompt=words, style=words, box=Box.full())
    ElementTree.fromstring(layout_svg(plan(fox, prompt=words)))


@given(st.integers(64, 4096), st.integers(64, 4096))
def test_a_size_is_read_as_it_is_written(width: int, height: int):
    assert read_size(f"{width}x{height}") == Extent(width=width, height=height)
    assert read_size(str(width)) == Extent(width=width, height=width)
