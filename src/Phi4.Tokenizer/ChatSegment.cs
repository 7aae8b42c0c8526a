// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer;

/// <summary>A piece of a rendered prompt: the exact string of a special token, or literal text that must never be read as one.</summary>
/// <param name="Text">The characters of the piece.</param>
/// <param name="IsSpecial">Whether <paramref name="Text"/> is a special token and becomes its id.</param>
public readonly record struct ChatSegment(string Text, bool IsSpecial);
