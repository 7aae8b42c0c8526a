// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>A piece of the template and where it starts in the source.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Position)
{
    public bool IsOperator(string text) => Kind == TokenKind.Operator && Text == text;

    public bool IsName(string text) => Kind == TokenKind.Name && Text == text;

    public string Description => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.OutputEnd => "'}}'",
        TokenKind.Data => "text",
        TokenKind.BlockStart => "'{%'",
        TokenKind.OutputStart => "'{{'",
        TokenKind.String => "a string",
        _ => $"'{Text}'",
    };
}
