"""The columns of every training format in each style, from the schemas that files are written with."""

from typing import get_args

import pyarrow as pa

from from_code.markdown import code, table
from sandbox.export.columns import features, schema
from sandbox.export.names import FORMATS, Style


def training_sets() -> str:
    """A section for each format; flat interactions have the columns of every table."""
    return "\n".join(f"## {name}\n\n{_columns(name)}" for name in FORMATS if name != "parquet")


def _columns(format_: str) -> str:
    by_style = {style: schema(format_, style) for style in get_args(Style)}  # type: ignore[arg-type]
    names = dict.fromkeys(name for each in by_style.values() for name in each.names)
    head = ("column", *(f"`--style {style}`" for style in by_style))
    return table(head, ([code(name), *(_type(each, name) for each in by_style.values())] for name in names))


def _type(columns: pa.Schema, name: str) -> str:
    """In the words of a dataset card; a dash where the style has no such column."""
    if name not in columns.names:
        return "-"
    (found,) = features(pa.schema([columns.field(name)]))
    if "dtype" in found:
        return str(found["dtype"])
    inner = found["list"]
    told = inner if isinstance(inner, str) else f"{{{', '.join(each['name'] for each in inner)}}}"
    return f"list of {told}"
