"""What is said to a model: jinja templates and their rendering. Knows how a file is opened, and nobody else here."""

from prompts.templates import Prompts, TemplateError

__all__ = ["Prompts", "TemplateError"]
