// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Templates for models whose files carry none.</summary>
internal static class BuiltInTemplates
{
    /// <summary>phi-4 as published now: every turn carries its own header.</summary>
    public const string Phi4 =
        "{% for message in messages %}{% if (message['role'] == 'system') %}"
        + "{{'<|im_start|>system<|im_sep|>' + message['content'] + '<|im_end|>'}}"
        + "{% elif (message['role'] == 'user') %}{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>'}}"
        + "{% elif (message['role'] == 'assistant') %}{{'<|im_start|>assistant<|im_sep|>' + message['content'] + '<|im_end|>'}}"
        + "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}";

    /// <summary>phi-4's first release: the user's turn opens the assistant's, asked for or not.</summary>
    public const string Phi4FirstRelease =
        "{% for message in messages %}{% if (message['role'] == 'system') %}"
        + "{{'<|im_start|>system<|im_sep|>' + message['content'] + '<|im_end|>'}}"
        + "{% elif (message['role'] == 'user') %}"
        + "{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|><|im_start|>assistant<|im_sep|>'}}"
        + "{% elif (message['role'] == 'assistant') %}{{message['content'] + '<|im_end|>'}}{% endif %}{% endfor %}";

    /// <summary>phi-4-mini-instruct: tools stand inside the system turn as a string of JSON in the system message's own field.</summary>
    public const string Phi4Mini =
        "{% for message in messages %}{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}"
        + "{{ '<|' + message['role'] + '|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|>' + '<|end|>' }}"
        + "{% else %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}";

    /// <summary>ChatML as most models write it, with line breaks.</summary>
    public const string ChatML =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
}
