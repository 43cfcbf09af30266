"""What people wrote in a card survives every merge, or the merge is refused."""

import re

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tables import table

from sandbox.errors import SandboxError, UsageError
from sandbox.export.card.merge import marked, merged_card, said

FRONT = "license: other\nconfigs:\n- config_name: dpo\n  data_files: data/dpo/train.parquet\ntags:\n- sandbox\n- dpo\n"
SECTION = marked("New facts.\n\n```\nsandbox export\n```")
NEW = f"---\n{FRONT}---\n\n# Export\n\n{SECTION}\nYours.\n"
OLD = marked("Old facts.")
END = "<!-- sandbox:end -->"
BARE = "<!-- sandbox:begin -->"


def front(card: str) -> dict[str, object]:
    found = yaml.safe_load(card.split("---")[1])
    assert isinstance(found, dict)
    return found


def section(card: str) -> str:
    assert card.count("<!-- sandbox:begin sha256") == card.count(END) == 1
    return card[card.index("<!-- sandbox:begin sha256") : card.index(END) + len(END)]


def refused(remote: str, ours: str = NEW) -> str:
    with pytest.raises(SandboxError) as caught:
        merged_card(remote, ours)
    assert not isinstance(caught.value, UsageError)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("README.md on the hub ")
    assert lines[2] == "or push to another name"
    return lines[0]


def test_marked_text_carries_its_own_digest() -> None:
    known = "<!-- sandbox:begin sha256=98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4 -->"
    assert marked("hi") == marked("hi\n") == marked("hi\r\n") == f"{known}\nhi\n{END}\n"
    for marker in (BARE, END):
        with pytest.raises(ValueError, match="marker"):
            marked(f"text\n{marker}\n")


@table("remote", ["", "\n \r\n", "---\n---\n", "---\n# nothing yet\n---\n"])
def test_a_card_without_text_is_replaced(remote: str) -> None:
    merged = merged_card(remote, NEW)
    assert merged.replace("# nothing yet\n", "") == NEW
    assert merged_card(merged, NEW) == merged


def test_the_default_card_of_the_hub_keeps_the_licence_chosen_there() -> None:
    merged = merged_card("---\nlicense: mit\n---", NEW)
    assert merged == NEW.replace("license: other", "license: mit")
    assert (said(merged, "license"), said(NEW, "license"), said("# none\n", "license")) == ("mit", "other", None)


@table("newline", ["\n", "\r\n"])
def test_the_section_is_replaced_and_all_else_stays(newline: str) -> None:
    before, after = "---\na: 1\n", "---\n# Mine\n\ntext  \n"
    remote = f"{before}{after}{OLD}\n* below\n".replace("\n", newline)
    merged = merged_card(remote, NEW)
    assert merged == f"{before}{FRONT}{after}{SECTION}\n* below\n".replace("\n", newline)
    assert merged_card(merged, NEW) == merged


def test_no_newline_is_added_after_the_last_marker() -> None:
    assert merged_card(OLD.rstrip("\n"), NEW).endswith(END)


plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="`~-<"))
anything = st.text(st.characters(exclude_categories=["Cs"]))
PIECES = [
    "\n",
    "\r\n",
    "```",
    "~~~~",
    "   ```\n",
    "---\n",
    BARE + "\n",
    END + "\n",
    f"{BARE}\n{END}",
    OLD,
    "a: b\n",
    " ",
]
pieces = st.lists(st.sampled_from(PIECES) | anything, max_size=8).map("".join)


@example(before="", after="", old="x\r")
@given(before=plain, after=plain, old=anything.filter(lambda text: "<!-- sandbox:" not in text))
def test_text_outside_of_the_markers_survives_byte_for_byte(before: str, after: str, old: str) -> None:
    merged = merged_card(f"{before}\n{marked(old)}{after}", NEW)
    assert merged == f"---\n{FRONT}---\n{before}\n{section(NEW)}\n{after}"


