// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>A stretch of text that ends before <paramref name="End"/> and has one origin.</summary>
internal readonly record struct TextRun(int End, bool FromTemplate);
