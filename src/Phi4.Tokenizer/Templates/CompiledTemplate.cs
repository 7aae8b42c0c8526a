// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>A template that was read once and can be rendered often, from any thread.</summary>
internal sealed class CompiledTemplate
{
    private readonly string _source;
    private readonly Statement[] _statements;
    private readonly TemplateLimits _limits;

    public CompiledTemplate(string source, TemplateLimits limits)
    {
        if (source.Length > limits.MaxSourceLength)
        {
            throw new ChatTemplateException(
                ChatTemplateErrorKind.Limit, $"The chat template has {source.Length} characters, more than the limit of {limits.MaxSourceLength}.");
        }

        _source = Lexer.Normalize(source);
        _statements = Parser.Parse(_source, limits);
        _limits = limits;
    }

    public StringValue Render(Scope variables, TimeProvider clock) => Evaluator.Render(_statements, _source, variables, _limits, clock);
}