@given(pieces)
def test_whatever_stands_there_one_section_changes_or_nothing(remote: str) -> None:
    """A merge is the remote text with one of the sections that we may replace replaced, wherever that is."""
    try:
        merged = merged_card(remote, NEW)
    except SandboxError:
        return
    body = merged[merged.index("\n---", 3) :].removeprefix("\n---").removeprefix("\r").removeprefix("\n")
    ways = {
        remote[: found.start()] + section(NEW).replace("\n", newline) + remote[found.end() :]
        for old in (re.escape(OLD[:-1]), f"{BARE}[ \t]*\\s*{END}")
        for found in re.finditer(old, remote)
        for newline in ("\n", "\r\n")
    }
    empty = not remote.strip() or (remote.lstrip().startswith("---") and remote.rstrip().endswith("\n---"))
    assert any(way.endswith(body) for way in ways) or (empty and NEW.endswith(body))


keys = st.from_regex(r"[a-z_]{1,8}", fullmatch=True).filter(lambda key: key not in {"tags", "license", "configs"})
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.dates() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@settings(max_examples=50)
@given(theirs=st.dictionaries(keys, values), crlf=st.booleans(), chosen=st.sampled_from(["mit", "cc0-1.0"]))
def test_keys_of_people_stay_as_they_were_written(theirs: dict[str, object], crlf: bool, chosen: str) -> None:
    lines = yaml.safe_dump({**theirs, "license": chosen, "configs": "stale"}, allow_unicode=True, sort_keys=False)
    remote = f"---\n{lines}---\n{OLD}".replace("\n", "\r\n" if crlf else "\n")
    merged = merged_card(remote, NEW)
    wanted = {**yaml.safe_load(lines), "license": chosen, "configs": yaml.safe_load(FRONT)["configs"]}
    assert front_of(merged) == {**wanted, "tags": ["sandbox", "dpo"]}
    assert merged.startswith(remote[: remote.index("configs: stale")])
    assert merged_card(merged, NEW) == merged


def front_of(card: str) -> object:
    return yaml.safe_load(card[: card.index("\n---", 3)].removeprefix("---").removesuffix("\r"))


def test_our_keys_are_written_in_the_places_of_the_old_and_comments_stay() -> None:
    remote = (
        "---\n# about us\npretty_name: Ours   # really\nconfigs: []\n# why\ntags: [mine, dpo]\nlanguage:\n- en\n---\n"
    )
    merged = merged_card(remote + OLD, NEW)
    assert merged.startswith("---\n# about us\npretty_name: Ours   # really\nconfigs:\n- config_name: dpo\n")
    assert "train.parquet\n# why\ntags:\n- mine\n- dpo\n- sandbox\nlanguage:\n- en\nlicense: other\n---\n" in merged


def test_comments_of_ours_do_not_pile_up() -> None:
    ours = NEW.replace("tags:", "# generated\ntags:")
    merged = merged_card(f"---\nconfigs: []\n# mine\n---\n{OLD}", ours)
    assert merged_card(merged, ours) == merged == merged_card(f"---\nconfigs: []\n# mine\n---\n{OLD}", NEW)


@table("tags", ["[dpo, x, sandbox]  # as I like it", "\n  - sandbox\n  - dpo"])
def test_tags_that_hold_ours_are_not_touched(tags: str) -> None:
    assert f"\ntags: {tags}\n" in merged_card(f"---\ntags: {tags}\n---\n{OLD}", NEW)


@table(("tags", "united"), [("alone", ["alone", "sandbox", "dpo"]), ("", ["sandbox", "dpo"])])
def test_tags_are_united(tags: str, united: list[str]) -> None:
    assert front(merged_card(f"---\ntags: {tags}\n---\n{OLD}", NEW))["tags"] == united


@table(
    ("theirs", "mine", "found"),
    [
        ("license: mit", "license: cc0-1.0", {"license": "mit"}),
        ("license: other", "license: cc0-1.0", {"license": "cc0-1.0"}),
        ("license:", "license: cc0-1.0", {"license": "cc0-1.0"}),
        (
            "license: other\nlicense_name: x",
            "license: other\nlicense_name: y",
            {"license": "other", "license_name": "x"},
        ),
        ("license: mit", "license: other\nlicense_name: y", {"license": "mit"}),
        ("pretty_name: P", "license: mit", {"pretty_name": "P", "license": "mit"}),
    ],
)
def test_a_licence_that_people_chose_stays(theirs: str, mine: str, found: dict[str, str]) -> None:
    assert front(merged_card(f"---\n{theirs}\n---\n{OLD}", f"---\n{mine}\n---\n{marked('x')}")) == found


