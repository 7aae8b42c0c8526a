// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Values given to a function, filter, test or macro.</summary>
internal sealed class CallArguments(List<TemplateValue> positional, List<(string Name, TemplateValue Value)> named)
{
    public static readonly CallArguments None = new([], []);

    public List<TemplateValue> Positional { get; } = positional;

    public List<(string Name, TemplateValue Value)> Named { get; } = named;

    /// <summary>The values in the order of the parameters; null where none was given. Too many or unknown ones are refused.</summary>
    public TemplateValue?[] Bind(string function, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
        {
            throw new TemplateFault(
                ChatTemplateErrorKind.Evaluation, $"{function} takes at most {parameters.Length} arguments, {Positional.Count} were given");
        }

        var bound = new TemplateValue?[parameters.Length];
        Positional.CopyTo(bound!);
        foreach ((string name, TemplateValue value) in Named)
        {
            int place = parameters.IndexOf(name);
            if (place < 0 || bound[place] is not null)
            {
                throw new TemplateFault(
                    ChatTemplateErrorKind.Evaluation, $"{function} has no free parameter '{name}' (parameters: {string.Join(", ", parameters!)})");
            }

            bound[place] = value;
        }

        return bound;
    }
}
