"""What is said to a model: jinja templates and their rendering. Knows how a file is opened, and nobody else here."""

from prompts.faults import TemplateError
from prompts.templates import Prompts

__all__ = ["Prompts", "TemplateError"]
