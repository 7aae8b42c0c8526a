// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>An error inside the evaluation that does not know its place in the template yet.</summary>
internal sealed class TemplateFault(ChatTemplateErrorKind kind, string message) : Exception(message)
{
    public ChatTemplateErrorKind Kind { get; } = kind;
}
