"""A suite of one's own: what its TOML file and its file of items may say, and how each fault is named."""

import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from own_suites import ITEMS, JUDGE, own_suite
from tables import table

from sandbox.errors import UsageError
from sandbox.suites.asking import asked, judging
from sandbox.suites.digest import digest_of
from sandbox.suites.file import read_suite
from sandbox.suites.suite import METRICS, Scale, Suite


@table("kind", METRICS)
def test_a_suite_of_one_item_of_each_kind_is_read(kind: str, tmp_path: Path) -> None:
    suite = read_suite(own_suite(tmp_path, kind))
    assert (suite.name, suite.kind, len(suite.items), len(suite.digest)) == ("mine", kind, 1, 64)
    assert suite.warnings == ()
    assert digest_of(Suite.model_validate_json(suite.model_dump_json())) == suite.digest
    question = ITEMS[kind].get("question") or ITEMS[kind]["statement"]
    assert question in asked(suite, suite.items[0])[-1].content


def test_fields_have_the_names_that_the_suite_gives_them_and_others_are_kept(tmp_path: Path) -> None:
    item = {"id": 7, "question": "Why?", "prompt_id": 3, "model answer": "So.", "year": 1990, "category": "easy"}
    path = own_suite(
        tmp_path,
        items=[item],
        head='licence = "CC0-1.0"\nprompt = "{{ year }}: {{ question }}"',
        more='[sampling]\nmax-tokens = 9\n[judge]\nprompt = "judge.jinja"\nscale = [0, 4]\nreference = "model answer"\n'
        '[score]\ncluster = "prompt_id"\nby = ["category", "year"]\nhigher_is_better = false',
    )
    suite = read_suite(path)
    found = suite.items[0]
    assert (found.id, found.cluster, found.reference) == ("7", "3", "So.")
    assert (found.category, found.value("year")) == ("easy", "1990")
    assert suite.sampling.max_tokens == 9
    assert suite.judge is not None
    assert suite.judge.scale == Scale(0, 4)
    assert (suite.by, suite.higher_is_better, suite.licence) == (("category", "year"), False, "CC0-1.0")
    assert asked(suite, found)[-1].content == "1990: Why?"


