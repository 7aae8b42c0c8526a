# SPDX-License-Identifier: MIT
"""Tools as Phi4.Extensions.AI shows them to phi-4, to the letter; `prompt` in tools.jsonl lets its tests compare."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    arguments: tuple
    argument_type: str

    def declaration(self):
        schema = {"type": "object", "properties": {name: {"type": self.argument_type} for name in self.arguments}, "required": list(self.arguments)}
        return {"name": self.name, "description": self.description, "parameters": schema}


def describe(declaration):
    name, description, schema = (declaration[member] for member in ("name", "description", "parameters"))
    return f'{{"name": {json.dumps(name)}, "description": {json.dumps(description)}, "parameters": {json.dumps(schema, separators=(",", ":"))}}}'


def rulebook(declarations):
    """The end of the system turn."""
    described = "\n".join(map(describe, declarations))
    return f"""# Tools

You can call tools. Each line below describes one as JSON: its name, what it does, and the JSON Schema of its arguments.
<tools>
{described}
</tools>

When a tool is needed, write its call in this form, with nothing behind it, and one line for each call:
<tool_call>{{"name": "the tool's name", "arguments": {{"argument": "value"}}}}</tool_call>
What the tools gave comes back between <tool_response> and </tool_response>. When no tool is needed, just answer."""


def call(tool, values):
    return f'<tool_call>{json.dumps({"name": tool.name, "arguments": dict(zip(tool.arguments, values))})}</tool_call>'


def response(tool, result):
    return f'<tool_response>{json.dumps({"name": tool.name, "result": result})}</tool_response>'
