// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.PreTokenizers;

/// <summary>What the patterns ask of a character. Zero stands for the end of the text.</summary>
[Flags]
internal enum CharClass : byte
{
    None = 0,

    /// <summary>\p{L}</summary>
    Letter = 1,

    /// <summary>\p{N}</summary>
    Number = 2,

    /// <summary>\s, line breaks included</summary>
    Space = 4,

    /// <summary>[\r\n]</summary>
    LineBreak = 8,

    /// <summary>[^\s\p{L}\p{N}]</summary>
    Other = 16,

    /// <summary>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]</summary>
    Upper = 32,

    /// <summary>[\p{Ll}\p{Lm}\p{Lo}\p{M}]</summary>
    Lower = 64,
}
