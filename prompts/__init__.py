"""What is said to a model: jinja templates and their rendering. Knows nobody else in this project."""

from prompts.templates import Prompts, TemplateError

__all__ = ["Prompts", "TemplateError"]
