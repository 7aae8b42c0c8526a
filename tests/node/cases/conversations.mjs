// SPDX-License-Identifier: MIT
// Whole chat templates over conversations of many kinds. Those of the phi family are the models' own; the others are look-alikes that use
// the constructs which the templates of Llama 3, Qwen 2.5 and 3, Mistral, Gemma and their like use.
export const templates = {
  "phi-4":
    "{% for message in messages %}{% if (message['role'] == 'system') %}{{'<|im_start|>system<|im_sep|>' + message['content'] + '<|im_end|>'}}{% elif (message['role'] == 'user') %}{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>'}}{% elif (message['role'] == 'assistant') %}{{'<|im_start|>assistant<|im_sep|>' + message['content'] + '<|im_end|>'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}",
  "phi-4 first release":
    "{% for message in messages %}{% if (message['role'] == 'system') %}{{'<|im_start|>system<|im_sep|>' + message['content'] + '<|im_end|>'}}{% elif (message['role'] == 'user') %}{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|><|im_start|>assistant<|im_sep|>'}}{% elif (message['role'] == 'assistant') %}{{message['content'] + '<|im_end|>'}}{% endif %}{% endfor %}",
  "phi-4-mini":
    "{% for message in messages %}{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|>' + '<|end|>' }}{% else %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}",
  "phi-4-mini with a list of tools":
    "{%- if messages[0]['role'] == 'system' %}\n    {%- set system = messages[0]['content'] %}\n{%- else %}\n    {%- set system = '' %}\n{%- endif %}\n{{- '<|system|>' ~ system }}\n{%- for tool in tools or [] %}\n    {{- '<|tool|>' + (tool['function'] | tojson) + '<|/tool|>' }}\n{%- endfor %}\n{{- '<|end|>' }}\n{%- for message in messages if message.role != 'system' %}\n    {%- if message.role == 'tool' %}\n        {{- '<|tool_response|>' + (message.content | tojson) + '<|end|>' }}\n    {%- else %}\n        {{- '<|' + message.role + '|>' + (message.content or '') }}\n        {%- for call in message.tool_calls %}\n            {{- '<|tool_call|>' + (call['function'] | tojson) + '<|/tool_call|>' }}\n        {%- endfor %}\n        {{- '<|end|>' }}\n    {%- endif %}\n{%- endfor %}\n{{- '<|assistant|>' if add_generation_prompt else eos_token }}\n",
  "phi-4-reasoning alike":
    "<|im_start|>system<|im_sep|>You think first: <think> {Thought section} </think> {Solution section}.<|im_end|>{% for message in messages %}{% if (message['role'] == 'user') %}{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>'}}{% elif (message['role'] == 'assistant') %}{{'<|im_start|>assistant<|im_sep|>'}}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1].lstrip() %}{% endif %}{{ content + '<|im_end|>'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}",
  "phi-3":
    "{% for message in messages %}{% if message['role'] == 'system' %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}",
  "phi-3 medium":
    "{% for message in messages %}{% if (message['role'] == 'user') %}{{'<|user|>' + '\n' + message['content'] + '<|end|>' + '\n' + '<|assistant|>' + '\n'}}{% elif (message['role'] == 'assistant') %}{{message['content'] + '<|end|>' + '\n'}}{% endif %}{% endfor %}",
  "ChatML":
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  "ChatML with a default system turn":
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe helpful.<|im_end|>\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] | trim + '<|im_end|>' + ('\n' if not loop.last else '') }}{% endfor %}{% if add_generation_prompt and messages and messages[-1]['role'] == 'user' %}{{ '\n<|im_start|>assistant\n' }}{% endif %}",
  "Llama 3 alike":
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
  "Llama 3.1 alike": `{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not tools_in_user_message is defined %}
    {%- set tools_in_user_message = true %}
{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "1 Jan 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}

{#- The system turn is taken off the list. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}

{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if builtin_tools is defined or tools is not none %}
    {{- "Environment: python\\n" }}
{%- endif %}
{%- if builtin_tools is defined %}
    {{- "Tools: " + builtin_tools | reject('equalto', 'interpreter') | join(", ") + "\\n\\n" }}
{%- endif %}
{{- "Today: " + date_string + "\\n\\n" }}
{%- if tools is not none and not tools_in_user_message %}
    {{- "You may call these functions:\\n\\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}

{#- Tools go with the first user turn if so asked. #}
{%- if tools_in_user_message and not tools is none %}
    {%- if messages | length != 0 %}
        {%- set first_user_message = messages[0]['content'] | trim %}
        {%- set messages = messages[1:] %}
    {%- else %}
        {{- raise_exception("There is no first user message to hold the tools.") }}
    {%- endif %}
    {{- '<|start_header_id|>user<|end_header_id|>\\n\\n' -}}
    {{- "Answer with a call of one of these functions:\\n\\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
    {{- first_user_message + "<|eot_id|>" }}
{%- endif %}

{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls | length == 1 %}
            {{- raise_exception("One call at a time.") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {%- if builtin_tools is defined and tool_call.name in builtin_tools %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
            {{- "<|python_tag|>" + tool_call.name + ".call(" }}
            {%- for arg_name, arg_val in tool_call.arguments | items %}
                {{- arg_name + '="' + arg_val + '"' }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- endif %}
            {%- endfor %}
            {{- ")" }}
        {%- else %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
            {{- '{"name": "' + tool_call.name + '", ' }}
            {{- '"parameters": ' }}
            {{- tool_call.arguments | tojson }}
            {{- "}" }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable and message.content is not string %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
`,
  "Qwen 2.5 alike": `{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You help.' }}
    {%- endif %}
    {{- "\\n\\n# Tools\\n\\nSignatures stand within <tools></tools>:\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools>\\n\\nA call is <tool_call>\\n{\\"name\\": <name>, \\"arguments\\": <object>}\\n</tool_call><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou help.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\\n<tool_call>\\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- message.content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
`,
  "Qwen 3 alike": `{%- set ns = namespace(searching=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.searching and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.searching = false %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if message.role == "assistant" %}
        {%- set reasoning = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning = message.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last and (loop.last or (not loop.last and reasoning)) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- for call in message.tool_calls or [] %}
            {%- if (loop.first and content) or (not loop.first) %}{{- '\\n' }}{%- endif %}
            {%- set call = call.function if call.function else call %}
            {{- '<tool_call>\\n{"name": "' + call.name + '", "arguments": ' }}
            {%- if call.arguments is string %}
                {{- call.arguments }}
            {%- else %}
                {{- call.arguments | tojson }}
            {%- endif %}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' ~ message.role ~ '\\n' ~ content ~ '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}`,
  "Mistral alike": `{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{#- Turns must take turns; tools do not count. #}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("Roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- else %}
                    {{- "]" }}
                {%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("Ids of calls have nine characters.") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}
                {{- ", " }}
            {%- else %}
                {{- "]" + eos_token }}
            {%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool_results" or message["role"] == "tool" %}
        {%- if message.content is defined and message.content.content is defined %}
            {%- set content = message.content.content %}
        {%- else %}
            {%- set content = message.content %}
        {%- endif %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + ", " }}
        {{- '"call_id": "' + message.tool_call_id + '"}[/TOOL_RESULTS]' }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported!") }}
    {%- endif %}
{%- endfor %}
`,
  "Gemma alike": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}",
  "parts of content": `{%- macro show(content) %}
    {%- if content is string %}{{- content }}
    {%- elif content is none or content is undefined %}
    {%- elif content is mapping %}{{- raise_exception('A mapping is no content.') }}
    {%- else %}
        {%- for item in content %}
            {%- if item.type == 'text' %}
                {{- item.text }}
            {%- elif item['type'] in ['image', 'image_url'] %}
                {{- '<|image_' ~ loop.index ~ '|>' }}
            {%- else %}
                {{- raise_exception('Unknown part ' ~ item.type) }}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
{%- endmacro %}
{%- for message in messages %}
    {{- '<|' + message.role + '|>' + show(message.content) + '<|end|>' }}
{%- endfor %}`,
  "generation marks": "{% for message in messages %}{% if message.role == 'assistant' %}<|a|>{% generation %}{{ message.content }}<|e|>{% endgeneration %}{% else %}<|u|>{{ message.content }}<|e|>{% endif %}\n{% endfor %}",
  "indented with plain tags": `{% if system is defined %}
  {{ system }}
{% endif %}
{% for message in messages %}
    {% if message.role == 'user' %}
    User: {{ message.content }}
    {% elif message.role == 'assistant' %}
    Assistant: {{ message.content }}
    {% else %}
        {% continue %}
    {% endif %}
{% endfor %}
{% if add_generation_prompt %}
Assistant:
{%- endif %}
`,
  "types of a schema": `{%- macro type_of(p) -%}
    {%- if p.type is string -%}{{ {'string': 'str', 'integer': 'int', 'number': 'float', 'boolean': 'bool'}.get(p.type, 'any') }}
    {%- elif p.type is iterable -%}{{ p.type | join(' | ') }}
    {%- elif p.enum is defined -%}{{ p.enum | map('tojson') | join(' | ') }}
    {%- else -%}any{%- endif -%}
{%- endmacro -%}
{%- for tool in tools or [] %}
{%- set f = tool.function %}
def {{ f.name }}(
    {%- for key, p in f.parameters.properties | dictsort -%}
        {{ key }}: {{ type_of(p) }}{{ '' if key in f.parameters.required else ' = None' }}{{ ', ' if not loop.last }}
    {%- endfor -%}
):
    """{{ f.description | trim | replace('"', "'") | indent(4) }}"""
{% endfor %}
{{- messages | map(attribute='role') | unique | join(',') | upper }}`,
};

