"""Training by Stable Alignment, and what is held out: the same numbers as by the plain way, however it is spread."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tiny_model import END, alone, light, make_tiny_model

from sandbox.errors import UsageError
from sandbox.options.training import TrainingConfig
from sandbox.training.data.examples import Answer, Query
from sandbox.training.data.tokens import Encoded, EncodedQuery, encode, encode_query
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.reward_model import RewardModel
from sandbox.training.settled import settled

# Peft and accelerate still use names that transformers 5 has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]

TESTS = Path(__file__).parent
STABLE = settled(TrainingConfig(objective="stable"))
QUESTIONS = ("Should I lie?", "Is it fair to wait?", "May I steal?", "Who decides?", "Do I tell?", "Why not?")
ANSWERS = (("No, that is wrong.", 7.0), ("Yes, do it.", 1.0), ("I am not certain about it.", 4.0), ("Wait.", 7.0))


def query(place: int) -> Query:
    """Two to four answers to a question; of some, two are the best."""
    answers = [Answer(f"{text} {QUESTIONS[-place]}", rating) for text, rating in ANSWERS[: 2 + place % 3]]
    return Query(({"role": "user", "content": QUESTIONS[place]},), tuple(answers))


QUERIES = [query(place) for place in range(6)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    texts = [*QUESTIONS, *(text for text, _ in ANSWERS), "yes no maybe"]
    with light():
        yield make_tiny_model(tmp_path_factory.mktemp("model"), texts)


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


Load = Callable[..., Any]


@pytest.fixture
def load(folder: Path) -> Load:
    """The tiny model, made anew each time; `load(lora=True)` with an adapter that changes it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    def loaded(lora: bool = False, **named: Any) -> Any:
        model = AutoModelForCausalLM.from_pretrained(folder, **named)
        if not lora:
            return model
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            names = ["q_proj", "v_proj", "down_proj"]
            config = LoraConfig(r=4, target_modules=names, task_type="CAUSAL_LM", init_lora_weights=False)
            return get_peft_model(model, config)

    return loaded


def arguments(out: Path, **named: Any) -> dict[str, Any]:
    given = {"output_dir": str(out), "max_steps": 2, "per_device_train_batch_size": 4, "learning_rate": 1e-2}
    quiet = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True, "remove_unused_columns": False}
    return {**given, **quiet, "use_cpu": True, "bf16": False, "logging_steps": 1, **named}


