"""Trainings as people look at them: one, several beside each other, a sweep, their list, curves and cards."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Sandbox
from trained import ANSWERS, held_out, manifest, trained

from sandbox.export.card.merge import merged_card
from sandbox.options.training import TrainingConfig
from sandbox.runs.training.manifest import Measured
from sandbox.text import SCRIPTED_NOTE
from sandbox.training.made.card import card


def swept(folder: Path, weights: tuple[float, ...] = (0.1, 0.9)) -> Path:
    """A sweep that learnt of each rating what its weight says."""
    for weight in weights:
        said = f"alignment={weight},engagement={round(1 - weight, 1)}"
        margins = {"alignment": held_out(weight, weight), "engagement": held_out(1 - weight, 1 - weight)}
        trained(
            folder / f"alignment-{weight}",
            objective="modpo",
            config=TrainingConfig(objective="modpo", weights=said),
            held_out={"test": Measured(before=dict.fromkeys(margins, held_out(0.0, 0.5)), after=margins)},
        )
    return folder


def test_a_training_says_what_learnt_what_from_whom_and_how_well(sandbox: Sandbox, tmp_path: Path) -> None:
    trained(tmp_path / "one")
    shown = sandbox("inspect", "one")
    assert shown.code == 0, shown.err
    for part in (
        "Training one complete after 2 min 00 s.",
        "stable on SmolLM2-135M-Instruct: 4,884,480 of 134,515,008 parameters, float32 on cpu",
        "data: lesson-data (stable-alignment), of 1 run: lesson",
        SCRIPTED_NOTE,
        "loss 1.83 -> 0.41, means of the first and the last 5 steps",
        "-0.06 [-0.26, 0.14]",
        "0.90 [0.80, 1.00]",
        "4 prompt too long",
        "differs by 0.006 nats",
        "sandbox simulate --model local --adapter one",
    ):
        assert part in shown.out, part


def test_answers_stand_side_by_side_within_80_columns_and_are_harmless(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path / "one")
    monkeypatch.setattr("sandbox.terminal._UNWRAPPED", 80)
    lines = sandbox("inspect", "one").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("No." in line and "I would need to know more" in line for line in lines)
    assert r"Is \x1b[31mit [bold]fair[/]?" in lines
    assert sum("on whom" in line for line in lines) > 3  # a long answer is folded, not cut


def test_programs_get_the_manifest_the_figures_and_the_answers(sandbox: Sandbox, tmp_path: Path) -> None:
    trained(tmp_path / "runs" / "one")
    found = json.loads(sandbox("inspect", "one", "--json").out)
    assert (found["manifest"]["kind"], found["manifest"]["status_now"]) == ("training", "complete")
    assert "mark" not in found["manifest"]
    assert found["answers"] == [each.model_dump() for each in ANSWERS]
    first = found["held_out"][0]
    assert (first["dimension"], first["figure"], first["after"]["mean"]) == ("alignment", "margin", 0.65)
    rows = list(csv.DictReader(io.StringIO(sandbox("inspect", "one", "--csv", "--table", "rows").out)))
    assert (rows[0]["used"], rows[0]["cut"], rows[0]["single"]) == ("165", "2", "39")


def test_several_stand_beside_each_other_and_a_sweep_is_all_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    trained(tmp_path / "one")
    swept(tmp_path / "sweep")
    shown = sandbox("inspect", "one", "sweep")
    assert shown.code == 0, shown.err
    assert "held out: test, by engagement" in shown.out
    rows = list(csv.DictReader(io.StringIO(sandbox("inspect", "sweep", "--csv", "--table", "held out").out)))
    margins = [row for row in rows if (row["dimension"], row["figure"]) == ("alignment", "margin")]
    assert [(row["training"], row["after"], row["questions"]) for row in margins] == [
        ("alignment-0.1", "0.1", "14"),
        ("alignment-0.9", "0.9", "14"),
    ]
    assert len(json.loads(sandbox("inspect", "sweep", "--json").out)["trainings"]) == 2


def test_tables_of_unlike_trainings_are_whole_and_those_of_two_sweeps_are_told_apart(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    bare = held_out(0.1, 0.6).model_copy(update={"best_loss": None})
    trained(tmp_path / "judge", held_out={"test": Measured(before={"alignment": bare}, after={"alignment": bare})})
    for sweep in ("mild", "strong"):
        trained(tmp_path / sweep / "alignment-0.1")
    done = sandbox("inspect", "judge", "mild", "strong")
    assert done.code == 0, done.err
    assert done.out.count("held out: test, by alignment") == 1
    table = sandbox("inspect", "judge", "mild", "strong", "--table", "trainings", "--csv").out
    names = [line.partition(",")[0] for line in table.splitlines()[1:]]
    assert names == [f"{tmp_path.name}/judge", "mild/alignment-0.1", "strong/alignment-0.1"]


def test_a_run_beside_a_training_is_to_be_looked_at_alone(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    trained(tmp_path / "one")
    for names in (("one", made_run), (made_run, "one")):
        done = sandbox("inspect", *names)
        assert (done.code, f"Look at it alone: sandbox inspect {made_run}" in done.err) == (2, True), done.err


def test_what_was_stopped_says_how_to_go_on(sandbox: Sandbox, tmp_path: Path) -> None:
    path = trained(tmp_path / "one", status="stopped", stopped_by="interrupt", steps=5, adapter=None, held_out={})
    with (path / "steps.jsonl").open("a") as log:
        log.write('{"step": 6, "lo')  # torn
    shown = sandbox("inspect", "one")
    assert "Training one stopped by interrupt" in shown.out
    assert "Nothing was held out" in shown.out
    assert shown.out.splitlines()[-1] == "Go on with: sandbox train --resume one"
    trained(tmp_path / "killed", status="running", adapter=None)
    assert "Training killed interrupted" in sandbox("inspect", "killed").out


def test_trainings_of_a_sweep_are_listed_by_names_that_open_them(sandbox: Sandbox, tmp_path: Path) -> None:
    for weight in ("0.1", "0.9"):
        trained(tmp_path / "runs" / "front" / f"alignment-{weight}")
    table = sandbox("inspect", "--table", "trainings", "--csv").out
    names = [line.partition(",")[0] for line in table.splitlines()[1:]]
    assert names == ["front/alignment-0.1", "front/alignment-0.9"]
    assert sandbox("inspect", names[0]).code == 0


def test_trainings_are_listed_beside_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    trained(tmp_path / "runs" / "one")
    (tmp_path / "runs" / "bad").mkdir()
    (tmp_path / "runs" / "bad" / "manifest.json").write_text('{"kind": "training"}')
    shown = sandbox("inspect")
    assert "trainings" in shown.out
    assert "lesson-data" in shown.out
    assert "bad/manifest.json" in shown.err.replace("\n", "")
    rows = list(csv.DictReader(io.StringIO(sandbox("inspect", "--csv", "--table", "trainings").out)))
    assert [(row["training"], row["objective"], row["steps"]) for row in rows] == [("one", "stable", "12")]
    assert [each["kind"] for each in json.loads(sandbox("inspect", "--json").out)] == ["training"]


@pytest.mark.slow
def test_pictures_are_the_same_for_the_same_trainings(sandbox: Sandbox, tmp_path: Path) -> None:
    trained(tmp_path / "one")
    swept(tmp_path / "sweep")
    for words, told in (
        (("one", "--plot", "loss"), (">penalty<", SCRIPTED_NOTE)),
        (("one", "sweep", "--plot", "loss"), (">one<", ">alignment-0.1<")),
        (("sweep", "--plot", "pareto"), (">before<", ">alignment=0.1,engagement=0.9<")),
    ):
        pictures = []
        for file in ("a.svg", "b.svg"):
            made = sandbox("inspect", *words, "-o", file)
            assert made.code == 0, made.err
            pictures.append((tmp_path / file).read_text())
        assert pictures[0] == pictures[1]
        assert not [each for each in told if each not in pictures[0]], words


def test_a_log_of_somebody_else_is_drawn_or_refused_with_its_line(sandbox: Sandbox, tmp_path: Path) -> None:
    log = trained(tmp_path / "one") / "steps.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    lines[4] |= {"loss": -3e38, "parts": {f"part {number}\x1b[31m\n$x^2$": 1.0 for number in range(500)}}
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    drawn = sandbox("inspect", "one", "--plot", "loss", "-o", "a.svg")
    assert drawn.code == 0, drawn.err
    assert (tmp_path / "a.svg").read_text().count("part ") < 50
    log.write_text(log.read_text().replace('"step": 3,', f'"step": {10**30},'))
    refused = sandbox("inspect", "one", "--plot", "loss", "-o", "a.svg")
    assert refused.code == 1
    assert "steps.jsonl:3: step" in refused.err.replace("\n", "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["one", "--plot", "grid", "-o", "x.png"], "--plot grid draws no training"),
        (["one", "--why"], "This is a training"),
        (["none", "--plot", "pareto", "-o", "x.png"], "no training here has held-out margins of both ratings"),
        (["none", "--plot", "loss", "-o", "x.png"], "no step was made yet"),
        (["one", "--table", "row"], "no such table. Did you mean 'rows'?"),
        (["one", "absent"], "absent: no such run"),
        (["runs/plain", "--plot", "loss", "-o", "x.png"], "no such run"),
    ],
)
def test_what_cannot_be_shown_is_told(sandbox: Sandbox, tmp_path: Path, words: list[str], message: str) -> None:
    trained(tmp_path / "one")
    trained(tmp_path / "none", status="running", steps=0, held_out={}, adapter=None)
    shown = sandbox("inspect", *words)
    assert shown.code == 2
    assert message in shown.err.replace("\n", " ")


def test_a_card_tells_facts_and_no_name_writes_in_it() -> None:
    made = manifest("evil`|\n# head <b>")
    text = card(made, "---\nlicense: cc-by-4.0\n---\n\nsomebody's words\n")
    front, _, page = text.removeprefix("---\n").partition("---\n")
    told = yaml.safe_load(front)
    assert (told["license"], told["base_model"]) == ("cc-by-4.0", "SmolLM2-135M-Instruct")
    assert {"stable", "lora"} <= {*told["tags"]}
    assert "# `evil # head b`: an adapter of `SmolLM2-135M-Instruct`" in page
    assert SCRIPTED_NOTE in page
    assert "| `test` | alignment | after | 14 | 21 | 0.65 [0.45, 0.85] | 90 % [80 %, 100 %] | 4.10 | - |" in page
    assert "sandbox simulate --model local --adapter DIR" in page
    assert page.strip() in merged_card("---\nlicense: mit\n---\n", text)  # as `push` would merge it


def test_the_hub_reads_a_card_and_it_says_how_it_is_cited() -> None:
    from huggingface_hub import ModelCard

    made = manifest("one")
    assert made.adapter
    told = ModelCard(card(made, "---\nlicense: cc-by-4.0\nlanguage: [en, de]\n---\n"))
    assert (told.data.language, told.data.license, told.data.base_model) == (["en", "de"], "cc-by-4.0", made.base.name)
    assert "  title = {Adapter (stable) trained on a simulated society}," in told.text
    assert "@article{liu2023socially," in told.text
    assert "language" not in card(made, "no card: ---").partition("\n---\n")[0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"objective": "reward"}, "--objective rloo --reward DIR"),
        ({"adapter": None}, "why there is no `adapter.gguf`"),
        ({"adapter": None, "config": TrainingConfig(objective="sft", full=True)}, "`model/` is for transformers"),
        ({"base": manifest("one").base.model_copy(update={"gguf": None})}, "over `SmolLM2-135M-Instruct` as GGUF"),
        ({"held_out": {}}, "No question was held out"),
    ],
)
def test_a_card_says_how_each_kind_is_used(changes: dict[str, Any], told: str) -> None:
    text = card(manifest("one", **changes), "no card: ---")
    assert told in text
    assert yaml.safe_load(text.split("---")[1])["license"] == "other"
