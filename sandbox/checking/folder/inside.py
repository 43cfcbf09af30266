"""Which links of a dataset folder stay in it: others are not followed, as it can be anybody's. Reads no file."""

import os
from collections.abc import Iterator
from pathlib import Path


def leads_out(path: Path, folder: Path) -> bool:
    """Whether `path`, which is named below `folder`, lies elsewhere by a link.

    What lies in the hub's cache stays in it: a snapshot there is made of links to the blobs beside it
    (https://huggingface.co/docs/huggingface_hub/guides/manage-cache).
    """
    place = Path(os.path.realpath(path))
    return not any(place.is_relative_to(root) for root in _roots(Path(os.path.realpath(folder))))


def _roots(folder: Path) -> Iterator[Path]:
    yield folder
    for parent in folder.parents:
        if parent.name == "snapshots" and not (blobs := parent.with_name("blobs")).is_symlink():
            yield blobs