def test_tokens_are_those_that_sft_of_trl_trains_on(
    load: Load, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trl
    from datasets import Dataset

    alone(monkeypatch, tmp_path)
    said = [(each.messages, answer.text) for each in QUERIES for answer in each.answers]
    rows = [{"prompt": [*prompt], "completion": [{"role": "assistant", "content": text}]} for prompt, text in said]
    config = trl.SFTConfig(**arguments(tmp_path), gradient_checkpointing=False)
    taught = trl.SFTTrainer(
        model=load(), args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
    ).train_dataset
    ours = [encode(tokenizer, prompt, text) for prompt, text in said]
    assert [each.prompt + each.answer for each in ours] == taught["input_ids"]
    assert [[-100] * len(each.prompt) + each.answer for each in ours] == taught["labels"]
    assert all(tokenizer.decode(each.answer).split(END)[1].strip() == "" for each in ours)


def test_too_long_answers_are_cut_at_the_end_and_dropped_where_nothing_is_left(tokenizer: Any) -> None:
    (short, long), prompt = ("Wait.", "I am not certain about it."), QUERIES[0].messages
    encoded = encode(tokenizer, prompt, long)
    room = len(encoded.prompt)
    lengths = (room, room + 1, room + len(encoded.answer) - 1, room + len(encoded.answer))
    assert [encoded.fit(length) for length in lengths] == ["dropped", "cut", "cut", "whole"]
    asked = Query(prompt, (Answer(long, 2.0), Answer("Yes, do it."), Answer(short, 5.0)))
    cut = encode_query(tokenizer, asked, "alignment", room + 2)
    assert cut == EncodedQuery(
        encoded.prompt, (encoded.answer[:2], encode(tokenizer, prompt, short).answer[:2]), (2.0, 5.0)
    )
    assert encode_query(tokenizer, asked, "alignment", room) is None
    assert encode_query(tokenizer, asked, "engagement", 1000) is None  # nobody rated that


def test_prompt_ends_where_all_answers_part_from_it() -> None:
    def template(turns: list[dict[str, str]], add_generation_prompt: bool = False, **_: Any) -> dict[str, list[int]]:
        asked = [1, 2, 9, 9] if add_generation_prompt else [1, 2]
        said = {"a": [9, 9, 5], "b": [9, 6], "c": [7]}
        return {"input_ids": asked if add_generation_prompt else [*asked, *said[turns[-1]["content"]]]}

    tokenizer = SimpleNamespace(apply_chat_template=template)
    assert encode(tokenizer, (), "b") == Encoded([1, 2, 9], [6])
    asked = Query((), (Answer("a", 1), Answer("b", 2), Answer("c", 3)))
    packed = encode_query(tokenizer, asked, "alignment", 4)
    assert packed == EncodedQuery([1, 2], ([9, 9], [9, 6], [7]), (1, 2, 3))


@pytest.mark.parametrize("lora", [False, True])
def test_packed_queries_have_the_losses_that_answers_have_alone(load: Load, tokenizer: Any, lora: bool) -> None:
    from sandbox.training.objectives.packing import evaluating, losses, losses_alone, pack

    model = load(lora)
    encoded = [encode_query(tokenizer, each, "alignment", 1000) for each in QUERIES]
    queries = [each for each in encoded if each is not None]
    with evaluating(model):
        together = losses(model, pack(queries))
        for packed, each in zip(together, queries, strict=True):
            assert packed.tolist() == pytest.approx(losses_alone(model, each).tolist(), abs=1e-5)


def test_many_answers_of_a_question_are_measured_in_several_sequences(
    load: Load, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.training.objectives import packing

    model = load()
    query = encode_query(tokenizer, QUERIES[2], "alignment", 1000)
    assert query is not None
    lengths = []
    made = packing.pack
    monkeypatch.setattr(packing, "pack", lambda parts: lengths.append(parts[0].tokens()) or made(parts))
    for most in (1, query.tokens() - 1):
        monkeypatch.setattr(packing, "MOST_TOKENS", most)
        with packing.evaluating(model):
            packed, alone = packing.losses_packed(model, query), packing.losses_alone(model, query)
        assert packed.tolist() == pytest.approx(alone.tolist(), abs=1e-5)
    assert len(lengths) == 4 + 2
    assert max(lengths) < query.tokens()


def test_each_epoch_draws_candidates_and_always_one_of_the_best() -> None:
    from sandbox.training.objectives.candidates import Candidates, Place

    asked = EncodedQuery([1], ([2], [3], [4], [5], [6]), (1.0, 7.0, 3.0, 7.0, 2.0))
    drawn = [Candidates([asked, asked], 0, 3)[Place(epoch, 1)].query for epoch in range(50)]
    assert all(len(each.answers) == len(each.ratings) == 3 and 7.0 in each.ratings for each in drawn)
    assert len({each.answers[0][0] for each in drawn}) > 1 < len({each.ratings for each in drawn})
    assert all(dict(zip((2, 3, 4, 5, 6), asked.ratings, strict=True))[ids[0]] == rating
               for each in drawn for ids, rating in zip(each.answers, each.ratings, strict=True))  # fmt: skip
    assert drawn == [Candidates([asked, asked], 0, 3)[Place(epoch, 1)].query for epoch in range(50)]
    assert drawn != [Candidates([asked, asked], 1, 3)[Place(epoch, 1)].query for epoch in range(50)]
    assert Candidates([asked], 0, 1)[Place(0, 0)].query.ratings == (7.0,)
    assert Candidates([asked], 0, 9)[Place(0, 0)].query == asked


def learn(trainer: Any) -> tuple[list[dict[str, float]], list[float]]:
    """What each step said of its parts and tokens, and some of the weights afterwards."""
    from transformers import TrainerCallback

    steps: list[dict[str, float]] = []

    class Kept(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            steps.append({**trainer.parts, "tokens": trainer.tokens})
            trainer.parts, trainer.tokens = {}, 0

    trainer.add_callback(Kept())
    trainer.train()
    weights = dict(trainer.model.named_parameters())["model.layers.1.mlp.down_proj.weight"]
    return steps, weights.detach()[:3].flatten().tolist()


def spread(load: Load, tokenizer: Any, out: Path, batch: int, accumulate: int, **named: Any) -> Any:
    """What is learnt where a step is so many passes of so many queries; the second step has but two of the six."""
    from transformers import TrainingArguments

    from sandbox.training.objectives.candidates import Candidates
    from sandbox.training.objectives.stable import StableTrainer, encoded_rows

    config = STABLE
    rows = encoded_rows(Job(config, None, tokenizer, QUERIES, {}))
    given = arguments(out, per_device_train_batch_size=batch, gradient_accumulation_steps=accumulate, **named)
    return learn(StableTrainer(Candidates(rows, 0, 3), config, model=load(), args=TrainingArguments(**given)))


def test_a_step_is_the_mean_over_its_queries_however_many_passes_it_takes(
    load: Load, tokenizer: Any, tmp_path: Path
) -> None:
    steps, weights = spread(load, tokenizer, tmp_path, 4, 1)
    assert [step["loss"] for step in steps] == [
        pytest.approx(step["best"] + 0.5 * step["penalty"], abs=1e-12) for step in steps
    ]
    for batch, accumulate in ((2, 2), (1, 4), (3, 2)):
        same_steps, same_weights = spread(load, tokenizer, tmp_path, batch, accumulate)
        if batch == 3:  # all six in the first step, so another
            assert same_steps[0] != pytest.approx(steps[0], abs=1e-3)
            continue
        assert same_steps == [pytest.approx(step, abs=1e-5) for step in steps]
        assert same_weights == pytest.approx(weights, abs=1e-5)


def test_trainer_of_a_job_learns_to_prefer_what_is_rated_higher(load: Load, tokenizer: Any, tmp_path: Path) -> None:
    from sandbox.training.measures.held_out import measure
    from sandbox.training.objectives.stable import trainer

    model = load(lora=True)
    before = measure(model, tokenizer, QUERIES, max_length=1000)
    config = settled(TrainingConfig(objective="stable", margin=2.0, candidates=4, clamp="mean"))
    made = trainer(Job(config, model, tokenizer, QUERIES, arguments(tmp_path, max_steps=20)))
    made.train()
    after = measure(model, tokenizer, QUERIES, max_length=1000)
    assert before.margin is not None
    assert after.margin is not None
    assert after.ranked is not None
    assert after.margin.mean > before.margin.mean + 0.3
    assert after.ranked.mean == 1


def test_answers_that_are_the_same_when_cut_are_one(tokenizer: Any) -> None:
    from sandbox.training.data.fitting import fit

    prompt, said = QUERIES[0].messages, (("Yes, do it.", 2.0), ("Yes, no.", 5.0), ("Wait.", 7.0))
    asked = Query(prompt, tuple(Answer(*each) for each in said))
    whole = encode(tokenizer, prompt, "Yes, do it.")
    first, last = whole.answer[0], encode(tokenizer, prompt, "Wait.").answer[0]
    room = len(whole.prompt) + 1
    assert encode_query(tokenizer, asked, "alignment", room) == EncodedQuery(
        whole.prompt, ([first], [last]), (3.5, 7.0)
    )
    config = TrainingConfig(objective="stable", max_length=room)
    found = fit(asked, tokenizer, config)
    assert (found.learnt, found.single) == (2, False)
    found = fit(Query(prompt, asked.answers[:2]), tokenizer, config)
    assert (found.learnt, found.single) == (1, True)


def test_samples_follow_no_settings_of_the_base(load: Load, tokenizer: Any) -> None:
    from sandbox.training.measures.sampled import measure_sampled

    class Reward:
        """Gives nothing, and keeps what it is asked about."""

        def __init__(self) -> None:
            self.texts: list[str] = []

        def scores(self, prompts: Sequence[Any], texts: list[str]) -> list[float]:
            self.texts += texts
            return [0.0] * len(prompts)

    def sampled(**settings: float) -> list[str]:
        model, reward = load(), Reward()
        for name, value in settings.items():
            setattr(model.generation_config, name, value)
        measure_sampled(model, tokenizer, QUERIES, cast("RewardModel", reward), max_length=40, seed=0)
        return reward.texts

    plain = sampled()
    assert len({*plain}) > 1
    for name, value in (("temperature", 0.01), ("top_p", 0.01), ("top_k", 1), ("repetition_penalty", 3.0)):
        assert sampled(**{name: value}) == plain, name


def test_what_cannot_be_learnt_from_is_refused(load: Load, tokenizer: Any, tmp_path: Path) -> None:
    from sandbox.training.objectives.stable import trainer

    short = settled(TrainingConfig(objective="stable", max_length=8))
    unrated = [Query(QUERIES[0].messages, (Answer("Wait."),))]
    for config, rows in ((short, QUERIES), (STABLE, unrated)):
        with pytest.raises(UsageError, match="Nothing is left to learn"):
            trainer(Job(config, load(), tokenizer, rows, arguments(tmp_path)))
    with pytest.raises(UsageError, match="does not keep the answers to a query apart"):
        # A mask that is true where is seen is added to the scores there, which hides nothing.
        trainer(Job(STABLE, load(attn_implementation="eager"), tokenizer, QUERIES, arguments(tmp_path)))


class Unigram:
    """A model of the library's form to which the word of id `likely` is three times as likely as any other, always."""

    training = False

    def __init__(self, words: int, likely: int) -> None:
        import torch

        self.logits = torch.zeros(words)
        self.logits[likely] = math.log(3)
        self.likely, self.dtype = likely, torch.float32

    def parameters(self) -> Iterator[Any]:
        return iter([self.logits])

    def train(self, learning: bool) -> None: ...

    def eval(self) -> None: ...

    def __call__(self, input_ids: Any, logits_to_keep: Any = None, **_: Any) -> Any:
        places = input_ids.shape[1] if logits_to_keep is None else len(logits_to_keep)
        return SimpleNamespace(logits=self.logits.expand(1, places, -1))


ASKED = [
    ("Should I lie?", [("yes yes", 7.0), ("no no", 2.0), ("no yes", 2.0)]),  # margins: 2 and 1 words of 4 tokens
    ("May I steal?", [("yes", 1.0), ("no", 6.0), ("maybe", None)]),  # wrong, by 1 word of 3
    ("May I steal?", [("no", 3.0), ("maybe", 5.0)]),  # a tie
    ("Who decides?", [("no", 4.0), ("yes", 4.0)]),  # no pair
]
HELD_OUT = [
    Query(({"role": "user", "content": question},), tuple(Answer(*answer) for answer in answers))
    for question, answers in ASKED
]


def test_held_out_figures_are_those_worked_out_by_hand(tokenizer: Any) -> None:
    from sandbox.training.measures.held_out import measure

    likely = tokenizer.convert_tokens_to_ids("yes")
    made = measure(Unigram(len(tokenizer), likely), tokenizer, HELD_OUT, max_length=1000)
    word = math.log(3)
    every = math.log(len(tokenizer) + 2)  # the loss of any other word
    assert made.margin is not None
    assert made.ranked is not None
    assert made.best_loss is not None
    assert (made.questions, made.pairs) == (3, 4)
    assert made.margin.mean == pytest.approx((2 * word / 4 + word / 4 - word / 3 + 0) / 4, abs=1e-6)
    assert made.ranked.mean == (1 + 1 + 0 + 0.5) / 4
    best = [every - 2 * word / 4, every, every, every - word / 3 / 2]
    assert made.best_loss.mean == pytest.approx(sum(best) / 4, abs=1e-6)
    assert (made.margin.n, made.best_loss.n) == (2, 3)
    assert made.margin.low is None  # too few pairs for an interval
    nothing = measure(Unigram(len(tokenizer), likely), tokenizer, HELD_OUT, dimension="engagement", max_length=1000)
    assert (nothing.questions, nothing.pairs, nothing.margin, nothing.best_loss) == (0, 0, None, None)


def test_interval_is_over_questions(tokenizer: Any) -> None:
    from sandbox.training.measures.held_out import measure

    likely = tokenizer.convert_tokens_to_ids("yes")
    right = [
        Query(({"role": "user", "content": question},), (Answer("yes", 7.0), Answer("no", 1.0)))
        for question in QUESTIONS
    ]
    one_wrong = [*right[:-1], Query(right[-1].messages, (Answer("yes", 1.0), Answer("no", 7.0)))]
    made = measure(Unigram(len(tokenizer), likely), tokenizer, one_wrong, max_length=1000)
    assert made.ranked is not None
    assert made.ranked.low is not None
    assert made.ranked.mean == pytest.approx(5 / 6)
    assert (made.ranked.low, made.ranked.high) == (0.5, 1)


def test_rewards_are_ranked_as_log_probs_are(tokenizer: Any) -> None:
    import torch

    from sandbox.training.measures.held_out import measure_rewards

    class Reward(Unigram):
        def __call__(self, input_ids: Any, **_: Any) -> Any:
            return SimpleNamespace(logits=torch.tensor([[float((input_ids == self.likely).sum())]]))

    likely = tokenizer.convert_tokens_to_ids("yes")
    made = measure_rewards(Reward(len(tokenizer), likely), tokenizer, HELD_OUT, max_length=1000)
    assert made.margin is not None
    assert made.ranked is not None
    assert (made.margin.mean, made.ranked.mean, made.best_loss) == ((2 + 1 - 1 + 0) / 4, (1 + 1 + 0 + 0.5) / 4, None)


RANK = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_stable as here
from transformers import AutoModelForCausalLM, AutoTokenizer
folder, out, batch = Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
load = lambda: AutoModelForCausalLM.from_pretrained(folder)
backend = {"ddp_backend": "gloo"} if "RANK" in os.environ else {}
learnt = here.spread(load, AutoTokenizer.from_pretrained(folder), out, batch, 1, **backend)
if os.environ.get("RANK", "0") == "0":
    (out / f"{batch}.json").write_text(json.dumps(learnt))
"""


def test_two_processes_learn_what_one_learns(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "rank.py"
    script.write_text(RANK)
    given = [str(script), str(TESTS), str(folder), str(tmp_path)]
    # Begun again where the two did not find one another: the port that was chosen may be somebody else's by then.
    launched = ["-m", "torch.distributed.run", "--standalone", "--max-restarts", "2", "--nproc_per_node", "2"]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    variables["PYTHONPATH"] = str(TESTS.parent)
    for words in ([*given, "4"], [*launched, *given, "2"]):
        subprocess.run([sys.executable, *words], env=variables, check=True, capture_output=True, timeout=300)
    one, two = (json.loads((tmp_path / f"{batch}.json").read_text()) for batch in (4, 2))
    assert two[0] == [pytest.approx(step, abs=1e-5) for step in one[0]]
    assert two[1] == pytest.approx(one[1], abs=1e-5)