@table(("old", "stays"), [("mit", False), ("other", True), ("apache-2.0", True)])
def test_a_licence_that_the_last_export_wrote_is_nobodys_choice(old: str, stays: bool) -> None:
    ours = NEW.replace("license: other", "license: cc0-1.0")
    merged = merged_card(f"---\nlicense: {old}\n---\n{OLD}", ours, licence_was="mit")
    assert said(merged, "license") == (old if stays else "cc0-1.0")


@table(
    "remote",
    [
        "# By hand\n",
        "---\nlicense: mit\n---\nA sentence.\n",
        f"```\n{OLD}```\n",
        f"~~~~ md\n~~~\n{OLD}~~~\n",
        f"```\n~~~\n{OLD}```\n",
        f"```\n``` sh\n{OLD}```\n",
        f"   ````\n\n```\n{OLD}`````\n",
        f"    {BARE}\n    {END}\n",
        f"> {BARE}\n> {END}\n",
        f"see {BARE}\nand {END}\n",
    ],
)
def test_text_without_markers_is_not_overwritten(remote: str) -> None:
    assert "no sandbox markers" in refused(remote)


@table("remote", ["# By hand\n", "```\n<!-- sandbox:end -->\n```\n", "``` a`b\n"])
def test_two_empty_markers_invite_us(remote: str) -> None:
    merged = merged_card(f"{remote}{BARE}\n\n{END}\nafter", NEW)
    assert merged == f"---\n{FRONT}---\n{remote}{section(NEW)}\nafter"


@table(
    "remote",
    [
        OLD.replace("Old", "Corrected"),
        OLD.replace("facts.\n", "facts.\n\nA note.\n"),
        OLD.replace("sha256=", "sha256=0")[:-1].replace("sha256=0", "sha256=", 1).replace("Old", "old"),
        f"{BARE}\nA note.\n{END}\n",
        f"{BARE}\n```\n{END}\n```\n{END}\n",
    ],
)
def test_an_edit_between_the_markers_is_not_overwritten(remote: str) -> None:
    assert "edited between" in refused(remote)


def test_what_is_left_empty_between_the_markers_is_filled() -> None:
    begin = OLD.splitlines()[0]
    assert section(merged_card(f"Moved up.\n{begin}\n{END}", NEW)) == section(NEW)


@table(
    "remote",
    [
        OLD + OLD,
        OLD + BARE + "\n",
        BARE + "\n" + OLD,
        BARE + "\n",
        END + "\n",
        END + "\n" + BARE + "\n",
        BARE + " a note\n" + END,
        BARE + "\n" + END + " a note",
        OLD.replace("sha256=", "sha256=0"),
    ],
)
def test_markers_that_are_no_pair_are_refused(remote: str) -> None:
    assert "not one pair" in refused(remote)


@table(
    "yaml_lines",
    [
        "a: [1",
        "just words",
        "- a\n- b",
        "{license: mit}",
        "a: 1\n? b\n: 2\n? tags\n: x",
        "a: 1\n...",
        "[" * 500,
        "a: \0",
        "a0: &a0 lol\n" + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)),
    ],
)
def test_front_matter_that_cannot_be_merged_is_refused(yaml_lines: str) -> None:
    assert "front matter" in refused(f"---\n{yaml_lines}\n---\n{OLD}")


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert merged_card(f"---\n\nText.\n{OLD}", NEW).startswith(f"---\n{FRONT}---\n---\n\nText.\n")


@table("ours", ["", "# Mine\n", NEW.replace("New facts", "Corrected"), NEW + OLD, f"{BARE}\n{END}\n"])
def test_a_card_of_ours_that_was_edited_is_not_pushed(ours: str) -> None:
    with pytest.raises(UsageError, match=r"README\.md of the export was edited"):
        merged_card("", ours)
