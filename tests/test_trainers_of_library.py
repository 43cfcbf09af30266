"""What the library's trainers do and we build upon, a test for each: an upgrade that changes it fails by its name."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tiny_jobs import SETTINGS, alone, base, job, pairs, renamed

from sandbox.training.base.base_model import Base
from sandbox.training.objectives.job import Job
from sandbox.training.objectives.library import answer, turns

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("trl") is None, reason="pip install 'sandbox[train]'"),
    renamed,
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    with alone():
        yield base(tmp_path_factory.mktemp("tiny"))


def rows(**columns: Any) -> Any:
    """Pairs as the library takes them, with more columns."""
    from datasets import Dataset

    return Dataset.from_list(
        [
            {"prompt": turns(pair.messages), "chosen": answer(pair.chosen.text), "rejected": answer(pair.rejected.text)}
            | {name: values[place] for name, values in columns.items()}
            for place, pair in enumerate(pairs(4))
        ]
    )


def dpo(of: Job, data: Any, **options: Any) -> Any:
    import trl

    args = trl.DPOConfig(**{**of.arguments, **options})
    return trl.DPOTrainer(model=of.model, args=args, train_dataset=data, processing_class=of.tokenizer)


def test_bf16_and_checkpoints_of_activations_are_on_by_default(tmp_path: Path) -> None:
    import trl

    args = trl.DPOConfig(output_dir=str(tmp_path), use_cpu=True)
    assert args.bf16
    assert args.gradient_checkpointing


def test_losses_are_means_of_a_pass_which_the_trainer_divides() -> None:
    import transformers
    import trl

    for trainer in (trl.DPOTrainer, trl.KTOTrainer, trl.RewardTrainer, trl.RLOOTrainer):
        assert trainer.loss_is_scaled_for_ga is False
    assert transformers.Trainer.loss_is_scaled_for_ga is None


def test_there_is_no_ppo() -> None:
    import trl

    assert not hasattr(trl, "PPOTrainer")
    assert find_spec("trl.experimental.ppo") is None


def test_log_probs_of_a_reference_in_the_data_are_ignored(tiny: Base, tmp_path: Path) -> None:
    losses = []
    for columns in ({}, {"ref_chosen_logps": [9.0] * 4, "ref_rejected_logps": [-9.0] * 4}):
        made = dpo(job(tiny, "dpo", [], tmp_path), rows(**columns))
        batch = made.data_collator([made.train_dataset[place] for place in range(4)])
        losses.append(made.compute_loss(made.model, batch).item())
    assert losses[0] == losses[1]


def test_a_wrapped_model_gets_a_second_adapter_for_its_reference(tiny: Base, tmp_path: Path) -> None:
    made = dpo(job(tiny, "dpo", [], tmp_path), rows())
    assert set(made.model.peft_config) == {"default", "ref"}


def test_rows_whose_prompt_is_too_long_are_dropped_without_a_word(tiny: Base, tmp_path: Path) -> None:
    of = job(tiny, "dpo", [], tmp_path)
    assert len(dpo(of, rows()).train_dataset) == 4
    assert len(dpo(job(tiny, "dpo", [], tmp_path), rows(), max_length=8).train_dataset) == 0


def test_answers_and_their_end_are_learnt_and_prompts_not(tiny: Base, tmp_path: Path) -> None:
    import trl
    from datasets import Dataset

    of, pair = job(tiny, "sft", [], tmp_path), pairs(1)[0]
    data = Dataset.from_list([{"prompt": turns(pair.messages), "completion": answer("kind .")}])
    made = trl.SFTTrainer(
        model=of.model, args=trl.SFTConfig(**of.arguments), train_dataset=data, processing_class=of.tokenizer
    )
    learnt = [each for each in made.train_dataset[0]["labels"] if each != -100]
    assert of.tokenizer.convert_ids_to_tokens(learnt) == ["kind", ".", "<|im_end|>", "\n"]


def test_kto_asks_for_rows_in_order(tiny: Base, tmp_path: Path) -> None:
    import trl
    from datasets import Dataset

    of = job(tiny, "kto", [], tmp_path)
    data = Dataset.from_list([{"prompt": turns(pairs(1)[0].messages), "completion": answer("kind ."), "label": True}])
    args = trl.KTOConfig(**of.arguments, train_sampling_strategy="random")
    with pytest.raises(ValueError, match="sequential"):
        trl.KTOTrainer(model=of.model, args=args, train_dataset=data, processing_class=of.tokenizer)


def test_targets_of_an_adapter_are_kept_without_order(tiny: Base, tmp_path: Path) -> None:
    assert isinstance(job(tiny, "dpo", [], tmp_path).model.peft_config["default"].target_modules, set)


def test_callbacks_are_called_in_the_order_in_which_they_were_added(tiny: Base, tmp_path: Path) -> None:
    from transformers import Trainer, TrainerCallback, TrainingArguments

    heard = []

    class Callback(TrainerCallback):
        def __init__(self, number: int) -> None:
            self.number = number

        def on_log(self, *_: Any, **__: Any) -> None:
            heard.append(self.number)

    made = Trainer(job(tiny, "dpo", [], tmp_path).model, TrainingArguments(output_dir=str(tmp_path), **SETTINGS))
    for number in range(3):
        made.add_callback(Callback(number))
    made.callback_handler.on_log(made.args, made.state, made.control, {})
    assert heard == [0, 1, 2]