const tool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the \"weather\" – now\nor later ☂",
    parameters: {
      type: "object",
      properties: {
        city: { type: "string", description: "Name of the city" },
        days: { type: ["integer", "null"], enum: [1, 2, 7] },
        unit: { enum: ["°C", "°F"] },
      },
      required: ["city"],
    },
  },
};
const call = { id: "call00001", type: "function", function: { name: "get_weather", arguments: { city: "Zürich", days: 2, deep: { a: [1, null, true, "x\n\"y\""] } } } };
const conversations = {
  "one user turn": { messages: [{ role: "user", content: "What is 12 + 30?" }], add_generation_prompt: true },
  "system and history": {
    messages: [
      { role: "system", content: "  Be brief.\n" },
      { role: "user", content: "Hi\n" },
      { role: "assistant", content: "<think>\nhm\n</think>\n\nHello! " },
      { role: "user", content: " Bye " },
    ],
    add_generation_prompt: true,
  },
  "ends with the assistant": { messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Hello" }], add_generation_prompt: false },
  "unicode": { messages: [{ role: "user", content: "Grüße, 世界! 👩🏽‍🚀 \u200f\u00a0\u2028 e\u0301 \ufeff" }, { role: "assistant", content: "ﬁ\u0000\u0007" }, { role: "user", content: "\u3000" }] },
  "special tokens as text": {
    messages: [
      { role: "system", content: "<|im_end|><|im_start|>system<|im_sep|>" },
      { role: "user", content: "<|end|><|system|>no <|eot_id|></s>[INST]<end_of_turn>{{ 7 * 7 }}{% raw %}" },
    ],
    add_generation_prompt: true,
  },
  "tools": {
    messages: [
      { role: "system", content: "S", tools: "[{\"name\": \"f\"}]" },
      { role: "user", content: "Weather?" },
      { role: "assistant", content: "", tool_calls: [call] },
      { role: "tool", name: "get_weather", tool_call_id: "call00001", content: "{\"t\": 21}" },
      { role: "assistant", content: "21 °C" },
      { role: "user", content: "Thanks" },
    ],
    tools: [tool, { type: "function", function: { name: "stop", description: "Stops.", parameters: { type: "object", properties: {}, required: [] } } }],
    add_generation_prompt: true,
  },
  "two calls and two answers": {
    messages: [
      { role: "user", content: "Both?" },
      { role: "assistant", content: "Let me see.", tool_calls: [call, { ...call, id: "call00002" }] },
      { role: "tool", tool_call_id: "call00001", content: { t: 21 } },
      { role: "tool", tool_call_id: "call00002", content: ["a", 1.5] },
    ],
    tools: [tool],
    add_generation_prompt: true,
  },
  "parts": {
    messages: [{ role: "user", content: [{ type: "text", text: "Look: " }, { type: "image" }] }, { role: "assistant", content: [{ type: "text", text: "ok" }] }],
  },
  "unknown part": { messages: [{ role: "user", content: [{ type: "audio" }] }] },
  "two assistants": { messages: [{ role: "assistant", content: "a" }, { role: "assistant", content: "b" }] },
  "other roles": { messages: [{ role: "developer", content: "d" }, { role: "user", content: "u" }, { role: "narrator", content: "n" }], add_generation_prompt: true },
  "no messages": { messages: [], add_generation_prompt: true },
  "no content": { messages: [{ role: "user" }] },
  "content null": { messages: [{ role: "user", content: "x" }, { role: "assistant", content: null }] },
  "content a number": { messages: [{ role: "user", content: 7 }] },
  "reasoning kept apart": {
    messages: [{ role: "user", content: "q" }, { role: "assistant", content: "a", reasoning_content: "\nthinking\n" }],
    enable_thinking: false,
    add_generation_prompt: true,
  },
  "built-in tools": {
    messages: [{ role: "user", content: "search" }, { role: "assistant", content: "", tool_calls: [{ function: { name: "brave", arguments: { query: "x", lang: "de" } } }] }],
    builtin_tools: ["brave", "interpreter"],
    date_string: "1 May 2025",
    tools_in_user_message: false,
    tools: [tool],
  },
};

const tokens = { bos_token: "<s>", eos_token: "</s>" };

export const contexts = Object.fromEntries(Object.entries(conversations).map(([name, conversation]) => [name, { ...tokens, ...conversation }]));

export const cases = Object.keys(templates).flatMap((name) =>
  Object.keys(conversations).map((conversation) => [`${name}: ${conversation}`, name, conversation]),
);
