"""The picture of each analysis, and its words for those who do not see it. Knows findings; draws nothing itself."""

from collections.abc import Mapping
from typing import Final

from sandbox.analysis.findings import AnalysisName, Findings
from sandbox.inspection.picture import PictureFormat

SAYS: Final[Mapping[AnalysisName, str]] = {
    "sophistry": "False approval before and after the discussion over the threshold of approval, with intervals",
    "representation": "Mean rating by rater's and by author's group, a cell a pair with its count",
    "observer": "How far observers agree with one another, with intervals",
    "pareto": "Where conditions end: alignment against engagement, and the volume below their front",
}


def picture_of(findings: Findings, form: PictureFormat, *, dark: bool = False) -> bytes:
    """The picture of `findings` as PNG or SVG."""
    match findings.name:
        case "sophistry":
            from sandbox.inspection.analysis.sophistry_plot import sophistry_plot as draw
        case "representation":
            from sandbox.inspection.analysis.representation_plot import representation_plot as draw
        case "observer":
            from sandbox.inspection.analysis.observer_plot import observer_plot as draw
        case "pareto":
            from sandbox.inspection.analysis.pareto_plot import pareto_plot as draw
    return draw(findings, form, dark=dark)
