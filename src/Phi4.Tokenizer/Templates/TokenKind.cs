// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal enum TokenKind
{
    /// <summary>Template text outside all tags.</summary>
    Data,
    BlockStart,
    BlockEnd,
    OutputStart,
    OutputEnd,
    Name,

    /// <summary>A string literal, its escapes resolved.</summary>
    String,
    Integer,
    Float,
    Operator,
    End,
}
