"""What every trainer of the library is told alike. Knows names of the library's settings, and imports nothing of it."""

from pathlib import Path
from typing import Any, Final

from sandbox.options.training import Schedule
from sandbox.training.plan import Plan

_SCHEDULES: Final[dict[Schedule, str]] = {
    "cosine": "cosine",
    "linear": "linear",
    "constant": "constant_with_warmup",
}


def arguments(plan: Plan, written: Path) -> dict[str, Any]:
    """Keyword arguments of `TrainingArguments`; checkpoints are `written` there first.

    Every number that the library would choose by itself and that has changed between its releases stands here.
    """
    config, on = plan.config, plan.hardware
    assert config.learning_rate, "settled options have one"
    return {
        "output_dir": str(written),
        "max_steps": plan.steps_planned,
        "per_device_train_batch_size": config.batch,
        "gradient_accumulation_steps": config.accumulate,
        "learning_rate": config.learning_rate,
        "warmup_steps": round(config.warmup * plan.steps_planned),
        "lr_scheduler_type": _SCHEDULES[config.schedule],
        "max_grad_norm": 1.0,
        "weight_decay": 0.0,
        "optim": "adamw_torch",
        "seed": config.seed % 2**32,
        "bf16": on.precision == "bf16",
        "fp16": False,
        "gradient_checkpointing": False,
        "use_cpu": on.is_cpu,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": config.save_steps,
        "report_to": "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "dataloader_num_workers": 0,
        "dataloader_pin_memory": not on.is_cpu,
        **({"ddp_backend": "gloo"} if on.is_cpu and on.ranks > 1 else {}),
        **({"ddp_find_unused_parameters": False} if on.ranks > 1 else {}),
    }
