"""Has agents think about their feedback before they revise: `sandbox simulate --step reflect`."""


def reflect(argument: str) -> str:
    """The template of the step; what stands behind its name is how many sentences are wanted."""
    return TEMPLATE.replace("SENTENCES", argument or "two")


TEMPLATE = """
{% block user -%}
{{ question | fence("question") }}
{{ draft | fence("answer") }}
{% for item in feedback -%}
{{ item.text | fence("feedback") }}
{% endfor -%}
You drafted this answer, and others gave you this feedback. In SENTENCES sentences:
what do they agree on, and what will you change?
{%- endblock %}
"""
