"""RLOO (arXiv 2402.14740) by the library's trainer: answers sampled to prompts, rewarded by a model. Knows no file."""

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from random import Random
from typing import Any, Final

from torch.utils.data import Sampler
from transformers import Trainer
from trl import RLOOConfig, RLOOTrainer

from sandbox.training.data.examples import Messages
from sandbox.training.data.tokens import encode
from sandbox.training.objectives import library
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.logged import logged
from sandbox.training.objectives.reward_model import RewardModel

# `kl` is the divergence from the base, of a token (nats).
_PARTS: Final = ("reward", "reward_std", "kl", "entropy", "completions/mean_length")


class Prompts(Sampler[int]):
    """Places of prompts in an order that seed and epoch decide; `epoch` tells which it is when that begins.

    They come as the library takes them: each `candidates` times, and the prompts of a step all `passes` times. The last
    step of an epoch is filled up with prompts from its beginning. The library's own order goes on from epoch to epoch
    but begins anew after a resume, and it leaves out a step that is not full.
    """

    def __init__(
        self, rows: int, of_step: int, *, candidates: int, passes: int, seed: int, epoch: Callable[[], int]
    ) -> None:
        self._rows, self._of_step, self._steps = rows, of_step, -(-rows // of_step)
        self._candidates, self._passes = candidates, passes
        self._seed, self._epoch = seed, epoch

    def __len__(self) -> int:
        """How many places there are."""
        return self._steps * self._of_step * self._candidates * self._passes

    def __iter__(self) -> Iterator[int]:
        """Places of the present epoch."""
        places = cycle(Random(f"{self._seed}/{self._epoch()}").sample(range(self._rows), self._rows))
        for _ in range(self._steps):
            of_step = list(islice(places, self._of_step))
            yield from (place for _ in range(self._passes) for place in of_step for _ in range(self._candidates))


class _Trainer(RLOOTrainer):  # type: ignore[misc]  # the library has no types
    """The library's, with our order of prompts."""

    def _get_train_sampler(self, dataset: Any = None) -> Prompts:  # noqa: ARG002  the library's
        return Prompts(
            len(self.train_dataset),
            self.args.generation_batch_size // self.num_generations,
            candidates=self.num_generations,
            passes=self.num_iterations * self.args.steps_per_generation,
            seed=self.args.seed,
            epoch=lambda: int(self.state.epoch or 0),
        )


def trainer(job: Job) -> Trainer:
    """A trainer on prompts, each of which is answered `--candidates` times. `job.rows` are queries.

    What answers earn is their reward less `--beta` times their divergence from the base, against the mean of the other
    answers to their prompt. Prompt and answer together have at most `--max-length` tokens.
    """
    assert job.config.candidates is not None
    assert job.config.beta is not None
    assert job.reward is not None  # a plan leaves nothing open
    prompts = [query.messages for query in job.rows]
    made = _Trainer(
        model=job.model,
        reward_funcs=_rewards(job.reward),
        args=RLOOConfig(
            **{**job.arguments, "per_device_train_batch_size": job.config.batch * job.config.candidates},
            num_generations=job.config.candidates,
            max_completion_length=_room(prompts, job),
            beta=job.config.beta,
        ),
        train_dataset=library.rows({"prompt": library.turns(messages)} for messages in prompts),
        processing_class=job.tokenizer,
    )
    library.without_copy(made)
    job.reward.model.to(made.accelerator.device)
    return logged(made, _PARTS)


def _room(prompts: list[Messages], job: Job) -> int:
    """The most tokens of an answer: what the longest prompt leaves, which is at least one (`fitting.fit`)."""
    longest = max(len(encode(job.tokenizer, messages, "").prompt) for messages in prompts)
    return job.config.max_length - longest


def _rewards(model: RewardModel) -> Any:
    """A function as the library calls it, by its name: it stands in what is logged."""

    def reward(prompts: list[Messages], completions: list[list[dict[str, str]]], **_: Any) -> list[float]:
        return model.scores(prompts, [each[0]["content"] for each in completions])

    return reward