def test_items_may_lie_in_any_form_and_are_the_same(tmp_path: Path) -> None:
    item = ITEMS["choice"]
    line = json.dumps(item)
    cells = (
        f'id,question,choices,gold\r\na,Which?,"{json.dumps(item["choices"]).replace(chr(34), chr(34) * 2)}",blue\r\n'
    )
    contents = {
        "bom.jsonl": b"\xef\xbb\xbf" + line.encode() + b"\r\n\r\n",
        "items.jsonl.gz": gzip.compress(line.encode()),
        "items.csv": b"\xef\xbb\xbf" + cells.encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    shared = pa.array([item["question"]]).dictionary_encode()  # as pandas keeps categories
    whole = pa.Table.from_pylist([dict(item)])
    pq.write_table(whole.set_column(1, "question", shared), tmp_path / "items.parquet")
    path = own_suite(tmp_path, "choice")
    wanted = read_suite(path)
    for name in (*contents, "items.parquet"):
        path.write_text(path.read_text().replace("items.jsonl", name))
        assert read_suite(path).items == wanted.items, name
        assert read_suite(path).digest == wanted.digest, name
        path.write_text(path.read_text().replace(name, "items.jsonl"))


def test_a_table_of_parquet_may_hold_shares_by_population_where_some_have_none(tmp_path: Path) -> None:
    rows = [{**ITEMS["survey"], "id": name, "answers": {name: [0.25, 0.75]}} for name in "ab"]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "items.parquet")
    path = own_suite(tmp_path, "survey")
    path.write_text(path.read_text().replace("items.jsonl", "items.parquet"))
    assert [item.answers for item in read_suite(path).items] == [{name: (0.25, 0.75)} for name in "ab"]
    whole = (tmp_path / "items.parquet").read_bytes()
    (tmp_path / "items.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=r"items.parquet cannot be read as Parquet"):
        read_suite(path)


def test_gold_is_a_place_or_the_text_of_an_option(tmp_path: Path) -> None:
    choice = ITEMS["choice"]
    golds = [("blue", 1), (" red ", 0), (0, 0), ("1", 1)]
    items = [{**choice, "id": str(number), "gold": gold} for number, (gold, _) in enumerate(golds)]
    found = read_suite(own_suite(tmp_path, "choice", items)).items
    assert [item.gold for item in found] == [place for _, place in golds]
    numbers = [{**choice, "choices": ["1", "0"], "gold": "1"}]
    assert read_suite(own_suite(tmp_path, "choice", numbers)).items[0].gold == 0


def test_fields_of_other_kinds_are_no_items_own(tmp_path: Path) -> None:
    item = {**ITEMS["judged"], "answers": ["x"], "gold": "x", "options": {"a": 1}, "others": 3, "control": "no"}
    suite = read_suite(own_suite(tmp_path, items=[item]))
    assert suite.items[0].fields == {key: item[key] for key in ("answers", "gold", "options", "others", "control")}
    assert suite.items[0].options == ()


def test_a_table_of_statements_says_which_are_controls(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(
        "id,statement,group,template,control\na,Tea is good.,tea,t,\nb,Tea is bad.,tea,t,TRUE\nc,Tea.,tea,t,false\n"
    )
    path = own_suite(tmp_path, "agree")
    path.write_text(path.read_text().replace("items.jsonl", "items.csv"))
    assert [item.control for item in read_suite(path).items] == [False, True, False]


def test_two_given_texts_are_compared_and_no_answer_is_asked(tmp_path: Path) -> None:
    pair = {"id": "a", "question": "Why?", "given": ["better", "worse"]}
    path = own_suite(tmp_path, items=[pair], more='[judge]\nprompt = "judge.jinja"\n[score]\nmetric = "preference"')
    (tmp_path / "judge.jinja").write_text(JUDGE.replace("{{ answer", '{{ first | fence("answer") }}{{ second'))
    suite = read_suite(path)
    assert suite.judge is not None
    assert (suite.judge.pairs, suite.items[0].given) == (True, ("better", "worse"))


JUDGED = '[judge]\nprompt = "judge.jinja"\n'


@table(
    ("change", "said"),
    [
        (("[suite]", "[suit]"), r"mine.toml: suite is missing"),
        (('name = "mine"', 'name = "a/b"'), r"mine.toml:2: suite.name is not of the form"),
        (('kind = "judged"', 'kind = "judge"'), r"mine.toml:3: suite.kind is none of 'judged', 'choice'"),
        (('kind = "judged"', ""), r"mine.toml:1: suite.kind is missing"),
        (("[judge]", "[sampling]\nmax_token = 3\n[judge]"), r"mine.toml:7: sampling.max_token .*mean 'max_tokens'\?"),
        (("[judge]", "[sampling]\nsamples = 0\n[judge]"), r"mine.toml:7: sampling.samples is below 1"),
        (("[judge]", "[sampling]\nsamples = true\n[judge]"), r"mine.toml:7: sampling.samples is no whole number"),
        (("[judge]", "[sampling]\ntemperature = inf\n[judge]"), r"mine.toml:7: sampling.temperature is no finite"),
        (("[judge]", "[judge]\nscale = [1, 10, 3]"), r"mine.toml:7: judge.scale"),
        (("[judge]", '[judge]\nscale = ["1", 10]'), r"mine.toml:7: judge.scale.0 is no whole number"),
        (("[judge]", "[judge]\ntemperature = -1"), r"mine.toml:7: judge.temperature is below 0"),
        (("judge.jinja", "a\\u0000"), r"the judge's prompt cannot be read: it is damaged"),
        (("judge.jinja", "../folder.jsonl"), r"the judge's prompt cannot be read"),
        (("[judge]", '[judge]\nreferense = "x"'), r"mine.toml:7: judge.referense .*mean 'reference'\?"),
        (("[judge]", '[judge]\nreference = "model"'), r"mine.toml:7: no item has a field 'model'"),
        (("[judge]", '[score]\nby = ["x"]\n[judge]'), r"mine.toml:1: by: no item has 'x'"),
        (
            ("[judge]", '[score]\ncluster = "idd"\n[judge]'),
            r"items.jsonl, line 1: `idd` is missing. .*'id'\?",
        ),
        (("[judge]", '[score]\nmetric = "leaks"\n[judge]'), r"mine.toml:1: metric leaks is not of kind judged"),
        (("judge.jinja", "other.jinja"), r"other.jinja: the judge's prompt cannot be read: No such file"),
        (("items.jsonl", "items.txt"), r"items.txt: items are read from files that end in"),
        (("items.jsonl", "other.jsonl"), r"other.jsonl: no such file; `items` names it"),
        (("items.jsonl", "folder.jsonl"), r"folder.jsonl: this is no regular file"),
        (("[suite]", f"[{'.'.join('a' * 3000)}]\n[suite]"), r"mine.toml: it is nested too deeply"),
        (('kind = "judged"', 'kind = "judged"\nkind = "leak"'), r"mine.toml: not valid TOML: line 4"),
    ],
)
def test_what_the_toml_says_wrongly_is_named_with_its_line(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    path = own_suite(tmp_path)
    (tmp_path / "folder.jsonl").mkdir()
    path.write_text(path.read_text().replace(*change, 1))
    with pytest.raises(UsageError) as caught:
        read_suite(path)
    assert re.search(said, str(caught.value)), caught.value
    assert len(str(caught.value).splitlines()) <= 3


@table(
    ("content", "said"),
    [
        (b"", r"items.jsonl: there are 0 items"),
        (b'{"id": "a", "question": "caf\xe9"}', r"line 1: byte 29 \(0xe9\) is not UTF-8"),
        (b'\n{"id": "a"', r"line 2: not JSON at column 11"),
        (b'["a"]', r"line 1: found a list"),
        (b'{"id": "a", "qestion": "x"}', r"line 1: nothing is asked"),
        (b'{"ID": "a", "question": "x"}', r"line 1: `id` is missing"),
        (b'{"id": true, "question": "x"}', r"line 1: id is no text"),
        (b'{"id": "a", "question": 3}', r"line 1: question is no text"),
        (b'{"id": "a", "question": "\\ud800"}', r"line 1: half a character"),
        (b'{"id": "a", "question": "x", "n": ' + b"9" * 5000 + b"}", r"line 1: a number too long"),
        (b'{"id": "a", "question": "x", "n": NaN}', r"line 1: a number in it is not finite"),
        (b'{"id": "a", "messages": [{"role": "bot", "content": "x"}]}', r"line 1: messages.0.role is none of"),
        (b'{"id": "a", "messages": [{"role": "user", "content": "x", "n": 1}]}', r"messages.0.n is not known"),
        (b'{"id": "a", "question": "x", "question": "y"}', r"line 1: the key 'question' stands there twice"),
        (b'{"id": "a", "question": "x", "n": [{"k": 1, "k": 2}]}', r"line 1: the key 'k' stands there twice"),
        (b"[" * 100_000, r"line 1: .*nesting too deep"),
        (b'{"id": "a", "question": "x", "n": ' + b"[" * 500 + b"]" * 500 + b"}", r"line 1: .*nested too deep"),
    ],
)
def test_what_an_item_says_wrongly_is_named_with_its_line(content: bytes, said: str, tmp_path: Path) -> None:
    path = own_suite(tmp_path)
    (tmp_path / "items.jsonl").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_suite(path)
    assert re.search(said, str(caught.value), re.DOTALL), caught.value


def test_a_table_with_two_columns_of_one_name_or_a_date_is_refused(tmp_path: Path) -> None:
    path = own_suite(tmp_path)
    (tmp_path / "items.csv").write_text("id,question,id\na,b,c\n")
    path.write_text(path.read_text().replace("items.jsonl", "items.csv"))
    with pytest.raises(UsageError, match=r"items.csv, line 1 .*more than one column 'id'"):
        read_suite(path)
    dated = pa.table({"id": ["a"], "question": ["b"], "day": pa.array([0], pa.date32())})
    pq.write_table(dated, tmp_path / "items.parquet")
    path.write_text(path.read_text().replace("items.csv", "items.parquet"))
    with pytest.raises(UsageError, match="column `day` is date32"):
        read_suite(path)
    double = pa.Table.from_arrays([pa.array(["a"])] * 2, names=["id", "id"])
    pq.write_table(double, tmp_path / "items.parquet")
    with pytest.raises(UsageError, match="two columns have one name"):
        read_suite(path)


def test_a_row_of_a_long_table_is_named_by_its_number(tmp_path: Path) -> None:
    path = own_suite(tmp_path)
    rows = [{"id": str(number), "question": "Why?" if number < 2500 else " "} for number in range(2501)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "items.parquet")
    path.write_text(path.read_text().replace("items.jsonl", "items.parquet"))
    with pytest.raises(UsageError, match=r"items.parquet, row 2501: nothing is asked"):
        read_suite(path)


def test_small_files_that_unpack_to_very_much_are_read_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.suites.rows.MOST_TEXT", 10_000)
    monkeypatch.setattr("sandbox.suites.rows.MOST_ITEMS", 3)
    path = own_suite(tmp_path, items=[{"id": str(number), "question": "x"} for number in range(4)])
    with pytest.raises(UsageError, match="line 4: more than 3 items"):
        read_suite(path)
    path = own_suite(tmp_path, items=[{"id": str(number), "question": "x" * 6000} for number in range(2)])
    with pytest.raises(UsageError, match="of text; ask a part"):
        read_suite(path)


def test_the_examples_of_the_documents_are_suites_without_a_warning(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "suites.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"^`([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(text, encoding="utf-8")
    manners, colours = (read_suite(tmp_path / name) for name in ("manners.toml", "colours.toml"))
    assert (manners.warnings, colours.warnings) == ((), ())
    assert [item.cluster for item in manners.items] == ["late", "late", "gift"]
    assert asked(manners, manners.items[0])[0].content == "You are a colleague."
    _, told = judging(manners, manners.items[0], ["Sorry."])
    assert "<earlier_answer>\nSay so at once" in told.content
    assert asked(colours, colours.items[0], (2, 0, 1))[-1].content.endswith("A) green\nB) red\nC) blue")
