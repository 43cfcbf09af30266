"""The dataset card of an exported folder: what the hub and `datasets` read, and a page of facts. Knows no row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.export.card.facts import card_facts
from sandbox.export.card.findable import findable
from sandbox.export.card.merge import marked
from sandbox.export.facts import Facts
from sandbox.export.manifest import ExportManifest
from sandbox.export.names import SPLITS, data_file
from sandbox.export.recipe import Recipe

_HERE: Final = Path(__file__).parent


def card(
    manifest: ExportManifest,
    recipe: Recipe,
    facts: Facts,
    features: Sequence[Mapping[str, Any]],
    sizes: Mapping[str, int],
    known: Sequence[str],
) -> str:
    """README.md. `features` are those of `columns.features`, `sizes` the bytes of files by path.

    `known` are the languages of the texts, where `manifest` states none.
    """
    environment = Environment(  # noqa: S701  # Markdown, not HTML
        loader=FileSystemLoader(_HERE), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    text = environment.get_template("card.md.jinja").render(card_facts(manifest, recipe, facts, features))
    return f"---\n{_front(manifest, features, sizes, known)}---\n\n{marked(text)}"


def _front(
    manifest: ExportManifest, features: Sequence[Mapping[str, Any]], sizes: Mapping[str, int], known: Sequence[str]
) -> str:
    """What the hub and `datasets` read."""
    configs, infos = [], []
    for number, (part, counts) in enumerate(manifest.parts.items()):
        files = {split: data_file(part, split, "parquet") for split in SPLITS if split in counts}
        default = {"default": True} if number == 0 else {}
        paths = [{"split": split, "path": path} for split, path in files.items()]
        configs.append({"config_name": part, **default, "data_files": paths})
        splits = [
            {"name": split, "num_bytes": sizes[path], "num_examples": counts[split]} for split, path in files.items()
        ]
        infos.append({"config_name": part, "features": list(features), "splits": splits})
    front = {
        "license": manifest.license,
        **findable(manifest, known),
        "tags": ["synthetic", "sandbox"],
        "configs": configs,
        "dataset_info": infos,
    }
    return yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1000)
