"""How a data set or a trained model of a society is cited: BibTeX for it and for the papers behind it. Knows no row."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

_SOCIETY: Final = """@article{liu2023socially,
  title = {Training Socially Aligned Language Models on Simulated Social Interactions},
  author = {Liu, Ruibo and Yang, Ruixin and Jia, Chenyan and Zhang, Ge and Zhou, Denny and Dai, Andrew M. and
    Yang, Diyi and Vosoughi, Soroush},
  year = {2023},
  journal = {arXiv preprint arXiv:2305.16960}
}"""
# Of question sets that this tool knows.
_SETS: Final[Mapping[str, str]] = {
    "hh-rlhf": """@article{bai2022training,
  title = {Training a Helpful and Harmless Assistant with Reinforcement Learning from Human Feedback},
  author = {Bai, Yuntao and others},
  year = {2022},
  journal = {arXiv preprint arXiv:2204.05862}
}"""
}


def bibtex(title: str, version: str, digests: Iterable[str], sets: Iterable[str] = ()) -> str:
    """Entries for what is called `title`, made by `version`, and for the papers of the society and of question `sets`.

    It is named by its contents, whose `digests` (hex) these are: who made it, and when, is not known here.
    """
    digest = sha256("\n".join(digests).encode()).hexdigest()
    own = f"""@misc{{society-{digest[:8]},
  title = {{{title}}},
  note = {{Made by sandbox {version}; sha256 of its contents {digest[:16]}}}
}}"""
    return "\n\n".join([own, _SOCIETY, *(_SETS[name] for name in dict.fromkeys(sets) if name in _SETS)])
