"""RLOO (arXiv 2402.14740) by the library's trainer: answers sampled to prompts, rewarded by a model. Knows no file."""

from typing import Any, Final

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


def trainer(job: Job) -> Trainer:
    """A trainer on prompts, each of which is answered `--candidates` times. `job.rows` are queries.

    What answers earn is their reward less `--beta` times their divergence from the base, against the mean of the other
    answers to their prompt. Prompt and answer together have at most `--max-length` tokens.
    """
    assert job.config.candidates is not None
    assert job.config.beta is not None
    assert job.reward is not None  # a plan leaves nothing open
    prompts = [query.messages for query in job.rows]
    made = RLOOTrainer(
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
